"""Every measurement and grade of a synthetic spine, from its geometry and never from voxels.

The definitions are those of ``docs/concepts/measurements.md``.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.phantom import endplates as plates
from cauda.phantom import planes
from cauda.phantom.anatomy import Anatomy, Vector
from cauda.phantom.canal import conus_tip
from cauda.phantom.truth_grades import grades
from cauda.phantom.truth_sagittal import disc_extras, foramen_extras, sacral_slope_deg
from cauda.records import Finding, Measurement, Point
from cauda.vocab import Level, Quantity, Side, Vertebra

SERIES = "truth"
"""What stands for the series' key in the ids of true measurements."""
EXACT = 0.02
"""Error of what a formula gives, mm or degrees."""
Spec = tuple[Quantity, float, str, float, tuple[Point, ...]]
"""Quantity, value, method id, error, points."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Landmarks:
    """Where a level or vertebra is, by name.

    ``bodies`` maps a vertebra's name to its center; ``discs`` a level's name to its frame's
    origin; ``conus_lps`` is the cord's tip.
    """

    bodies: dict[Vertebra, Vector]
    discs: dict[Level, Vector]
    conus_lps: Vector


def truth(
    anatomy: Anatomy, *, levels: Sequence[Level] | None = None
) -> tuple[tuple[Measurement, ...], tuple[Finding, ...]]:
    """Measure and grade every level from the lowest thoracic disc down to the sacrum.

    Parameters
    ----------
    anatomy : Anatomy
    levels : sequence of Level or None
        Only these, where not every level is needed; vertebrae and lordosis are always measured.

    Returns
    -------
    measurements : tuple of Measurement
        Series ``"truth"``; uncertainty is the sampling step.
    findings : tuple of Finding
        Grades by the lesions as built, narrowing against the same spine without lesions.
    """
    places = [(n, lv) for n, lv in levels_of(anatomy) if levels is None or lv in levels]
    measurements: list[Measurement] = []
    for n, level in places:
        measurements.extend(_measure_level(anatomy, n, level))
    for n, segment in enumerate(anatomy.segments):
        if not segment.is_fused and segment.name.startswith("L"):
            measurements.extend(_measure_vertebra(anatomy, n))
    measurements.append(_lordosis(anatomy))
    slope = sacral_slope_deg(anatomy)
    measurements.append(_record((Quantity.SACRAL_SLOPE, slope, "sacral-slope-supine", EXACT, ())))
    findings: list[Finding] = []
    for n, level in places:
        own = tuple(m for m in measurements if m.level == level)
        findings.extend(grades(anatomy, n, level, own))
    return tuple(measurements), tuple(findings)


def levels_of(anatomy: Anatomy) -> tuple[tuple[int, Level], ...]:
    """Index and name of the discs from the sacrum up to the one above L1."""
    wanted = [n for n, s in enumerate(anatomy.segments) if s.name.startswith("L")]
    return tuple(
        (n, level)
        for n in range(wanted[0] - 1, wanted[-1] + 1)
        if (level := anatomy.discs[n].level) is not None
    )


def landmarks(anatomy: Anatomy) -> Landmarks:
    """Centers of bodies and discs by name, and the conus tip, LPS mm."""
    fused = anatomy.sacral_count
    bodies = {s.vertebra: s.origin_lps for s in anatomy.segments[fused - 1 :]}
    discs = {d.level: d.origin_lps for d in anatomy.discs if d.level is not None}
    return Landmarks(bodies=bodies, discs=discs, conus_lps=conus_tip(anatomy))


# ------------------------------------------------------------------------------------ one level


def _measure_level(anatomy: Anatomy, n: int, level: Level) -> Iterator[Measurement]:
    top = plates.endplate_of(anatomy.segments[n + 1], upper=False)
    bottom = plates.endplate_of(anatomy.segments[n], upper=True)
    heights, ends = plates.three_heights(plates.level_frame(anatomy, n), top, bottom)
    for spec in _disc(anatomy, n, (top, bottom), heights, ends):
        yield _record(spec, level=level)
    for spec in _sac(anatomy, n, float(heights[1])):
        yield _record(spec, level=level)
    line = np.stack(plates.disc_line(top, bottom))
    depth = float(np.linalg.norm(line[1] - line[0]))
    for quantity, value, method in disc_extras(anatomy, n, heights, depth):
        yield _record((quantity, value, method, EXACT, ()), level=level)
    for side in Side:
        for spec in _foramen(anatomy, n, side):
            yield _record(spec, level=level, side=side)
        for quantity, value, method in foramen_extras(anatomy, n, side):
            yield _record((quantity, value, method, EXACT, ()), level=level, side=side)


def _disc(
    anatomy: Anatomy,
    n: int,
    faces: tuple[plates.Endplate, plates.Endplate],
    heights: NDArray[np.float64],
    ends: NDArray[np.float64],
) -> Iterator[Spec]:
    top, bottom = faces
    names = (
        Quantity.DISC_HEIGHT_ANTERIOR,
        Quantity.DISC_HEIGHT_MIDDLE,
        Quantity.DISC_HEIGHT_POSTERIOR,
    )
    for quantity, value, pair in zip(names, heights, ends, strict=True):
        yield quantity, float(value), "disc-height-three-point", EXACT, _points(pair)
    front, back = plates.disc_line(top, bottom)
    line = np.stack([front, back])
    depth = float(np.linalg.norm(back - front))
    yield Quantity.DISC_DEPTH, depth, "disc-depth", EXACT, _points(line)
    bodies = [n + 1] if anatomy.segments[n].is_fused else [n, n + 1]
    body = float(np.mean([_body_heights(anatomy, m)[0][1] for m in bodies]))
    index = float(np.mean(heights)) / body
    yield Quantity.DISC_HEIGHT_INDEX, index, "disc-height-index", 0.002, ()
    yield from _displaced(anatomy, n)
    ratio = planes.nucleus_ratio(anatomy, n, line, float(heights[1]))
    yield Quantity.NUCLEUS_SIGNAL, ratio, "nucleus-roi-ratio", 0.01, ()
    yield from _alignment(top, bottom)


def _alignment(top: plates.Endplate, bottom: plates.Endplate) -> Iterator[Spec]:
    slip = plates.slip_mm(top, bottom)
    length = float(np.linalg.norm(bottom.anterior - bottom.posterior))
    points = _points(np.stack([top.posterior, bottom.posterior]))
    yield Quantity.SLIP, slip, "slip-corners", EXACT, points
    yield Quantity.SLIP_PERCENT, 100 * slip / length, "slip-corners", EXACT, points
    angle = plates.lordotic_deg(top, bottom)
    yield Quantity.SEGMENTAL_ANGLE, angle, "endplate-wedge", EXACT, ()


def _displaced(anatomy: Anatomy, n: int) -> Iterator[Spec]:
    found = planes.displacement(anatomy, n)
    step = planes.STEP_MM
    yield Quantity.DISPLACEMENT, found.depth_mm, "posterior-line", step, found.segment
    yield Quantity.DISPLACEMENT_EXTENT, found.extent_mm, "posterior-line-extent", step, ()


def _sac(anatomy: Anatomy, n: int, middle_height: float) -> Iterator[Spec]:
    sac = planes.sac_truth(anatomy, n, middle_height)
    bodies = [n + 1] if anatomy.segments[n].is_fused else [n, n + 1]
    usual = float(np.mean([planes.body_sac_area(anatomy, m) for m in bodies]))
    yield Quantity.SAC_AP, sac.ap_mm, "sac-ap-min", 0.1, sac.chord
    yield Quantity.SAC_AREA, sac.area_mm2, "sac-area-disc-plane", 2.0, ()
    yield Quantity.SAC_RATIO, sac.area_mm2 / max(usual, 1.0), "sac-area-ratio", 0.02, ()


def _foramen(anatomy: Anatomy, n: int, side: Side) -> Iterator[Spec]:
    found = planes.foramen_truth(anatomy, n, side)
    step = planes.STEP_MM
    yield Quantity.FORAMEN_HEIGHT, found.height_mm, "foramen-height", step, found.ends
    yield Quantity.FORAMEN_WIDTH, found.width_mm, "foramen-width-disc", step, ()
    yield Quantity.FORAMEN_AREA, found.area_mm2, "foramen-area", 2.0, ()


# -------------------------------------------------------------------------- vertebrae and spine


def _body_heights(anatomy: Anatomy, n: int) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    segment = anatomy.segments[n]
    top = plates.endplate_of(segment, upper=True)
    bottom = plates.endplate_of(segment, upper=False)
    return plates.three_heights(plates.body_frame(segment), top, bottom)


def _measure_vertebra(anatomy: Anatomy, n: int) -> Iterator[Measurement]:
    heights, ends = _body_heights(anatomy, n)
    names = (
        Quantity.VERTEBRA_HEIGHT_ANTERIOR,
        Quantity.VERTEBRA_HEIGHT_MIDDLE,
        Quantity.VERTEBRA_HEIGHT_POSTERIOR,
    )
    for quantity, value, pair in zip(names, heights, ends, strict=True):
        spec = (quantity, float(value), "vertebra-height-three-point", EXACT, _points(pair))
        yield _record(spec, vertebra=anatomy.segments[n].vertebra)
    wedge = (Quantity.VERTEBRA_WEDGE, float(heights[0] / heights[2]), "vertebra-wedge", 0.001, ())
    yield _record(wedge, vertebra=anatomy.segments[n].vertebra)


def _lordosis(anatomy: Anatomy) -> Measurement:
    first = next(s for s in anatomy.segments if s.name == "L1")
    upper = plates.endplate_of(first, upper=True)
    lower = plates.endplate_of(anatomy.segments[anatomy.sacral_count - 1], upper=True)
    angle = plates.lordotic_deg(upper, lower)
    ends = np.stack([upper.anterior, upper.posterior, lower.posterior, lower.anterior])
    return _record((Quantity.LORDOSIS, angle, "cobb-l1-s1", EXACT, _points(ends)))


def _record(
    spec: Spec,
    level: Level | None = None,
    vertebra: Vertebra | None = None,
    side: Side | None = None,
) -> Measurement:
    quantity, value, method, error, points = spec
    place = level or vertebra or "spine"
    parts = (str(place), str(quantity), *((str(side),) if side else ()), SERIES)
    return Measurement(
        id="/".join(parts),
        quantity=quantity,
        level=level,
        vertebra=vertebra,
        side=side,
        value=value,
        uncertainty=error,
        method=method,
        series=SERIES,
        segment_lps=points,
    )


def _points(values: NDArray[np.float64]) -> tuple[Point, ...]:
    return tuple((float(x), float(y), float(z)) for x, y, z in values)
