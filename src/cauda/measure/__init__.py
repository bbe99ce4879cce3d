"""Measure a spine: millimeters, degrees and ratios with their uncertainty, series by series.

The definitions are those of ``docs/concepts/measurements.md``. What a series does not show is
left out; the checks and the grades say why.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace

from cauda.measure.alignment import alignment, lordosis, sacral_slope
from cauda.measure.axial import axial_levels
from cauda.measure.axial.doubt import doubted
from cauda.measure.beside import beside
from cauda.measure.canal import canal_readings
from cauda.measure.derived import derived_heights, vertebra_wedge
from cauda.measure.discs import DiscSlice, disc_readings, disc_slice, height_index
from cauda.measure.displacement import displacement
from cauda.measure.foramina import foramen, foramen_readings
from cauda.measure.marrow import marrow_readings
from cauda.measure.nucleus import nucleus_texture
from cauda.measure.perineural import perineural_readings
from cauda.measure.preference import T2_FIRST, with_preferred
from cauda.measure.reading import Reading
from cauda.measure.sac import sac_readings
from cauda.measure.sampling import Stack
from cauda.measure.signal import nucleus_ratio
from cauda.measure.uncertainty import half_width
from cauda.measure.vertebrae import SACRUM_LABEL, Body, Outline, bodies, heights, trace
from cauda.measure.volume import volume_readings
from cauda.records import LevelInstance, Measurement, Segmentation, Spine
from cauda.vocab import Contrast, Level, Plane, Quantity, Side, Vertebra

__all__ = ["measure"]

CANAL_HALF_MM = 9.0
"""Half-width of the canal where no foramen shows the inner border of the pedicles."""

USUAL_HALF_DISC_MM = 5.0
"""Half a disc's height where its endplates are not seen: only sets the window of the sac."""

FARTHEST_MM = 3.0
"""Without a slice this near to the midsagittal plane (or half a spacing), nothing is read in it."""

_MIDDLE = Quantity.VERTEBRA_HEIGHT_MIDDLE


def measure(spine: Spine, segmentations: Sequence[Segmentation]) -> tuple[Measurement, ...]:
    """Measure every visible level and vertebra on every segmentation.

    Parameters
    ----------
    spine : Spine
        With an instance map for each sagittal series to be measured; others are passed over.
    segmentations : sequence of Segmentation
        Sagittal, and axial ones whose slices the spine assigns to levels.

    Returns
    -------
    tuple of Measurement
        Ordered by series, then from the lowest level upward; for each quantity, place and side
        one is ``preferred``.
    """
    sagittal = [s for s in segmentations if s.plane is Plane.SAGITTAL]
    axial = [s for s in segmentations if s.plane is Plane.AXIAL]
    shown = [_of_series(spine, s) for s in sagittal if s.series in spine.instances]
    found = [m for s in shown for m in s.measurements]
    found += _axial(spine, axial, shown)
    found = [doubted(m, found) for m in found]
    return with_preferred(found, {s.series: s.contrast for s in segmentations})


@dataclass(frozen=True, kw_only=True, eq=False)
class _Shown:
    """What one sagittal series shows: its measurements, and each level's disc slice by slice."""

    contrast: Contrast
    measurements: list[Measurement] = field(default_factory=list)
    discs: dict[Level, tuple[DiscSlice, ...]] = field(default_factory=dict)


def _axial(
    spine: Spine, segmentations: Sequence[Segmentation], sagittal: Sequence[_Shown]
) -> list[Measurement]:
    """All measurements of the axial series, beside what the best sagittal series shows."""
    if not segmentations:
        return []
    order = sorted(sagittal, key=lambda s: T2_FIRST.index(s.contrast))
    best = {
        level.name: beside(level, own.measurements, own.discs[level.name])
        for own in reversed(order)
        for level in spine.levels
        if level.name in own.discs
    }
    return [
        replace(m, apart=own.apart)
        for own in axial_levels(spine, segmentations, best)
        for m in _named(own.readings, own.series, level=own.level, plane=Plane.AXIAL)
    ]


def _of_series(spine: Spine, segmentation: Segmentation) -> _Shown:
    """All that one sagittal series shows."""
    series = segmentation.series
    stack = Stack(segmentation=segmentation, instances=spine.instances[series])
    every = {body.vertebra.label: body for body in bodies(spine)}
    traced = {label: trace(stack, body) for label, body in every.items()}
    found: list[Measurement] = []
    middles: dict[int, Reading] = {}
    for label, outlines in traced.items():
        if _is_midsagittal(stack, outlines):
            readings = heights(outlines)
            middles.update((label, r) for r in readings if r.quantity is _MIDDLE)
            readings = (*readings, *vertebra_wedge(readings))
            found += _named(readings, series, vertebra=every[label].vertebra.name)
    discs = {level.name: _slices(stack, level, traced) for level in spine.levels}
    for level in spine.levels:
        at_level = _of_level(stack, level, every, discs[level.name], middles)
        found += _named(at_level, series, level=level.name)
        sides = [(every[v], traced[v]) for v in (level.above, level.below) if v in every]
        if len(sides) == 2 and _is_midsagittal(stack, discs[level.name]):
            found += _named(marrow_readings(*sides), series, level=level.name)
    by_name = {body.vertebra.name: traced[label] for label, body in every.items()}
    ends = (by_name.get(Vertebra.L1, ()), by_name.get(Vertebra.S1, ()))
    return _Shown(
        contrast=segmentation.contrast,
        measurements=found + _named((*lordosis(*ends), *sacral_slope(ends[1])), series),
        discs=discs,
    )


def _is_midsagittal(stack: Stack, outlines: Sequence[Outline | DiscSlice]) -> bool:
    """Whether a slice lies near enough to x' = 0."""
    reach = max(FARTHEST_MM, 0.75 * stack.space.spacing_mm[0])
    return any(abs(o.x_mm) <= reach for o in outlines)


def _of_level(
    stack: Stack,
    level: LevelInstance,
    every: dict[int, Body],
    slices: tuple[DiscSlice, ...],
    middles: dict[int, Reading],
) -> Iterable[Reading]:
    """All readings of one level on one series."""
    openings = [f for side in Side if (f := foramen(stack, level, side)) is not None]
    central: tuple[Reading, ...] = ()
    if _is_midsagittal(stack, slices):
        central = disc_readings(slices)
        index = height_index(central, middles, level)
        central = (*central, *derived_heights(central), *index, *alignment(slices))
        if stack.segmentation.contrast is Contrast.T2:
            central = (*central, *nucleus_ratio(slices), *nucleus_texture(slices))
    borders = {f.side: f.medial_mm for f in openings}
    canal = (borders.get(Side.RIGHT, -CANAL_HALF_MM), borders.get(Side.LEFT, CANAL_HALF_MM))
    middle = next((r.value for r in central if r.quantity is Quantity.DISC_HEIGHT_MIDDLE), None)
    neighbors = [level.above] if level.below == SACRUM_LABEL else [level.above, level.below]
    frames = tuple(every[v].frame for v in neighbors if v in every)
    half = USUAL_HALF_DISC_MM if middle is None else middle / 2
    return (
        *central,
        *volume_readings(stack, level),
        *displacement(slices, level, canal),
        *sac_readings(stack, level.frame, half, frames),
        *canal_readings(stack, level.frame, half),
        *(reading for f in openings for reading in foramen_readings(f, len(neighbors))),
        *(reading for f in openings for reading in perineural_readings(f)),
    )


def _slices(
    stack: Stack, level: LevelInstance, traced: dict[int, tuple[Outline, ...]]
) -> tuple[DiscSlice, ...]:
    """The disc on every slice that cuts through both of its vertebrae, from right to left."""
    below = {o.sheet.index: o for o in traced.get(level.below, ())}
    pairs = [
        disc_slice(stack, level, above, below[above.sheet.index])
        for above in traced.get(level.above, ())
        if above.sheet.index in below
    ]
    return tuple(p for p in pairs if p is not None)


def _named(
    readings: Iterable[Reading],
    series: str,
    *,
    level: Level | None = None,
    vertebra: Vertebra | None = None,
    plane: Plane = Plane.SAGITTAL,
) -> list[Measurement]:
    """Turn readings into measurements of one level, vertebra or, without either, the spine."""
    place = str(level or vertebra or "lumbar")
    return [
        Measurement(
            id="/".join(str(part) for part in (place, r.quantity, r.zone, r.side, series) if part),
            quantity=r.quantity,
            level=level,
            vertebra=vertebra,
            side=r.side,
            value=r.value,
            uncertainty=half_width(r.quantity, r.value, r.spread, plane),
            method=r.method,
            series=series,
            slice=r.slice,
            segment_lps=r.points_lps,
            estimated=r.estimated,
            plane=plane,
            zone=r.zone,
        )
        for r in readings
    ]
