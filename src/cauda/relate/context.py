"""What the rules need to know about the whole study before they look at one finding."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cauda.knowledge import rows
from cauda.records import Finding, Numbering, Spine
from cauda.relate.reach import SIDES, Place
from cauda.vocab import Condition, Level, Side

LUMBAR_COUNT = 5
"""Any other count of lumbar vertebrae makes root names uncertain (safety rule on numbering)."""

_TOUCHING = (Condition.ROOT_COMPROMISE, Condition.SUBARTICULAR_STENOSIS, Condition.CANAL_STENOSIS)
"""Conditions that show, or rule out, contact with a root that passes a level."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """Facts about the study that change how findings are linked to roots.

    Parameters
    ----------
    numbering_uncertain : bool
        Whether roots are widened and tiers capped.
    axial_levels : frozenset of Level
        Levels shown by at least one axial slice.
    touched, clear : frozenset of (Level, Side)
        Where contact with the passing root was graded: found in canal, recess or at the root
        itself; not found in recess and at the root.
    """

    numbering_uncertain: bool
    axial_levels: frozenset[Level]
    touched: frozenset[tuple[Level, Side]]
    clear: frozenset[tuple[Level, Side]]

    def is_sagittal_only(self, finding: Finding) -> bool:
        """Whether no axial image supports the finding."""
        said = "sagittal only" in finding.detail.lower().replace("-", " ")
        return said or finding.level not in self.axial_levels

    def open_sides(self, places: Sequence[Place], level: Level) -> list[Place]:
        """The places less a side whose recess was graded clear; all where both sides were."""
        kept = [(root, side) for root, side in places if (level, side) not in self.clear]
        return kept or list(places)


def severity(finding: Finding) -> int:
    """0 none, 1 mild or contact, 2 moderate, 3 severe; -1 where the grade is unknown.

    Scales that say nothing of roots (degeneration, slip, endplates) are 0.
    """
    if not finding.is_known:
        return -1
    for row in rows("zone_roots.toml", "severity", ("grades",)):
        if row.id == finding.scale.value:
            return int(row.weights("grades")[finding.grade])
    return 0


def context(findings: Sequence[Finding], spine: Spine) -> Context:
    """Gather what all findings together, and the spine, say about contact and numbering."""
    touching = [f for f in findings if f.condition in _TOUCHING and f.is_known]
    touched = {place for f in touching if severity(f) > 0 for place in _places(f)}
    decisive = [f for f in touching if f.condition is not Condition.CANAL_STENOSIS]
    clear = {place for f in decisive if severity(f) == 0 for place in _places(f)}
    clear -= {place for f in decisive if severity(f) > 0 for place in _places(f)}
    levels = {s.level for s in spine.axial_slices if s.level is not None}
    return Context(
        numbering_uncertain=_is_uncertain(spine.numbering),
        axial_levels=frozenset(levels),
        touched=frozenset(touched),
        clear=frozenset(clear),
    )


def _places(finding: Finding) -> tuple[tuple[Level, Side], ...]:
    sides = SIDES if finding.side is None else (finding.side,)
    return tuple((finding.level, side) for side in sides)


def _is_uncertain(numbering: Numbering) -> bool:
    counted = numbering.lumbar_count
    has_sign = any("lstv" in flag.lower() for flag in numbering.flags)
    odd = counted is not None and counted != LUMBAR_COUNT
    return numbering.state == "uncertain" or has_sign or odd
