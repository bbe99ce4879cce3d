"""Posterior arches given to their vertebrae, foramina to their disc and side."""

from __future__ import annotations

from collections.abc import Collection, Mapping

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, FloatArray
from cauda.locate.endplates import BodyAxes
from cauda.locate.frames import Frames, sac_offset_mm
from cauda.locate.view import View
from cauda.records import (
    ARCH_OFFSET,
    CORD_LABEL,
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    SAC_LABEL,
)
from cauda.vocab import Structure

ARCH_BACK_MM = (0.0, 6.0, 10.5, 13.0, 45.0)
"""Stations behind the posterior wall: pedicle, superior facet, lamina and inferior facet, tip."""
ARCH_RISE = (0.2, 0.35, 0.3, -0.35, -0.6)
"""Height of an arch's middle at those stations, in body heights above the body's middle."""
ARCH_SIDE_MM = 50.0
"""The longest transverse processes, those of L3, end within this of the middle of the body."""
ARCH_REACH = 1.0
"""Arch voxels farther than this many body heights from every expected arch belong to none."""
MIXED_SHARE = 0.2
"""A connected arch with more than this share of another vertebra's voxels is two, touching."""
FORAMEN_ABOVE_MM = 5.0
"""The foramen's middle lies this far above the disc plane, behind the upper body's lower part."""
FORAMEN_REACH_MM = 18.0
"""A foramen farther than this from its expected height belongs to no level."""
FORAMEN_BACK_MM = (-8.0, 45.0)
"""A foramen's middle lies within this range behind the disc's middle."""
LEAST_SIDE_MM = 5.0
"""A foramen nearer than this to the sac's middle has no safe side and is left out."""
SMALLEST_MM3 = 30.0
"""Smaller parts are specks."""
IN_SLICE = np.array([np.zeros((3, 3)), np.ones((3, 3)), np.zeros((3, 3))])
"""Neighborhood within one sagittal slice: arches touch across slices at the facets."""


def label_sac(view: View, labels: Array) -> None:
    """Write the sac and the cord into an instance map, in place."""
    labels[view.sac & view.mask(Structure.SAC)] = SAC_LABEL
    labels[view.sac & view.mask(Structure.CORD)] = CORD_LABEL


def label_arches(
    view: View,
    bodies: Mapping[int, BodyAxes],
    shift: FloatArray,
    labels: Array,
    named: Collection[int],
) -> None:
    """Write every posterior arch of a named vertebra as its label + 200, in place.

    Each arch voxel prefers the vertebra whose slanting arch it lies nearest to; a part that is
    connected within a slice follows its majority, unless it is plainly two arches that touch.
    """
    voxels = np.argwhere(view.mask(Structure.ARCH))
    if not len(voxels) or not bodies:
        return
    choice = _preferred(view.space.to_lps(voxels) - shift, bodies)
    parts, _ = ndimage.label(view.mask(Structure.ARCH), structure=IN_SLICE)
    part = parts[tuple(voxels.T)]
    order = np.argsort(part, kind="stable")
    for indices in np.split(order, np.flatnonzero(np.diff(part[order])) + 1):
        values, counts = np.unique(choice[indices], return_counts=True)
        if counts.max() >= (1 - MIXED_SHARE) * counts.sum():
            choice[indices] = values[counts.argmax()]
    chosen = np.isin(choice, list(named))
    labels[tuple(voxels[chosen].T)] = choice[chosen] + ARCH_OFFSET


def _preferred(points: FloatArray, bodies: Mapping[int, BodyAxes]) -> Array:
    """(N,): label of the vertebra whose expected arch is nearest; 0 where all are far."""
    names = np.array(list(bodies))
    cost = np.stack([_arch_distance(points, axes) for axes in bodies.values()])
    best = cost.argmin(axis=0)
    result: Array = np.where(cost.min(axis=0) < ARCH_REACH, names[best], 0).astype(np.int16)
    return result


def _arch_distance(points: FloatArray, axes: BodyAxes) -> FloatArray:
    """(N,): height above or below the expected arch, in body heights; infinite too far aside."""
    local = axes.local(points)
    rise = np.interp(local[:, 1] - axes.depth_mm / 2, ARCH_BACK_MM, ARCH_RISE)
    height = np.abs(local[:, 2] / axes.height_mm - rise)
    distance: FloatArray = np.where(np.abs(local[:, 0]) > ARCH_SIDE_MM, np.inf, height)
    return distance


def label_foramina(view: View, frames: Frames, shift: FloatArray, labels: Array) -> int:
    """Write every foramen as its disc's label + 200 (left) or + 300 (right), in place.

    The side comes from the patient's x of the foramen relative to the sac at its level.

    Returns
    -------
    left_out : int
        Number of foramina whose level or side could not be told.
    """
    parts, count = ndimage.label(view.mask(Structure.FORAMEN), structure=np.ones((3, 3, 3)))
    middles = {disc: sac_offset_mm(view, frame, shift) for disc, frame in frames.items()}
    left_out = 0
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        mask = parts[box] == number
        if mask.sum() * view.space.voxel_mm3 < SMALLEST_MM3:
            continue
        corner = np.array([s.start for s in box])
        points = view.space.to_lps(np.argwhere(mask) + corner) - shift
        label = _foramen_label(points, frames, middles)
        left_out += label == 0
        labels[box][mask] = label
    return left_out if count else 0


def _foramen_label(points: FloatArray, frames: Frames, middles: Mapping[int, float | None]) -> int:
    center = points.mean(axis=0)
    best, height = 0, FORAMEN_REACH_MM
    for disc, frame in frames.items():
        x, y, z = frame.to_local(center)
        is_behind = FORAMEN_BACK_MM[0] < y < FORAMEN_BACK_MM[1]
        if is_behind and abs(z - FORAMEN_ABOVE_MM) < height:
            best, height = disc, abs(z - FORAMEN_ABOVE_MM)
    middle = middles.get(best)
    if middle is None:
        return 0
    x = frames[best].to_local(center)[0] - middle
    if abs(x) < LEAST_SIDE_MM:
        return 0
    return best + (LEFT_FORAMEN_OFFSET if x > 0 else RIGHT_FORAMEN_OFFSET)
