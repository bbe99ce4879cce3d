"""What the check stage gives: what may not be answered, and why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from cauda.vocab import Condition, Level, Side


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
