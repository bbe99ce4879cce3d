"""What is drawn over a slice: outlines of the segmented structures and the measured lines."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from cauda.geometry import Array
from cauda.records import (
    ARCH_OFFSET,
    CORD_LABEL,
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    SAC_LABEL,
    LevelInstance,
    Measurement,
    Segmentation,
    Spine,
)
from cauda.report import words
from cauda.report.drawing import Box, Outline, Stroke
from cauda.report.planes import SliceImage
from cauda.vocab import STRUCTURES, Quantity, Side, Structure

COLORS = {
    Structure.BODY: "#56B4E9",
    Structure.SACRUM: "#56B4E9",
    Structure.ARCH: "#A6A6FF",
    Structure.DISC: "#E69F00",
    Structure.SAC: "#F0E442",
    Structure.CORD: "#CC79A7",
    Structure.FORAMEN: "#2BD9A5",
    Structure.ROOT: "#FF7F50",
    Structure.EPIDURAL_FAT: "#C8B273",
}
"""Okabe-Ito colors, lightened for dark images; the legend names them, so color is never alone."""

_LINES = {
    Quantity.DISC_HEIGHT_ANTERIOR: "#FFFFFF",
    Quantity.DISC_HEIGHT_MIDDLE: "#FFFFFF",
    Quantity.DISC_HEIGHT_POSTERIOR: "#FFFFFF",
    Quantity.SAC_AP: "#FF8C8C",
    Quantity.DISPLACEMENT: "#FF5CFF",
    Quantity.FORAMEN_HEIGHT: "#FFFFFF",
    Quantity.FORAMEN_WIDTH: "#FF8C8C",
    Quantity.SLIP: "#9CFF57",
    Quantity.SAC_TRANSVERSE: "#FF8C8C",
    Quantity.RECESS_HEIGHT: "#9CFF57",
    Quantity.DISPLACEMENT_DEPTH: "#FF5CFF",
    Quantity.DISPLACEMENT_BASE: "#FF5CFF",
    Quantity.FACET_DISTANCE: "#A6A6FF",
    Quantity.BONY_CANAL_AP: "#56B4E9",
    Quantity.BONY_CANAL_TRANSVERSE: "#56B4E9",
    Quantity.ROOT_DISC_GAP: "#FF7F50",
}
"""Quantities whose lines are drawn, with their colors."""

_MARGIN_VOXELS = 2
"""An instance's probabilities are followed this far beyond its own labels."""

Labeled = tuple[Structure, int]


def drawable(measurements: Sequence[Measurement]) -> list[Measurement]:
    """Those whose line can be drawn on a slice."""
    return [m for m in measurements if m.quantity in _LINES and len(m.segment_lps) >= 2]


def level_structures(level: LevelInstance, spine: Spine, side: Side | None) -> list[Labeled]:
    """Structures to outline at a level: the canal's in the middle, the foramen's at a side."""
    lower = spine.vertebra(level.below)
    below = Structure.SACRUM if lower is not None and lower.lower is None else Structure.BODY
    found = [
        (Structure.BODY, level.above),
        (below, level.below),
        (Structure.DISC, level.label),
    ]
    if side is None:
        return [*found, (Structure.SAC, SAC_LABEL), (Structure.CORD, CORD_LABEL)]
    offset = LEFT_FORAMEN_OFFSET if side is Side.LEFT else RIGHT_FORAMEN_OFFSET
    return [
        *found,
        (Structure.ARCH, level.above + ARCH_OFFSET),
        (Structure.ARCH, level.below + ARCH_OFFSET),
        (Structure.FORAMEN, level.label + offset),
    ]


def outlines(
    segmentation: Segmentation,
    instances: Array,
    index: int,
    image: SliceImage,
    structures: Sequence[Labeled],
) -> list[Outline]:
    """The structures' contours on slice ``index`` of the segmentation's grid."""
    space = segmentation.space
    _, rows, columns = space.shape
    across = np.array([[index, j, 0] for j in range(rows)])
    along = np.array([[index, 0, k] for k in range(columns)])
    right = image.to_mm(space.to_lps(across))[:, 0]
    down = image.to_mm(space.to_lps(along))[:, 1]
    order = STRUCTURES
    drawn = []
    for structure, label in structures:
        mask = instances[index] == label
        if not mask.any():
            continue
        near = ndimage.binary_dilation(mask, iterations=_MARGIN_VOXELS)
        channel = segmentation.probabilities[order.index(structure), index]
        window = _bounds(near)
        drawn.append(
            Outline(
                field=np.where(near, channel, 0.0)[window].T,
                right_mm=right[window[0]],
                down_mm=down[window[1]],
                color=COLORS[structure],
            )
        )
    return drawn


def strokes(measurements: Sequence[Measurement], image: SliceImage, box: Box) -> list[Stroke]:
    """The measured lines with their values, labels kept apart from each other."""
    drawn: list[Stroke] = []
    gap = 0.055 * box.height_mm
    for measurement in drawable(measurements):
        points = image.to_mm(np.asarray(measurement.segment_lps))
        drawn.append(
            Stroke(
                points_mm=points,
                color=_LINES[measurement.quantity],
                label=_label(measurement),
                label_at=_free_place(points, drawn, gap),
            )
        )
    return drawn


def described(measurement: Measurement) -> str:
    """``sac AP 13.0 ± 0.6 mm``, for captions."""
    return f"{words.quantity_name(measurement.quantity)} {words.quoted(measurement)}"


def _label(measurement: Measurement) -> str:
    value = words.number(measurement.value, measurement.unit)
    return f"{words.short_name(measurement.quantity)} {value}"


def _free_place(points: Array, drawn: Sequence[Stroke], gap: float) -> tuple[float, float]:
    """Below the line's end, and further down while another label is there."""
    low = points[np.argmax(points[:, 1])]
    x, y = float(low[0]) + 0.2 * gap, float(low[1]) + gap
    taken = [s.label_at for s in drawn if s.label_at is not None]
    while any(abs(y - b) < gap and abs(x - a) < 5 * gap for a, b in taken):
        y += gap
    return x, y


def _bounds(mask: Array) -> tuple[slice, slice]:
    (window,) = ndimage.find_objects(mask.astype(np.uint8), max_label=1)
    rows, columns = window
    return (
        slice(max(0, rows.start - 1), rows.stop + 1),
        slice(max(0, columns.start - 1), columns.stop + 1),
    )
