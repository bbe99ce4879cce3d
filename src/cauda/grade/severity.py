"""How far from normal a grade is, in four steps, so that levels can be ordered."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from cauda.records import Finding
from cauda.vocab import Condition, Scale

WORDS = ("no", "mild", "moderate", "severe")
"""The four steps in words."""

_STEPS: Mapping[Scale, tuple[int, ...]] = MappingProxyType(
    {
        Scale.FARDON: (0, 1, 1, 2, 2, 3),
        Scale.PRESENCE: (0, 1),
        Scale.PFIRRMANN: (0, 0, 0, 1, 1),
        Scale.LEE_CANAL: (0, 1, 2, 3),
        Scale.SCHIZAS: (0, 0, 1, 1, 2, 3, 3),
        Scale.LEE_FORAMEN: (0, 1, 2, 3),
        Scale.BARTYNSKI: (0, 1, 2, 3),
        Scale.ROOT_CONTACT: (0, 1, 2, 3),
        Scale.MEYERDING: (0, 1, 2, 3, 3, 3),
        Scale.MODIC: (0, 1, 1, 1),
        Scale.RSNA: (0, 2, 3),
    }
)


def severity(finding: Finding) -> int:
    """0 normal or UNKNOWN, 1 mild, 2 moderate, 3 severe."""
    if not finding.is_known:
        return 0
    if finding.condition == Condition.DISC_HERNIATION:
        return 2 * finding.rank
    return _STEPS[finding.scale][finding.rank]


def worst(findings: Iterable[Finding]) -> int:
    """The greatest severity among them; 0 of none."""
    return max((severity(f) for f in findings), default=0)
