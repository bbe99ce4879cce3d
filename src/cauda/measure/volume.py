"""Volume of a disc from the slices of a stack that holds it whole."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cauda.geometry import Array
from cauda.measure.reading import Reading
from cauda.measure.sampling import RIM_PX, SURFACE, Stack
from cauda.measure.uncertainty import Spread
from cauda.records import LevelInstance, Point
from cauda.vocab import Quantity, Structure

CUT_SHARE = 0.2
"""An outermost slice with more than this share of the greatest section cuts the disc."""

LEAST_SLICES = 5
"""Fewer slices of disc do not show its shape from side to side."""

HAZE = 0.04
"""Probabilities below this are not part of a disc."""


def volume_readings(stack: Stack, level: LevelInstance) -> tuple[Reading, ...]:
    """Sum over the slices of section times spacing, a partly filled voxel counting in part.

    Nothing where the stack does not hold the whole disc: a slab has no disc's volume. Estimated,
    because sagittal slices cut the sides of a disc in part.
    """
    box = _box(stack, level)
    if box is None:
        return ()
    sections = np.array([_section_mm2(stack, level, i, box) for i in range(stack.slice_count)])
    shown = np.flatnonzero(sections > 0)
    is_cut = max(sections[0], sections[-1]) > CUT_SHARE * sections.max()
    if len(shown) < LEAST_SLICES or is_cut:
        return ()
    spacing = stack.space.spacing_mm[0]
    middle = int(np.abs(np.cumsum(sections) - sections.sum() / 2).argmin())
    outline, edge_mm = _outline(stack, level, middle, box)
    reading = Reading(
        quantity=Quantity.DISC_VOLUME,
        value=float(sections.sum() * spacing),
        method="disc-volume-slices",
        slice=middle,
        points_lps=outline,
        spread=Spread(
            blur=edge_mm * stack.space.spacing_mm[1] * spacing * len(shown) ** 0.5,
            change=float(sections[shown[0]] + sections[shown[-1]]) / 2 * spacing,
        ),
        estimated=True,
    )
    return (reading,)


def _box(stack: Stack, level: LevelInstance) -> tuple[slice, slice] | None:
    """Rows and columns that hold the disc, with its fading rim; None without it."""
    own = (stack.instances == level.label).any(axis=0)
    if not own.any():
        return None
    rows, columns = (np.flatnonzero(own.any(axis=a)) for a in (1, 0))
    first, second = (
        slice(max(int(at[0]) - RIM_PX - 1, 0), int(at[-1]) + RIM_PX + 2) for at in (rows, columns)
    )
    return first, second


def _section_mm2(stack: Stack, level: LevelInstance, index: int, box: tuple[slice, slice]) -> float:
    part = stack.own(index, Structure.DISC, level.label, box)
    pixel_mm2 = stack.space.spacing_mm[1] * stack.space.spacing_mm[2]
    return float(np.where(part >= HAZE, part, 0.0).sum()) * pixel_mm2


def _outline(
    stack: Stack, level: LevelInstance, index: int, box: tuple[slice, slice]
) -> tuple[tuple[Point, ...], float]:
    """Border voxels of one section, and its length in mm."""
    inside: Array = stack.own(index, Structure.DISC, level.label, box) >= SURFACE
    rim = inside & ~ndimage.binary_erosion(inside)
    at = np.argwhere(rim)
    if not len(at):
        return (), 0.0
    middle = at.mean(axis=0)
    order = np.argsort(np.arctan2(at[:, 1] - middle[1], at[:, 0] - middle[0]))
    voxels = np.column_stack(
        [np.full(len(at), index), at[order, 0] + box[0].start, at[order, 1] + box[1].start]
    )
    points = stack.space.to_lps(voxels.astype(float))
    length_mm = float(len(at)) * stack.space.spacing_mm[1]
    return tuple((float(x), float(y), float(z)) for x, y, z in points), length_mm
