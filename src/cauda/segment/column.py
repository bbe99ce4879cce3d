"""Tell disc from bone on axial slices by what the sagittal series show at the same place.

A thick axial slice shows the column's outline well, and poorly whether it cuts a dark disc or the
bone beside it; sagittal slices show just that. So the outline stays the axial slice's own, and
inside it the sagittal series says how much is disc.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, FloatArray, Space, share_frame
from cauda.records import Segmentation
from cauda.vocab import Contrast, Structure

COLUMN = (Structure.DISC, Structure.BODY, Structure.SACRUM)
DURAL = (Structure.SAC, Structure.CORD)
LARGEST_MOVE_MM = 3.0
"""A slice whose sac lies farther from the sagittal one was taken with the patient moved."""
LEAST = 0.05
"""Less column than this in a voxel is left as it is."""
SURE = 0.5
"""Of column, or of sac, to be taken for it."""
LEAST_SAC_PIXELS = 30
"""A sac drawn with fewer pixels has no place."""
NEAR_MM = 8.0
"""Column that the sagittal series leave out follows the nearest that they show, this far."""
ACROSS = (-1 / 3, 0.0, 1 / 3)
"""Planes looked at across a slice, in slice spacings."""


def told_by(sagittal: Sequence[Segmentation], axial: Segmentation) -> Segmentation:
    """Share out the column of an axial segmentation between disc and bone as sagittal ones do.

    A slice on which the sac lies elsewhere than on the sagittal series is left as it is, and so is
    displaced disc that they do not show.

    Parameters
    ----------
    sagittal : sequence of Segmentation
        The T2 one among them is asked before others; only one in the same frame of reference.
    axial : Segmentation

    Returns
    -------
    Segmentation
        ``axial`` itself where no sagittal segmentation shares its frame of reference.
    """
    shared = [s for s in sagittal if share_frame(s.space, axial.space)]
    if not shared:
        return axial
    witness = min(shared, key=lambda s: s.contrast is not Contrast.T2)
    settled = np.array(axial.probabilities)
    for k in range(axial.space.shape[2]):
        plane = settled[..., k]
        if _has_stayed(witness, axial, k):
            _share_out(plane, witness, axial, k)
    return dataclasses.replace(axial, probabilities=settled)


def _share_out(plane: Array, witness: Segmentation, axial: Segmentation, k: int) -> None:
    """Move probability between disc and bone in one (C, I, J) slice, in place."""
    disc, body, sacrum = (axial.structures.index(s) for s in COLUMN)
    column = plane[disc] + plane[body] + plane[sacrum]
    here = np.argwhere(column > LEAST)
    if not len(here):
        return
    told, shown = _disc_share(witness, axial.space, here, k)
    own = plane[disc][tuple(here.T)] / column[tuple(here.T)]
    share = _spread(here, told, shown, own, axial.space.spacing_mm[0])
    of = column[tuple(here.T)]
    bone = of - plane[disc][tuple(here.T)]
    sacral = np.divide(
        plane[sacrum][tuple(here.T)], bone, out=np.zeros_like(bone), where=bone > LEAST
    )
    plane[(disc, *here.T)] = of * share
    plane[(sacrum, *here.T)] = of * (1 - share) * sacral
    plane[(body, *here.T)] = of * (1 - share) * (1 - sacral)


def _disc_share(
    witness: Segmentation, space: Space, here: Array, k: int
) -> tuple[FloatArray, FloatArray]:
    """(N,) share of disc in the column that the sagittal series show, and how much they show."""
    disc, body, sacrum = (_channel(witness, s) for s in COLUMN)
    places = np.concatenate(
        [np.column_stack([here, np.full(len(here), k + offset)]) for offset in ACROSS]
    )
    points = witness.space.to_ijk(space.to_lps(places)).T
    discs, bones = (
        ndimage.map_coordinates(volume, points, order=1).reshape(len(ACROSS), -1).mean(axis=0)
        for volume in (disc, body + sacrum)
    )
    shown = discs + bones
    return np.divide(discs, shown, out=np.zeros_like(shown), where=shown > LEAST), shown


def _spread(
    here: Array, told: FloatArray, shown: FloatArray, own: FloatArray, pixel_mm: float
) -> FloatArray:
    """(N,) the share told, or beyond what is shown that of the nearest place that is.

    Disc that the slice alone shows out there may be displaced: it stays disc.
    """
    is_shown = shown >= SURE
    if not is_shown.any():
        return own
    low = here.min(axis=0)
    grid = np.full(here.max(axis=0) - low + 1, -1)
    where = tuple((here - low).T)
    grid[where] = np.where(is_shown, np.arange(len(here)), -1)
    away, nearest = ndimage.distance_transform_edt(grid < 0, return_indices=True)
    source = grid[tuple(nearest[(slice(None), *where)])]
    near = away[where] * pixel_mm <= NEAR_MM
    beyond = np.where(near, np.maximum(told[source], own), own)
    result: FloatArray = np.where(is_shown, told, beyond)
    return result


def _has_stayed(witness: Segmentation, axial: Segmentation, k: int) -> bool:
    """Whether the sac of a slice lies where the sagittal series show it."""
    own = sum(axial.probabilities[axial.structures.index(s), :, :, k] for s in DURAL)
    drawn = np.argwhere(own > SURE)
    if len(drawn) < LEAST_SAC_PIXELS:
        return False
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    margin = np.ceil(3 * LARGEST_MOVE_MM / np.asarray(axial.space.spacing_mm[:2])).astype(int)
    window = np.argwhere(np.ones(high - low + 1 + 2 * margin, dtype=bool)) + low - margin
    points = axial.space.to_lps(np.column_stack([window, np.full(len(window), k)]))
    sac = sum(_channel(witness, s) for s in DURAL)
    seen = ndimage.map_coordinates(sac, witness.space.to_ijk(points).T, order=1)
    if (seen > SURE).sum() < LEAST_SAC_PIXELS:
        return False
    moved = drawn.mean(axis=0) - window[seen > SURE].mean(axis=0)
    return bool(np.hypot(*(moved * axial.space.spacing_mm[:2])) <= LARGEST_MOVE_MM)


def _channel(witness: Segmentation, structure: Structure) -> Array:
    return np.asarray(witness.probabilities[witness.structures.index(structure)], dtype=np.float32)
