"""All that passes between the stages: frozen records, arrays read-only, sequences as tuples.

Absent is a value: what could not be measured or graded is a :class:`Finding` whose grade is
``UNKNOWN`` and whose ``reason_unknown`` says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import Any, Literal

import numpy as np

from cauda.geometry import Array, Frame, Space
from cauda.vocab import (
    UNKNOWN,
    Condition,
    Contrast,
    Level,
    Plane,
    Quantity,
    Root,
    Scale,
    Side,
    Structure,
    Vertebra,
    Zone,
)

Point = tuple[float, float, float]
"""An LPS point in mm."""

Certainty = Literal["high", "moderate", "low"]


def read_only(array: Array) -> Array:
    """A read-only view; the caller's own array stays writable."""
    view = array.view()
    view.flags.writeable = False
    return view


# ---------------------------------------------------------------------------- load -> Study


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Volume:
    """Voxels placed in the patient.

    Parameters
    ----------
    voxels : (I, J, K) array
        Signal in arbitrary units; k runs along the slice normal for slice stacks.
    space : Space
    slice_axis : int
        The voxel axis across slices (2 for every loaded stack).
    """

    voxels: Array
    space: Space
    slice_axis: int = 2

    def __post_init__(self) -> None:
        if self.voxels.shape != self.space.shape:
            msg = f"Voxels of shape {self.voxels.shape} do not fit a space of {self.space.shape}."
            raise ValueError(msg)
        object.__setattr__(self, "voxels", read_only(self.voxels))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Series:
    """One acquisition, or one geometrically uniform part of it, with its voxels.

    Parameters
    ----------
    key : str
        Short stable name within the study, such as ``sag_t2``, ``ax_t2_1``; no identifier.
    plane, contrast : Plane, Contrast
    volume : Volume or None
        ``None`` for a series that was set aside before its pixels were read.
    used : bool
        Whether later stages may use it.
    reason : str
        Why it was told apart as it was, or why it was set aside; a full sentence.
    echo_ms, repetition_ms, inversion_ms : float or None
        TE, TR and TI.
    contrast_agent : bool
        Whether the header says that a contrast agent was given.
    warnings : tuple of str
        Faults that were tolerated.
    headers : tuple of mapping
        One DICOM-JSON mapping an instance, in slice order; never printed.
    """

    key: str
    plane: Plane
    contrast: Contrast
    volume: Volume | None
    used: bool
    reason: str
    echo_ms: float | None = None
    repetition_ms: float | None = None
    inversion_ms: float | None = None
    fat_suppressed: bool = False
    contrast_agent: bool = False
    field_strength_t: float | None = None
    warnings: tuple[str, ...] = ()
    headers: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Study:
    """One visit of one patient: the series that can be used and those that were set aside.

    Parameters
    ----------
    series : tuple of Series
    age_years : float or None
    sex : str or None
        ``"M"``, ``"F"`` or ``None``.
    identifiers : mapping
        Patient and study identifiers; leave the program only with ``--keep-identifiers``.
    """

    series: tuple[Series, ...]
    age_years: float | None = None
    sex: str | None = None
    identifiers: Mapping[str, str] = field(
        default_factory=lambda: MappingProxyType({}), repr=False
    )

    @property
    def used(self) -> tuple[Series, ...]:
        """Series that later stages may use."""
        return tuple(s for s in self.series if s.used and s.volume is not None)

    def by_key(self, key: str) -> Series:
        """The series named ``key``."""
        return next(s for s in self.series if s.key == key)


# ------------------------------------------------------------------ segment -> Segmentation


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segmentation:
    """Class probabilities of one series on the network's own, canonical grid.

    Parameters
    ----------
    series : str
        Key of the series it was made from.
    probabilities : (C, I, J, K) float array
        Channel c is ``STRUCTURES[c]``; sums to 1 over C. Axis 0 (I) runs to the patient's left
        (across the slices of a sagittal stack), 1 (J) posterior, 2 (K) superior.
    space : Space
        The grid of axes I, J, K; same slice planes and frame of reference as the series.
    signal : (I, J, K) float array
        The series' image on the same grid, original units.
    bundle : str
        Name of the model bundle, or ``"truth"`` for a phantom's own labels.
    contrast : Contrast
        The series' contrast: what may be read from ``signal`` depends on it.
    """

    series: str
    probabilities: Array
    space: Space
    signal: Array
    bundle: str
    contrast: Contrast = Contrast.UNKNOWN

    def __post_init__(self) -> None:
        if self.probabilities.shape[1:] != self.space.shape:
            msg = f"Probabilities of {self.probabilities.shape} do not fit {self.space.shape}."
            raise ValueError(msg)
        object.__setattr__(self, "probabilities", read_only(self.probabilities))
        object.__setattr__(self, "signal", read_only(self.signal))

    def probability(self, *structures: Structure) -> Array:
        """(I, J, K): the summed probability of the named structures."""
        order = tuple(Structure)
        chosen = [order.index(s) for s in structures]
        total: Array = np.asarray(self.probabilities[chosen].sum(axis=0, dtype=np.float32))
        return total


# -------------------------------------------------------------------------- locate -> Spine


@dataclass(frozen=True, slots=True, kw_only=True)
class Plane3:
    """An endplate: a plane fitted in the patient.

    Parameters
    ----------
    point_lps : Point
        Center of the endplate, mm.
    normal_lps : Point
        Unit normal, pointing up.
    """

    point_lps: Point
    normal_lps: Point


@dataclass(frozen=True, slots=True, kw_only=True)
class VertebraInstance:
    """One vertebra that was found; the sacrum is one with name S1.

    Parameters
    ----------
    name : Vertebra
    label : int
        Its value in the instance maps of :attr:`Spine.instances`.
    ordinal : int
        0 for the sacrum (S1), 1 for the vertebra above it, ...; counted from the lowest seen
        where no sacrum is in view.
    centroid_lps : Point
        Of the body.
    upper, lower : Plane3 or None
        Endplates; the sacrum has no lower one.
    is_partial : bool
        Cut by the edge of the field of view.
    """

    name: Vertebra
    label: int
    ordinal: int
    centroid_lps: Point
    upper: Plane3 | None
    lower: Plane3 | None
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelInstance:
    """One disc level that was found, with its local frame.

    Parameters
    ----------
    name : Level
    alternate : Level or None
        Its name if the numbering were off by one, where that is uncertain.
    label : int
        The disc's value in the instance maps.
    above, below : int
        Labels of the two vertebrae.
    frame : Frame
    is_partial : bool
        Disc or a neighbor cut by the edge of the field of view.
    """

    name: Level
    alternate: Level | None
    label: int
    above: int
    below: int
    frame: Frame
    is_partial: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Numbering:
    """How sure the level names are (clinical rules 6.3 and 14.5)."""

    state: Literal["verified", "conventional", "uncertain"]
    reasons: tuple[str, ...]
    lumbar_count: int | None
    alternate: str | None = None
    flags: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Conus:
    """Where the conus tip lies; ``level`` is None where it cannot be told, with the reason."""

    level: str | None
    tip_lps: Point | None
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class AxialSlice:
    """Which level one axial slice belongs to.

    Parameters
    ----------
    series : str
    slice : int
        Index along the series' slice axis.
    level : Level or None
    angle_deg : float
        Between the slice and the disc plane; NaN without a level.
    distance_mm : float
        Slice center to disc plane along the disc normal, positive above; NaN without a level.
    """

    series: str
    slice: int
    level: Level | None
    angle_deg: float
    distance_mm: float


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Spine:
    """Named vertebrae and levels, from below upward.

    Parameters
    ----------
    vertebrae, levels : tuple
        Ordered from caudal to cranial.
    instances : mapping of series key -> (I, J, K) int16 array
        On the grid of that series' segmentation: 0 background, 1 sacrum, 2, 3, ... vertebral
        bodies upward, 101, 102, ... discs upward. Where a vertebra's own label is ``v``, its
        posterior arch is ``v + 200``; foramina are ``disc + 200`` (left: 301 ...) and
        ``disc + 300`` (right: 401 ...); the sac is 50 and the cord 51.
    """

    vertebrae: tuple[VertebraInstance, ...]
    levels: tuple[LevelInstance, ...]
    numbering: Numbering
    conus: Conus
    instances: Mapping[str, Array]
    axial_slices: tuple[AxialSlice, ...] = ()

    def level(self, name: Level) -> LevelInstance | None:
        """The level of that name, if it was found."""
        return next((lv for lv in self.levels if lv.name == name), None)

    def vertebra(self, label: int) -> VertebraInstance | None:
        """The vertebra with that instance label, if it was found."""
        return next((v for v in self.vertebrae if v.label == label), None)


SAC_LABEL = 50
CORD_LABEL = 51
DISC_LABELS = 100
"""Disc n (1 lowest) is ``DISC_LABELS + n`` in an instance map."""
ARCH_OFFSET = 200
LEFT_FORAMEN_OFFSET = 200
"""Left foramen of disc label d is ``d + LEFT_FORAMEN_OFFSET``."""
RIGHT_FORAMEN_OFFSET = 300


# -------------------------------------------------------------------- measure -> Measurement


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number with its unit in its quantity, its error and where it was read.

    Parameters
    ----------
    id : str
        ``<level or vertebra>/<quantity>[/<side>]/<series>``, unique in an analysis.
    quantity : Quantity
    level : Level or None
        None for measurements of a vertebra or of the whole spine.
    vertebra : Vertebra or None
    side : Side or None
    value : float
    uncertainty : float
        Half-width of the 90 % interval, same unit.
    method : str
        Method id, explained in ``docs/concepts/measurements.md``.
    series : str
    slice : int or None
        Index along axis I of the segmentation grid (R to L) where it was read.
    preferred : bool
        Whether this is the series to quote for this quantity.
    segment_lps : tuple of Point
        The points that draw it (two for a line, more for an outline), for the evidence picture.
    estimated : bool
        True where the images cannot show it fully (an area from a sagittal stack).
    """

    id: str
    quantity: Quantity
    level: Level | None
    value: float
    uncertainty: float
    method: str
    series: str
    slice: int | None = None
    vertebra: Vertebra | None = None
    side: Side | None = None
    preferred: bool = True
    segment_lps: tuple[Point, ...] = ()
    estimated: bool = False

    @property
    def unit(self) -> str:
        """UCUM unit of the quantity."""
        return self.quantity.unit


# ---------------------------------------------------------------------------- check -> Limits


@dataclass(frozen=True, slots=True, kw_only=True)
class Limit:
    """One thing that may not be answered, or only with less certainty.

    Parameters
    ----------
    id : str
        Stable id such as ``coverage``, ``cord-in-slice``, ``no-axial``.
    effect : {"withhold", "lower", "note"}
        Withhold the grade, lower its certainty, or only say so.
    reason : str
        A sentence a person understands.
    level, side, conditions : optional
        What it applies to; ``None`` / empty means all.
    """

    id: str
    effect: Literal["withhold", "lower", "note"]
    reason: str
    level: Level | None = None
    side: Side | None = None
    conditions: tuple[Condition, ...] = ()

    def applies(self, condition: Condition, level: Level | None, side: Side | None) -> bool:
        """Whether it concerns this finding."""
        return (
            (not self.conditions or condition in self.conditions)
            and (self.level is None or self.level == level)
            and (self.side is None or self.side == side)
        )


# ---------------------------------------------------------------------------- grade -> Finding


@dataclass(frozen=True, slots=True, kw_only=True)
class Opinion:
    """What a learned grader says: a probability for every grade of a scale."""

    condition: Condition
    scale: Scale
    level: Level
    probabilities: Mapping[str, float]
    grader: str
    side: Side | None = None


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


# --------------------------------------------------------------------------- relate -> RootLink


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is anatomically associated with a root, in plain words."""

    sensation: tuple[str, ...] = ()
    pain: tuple[str, ...] = ()
    weakness: tuple[str, ...] = ()
    reflex: tuple[str, ...] = ()
    cramp: tuple[str, ...] = ()
    gait: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RootLink:
    """A root that findings could affect, how strongly, and what is associated with it.

    Parameters
    ----------
    tier : int
        0 none, 1 possible, 2 plausible, 3 marked compromise (clinical rules 7.3 and 14.6).
    tier_text : str
        The tier in words.
    because : tuple of str
        Ids of the findings.
    widened : bool
        True where uncertain numbering added this root as a neighbor.
    notes : tuple of str
        Why the tier was lowered or capped.
    evidence : tuple of str
        How well such a link is known to hold, in published figures.
    """

    root: Root
    side: Side
    tier: int
    tier_text: str
    because: tuple[str, ...]
    associated: Expected
    level: Level | None = None
    zone: Zone | None = None
    widened: bool = False
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """One fixed red-flag text.

    Parameters
    ----------
    tier : {"emergency", "urgent", "prompt", "imaging"}
    text : str
        Fixed wording from ``knowledge/red_flags.toml``.
    triggers : tuple of str
        What raised it; empty for the text that always stands.
    answered : str
        ``"not asked"`` until symptoms were given.
    """

    tier: Literal["emergency", "urgent", "prompt", "imaging"]
    text: str
    triggers: tuple[str, ...] = ()
    answered: str = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What the relate stage returns."""

    roots: tuple[RootLink, ...]
    red_flags: tuple[RedFlag, ...]
    base_rates: tuple[str, ...]
    other_causes: tuple[str, ...]
    not_assessed: tuple[str, ...] = ()
    symptoms: Mapping[str, Any] | None = None


# ------------------------------------------------------------------------------ all together


@dataclass(frozen=True, slots=True, kw_only=True)
class Provenance:
    """What made an analysis; time is passed in, never read here."""

    version: str
    bundle: str
    bundle_sha256: str
    created: str
    settings: Mapping[str, Any]
    seconds: Mapping[str, float] = field(default_factory=lambda: MappingProxyType({}))


@dataclass(frozen=True, slots=True, kw_only=True)
class Change:
    """One measurement compared with the prior study."""

    measurement: str
    before: float
    after: float
    is_beyond_uncertainty: bool


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Analysis:
    """Everything found for one study."""

    study: Study
    segmentations: tuple[Segmentation, ...]
    spine: Spine
    measurements: tuple[Measurement, ...]
    limits: tuple[Limit, ...]
    findings: tuple[Finding, ...]
    relation: Relation
    impression: tuple[str, ...]
    not_assessed: tuple[str, ...]
    provenance: Provenance
    changes: tuple[Change, ...] = ()

    def measurement(self, id_: str) -> Measurement:
        """The measurement with that id."""
        return next(m for m in self.measurements if m.id == id_)

    def at(self, level: Level) -> tuple[Finding, ...]:
        """Findings of one level."""
        return tuple(f for f in self.findings if f.level == level)
