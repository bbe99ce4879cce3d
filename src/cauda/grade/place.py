"""Where displaced disc material lies: by its zones on axial slices, else coarsely."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Literal

import numpy as np

from cauda.grade.readings import preferred
from cauda.grade.thresholds import FILE
from cauda.grade.zones import is_herniation, zoned
from cauda.knowledge import row
from cauda.records import Finding, LevelInstance, Measurement
from cauda.vocab import Condition, Quantity, Side

_DISPLACED = (Condition.DISC_CONTOUR, Condition.DISC_HERNIATION)
_AXIAL_RULES = ("contour-axial", "herniation-axial")


def located(finding: Finding, level: LevelInstance, measurements: Sequence[Measurement]) -> Finding:
    """The finding with the side of its deepest point in words, and with its migration.

    Parameters
    ----------
    finding : Finding
        Changed only if it is a displaced disc contour or a herniation.
    level : LevelInstance
        Its frame gives left and up.
    measurements : sequence of Measurement
        The displacement and its extent, with the points that draw them.
    """
    if finding.condition not in _DISPLACED or finding.rank < 1:
        return finding
    seen = {m.quantity: m for m in preferred(measurements, level.name, None)}
    if finding.rule in _AXIAL_RULES:
        return _on_axial(finding, level, measurements, seen)
    placed = _on_sagittal(finding, seen)
    if finding.condition == Condition.DISC_CONTOUR:
        return placed
    moved = _moved(seen, level)
    return replace(placed, detail=_with_migration(placed.detail, seen, moved), migration=moved)


_Way = Literal["cranial", "caudal"]
_Seen = Mapping[Quantity, Measurement]


def _on_axial(
    finding: Finding, level: LevelInstance, measurements: Sequence[Measurement], seen: _Seen
) -> Finding:
    """The place by axial slices; by sagittal ones where those show nothing, as of a fragment."""
    if not is_herniation(finding):
        return finding
    moved = _moved(seen, level)
    placed = zoned(finding, measurements)
    if placed.zone is None and placed.side is None:
        placed = _on_sagittal(placed, seen)
    return replace(placed, migration=moved, detail=_with_migration(placed.detail, seen, moved))


def _on_sagittal(finding: Finding, seen: _Seen) -> Finding:
    """The finding with where the deepest point lies on sagittal slices, in words."""
    displacement, apex = seen.get(Quantity.DISPLACEMENT), seen.get(Quantity.DISPLACEMENT_APEX)
    detail = "; ".join(part for part in (finding.detail, _side_words(apex)) if part)
    is_contour = finding.condition == Condition.DISC_CONTOUR
    side = _apex_side(displacement, apex) if is_contour else None
    return replace(finding, detail=detail, apex_side=side)


def _moved(seen: _Seen, level: LevelInstance) -> _Way | None:
    """The way the material went: by its own measurement, else by the ends of its extent."""
    up, down = seen.get(Quantity.MIGRATION_CRANIAL), seen.get(Quantity.MIGRATION_CAUDAL)
    if up is not None and down is not None:
        return _way(up.value, down.value)
    return _migration(
        seen.get(Quantity.DISPLACEMENT_EXTENT), seen.get(Quantity.DISC_HEIGHT_POSTERIOR), level
    )


def _with_migration(detail: str, seen: _Seen, moved: _Way | None) -> str:
    """The detail with how far the material went, where that was measured."""
    ways: dict[str, Quantity] = {
        "cranial": Quantity.MIGRATION_CRANIAL,
        "caudal": Quantity.MIGRATION_CAUDAL,
    }
    found = seen.get(ways[moved]) if moved else None
    words = "" if found is None else f"migrated {found.value:.0f} mm {moved}ly"
    return "; ".join(part for part in (detail, words) if part)


def _side_words(apex: Measurement | None) -> str:
    """On which side of the disc's middle the material lies; empty where that was not measured."""
    if apex is None:
        return ""
    least = row(FILE, "place", "apex-lateral")
    if abs(apex.value) < least.number("value"):
        return least.text("near")
    side = "left" if apex.value > 0 else "right"
    return least.text("far").format(mm=abs(apex.value), side=side)


def _apex_side(displacement: Measurement | None, apex: Measurement | None) -> Side | None:
    """The side of a deep, clearly lateral displacement; None where either is doubtful."""
    if displacement is None or apex is None:
        return None
    is_lateral = abs(apex.value) >= row(FILE, "place", "apex-lateral").number("value")
    is_deep = displacement.value >= row(FILE, "place", "apex-deep").number("value")
    if not (is_lateral and is_deep):
        return None
    return Side.LEFT if apex.value > 0 else Side.RIGHT


def _migration(
    extent: Measurement | None, height: Measurement | None, level: LevelInstance
) -> Literal["cranial", "caudal"] | None:
    """The way in which the material passes the disc's margin by more; None where equal."""
    if extent is None or height is None or not extent.segment_lps:
        return None
    ends = level.frame.to_local(np.array(extent.segment_lps))[:, 2]
    return _way(
        float(ends.max()) - height.value / 2,
        -float(ends.min()) - height.value / 2,
    )


def _way(up_mm: float, down_mm: float) -> _Way | None:
    """The way in which the disc's margin is passed by more; None where it is not, or equally."""
    margin = row(FILE, "place", "migration").number("value")
    if max(up_mm, down_mm) < margin or abs(up_mm - down_mm) < margin:
        return None
    return "cranial" if up_mm > down_mm else "caudal"
