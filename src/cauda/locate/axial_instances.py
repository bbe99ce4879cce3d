"""Instance maps of axial series: each voxel named by where it lies among the located levels."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy.spatial import cKDTree

from cauda.geometry import Array, FloatArray
from cauda.locate.view import View
from cauda.records import (
    ARCH_OFFSET,
    CORD_LABEL,
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    SAC_LABEL,
    LevelInstance,
    Segmentation,
    VertebraInstance,
    read_only,
)
from cauda.vocab import Structure

DISC_REACH_MM = 16.0
"""Disc farther than this from every disc plane belongs to none of them."""
ARCH_REACH_MM = 12.0
"""Arch farther than this from every located arch belongs to none of them."""
FORAMEN_REACH_MM = 22.0
"""Foramen farther than this from every disc plane belongs to none of them."""
THINNING = 2
"""Of the known arches every second row and column is kept: names need no more."""
SACRUM_LABEL = 1


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class KnownArches:
    """Where the arches of the sagittal series lie.

    Parameters
    ----------
    points_lps : (N, 3) array
    labels : (N,) array
        Instance labels.
    """

    points_lps: FloatArray
    labels: Array


def known_arches(view: View, instances: Array) -> KnownArches:
    """The arches of a located sagittal series, thinned out."""
    thin = instances[:, ::THINNING, ::THINNING]
    found = np.argwhere((thin > ARCH_OFFSET) & (thin < ARCH_OFFSET + SAC_LABEL))
    labels: Array = thin[tuple(found.T)]
    full = found * [1, THINNING, THINNING] - np.asarray(view.offset)
    return KnownArches(points_lps=view.space.to_lps(full), labels=labels)


def axial_instances(
    segmentation: Segmentation,
    vertebrae: Sequence[VertebraInstance],
    levels: Sequence[LevelInstance],
    arches: KnownArches,
) -> Array:
    """The instance map of one axial series.

    Parameters
    ----------
    segmentation : Segmentation
        Axial, in the frame of reference of the levels.
    vertebrae : sequence of VertebraInstance
    levels : sequence of LevelInstance
        From caudal to cranial.
    arches : KnownArches

    Returns
    -------
    (I, J, K) int16 array
        Numbers as in ``Spine.instances``; discs and foramina go to the nearest disc plane, bodies
        between two planes, arches to the nearest located arch.
    """
    winner = segmentation.probabilities.argmax(axis=0)
    labels: Array = np.zeros(segmentation.space.shape, dtype=np.int16)
    order = segmentation.structures
    labels[winner == order.index(Structure.SAC)] = SAC_LABEL
    labels[winner == order.index(Structure.CORD)] = CORD_LABEL
    if not levels:
        return read_only(labels)
    labels[winner == order.index(Structure.SACRUM)] = _sacrum(vertebrae)
    for structure, named in (
        (Structure.BODY, _bodies),
        (Structure.DISC, _discs),
        (Structure.FORAMEN, _foramina),
    ):
        voxels = np.argwhere(winner == order.index(structure))
        points = segmentation.space.to_lps(voxels)
        local = np.stack([lv.frame.to_local(points) for lv in levels])
        labels[tuple(voxels.T)] = named(local, levels)
    voxels = np.argwhere(winner == order.index(Structure.ARCH))
    labels[tuple(voxels.T)] = _arches(segmentation.space.to_lps(voxels), arches)
    return read_only(labels)


def _sacrum(vertebrae: Sequence[VertebraInstance]) -> int:
    return SACRUM_LABEL if any(v.label == SACRUM_LABEL for v in vertebrae) else 0


def _bodies(local: FloatArray, levels: Sequence[LevelInstance]) -> Array:
    """Label of the vertebra between the planes: below the lowest it is the lowest one."""
    passed = (local[:, :, 2] > 0).sum(axis=0)
    names = np.array([levels[0].below, *(lv.above for lv in levels)])
    found: Array = names[passed]
    # What lies below the lowest disc is body only where no sacrum is known there.
    return np.where(found == SACRUM_LABEL, 0, found)


def _discs(local: FloatArray, levels: Sequence[LevelInstance]) -> Array:
    away = np.abs(local[:, :, 2])
    nearest = away.argmin(axis=0)
    names = np.array([lv.label for lv in levels])
    result: Array = np.where(away.min(axis=0) <= DISC_REACH_MM, names[nearest], 0)
    return result


def _foramina(local: FloatArray, levels: Sequence[LevelInstance]) -> Array:
    away = np.abs(local[:, :, 2])
    nearest = away.argmin(axis=0)
    left = np.take_along_axis(local[:, :, 0], nearest[None], axis=0)[0] > 0
    names = np.array([lv.label for lv in levels])[nearest]
    sided = names + np.where(left, LEFT_FORAMEN_OFFSET, RIGHT_FORAMEN_OFFSET)
    result: Array = np.where(away.min(axis=0) <= FORAMEN_REACH_MM, sided, 0)
    return result


def _arches(points: FloatArray, arches: KnownArches) -> Array:
    names: Array = np.zeros(len(points), dtype=np.int16)
    if len(points) and len(arches.labels):
        distance, nearest = cKDTree(arches.points_lps).query(
            points, distance_upper_bound=ARCH_REACH_MM
        )
        found = np.isfinite(distance)
        names[found] = arches.labels[nearest[found]]
    return names
