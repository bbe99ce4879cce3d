"""Marked axial pictures: outlines of the structures and the measured lines on their own slices."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np

from cauda.records import Analysis, LevelInstance, Measurement, Segmentation, Volume
from cauda.report import overlay
from cauda.report.drawing import Box, Outline, Stroke, draw_pair
from cauda.report.picture import Picture
from cauda.report.planes import SliceImage, axial_slice, source_index
from cauda.vocab import Plane, Quantity, Structure

DRAWN = (
    Quantity.SAC_AP,
    Quantity.SAC_TRANSVERSE,
    Quantity.RECESS_HEIGHT,
    Quantity.DISPLACEMENT_DEPTH,
    Quantity.DISPLACEMENT_BASE,
    Quantity.FACET_DISTANCE,
    Quantity.BONY_CANAL_AP,
    Quantity.BONY_CANAL_TRANSVERSE,
    Quantity.ROOT_DISC_GAP,
)
"""Quantities whose lines are drawn on axial slices."""

OUTLINED = (
    Structure.BODY,
    Structure.SACRUM,
    Structure.ARCH,
    Structure.DISC,
    Structure.SAC,
    Structure.CORD,
    Structure.FORAMEN,
    Structure.ROOT,
    Structure.EPIDURAL_FAT,
)
LEAST_DEPTH_MM = 1.0
"""Shorter lines of displacement are not drawn: they cannot be seen."""
WIDTH_MM = 96.0
"""Width and height of an axial picture."""
BEHIND_DISC_MM = 12.0
"""Axial crops are centered this far behind the disc's centroid: on canal and disc."""
_PANEL_PX = 560
SLICES = 2
"""Marked slices a level."""
_THIN = 1.2
_RING = "#FFFFFF"


def marked_slices(
    analysis: Analysis, level: LevelInstance
) -> list[tuple[Segmentation, int, list[Measurement]]]:
    """The axial slices of a level that most was measured on, with what was measured there.

    Returns
    -------
    list of (Segmentation, slice, measurements)
        Slice counted along K; at most two, of the series that most preferred values come from.
    """
    own = [
        m
        for m in analysis.measurements
        if m.level == level.name and m.plane is Plane.AXIAL and m.slice is not None and _is_drawn(m)
    ]
    if not own:
        return []
    key = Counter(m.series for m in sorted(own, key=lambda m: not m.preferred)).most_common(1)[0][0]
    segmentation = next((s for s in analysis.segmentations if s.series == key), None)
    if segmentation is None:
        return []
    on = [m for m in own if m.series == key]
    counted = Counter(m.slice for m in on).most_common(SLICES)
    chosen = sorted((k for k, _ in counted if k is not None), reverse=True)
    return [(segmentation, k, [m for m in on if m.slice == k]) for k in chosen]


def _is_drawn(measurement: Measurement) -> bool:
    if measurement.quantity is Quantity.DISPLACEMENT_CIRCUMFERENCE:
        return True
    is_flat = (
        measurement.quantity is Quantity.DISPLACEMENT_DEPTH and measurement.value < LEAST_DEPTH_MM
    )
    return measurement.quantity in DRAWN and len(measurement.segment_lps) >= 2 and not is_flat


def axial_image(segmentation: Segmentation, index: int, volume: Volume) -> SliceImage:
    """The scanner's own pixels of slice ``index`` (K) of an axial segmentation."""
    last = volume.space.shape[volume.slice_axis] - 1
    place = min(max(source_index(segmentation, index, volume), 0), last)
    return axial_slice(segmentation.series, volume, place)


def axial_outlines(segmentation: Segmentation, index: int, image: SliceImage) -> list[Outline]:
    """Contours of every structure on slice ``index`` (K)."""
    space = segmentation.space
    columns, rows, _ = space.shape
    across = np.column_stack([np.arange(columns), np.zeros(columns), np.full(columns, index)])
    along = np.column_stack([np.zeros(rows), np.arange(rows), np.full(rows, index)])
    right = image.to_mm(space.to_lps(across))[:, 0]
    down = image.to_mm(space.to_lps(along))[:, 1]
    return [
        Outline(
            field=np.asarray(segmentation.probability(structure)[:, :, index]).T,
            right_mm=right,
            down_mm=down,
            color=overlay.COLORS[structure],
            width=_THIN,
        )
        for structure in OUTLINED
        if structure in segmentation.structures
    ]


def axial_strokes(measurements: Sequence[Measurement], image: SliceImage, box: Box) -> list[Stroke]:
    """The measured lines with their values, and the outline of the ring apophyses, dashed.

    Short lines come last: the bony canal's would hide the sac's on it.
    """
    rings = [
        Stroke(points_mm=image.to_mm(np.asarray(m.segment_lps)), color=_RING, is_dashed=True)
        for m in measurements
        if m.quantity is Quantity.DISPLACEMENT_CIRCUMFERENCE
    ]
    lines = sorted((m for m in measurements if m.quantity in DRAWN), key=lambda m: -m.value)
    return rings + overlay.strokes(lines, image, box)


def marked_pictures(
    analysis: Analysis, level: LevelInstance, volumes: dict[str, Volume]
) -> list[Picture]:
    """Unmarked and marked panels of the axial slices that most was measured on."""
    pictures = []
    for segmentation, index, lines in marked_slices(analysis, level):
        image = axial_image(segmentation, index, volumes[segmentation.series])
        center = image.to_mm(level.frame.to_lps(np.array([0.0, BEHIND_DISC_MM, 0.0])))
        box = Box(center=(center[0], center[1]), width_mm=WIDTH_MM, height_mm=WIDTH_MM)
        stem = f"{level.name.value}-axial-measured-{segmentation.series}-{image.number}".lower()
        where = image.where
        shown = [m for m in lines if m.quantity in DRAWN]
        listed = "; ".join(overlay.described(m) for m in shown) or "no line was measured here"
        outlines = axial_outlines(segmentation, index, image)
        plain, marked = draw_pair(image, box, _PANEL_PX, outlines, axial_strokes(lines, image, box))
        pictures += [
            Picture(
                name=stem,
                group="axial",
                level=level.name,
                is_marked=False,
                caption=f"{level.name.value} axial, unmarked. {where}.",
                alt=f"Unmarked axial slice at {level.name.value}, right at the left, {where}",
                pixels=plain,
            ),
            Picture(
                name=f"{stem}-marked",
                group="axial",
                level=level.name,
                is_marked=True,
                caption=f"{level.name.value} axial, marked; dashed: ring apophyses. {listed}. "
                f"{where}.",
                alt=f"The same axial slice with outlines and measured lines: {listed}",
                pixels=marked,
            ),
        ]
    return pictures
