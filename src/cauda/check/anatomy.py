"""Checks that what was found can be a lumbar spine, and of shapes that forbid a grade."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

import numpy as np

from cauda.check.scene import FILE, Scene, limit, limit_range
from cauda.geometry import Array
from cauda.knowledge import rows
from cauda.records import LevelInstance, Limit, Measurement, Segmentation, VertebraInstance
from cauda.vocab import STRUCTURES, Condition, Quantity, Side, Structure, Vertebra

_LEAST_VERTEBRAE = 4
"""Fewer centroids do not tell a curve from their own error."""

_DISC_HEIGHTS = (Condition.DISC_NARROWING,)

_HEIGHTS = (
    Quantity.VERTEBRA_HEIGHT_ANTERIOR,
    Quantity.VERTEBRA_HEIGHT_MIDDLE,
    Quantity.VERTEBRA_HEIGHT_POSTERIOR,
)


def cord(scene: Scene) -> Iterator[Limit]:
    """Withhold canal grades where the cord fills the sac at the disc (clinical rule 14.2)."""
    seen = [_cord_points(segmentation) for segmentation in scene.segmentations]
    for level in scene.spine.levels:
        volumes = [_near_mm3(points, voxel_mm3, level) for points, voxel_mm3 in seen]
        if max(volumes, default=0.0) > limit("cord-volume"):
            yield Limit(
                id="cord-in-slice",
                effect="withhold",
                reason=f"The spinal cord fills the sac at {level.name.value}: the scales of the "
                "cauda equina do not apply.",
                level=level.name,
                conditions=(Condition.CANAL_STENOSIS,),
            )


def _cord_points(segmentation: Segmentation) -> tuple[Array, float]:
    """(N, 3) LPS centers of the voxels that are cord, and the volume of one, mm3."""
    channel = STRUCTURES.index(Structure.CORD)
    where = np.argwhere(segmentation.probabilities[channel] > 0.5)
    return segmentation.space.to_lps(where), segmentation.space.voxel_mm3


def _near_mm3(points_lps: Array, voxel_mm3: float, level: LevelInstance) -> float:
    """Volume of those voxels near the plane of the disc, mm3."""
    heights_mm = level.frame.to_local(points_lps)[:, 2]
    return float((np.abs(heights_mm) <= limit("cord-window")).sum()) * voxel_mm3


def scoliosis(scene: Scene) -> Iterator[Limit]:
    """Lower, then withhold, everything in a spine that curves to the side."""
    angle_deg = coronal_curve_deg(scene.spine.vertebrae)
    if angle_deg > limit("scoliosis-lower"):
        yield Limit(
            id="scoliosis",
            effect="withhold" if angle_deg > limit("scoliosis-withhold") else "lower",
            reason=f"The spine curves to the side by about {angle_deg:.0f} degrees; grading was "
            "not validated in scoliosis.",
        )


def coronal_curve_deg(vertebrae: tuple[VertebraInstance, ...]) -> float:
    """Greatest angle between two tangents of the line of centroids, seen from the front.

    The line is a cubic x(z) through the bodies' centroids (LPS, mm), which takes out the error of
    single centroids; partial vertebrae and the sacrum are left out. 0 with fewer than four.
    """
    whole = [v for v in vertebrae if not v.is_partial and v.name != Vertebra.S1]
    if len(whole) < _LEAST_VERTEBRAE:
        return 0.0
    x_mm, _, z_mm = np.array([v.centroid_lps for v in whole]).T
    degree = 3 if len(whole) > _LEAST_VERTEBRAE else 2
    line = np.polynomial.Polynomial.fit(z_mm, x_mm, degree)
    tilt_deg = np.degrees(np.arctan(line.deriv()(z_mm)))
    return float(np.ptp(tilt_deg))


def out_of_range(scene: Scene) -> Iterator[Limit]:
    """Withhold what rests on a measurement no spine has."""
    for found in rows(FILE, "plausible"):
        low, high = found.numbers("value")
        for measurement in scene.preferred(Quantity(found.id)):
            if not low <= measurement.value <= high:
                yield _implausible(measurement, found.texts("conditions"))


def _implausible(measurement: Measurement, conditions: tuple[str, ...]) -> Limit:
    words = measurement.quantity.value.rsplit("_", 1)[0].replace("_", " ")
    unit = "" if measurement.unit == "1" else f" {measurement.unit}"
    place = measurement.level.value if measurement.level else "the spine"
    return Limit(
        id="implausible",
        effect="withhold",
        reason=f"The {words} measured at {place} ({measurement.value:.1f}{unit}) cannot be right.",
        level=measurement.level,
        side=measurement.side,
        conditions=tuple(Condition(c) for c in conditions),
    )


def disc_order(scene: Scene) -> Iterator[Limit]:
    """Withhold two levels whose discs lie too close, too far apart or out of order."""
    near_mm, far_mm = limit_range("disc-spacing")
    for lower, upper in pairwise(scene.spine.levels):
        step = np.subtract(upper.frame.origin_lps, lower.frame.origin_lps)
        distance_mm = float(np.linalg.norm(step))
        rises = float(step @ np.array(lower.frame.up_lps)) > 0
        if rises and near_mm <= distance_mm <= far_mm:
            continue
        words = f"{lower.name.value} and {upper.name.value}"
        for level in (lower, upper):
            yield Limit(
                id="implausible-order",
                effect="withhold",
                reason=f"The discs {words} lie {distance_mm:.0f} mm apart or out of order: a disc "
                "may have been missed or counted twice.",
                level=level.name,
            )


def shared_material(scene: Scene) -> Iterator[Limit]:
    """Lower two neighboring discs at which the same displaced material was measured."""
    extents = {m.level: m for m in scene.preferred(Quantity.DISPLACEMENT_EXTENT) if m.segment_lps}
    for lower, upper in pairwise(scene.spine.levels):
        if lower.name not in extents or upper.name not in extents:
            continue
        (bottom, top), (other_bottom, other_top) = (
            _span_mm(extents[level.name], lower) for level in (lower, upper)
        )
        if min(top, other_top) <= max(bottom, other_bottom):
            continue
        for level in (lower, upper):
            yield Limit(
                id="shared-material",
                effect="lower",
                reason=f"The displaced material at {lower.name.value} and {upper.name.value} "
                "overlaps: it may come from one disc only.",
                level=level.name,
                conditions=(
                    Condition.DISC_CONTOUR,
                    Condition.DISC_BULGE,
                    Condition.DISC_HERNIATION,
                ),
            )


def _span_mm(extent: Measurement, level: LevelInstance) -> tuple[float, float]:
    """Lowest and highest point of the material along z' of ``level``, mm."""
    heights_mm = level.frame.to_local(np.array(extent.segment_lps))[:, 2]
    return float(heights_mm.min()), float(heights_mm.max())


def asymmetry(scene: Scene) -> Iterator[Limit]:
    """Lower both foramina of a level where one is many times the other."""
    areas = {(m.level, m.side): m.value for m in scene.preferred(Quantity.FORAMEN_AREA)}
    for level in scene.spine.levels:
        both = [areas.get((level.name, side)) for side in Side]
        pair = sorted(area for area in both if area is not None)
        if len(pair) == 2 and pair[1] > limit("asymmetry") * pair[0]:
            yield Limit(
                id="foramen-asymmetry",
                effect="lower",
                reason=f"The foramina at {level.name.value} differ by more than a factor of "
                f"{limit('asymmetry'):.0f}.",
                level=level.name,
                conditions=(Condition.FORAMINAL_STENOSIS,),
            )


def fracture(scene: Scene) -> Iterator[Limit]:
    """Say where a body is wedged or dished, and withhold the disc heights beside it."""
    for vertebra in scene.spine.vertebrae:
        ratio = _least_height_ratio(scene, vertebra.name)
        if vertebra.is_partial or ratio is None or ratio >= limit("fracture-ratio"):
            continue
        words = (
            f"{vertebra.name.value} has lost {100 * (1 - ratio):.0f} % of its height in front or "
            "in the middle: a fracture is possible, age not determined."
        )
        yield Limit(id="fracture-suspected", effect="note", reason=words)
        for level in scene.spine.levels:
            if vertebra.label in (level.above, level.below):
                yield Limit(
                    id="fracture-beside-disc",
                    effect="withhold",
                    reason=words,
                    level=level.name,
                    conditions=_DISC_HEIGHTS,
                )


def _least_height_ratio(scene: Scene, name: Vertebra) -> float | None:
    """Smaller of anterior and middle height over posterior height (Genant 1993)."""
    heights = {m.quantity: m.value for m in scene.preferred(*_HEIGHTS) if m.vertebra == name}
    posterior = heights.get(Quantity.VERTEBRA_HEIGHT_POSTERIOR, 0.0)
    others = [heights[q] for q in _HEIGHTS[:2] if q in heights]
    return min(others) / posterior if others and posterior > 0 else None


def numbering(scene: Scene) -> Iterator[Limit]:
    """Lower everything where the names are not certain: right at the wrong level is wrong."""
    state = scene.spine.numbering
    if state.state == "uncertain":
        reasons = "; ".join(state.reasons) or "no reason given"
        yield Limit(
            id="numbering-uncertain",
            effect="lower",
            reason=f"Level names are uncertain ({reasons}).",
        )
