"""Evidence pictures: the unmarked slice beside the outlined structures and measured lines.

Each panel is a picture of its own, so that pages can place them side by side or below each other.
Patient's right is at the left of axial pictures; anterior is at the left of sagittal ones.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from cauda.geometry import Array, share_frame
from cauda.records import (
    Analysis,
    AxialSlice,
    LevelInstance,
    Measurement,
    Segmentation,
    Volume,
)
from cauda.report import axial, overlay
from cauda.report.content import focus_levels
from cauda.report.drawing import Box, Outline, Stroke, draw_pair, draw_panel
from cauda.report.overview import overview_box, overview_strokes, overview_structures
from cauda.report.picture import Group, Picture
from cauda.report.planes import SliceImage, axial_slice, crossing_mm, sagittal_slice
from cauda.vocab import Contrast, Plane, Side

__all__ = ["Group", "Picture", "draw_pictures", "main_segmentation"]

_WIDE_PX, _MIDDLE_PX, _SMALL_PX = 640, 560, 400
_MIDDLE_MM, _FORAMEN_MM = 76.0, 60.0
_BEHIND_DISC_MM = 12.0
"""Middle and axial crops are centered this far behind the disc's centroid: on canal and disc."""
_AXIAL_PER_LEVEL = 3
_MIDDLE_SLICES = 2


def draw_pictures(analysis: Analysis) -> tuple[Picture, ...]:
    """Draw every evidence picture: an overview, then the lowest two levels in detail."""
    if all(s.plane is not Plane.SAGITTAL for s in analysis.segmentations):
        return ()
    pictures = list(_overview(analysis))
    for name in focus_levels(analysis):
        level = analysis.spine.level(name)
        if level is not None:
            pictures += _middle(analysis, level)
            pictures += _foramen(analysis, level, Side.RIGHT)
            pictures += _foramen(analysis, level, Side.LEFT)
            pictures += _axial(analysis, level)
    return tuple(pictures)


def main_segmentation(analysis: Analysis) -> Segmentation:
    """The sagittal segmentation most preferred measurements come from; else T2, else the first."""
    counts = Counter(m.series for m in analysis.measurements if m.preferred)
    contrast = {s.key: s.contrast for s in analysis.study.series}

    def rank(segmentation: Segmentation) -> tuple[bool, int]:
        key = segmentation.series
        return contrast.get(key) is Contrast.T2, counts[key]

    return max((s for s in analysis.segmentations if s.plane is Plane.SAGITTAL), key=rank)


def _overview(analysis: Analysis) -> list[Picture]:
    segmentation = main_segmentation(analysis)
    index = _middle_index(analysis, segmentation)
    image = sagittal_slice(analysis.study, segmentation, index)
    box = overview_box(analysis.spine, image)
    shapes = _shapes(analysis, segmentation, index, image, overview_structures(analysis.spine))
    lines = overview_strokes(analysis.spine, image, box) + _axial_lines(
        analysis, image, box, _nearest(analysis.spine.axial_slices)
    )
    where = image.where
    plain, marked = draw_pair(image, box, _WIDE_PX, shapes, lines)
    return [
        Picture(
            name="overview",
            group="overview",
            level=None,
            is_marked=False,
            caption=f"Midsagittal overview, unmarked. {where}.",
            alt=f"Unmarked midsagittal slice of the lumbar spine, {where}",
            pixels=plain,
        ),
        Picture(
            name="overview-marked",
            group="overview",
            level=None,
            is_marked=True,
            caption=f"The same slice with outlines and level names{_reference(lines)}. {where}.",
            alt="The same slice with vertebrae, discs, sac and cord outlined and levels named",
            pixels=marked,
        ),
    ]


def _shapes(
    analysis: Analysis,
    segmentation: Segmentation,
    index: int,
    image: SliceImage,
    structures: Sequence[overlay.Labeled],
) -> list[Outline]:
    """Outlines on a slice; none for a series whose instances were not located."""
    instances = analysis.spine.instances.get(segmentation.series)
    if instances is None:
        return []
    return overlay.outlines(segmentation, instances, index, image, structures)


def _middle(analysis: Analysis, level: LevelInstance) -> list[Picture]:
    lines = [m for m in _measured(analysis, level) if m.side is None]
    return _pairs(analysis, level, lines, None, _MIDDLE_SLICES)


def _foramen(analysis: Analysis, level: LevelInstance, side: Side) -> list[Picture]:
    lines = [m for m in _measured(analysis, level) if m.side is side]
    return _pairs(analysis, level, lines, side, 1) if lines else []


def _measured(analysis: Analysis, level: LevelInstance) -> list[Measurement]:
    at = [
        m
        for m in analysis.measurements
        if m.level == level.name and m.preferred and m.plane is Plane.SAGITTAL
    ]
    return [m for m in overlay.drawable(at) if m.slice is not None]


def _pairs(
    analysis: Analysis,
    level: LevelInstance,
    lines: Sequence[Measurement],
    side: Side | None,
    limit: int,
) -> list[Picture]:
    """Unmarked and marked panels of the slices that most lines were measured on."""
    counted = Counter((m.series, m.slice) for m in lines if m.slice is not None)
    wanted = [place for place, _ in counted.most_common(limit)]
    if not wanted:
        segmentation = main_segmentation(analysis)
        wanted = [(segmentation.series, _middle_index(analysis, segmentation, level))]
    pictures = []
    for key, index in wanted:
        segmentation = next(s for s in analysis.segmentations if s.series == key)
        on_slice = [m for m in lines if (m.series, m.slice) == (key, index)]
        pictures += _pair(analysis, level, segmentation, on_slice, (side, index))
    return pictures


def _pair(
    analysis: Analysis,
    level: LevelInstance,
    segmentation: Segmentation,
    lines: Sequence[Measurement],
    place: tuple[Side | None, int],
) -> list[Picture]:
    side, index = place
    image = sagittal_slice(analysis.study, segmentation, index)
    box = _crop(level, image, lines, side)
    structures = overlay.level_structures(level, analysis.spine, side)
    shapes = _shapes(analysis, segmentation, index, image, structures)
    group: Group = "middle" if side is None else "foramina"
    where = image.where
    width = _MIDDLE_PX if side is None else _SMALL_PX
    title = f"{level.name.value} {_title(side)}"
    stem = f"{title}-{segmentation.series}-{index + 1}".lower().replace(" ", "-")
    listed = "; ".join(overlay.described(m) for m in lines) or "no line was measured here"
    plain, marked = draw_pair(image, box, width, shapes, overlay.strokes(lines, image, box))
    return [
        Picture(
            name=stem,
            group=group,
            level=level.name,
            is_marked=False,
            caption=f"{title}, unmarked. {where}.",
            alt=f"Unmarked sagittal slice through the {title}, {where}",
            pixels=plain,
        ),
        Picture(
            name=f"{stem}-marked",
            group=group,
            level=level.name,
            is_marked=True,
            caption=f"{title}, marked: {listed}. {where}.",
            alt=f"The same slice with outlines and measured lines: {listed}",
            pixels=marked,
        ),
    ]


def _axial(analysis: Analysis, level: LevelInstance) -> list[Picture]:
    """A localizer with the slices' lines, then the slices nearest to the disc, unmarked."""
    at = [s for s in analysis.spine.axial_slices if s.level == level.name]
    near = sorted(at, key=lambda s: abs(s.distance_mm))[:_AXIAL_PER_LEVEL]
    chosen = sorted(near, key=lambda s: -s.distance_mm)
    volumes = _axial_volumes(analysis)
    pictures = [_axial_picture(level, s, volumes[s.series]) for s in chosen if s.series in volumes]
    segmentation = main_segmentation(analysis)
    index = _middle_index(analysis, segmentation, level)
    image = sagittal_slice(analysis.study, segmentation, index)
    box = _crop(level, image, (), None)
    lines = _axial_lines(analysis, image, box, chosen)
    pictures += axial.marked_pictures(analysis, level, volumes)
    if not pictures or not lines:
        return pictures
    localizer = Picture(
        name=f"{level.name.value}-axial-reference".lower(),
        group="axial",
        level=level.name,
        is_marked=True,
        caption=f"Where the axial slices cross. {image.where}.",
        alt=f"Sagittal slice with the positions of the axial slices at {level.name.value}",
        pixels=draw_panel(image, box, _SMALL_PX, (), lines),
    )
    return [localizer, *pictures]


def _axial_picture(level: LevelInstance, assigned: AxialSlice, volume: Volume) -> Picture:
    image = axial_slice(assigned.series, volume, assigned.slice)
    center = image.to_mm(_behind(level))
    box = Box(center=(center[0], center[1]), width_mm=axial.WIDTH_MM, height_mm=axial.WIDTH_MM)
    where = f"{image.where}; {_offset(assigned)}"
    return Picture(
        name=f"{level.name.value}-axial-{assigned.series}-{assigned.slice + 1}".lower(),
        group="axial",
        level=level.name,
        is_marked=False,
        caption=f"{level.name.value} axial, unmarked. {where}.",
        alt=f"Unmarked axial slice at {level.name.value}, patient's right at the left, {where}",
        pixels=draw_panel(image, box, _SMALL_PX),
    )


def _nearest(slices: Sequence[AxialSlice]) -> list[AxialSlice]:
    """The slice nearest to the disc plane of each level."""
    levels = dict.fromkeys(s.level for s in slices if s.level is not None)
    at = {name: [s for s in slices if s.level == name] for name in levels}
    return [min(found, key=lambda s: abs(s.distance_mm)) for found in at.values()]


def _axial_lines(
    analysis: Analysis, image: SliceImage, box: Box, slices: Sequence[AxialSlice]
) -> list[Stroke]:
    """Dashed lines where axial slices of the same frame of reference cross a sagittal one."""
    volumes = _axial_volumes(analysis)
    space = main_segmentation(analysis).space
    lines = []
    for assigned in slices:
        volume = volumes.get(assigned.series)
        if assigned.level is None or volume is None:
            continue
        if not share_frame(volume.space, space):
            continue
        other = axial_slice(assigned.series, volume, assigned.slice)
        points = crossing_mm(image, other)
        if points is not None:
            name = "axial" if len(volumes) == 1 else assigned.series
            lines.append(_axial_line(points, box, f"{name} {assigned.slice + 1}"))
    return lines


def _axial_line(points: Array, box: Box, label: str) -> Stroke:
    """The line, named just above its posterior end but inside the picture."""
    front, back = points[np.argsort(points[:, 0])]
    edge = box.center[0] + box.width_mm / 2 - 0.28 * box.width_mm
    at = min(float(back[0]), edge)
    height = float(np.interp(at, [front[0], back[0]], [front[1], back[1]]))
    return Stroke(
        points_mm=points,
        color="#FFD27F",
        is_dashed=True,
        label=label,
        label_at=(at, height - 0.018 * box.height_mm),
    )


def _axial_volumes(analysis: Analysis) -> dict[str, Volume]:
    return {
        s.key: s.volume
        for s in analysis.study.series
        if s.plane is Plane.AXIAL and s.volume is not None
    }


def _middle_index(
    analysis: Analysis, segmentation: Segmentation, level: LevelInstance | None = None
) -> int:
    """Slice through the level's disc, or through the middle of all levels."""
    levels = (level,) if level is not None else analysis.spine.levels
    if not levels:
        return segmentation.space.shape[0] // 2
    points = segmentation.space.to_ijk(np.array([lv.frame.origin_lps for lv in levels]))
    return int(np.clip(round(float(np.median(points[:, 0]))), 0, segmentation.space.shape[0] - 1))


def _crop(
    level: LevelInstance, image: SliceImage, lines: Sequence[Measurement], side: Side | None
) -> Box:
    if side is None:
        center = image.to_mm(_behind(level))
        size = _MIDDLE_MM
    else:
        points = np.concatenate([np.asarray(m.segment_lps) for m in lines])
        center = image.to_mm(points).mean(axis=0)
        size = _FORAMEN_MM
    return Box(center=(float(center[0]), float(center[1])), width_mm=size, height_mm=size)


def _behind(level: LevelInstance) -> Array:
    return level.frame.to_lps(np.array([0.0, _BEHIND_DISC_MM, 0.0]))


def _title(side: Side | None) -> str:
    return "middle" if side is None else f"{side.value} foramen"


def _offset(assigned: AxialSlice) -> str:
    side = "above" if assigned.distance_mm > 0 else "below"
    return (
        f"{abs(assigned.distance_mm):.0f} mm {side} the disc plane, {assigned.angle_deg:.0f}° to it"
    )


def _reference(lines: Sequence[Stroke]) -> str:
    return "; dashed: axial slices, by number" if any(s.is_dashed for s in lines) else ""
