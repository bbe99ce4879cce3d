"""Measure levels on axial slices, in the frames that the sagittal series gave them.

:mod:`~cauda.measure.axial.cut` looks at one slice in a level's frame; the other modules each
measure one thing on such slices: :mod:`~cauda.measure.axial.sac`,
:mod:`~cauda.measure.axial.contour` against :mod:`~cauda.measure.axial.reference`,
:mod:`~cauda.measure.axial.recess` between :mod:`~cauda.measure.axial.borders`,
:mod:`~cauda.measure.axial.canal` and :mod:`~cauda.measure.axial.roots`.
:mod:`~cauda.measure.axial.fuse` says which series lie where the sagittal ones do.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cauda.measure.axial.borders import borders, facet_reading
from cauda.measure.axial.canal import Tones, bony_readings, content_readings, fat_reading, tones
from cauda.measure.axial.contour import contour_readings
from cauda.measure.axial.cut import Cut, cuts
from cauda.measure.axial.fuse import Beside, apart
from cauda.measure.axial.recess import recess_readings
from cauda.measure.axial.reference import reference
from cauda.measure.axial.roots import root_readings
from cauda.measure.axial.sac import (
    PedicleArea,
    SacSection,
    normal_readings,
    pedicle_area,
    sac_readings,
    sections,
)
from cauda.measure.reading import Reading
from cauda.records import LevelInstance, Segmentation, Spine
from cauda.vocab import Contrast, Level, Quantity

__all__ = ["AxialLevel", "Beside", "axial_levels"]

REACH_MM = 16.0
"""Slices this far beyond a disc still show something of its level: pedicles and laminae."""

SACRUM_LABEL = 1


@dataclass(frozen=True, slots=True, kw_only=True)
class AxialLevel:
    """What one axial series shows of one level.

    Parameters
    ----------
    series : str
    level : Level
    contrast : Contrast
    angle_deg : float
        Between its slices and the disc plane.
    apart : str
        Why it is not combined with the sagittal series; empty where it is.
    readings : tuple of Reading
    """

    series: str
    level: Level
    contrast: Contrast
    angle_deg: float
    apart: str
    readings: tuple[Reading, ...]


@dataclass(frozen=True, kw_only=True, eq=False)
class _Seen:
    """The slices of one series at one level, and the sac on them."""

    segmentation: Segmentation
    level: LevelInstance
    beside: Beside
    shown: tuple[Cut, ...]
    sacs: tuple[SacSection, ...]


def axial_levels(
    spine: Spine, segmentations: Sequence[Segmentation], sagittal: Mapping[Level, Beside]
) -> tuple[AxialLevel, ...]:
    """Measure every level on every axial series that shows it.

    Parameters
    ----------
    spine : Spine
        Its axial slices say which series shows which level; only series in the frame of reference
        of the levels are among them.
    segmentations : sequence of Segmentation
        Axial ones.
    sagittal : mapping of Level to Beside
        What the sagittal series show of each level.
    """
    seen = [
        _seen(s, level, sagittal.get(level.name, Beside()))
        for s in segmentations
        for level in spine.levels
        if any(a.series == s.series and a.level == level.name for a in spine.axial_slices)
    ]
    t2 = [s for s in seen if s.segmentation.contrast is Contrast.T2]
    contents = dict(zip(map(id, t2), tones([s.sacs for s in t2]), strict=True))
    normal = _pedicle_areas(spine, [s.segmentation for s in seen])
    return tuple(_measured(s, contents.get(id(s)), normal) for s in seen if s.shown)


def _seen(segmentation: Segmentation, level: LevelInstance, beside: Beside) -> _Seen:
    shown = cuts(segmentation, level.frame, beside.half_disc_mm + REACH_MM)
    return _Seen(
        segmentation=segmentation,
        level=level,
        beside=beside,
        shown=shown,
        sacs=sections(shown),
    )


def _pedicle_areas(spine: Spine, segmentations: Sequence[Segmentation]) -> dict[int, PedicleArea]:
    """Vertebra label to the sac's area at its pedicles, from the series nearest to them."""
    found: dict[int, PedicleArea] = {}
    for vertebra in spine.vertebrae:
        like = next(
            (lv.frame for lv in spine.levels if vertebra.label in (lv.above, lv.below)), None
        )
        if like is None or vertebra.label == SACRUM_LABEL:
            continue
        every = {id(s): s for s in segmentations}.values()
        areas = [a for s in every if (a := pedicle_area(vertebra, like, s)) is not None]
        if areas:
            found[vertebra.label] = min(areas, key=lambda a: abs(a.nearest.z_mm))
    return found


def _measured(seen: _Seen, contents: Tones | None, normal: Mapping[int, PedicleArea]) -> AxialLevel:
    """Everything one series shows of one level."""
    half = seen.beside.half_disc_mm
    reason = apart(seen.shown, seen.sacs, seen.beside)
    sac = sac_readings(seen.sacs, half)
    readings = [*sac, *_of_sac(seen, sac, contents, normal)]
    corners = seen.beside.corners_mm if not reason.is_moved else np.empty((0, 2))
    ring = reference(corners, seen.shown, half)
    if ring is not None:
        sides = borders(seen.shown, seen.sacs, ring, half)
        readings += bony_readings(seen.sacs, ring, half)
        readings += contour_readings(seen.shown, ring, sides, half)
        readings += facet_reading(seen.shown, sides)
        readings += recess_readings(seen.shown, ring, sides, half)
        readings += root_readings(seen.shown, sides, half)
    return AxialLevel(
        series=seen.segmentation.series,
        level=seen.level.name,
        contrast=seen.segmentation.contrast,
        angle_deg=seen.shown[0].angle_deg,
        apart=reason.words,
        readings=tuple(r for r in readings if np.isfinite(r.value)),
    )


def _of_sac(
    seen: _Seen,
    sac: Sequence[Reading],
    contents: Tones | None,
    normal: Mapping[int, PedicleArea],
) -> list[Reading]:
    """What is read on the slice of the sac's least area, and against the pedicles."""
    area = next((r for r in sac if r.quantity is Quantity.SAC_AREA), None)
    if area is None:
        return []
    worst = next(s for s in seen.sacs if s.cut.index == area.slice)
    areas = [normal[v] for v in (seen.level.above, seen.level.below) if v in normal]
    return [
        *normal_readings(areas, area, seen.segmentation.series),
        *content_readings(worst, contents),
        fat_reading(worst),
    ]
