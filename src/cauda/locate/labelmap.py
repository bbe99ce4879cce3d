"""A labeled volume on the input's own grid, in the numbers of a named scheme."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, FloatArray, Space
from cauda.locate.outside import is_apart
from cauda.locate.schemes import scheme_numbers, scheme_row
from cauda.locate.view import View, view
from cauda.records import (
    ARCH_OFFSET,
    CORD_LABEL,
    DISC_LABELS,
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    SAC_LABEL,
    Segmentation,
    Spine,
)
from cauda.vocab import AXIAL_STRUCTURES, STRUCTURES, Structure

_KINDS: tuple[tuple[tuple[Structure, ...], int, int], ...] = (
    ((Structure.BODY, Structure.SACRUM), 1, SAC_LABEL),
    ((Structure.SAC,), SAC_LABEL, CORD_LABEL),
    ((Structure.CORD,), CORD_LABEL, CORD_LABEL + 1),
    ((Structure.DISC,), DISC_LABELS + 1, DISC_LABELS + 100),
    ((Structure.ARCH,), ARCH_OFFSET + 1, ARCH_OFFSET + SAC_LABEL),
    ((Structure.FORAMEN,), DISC_LABELS + LEFT_FORAMEN_OFFSET + 1, DISC_LABELS + 400),
)
"""Structures and the range of instance labels that their voxels may carry."""

SURE = 0.501
"""More than half the probability, rounding included: no other structure can be likelier."""

_PARTS: tuple[tuple[str, Structure], ...] = (
    ("body", Structure.BODY),
    ("arch", Structure.ARCH),
    ("disc", Structure.DISC),
    ("sac", Structure.SAC),
    ("sacrum", Structure.SACRUM),
    ("foramen", Structure.FORAMEN),
    ("root", Structure.ROOT),
    ("cord", Structure.CORD),
    ("epidural_fat", Structure.EPIDURAL_FAT),
)


def labelmap(
    spine: Spine, segmentation: Segmentation, target: Space, scheme: str = "cauda"
) -> Array:
    """Number every voxel of ``target`` by a label scheme.

    The class of a voxel is decided on the target grid from interpolated probabilities, so a
    finer target gets smooth outlines; its instance is that of the nearest voxel of that class.

    Parameters
    ----------
    spine : Spine
        Found on a study that holds this segmentation.
    segmentation : Segmentation
    target : Space
        Usually the series' own grid, any axis order.
    scheme : {"cauda", "parts", "totalspineseg", "spineps", "spider"}

    Returns
    -------
    labels : (I, J, K) uint16 array
        On ``target``; all 0 for a series that the spine leaves out, but for ``parts``, which keeps
        all that is not apart from the named spine.

    Raises
    ------
    UsageError
        For an unknown scheme, or one that needs anatomical names where only relative ones exist.
    """
    rules = scheme_row(scheme)
    numbers = {} if scheme == "parts" else scheme_numbers(spine, scheme)
    labels: Array = np.zeros(target.shape, dtype=np.uint16)
    seen = view(segmentation)
    if seen is None:
        return labels
    voxels, points = _candidates(seen, target)
    winner = _winner(seen, points)
    nearest = tuple(np.clip(np.round(points), 0, np.array(seen.space.shape) - 1).astype(int).T)
    instances = _instances(spine, segmentation, seen)
    if scheme == "parts":
        values = _by_part(rules.weights("single"), winner, (instances, _around(seen)), nearest)
        # One voxel more, so that no rim of such a piece is left on a finer grid.
        values[ndimage.binary_dilation(is_apart(seen, instances), _around(seen))[nearest]] = 0
    else:
        values = _by_instance(numbers, winner, (instances, _around(seen)), nearest)
    labels[tuple(voxels.T)] = values
    return labels


def _candidates(seen: View, target: Space) -> tuple[Array, FloatArray]:
    """Target voxels (N, 3) near the spine, and where they lie (N, 3) in the cropped grid."""
    first, last = _overlap(seen.space, target)
    voxels = np.stack(np.meshgrid(*map(np.arange, first, last), indexing="ij"), axis=-1)
    voxels = voxels.reshape(-1, 3)
    points = seen.space.to_ijk(target.to_lps(voxels))
    limits = np.array(seen.space.shape)
    inside = ((points > -0.501) & (points < limits - 0.499)).all(axis=1)
    near = ndimage.binary_dilation(seen.winner > 0, _around(seen))
    index = np.clip(np.round(points), 0, limits - 1).astype(int)
    chosen = inside & near[tuple(index.T)]
    return voxels[chosen], points[chosen]


def _around(seen: View) -> Array:
    """A voxel and its neighbors in its own slice, as a mask."""
    size = [3, 3, 3]
    size[int(np.argmax(seen.space.spacing_mm))] = 1
    return np.ones(size, dtype=bool)


def _overlap(source: Space, target: Space) -> tuple[Array, Array]:
    """First and last (exclusive) target voxel along each axis that the source grid reaches."""
    corners = np.array(np.meshgrid(*[(-0.5, n - 0.5) for n in source.shape])).reshape(3, -1).T
    reached = target.to_ijk(source.to_lps(corners))
    first = np.clip(np.ceil(reached.min(axis=0) - 1e-6), 0, target.shape).astype(int)
    last = np.clip(np.floor(reached.max(axis=0) + 1e-6) + 1, 0, target.shape).astype(int)
    return first, np.maximum(last, first)


def _winner(seen: View, points: FloatArray) -> Array:
    """(N,) int8: the most probable structure at points of the cropped grid.

    Between voxels that all show one structure with more than half the probability, that
    structure has it too; only the other points are interpolated.
    """
    limits = np.array(seen.space.shape) - 1
    places = np.clip(points, 0, limits)
    plain = _plain(seen)
    winner: Array = plain[tuple(np.round(places).astype(int).T)]
    unsure = np.flatnonzero(winner < 0)
    places = places[unsure].T
    best = np.full(len(unsure), -1.0, dtype=np.float32)
    for number, probability in enumerate(seen.probabilities.values()):
        value = ndimage.map_coordinates(probability, places, order=1, mode="nearest")
        better = value > best
        best[better] = value[better]
        winner[unsure[better]] = number
    return winner


def _plain(seen: View) -> Array:
    """(I, J, K) int8: what a voxel and all around it show for sure; -1 where they do not agree."""
    first: Array = np.zeros(seen.space.shape, dtype=np.int8) - 1
    for number, probability in enumerate(seen.probabilities.values()):
        first[probability > SURE] = number
    low, high = ndimage.minimum_filter(first, 3), ndimage.maximum_filter(first, 3)
    plain: Array = np.where(low == high, low, -1).astype(np.int8)
    return plain


def _instances(spine: Spine, segmentation: Segmentation, seen: View) -> Array:
    """The cropped instance map; all 0 for a series that the spine leaves out."""
    full = spine.instances.get(segmentation.series)
    if full is None:
        empty: Array = np.zeros(seen.space.shape, dtype=np.int16)
        return empty
    box = tuple(slice(o, o + n) for o, n in zip(seen.offset, seen.space.shape, strict=True))
    cropped: Array = full[box]
    return cropped


def _by_instance(
    numbers: Mapping[int, int],
    winner: Array,
    drawn: tuple[Array, Array],
    nearest: tuple[Array, ...],
) -> Array:
    """(N,) numbers: every voxel takes the nearest instance of its own kind in its slice."""
    instances, around = drawn
    table = np.zeros(int(max(numbers, default=0)) + 1, dtype=np.uint16)
    for label, number in numbers.items():
        table[label] = number
    values: Array = np.zeros(len(winner), dtype=np.uint16)
    for structures, first, last in _KINDS:
        chosen = np.isin(winner, [STRUCTURES.index(s) for s in structures])
        own = np.where((instances >= first) & (instances < last), instances, 0)
        spread = np.where(own > 0, own, ndimage.grey_dilation(own, footprint=around))
        found = spread[tuple(axis[chosen] for axis in nearest)]
        values[chosen] = table[np.where(found < len(table), found, 0)]
    return values


def _by_part(
    single: Mapping[str, float],
    winner: Array,
    drawn: tuple[Array, Array],
    nearest: tuple[Array, ...],
) -> Array:
    """(N,) numbers of the network's classes; a foramen's side comes from its instance."""
    instances, around = drawn
    table = np.zeros(len(AXIAL_STRUCTURES), dtype=np.uint16)
    for name, structure in _PARTS:
        if name in single:
            table[AXIAL_STRUCTURES.index(structure)] = int(single[name])
    values: Array = table[winner]
    own = np.where(instances > DISC_LABELS + LEFT_FORAMEN_OFFSET, instances, 0)
    found = ndimage.grey_dilation(own, footprint=around)[nearest]
    is_foramen = winner == STRUCTURES.index(Structure.FORAMEN)
    is_left = (found > 0) & (found < DISC_LABELS + RIGHT_FORAMEN_OFFSET)
    values[is_foramen & is_left] = int(single["left_foramen"])
    values[is_foramen & (found > DISC_LABELS + RIGHT_FORAMEN_OFFSET)] = int(single["right_foramen"])
    return values
