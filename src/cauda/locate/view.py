"""One segmentation cropped to the spine: what the other modules of this stage look at."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from types import MappingProxyType

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from cauda.geometry import Array, FloatArray, Space
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Structure

MARGIN_VOXELS = 2
"""Kept around the spine in the slice plane, so that surfaces can be interpolated."""
STRAY_MM = 12.0
"""A small piece of sac this far from the rest of it, two slices and more, is none."""
PRESENT = 0.5
"""A voxel belongs to the spine where background has less than this probability."""


@dataclass(frozen=True, kw_only=True, eq=False)
class View:
    """The part of a segmentation that holds the spine.

    Parameters
    ----------
    series : str
    space : Space
        Of the cropped grid, canonical axes.
    offset : (3,) tuple of int
        Index of the cropped grid's first voxel in the full grid.
    full_shape : (3,) tuple of int
    probabilities : mapping of Structure to (I, J, K) float32 array
    winner : (I, J, K) int8 array
        Index into the segmentation's structures (``STRUCTURES`` come first) of the most probable.
    """

    series: str
    space: Space
    offset: tuple[int, int, int]
    full_shape: tuple[int, int, int]
    probabilities: Mapping[Structure, FloatArray]
    winner: Array

    def mask(self, *structures: Structure) -> Array:
        """(I, J, K) bool: where one of the structures is the most probable one."""
        found: Array = np.isin(self.winner, [STRUCTURES.index(s) for s in structures])
        return found

    @cached_property
    def bone(self) -> FloatArray:
        """(I, J, K): probability of body or sacrum, one bone wherever the network parts them."""
        total: FloatArray = (
            self.probabilities[Structure.BODY] + self.probabilities[Structure.SACRUM]
        )
        return total

    @cached_property
    def sac(self) -> Array:
        """(I, J, K) bool: the sac with the cord in it, without stray pieces.

        A piece is stray if it is smaller than a tenth of the largest one and lies apart from all
        larger pieces; a sac that a severe stenosis cuts in two keeps both its parts.
        """
        parts, count = ndimage.label(self.mask(Structure.SAC, Structure.CORD))
        sizes = np.bincount(parts.ravel(), minlength=count + 1)
        sizes[0] = 0
        is_kept = sizes >= max(sizes.max() / 10, 1)
        if count > is_kept.sum():
            main = cKDTree(self.points(is_kept[parts]))
            for number in range(1, count + 1):
                if not is_kept[number]:
                    away_mm = main.query(self.points(parts == number))[0].min()
                    is_kept[number] = away_mm < STRAY_MM
        kept: Array = is_kept[parts]
        return kept

    @cached_property
    def sac_points(self) -> FloatArray:
        """(N, 3): LPS points of the sac with the cord in it, without stray pieces."""
        return self.points(self.sac)

    def sample(self, volume: Array, points_lps: Array) -> FloatArray:
        """Interpolate ``volume`` linearly at (..., 3) points; NaN outside the full grid."""
        points = self.space.to_ijk(points_lps)
        limits = np.asarray(self.space.shape) - 1
        values: FloatArray = ndimage.map_coordinates(
            volume, np.moveaxis(np.clip(points, 0, limits), -1, 0), order=1, mode="nearest"
        )
        known: FloatArray = np.where(self.is_inside(points_lps), values, np.nan)
        return known

    def is_inside(self, points_lps: Array) -> Array:
        """(...) bool: whether (..., 3) points lie within the voxels of the full grid."""
        points = self.space.to_ijk(points_lps) + np.asarray(self.offset)
        inside = (points >= -0.501) & (points <= np.asarray(self.full_shape) - 0.499)
        result: Array = inside.all(axis=-1)
        return result

    def points(self, mask: Array) -> FloatArray:
        """(N, 3): LPS points of a mask's voxels."""
        return self.space.to_lps(np.argwhere(mask))

    @property
    def width_mm(self) -> float:
        """How wide the full grid is across its slices, mm, slice edges included."""
        return self.full_shape[0] * self.space.spacing_mm[0]

    def restore(self, labels: Array) -> Array:
        """Put a cropped (I, J, K) map back on the full grid, as int16."""
        full: Array = np.zeros(self.full_shape, dtype=np.int16)
        box = tuple(slice(o, o + n) for o, n in zip(self.offset, labels.shape, strict=True))
        full[box] = labels
        return full


def view(segmentation: Segmentation) -> View | None:
    """Crop a segmentation to its spine; None where there is only background."""
    background = segmentation.probabilities[STRUCTURES.index(Structure.BACKGROUND)]
    box = _box(background < PRESENT)
    if box is None:
        return None
    cropped = np.asarray(segmentation.probabilities[(slice(None), *box)], dtype=np.float32)
    offset = (int(box[0].start), int(box[1].start), int(box[2].start))
    matrix = segmentation.space.matrix.copy()
    matrix[:3, 3] = segmentation.space.to_lps(np.array(offset))
    uid = segmentation.space.frame_of_reference
    return View(
        series=segmentation.series,
        space=Space.from_matrix(cropped.shape[1:], matrix, uid),
        offset=offset,
        full_shape=segmentation.space.shape,
        probabilities=MappingProxyType(dict(zip(segmentation.structures, cropped, strict=True))),
        winner=_winner(cropped),
    )


def _winner(probabilities: FloatArray) -> Array:
    """(I, J, K) int8: first of the greatest of (C, I, J, K); ``argmax`` over axis 0 is slow."""
    best = np.array(probabilities[0])
    winner: Array = np.zeros(best.shape, dtype=np.int8)
    for number, probability in enumerate(probabilities[1:], start=1):
        np.copyto(winner, np.int8(number), where=probability > best)
        np.maximum(best, probability, out=best)
    return winner


def _box(present: Array) -> tuple[slice, slice, slice] | None:
    """The bounding box of a mask, all slices kept, with a margin in the slice plane."""
    edges = [slice(0, present.shape[0])]
    for axis in (1, 2):
        others = tuple(a for a in range(3) if a != axis)
        found = np.flatnonzero(present.any(axis=others))
        if found.size == 0:
            return None
        first, last = int(found[0]) - MARGIN_VOXELS, int(found[-1]) + MARGIN_VOXELS + 1
        edges.append(slice(max(first, 0), min(last, present.shape[axis])))
    return edges[0], edges[1], edges[2]
