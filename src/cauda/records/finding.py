"""What the grade stage gives: findings, and the opinions of learned graders."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

from cauda.records.basic import Certainty
from cauda.vocab import UNKNOWN, Condition, Level, Plane, Scale, Side, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a learned grader says: a probability for every grade of a scale.

    ``validation`` says on what its probabilities were tested and calibrated, ``plane`` on which
    images it rests. ``zone`` and ``apex_side`` tell where a displaced disc most likely lies,
    and how likely.
    """

    condition: Condition
    scale: Scale
    level: Level
    probabilities: Mapping[str, float]
    grader: str
    side: Side | None = None
    validation: Literal["none", "synthetic", "real"] = "none"
    plane: Plane = Plane.SAGITTAL
    zone: Zone | None = None
    apex_side: Side | None = None
    zone_probability: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """One condition at one level (and side) on one scale.

    Parameters
    ----------
    id : str
        ``<level>/<condition>[/<side>]/<scale>``.
    grade : str
        A member of ``scale.grades`` or ``UNKNOWN``.
    rule : str
        Stable id of the rule that decided, as in ``knowledge/thresholds.toml``.
    because : tuple of str
        Ids of the measurements it rests on.
    apex_side : Side or None
        On which side the deepest point of a displaced disc clearly lies; the finding itself has
        no side, since sagittal slices cannot give it one.
    reason_unknown : str
        Empty unless the grade is UNKNOWN.
    opinion : Opinion or None
        The learned grader's view, kept beside the rule's.
    validation : str
        ``"none"``, ``"synthetic"`` or ``"real"``: what its grade was ever tested on.
    detail : str
        One phrase for the report: direction and mm of a slip, "sagittal only", cause.
    migration : {"cranial", "caudal"} or None
        Where displaced disc material lies away from the disc, if that was seen.
    """

    id: str
    condition: Condition
    level: Level
    scale: Scale
    grade: str
    rule: str
    certainty: Certainty
    because: tuple[str, ...] = ()
    side: Side | None = None
    zone: Zone | None = None
    probabilities: Mapping[str, float] | None = None
    opinion: Opinion | None = None
    borderline: bool = False
    validation: Literal["none", "synthetic", "real"] = "none"
    detail: str = ""
    apex_side: Side | None = None
    reason_unknown: str = ""
    migration: Literal["cranial", "caudal"] | None = None

    def __post_init__(self) -> None:
        if self.grade == UNKNOWN and not self.reason_unknown:
            msg = f"{self.id}: an UNKNOWN grade needs a reason."
            raise ValueError(msg)
        if self.grade != UNKNOWN and self.grade not in self.scale.grades:
            msg = f"{self.id}: {self.grade!r} is not a grade of {self.scale}: {self.scale.grades}."
            raise ValueError(msg)

    @property
    def is_known(self) -> bool:
        """Whether a grade was given."""
        return self.grade != UNKNOWN

    @property
    def rank(self) -> int:
        """Position on the scale, 0 being normal; -1 if UNKNOWN."""
        return self.scale.grades.index(self.grade) if self.is_known else -1
