"""The midsagittal overview: how much of the slice is shown, and the names written on it."""

from __future__ import annotations

import numpy as np

from cauda.records import ARCH_OFFSET, CORD_LABEL, SAC_LABEL, Spine
from cauda.report.drawing import Box, Stroke
from cauda.report.overlay import Labeled
from cauda.report.planes import SliceImage
from cauda.vocab import Structure

_MARGIN_MM = 30.0
_WIDTH_SHARE = 0.66
"""Width of the overview as a share of its height, where the image is that wide."""
_NAME_COLUMN = 0.06
"""Level names stand in a column this share of the width from the anterior edge."""
_NAME_RISE_MM = 3.5
"""Names stand this far above the disc's center, clear of an axial slice's line."""


def overview_box(spine: Spine, image: SliceImage) -> Box:
    """All vertebrae with a margin, within the slice."""
    left, right, bottom, top = image.extent_mm
    if not spine.vertebrae:
        center = ((left + right) / 2, (top + bottom) / 2)
        return Box(center=center, width_mm=right - left, height_mm=bottom - top)
    points = image.to_mm(np.array([v.centroid_lps for v in spine.vertebrae]))
    high = max(top, float(points[:, 1].min()) - _MARGIN_MM)
    low = min(bottom, float(points[:, 1].max()) + _MARGIN_MM)
    width = min(right - left, _WIDTH_SHARE * (low - high))
    middle = float(points[:, 0].mean())
    center_x = float(np.clip(middle, left + width / 2, right - width / 2))
    return Box(center=(center_x, (low + high) / 2), width_mm=width, height_mm=low - high)


def overview_structures(spine: Spine) -> list[Labeled]:
    """Every vertebra, disc, the sac and the cord."""
    found: list[Labeled] = [(Structure.SAC, SAC_LABEL), (Structure.CORD, CORD_LABEL)]
    for vertebra in spine.vertebrae:
        is_sacrum = vertebra.lower is None and vertebra.ordinal == 0
        found.append((Structure.SACRUM if is_sacrum else Structure.BODY, vertebra.label))
        found.append((Structure.ARCH, vertebra.label + ARCH_OFFSET))
    return found + [(Structure.DISC, level.label) for level in spine.levels]


def overview_strokes(spine: Spine, image: SliceImage, box: Box) -> list[Stroke]:
    """Names of the vertebrae on their bodies, names of the levels in a column before the discs."""
    strokes = []
    column = box.center[0] - (0.5 - _NAME_COLUMN) * box.width_mm
    for vertebra in spine.vertebrae:
        point = image.to_mm(np.asarray(vertebra.centroid_lps))
        strokes.append(_name(vertebra.name.value, point[0] - 5.0, point[1], "#FFFFFF"))
    for level in spine.levels:
        point = image.to_mm(np.asarray(level.frame.origin_lps))
        strokes.append(_name(level.name.value, column, point[1] - _NAME_RISE_MM, "#FFB833"))
    return strokes


def _name(text: str, x: float, y: float, color: str) -> Stroke:
    return Stroke(
        points_mm=np.array([[x, y]]), color=color, label=text, label_at=(float(x), float(y))
    )
