"""What every check sees, and how a check reads its limit."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

from cauda.knowledge import row
from cauda.records import Measurement, Segmentation, Spine, Study
from cauda.vocab import Condition, Quantity

FILE = "thresholds.toml"

CONDITIONS_OF: Mapping[str, tuple[Condition, ...]] = MappingProxyType(
    {
        "disc": (Condition.DISC_NARROWING, Condition.DISC_DEGENERATION, Condition.DISC_HERNIATION),
        "posterior": (Condition.DISC_CONTOUR, Condition.DISC_BULGE, Condition.DISC_HERNIATION),
        "displacement": (Condition.DISC_HERNIATION,),
        "nucleus": (Condition.DISC_DEGENERATION,),
        "sac": (Condition.CANAL_STENOSIS,),
        "foramen": (Condition.FORAMINAL_STENOSIS,),
        "slip": (Condition.SPONDYLOLISTHESIS,),
    }
)
"""Conditions that rest on a quantity, by the first word of its name."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Scene:
    """Everything a check may look at."""

    study: Study
    segmentations: tuple[Segmentation, ...]
    spine: Spine
    measurements: tuple[Measurement, ...]

    def preferred(self, *quantities: Quantity) -> tuple[Measurement, ...]:
        """The measurements of those quantities that grades rest on."""
        return tuple(m for m in self.measurements if m.preferred and m.quantity in quantities)

    def resting_on(self, series: str) -> tuple[Condition, ...]:
        """Conditions with a preferred measurement from that series."""
        words = {
            m.quantity.value.split("_", 1)[0]
            for m in self.measurements
            if m.preferred and m.series == series
        }
        found = {c for word in words for c in CONDITIONS_OF.get(word, ())}
        return tuple(c for c in Condition if c in found)


def limit(id_: str) -> float:
    """The number of that row of ``[check]``."""
    return row(FILE, "check", id_).number("value")


def limit_range(id_: str) -> tuple[float, float]:
    """The two numbers of that row of ``[check]``."""
    low, high = row(FILE, "check", id_).numbers("value")
    return low, high
