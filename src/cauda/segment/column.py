"""Tell disc from bone on axial slices by what the sagittal series show at the same place.

A thick axial slice shows the column's outline well, and poorly whether it cuts a dark disc or the
bone beside it; sagittal slices show just that. So the outline stays the axial slice's own, and
inside it the sagittal series says how much is disc.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, FloatArray, Space, share_frame
from cauda.knowledge import row
from cauda.records import Segmentation
from cauda.vocab import Contrast, Structure

COLUMN = (Structure.DISC, Structure.BODY, Structure.SACRUM)
DURAL = (Structure.SAC, Structure.CORD)
LEAST = 0.05
"""Less column than this in a voxel is left as it is."""
SURE = 0.5
"""Of column, or of sac, to be taken for it."""
LEAST_SAC_PIXELS = 30
"""A sac drawn with fewer pixels has no place."""
RIM_MM = 2.0
"""Column beyond what the sagittal series show follows the nearest that they show, this far and
where it hangs together with it. Farther out bone is an osteophyte, a facet or the sacrum's wing."""
NEAR_MM = 8.0
"""Farther from what the sagittal series show it is no column, where their slices reach: bowel,
muscle or a vessel; but herniated disc hangs together with the rest, behind its middle."""
ACROSS = (-1 / 3, 0.0, 1 / 3)
"""Planes looked at across a slice, in slice spacings."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Witness:
    """What the sagittal series asked shows: probabilities on its grid.

    Parameters
    ----------
    space : Space
    disc, bone, sac : (I, J, K) float32 arrays
    """

    space: Space
    disc: Array
    bone: Array
    sac: Array


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
    witness = _witness(min(shared, key=lambda s: s.contrast is not Contrast.T2))
    settled = np.array(axial.probabilities)
    for k in range(axial.space.shape[2]):
        plane = settled[..., k]
        if _has_stayed(witness, axial, k):
            _share_out(plane, witness, axial, k)
    return dataclasses.replace(axial, probabilities=settled)


def _witness(segmentation: Segmentation) -> _Witness:
    disc, *bone = COLUMN
    return _Witness(
        space=segmentation.space,
        disc=segmentation.probability(disc),
        bone=segmentation.probability(*bone),
        sac=segmentation.probability(*DURAL),
    )


def _share_out(plane: Array, witness: _Witness, axial: Segmentation, k: int) -> None:
    """Move probability between disc and bone in one (C, I, J) slice, in place."""
    disc, body, sacrum = (axial.structures.index(s) for s in COLUMN)
    column = plane[disc] + plane[body] + plane[sacrum]
    here = np.argwhere(column > LEAST)
    if not len(here):
        return
    told, shown, is_covered = _disc_share(witness, axial.space, here, k)
    if not (shown >= SURE).any():
        return
    where: tuple[Array, ...] = tuple(here.T)
    nearest, away_mm = _nearest(here, shown >= SURE, axial.space.spacing_mm[0])
    of = column[where]
    own, bone = plane[disc][where] / of, of - plane[disc][where]
    is_rim = (away_mm <= RIM_MM) & _hangs_together(column >= SURE, where, shown >= SURE)
    # Disc that the slice alone shows beyond the column may be displaced: it stays disc.
    share = np.where(is_rim, np.maximum(told[nearest], own), own)
    share = np.where(away_mm == 0, told, share)
    is_stray = is_covered & (away_mm > NEAR_MM)
    is_stray &= ~_is_herniated(plane[disc] >= SURE, where, shown >= SURE)
    sacral = np.divide(plane[sacrum][where], bone, out=np.zeros_like(bone), where=bone > LEAST)
    kept = np.where(is_stray, 0.0, of)
    plane[disc][where] = kept * share
    plane[sacrum][where] = kept * (1 - share) * sacral
    plane[body][where] = kept * (1 - share) * (1 - sacral)
    plane[axial.structures.index(Structure.BACKGROUND)][where] += of - kept


def _is_herniated(is_disc: Array, where: tuple[Array, ...], is_shown: Array) -> Array:
    """(N,) bool: disc that hangs together with what is shown and lies behind its middle."""
    found: Array = is_disc[where] & _hangs_together(is_disc, where, is_shown)
    found &= where[1] > where[1][is_shown].mean()
    return found


def _disc_share(
    witness: _Witness, space: Space, here: Array, k: int
) -> tuple[FloatArray, FloatArray, Array]:
    """What the sagittal series show at the pixels of a slice.

    Returns
    -------
    told : (N,) array
        Share of disc in the column.
    shown : (N,) array
        Probability of column.
    is_covered : (N,) bool array
        Whether their slices reach there.
    """
    places = np.concatenate(
        [np.column_stack([here, np.full(len(here), k + offset)]) for offset in ACROSS]
    )
    points = witness.space.to_ijk(space.to_lps(places)).T
    discs, bones = (
        ndimage.map_coordinates(volume, points, order=1).reshape(len(ACROSS), -1).mean(axis=0)
        for volume in (witness.disc, witness.bone)
    )
    last = np.asarray(witness.space.shape)[:, None] - 1
    inside = np.all((points >= 0) & (points <= last), axis=0).reshape(len(ACROSS), -1)
    shown: FloatArray = np.asarray(discs + bones)
    told: FloatArray = np.divide(discs, shown, out=np.zeros_like(shown), where=shown > LEAST)
    return told, shown, np.asarray(inside.all(axis=0))


def _nearest(here: Array, is_shown: Array, pixel_mm: float) -> tuple[Array, FloatArray]:
    """(N,) number of the nearest pixel that is shown, and how far it is in mm."""
    low = here.min(axis=0)
    grid = np.full(here.max(axis=0) - low + 1, -1)
    where: tuple[Array, ...] = tuple((here - low).T)
    grid[where] = np.where(is_shown, np.arange(len(here)), -1)
    away, nearest = ndimage.distance_transform_edt(grid < 0, return_indices=True)
    numbers: Array = grid[tuple(nearest[(slice(None), *where)])]
    away_mm: FloatArray = away[where] * pixel_mm
    return numbers, away_mm


def _hangs_together(is_column: Array, where: tuple[Array, ...], is_shown: Array) -> Array:
    """(N,) bool: pixels of pieces of column that the sagittal series show; so is a fading rim."""
    parts, count = ndimage.label(is_column)
    numbers: Array = parts[where]
    is_known = np.zeros(count + 1, dtype=bool)
    is_known[numbers[is_shown]] = True
    is_known[0] = True
    found: Array = is_known[numbers]
    return found


def _has_stayed(witness: _Witness, axial: Segmentation, k: int) -> bool:
    """Whether the sac of a slice lies where the sagittal series show it."""
    own = sum(axial.probabilities[axial.structures.index(s), :, :, k] for s in DURAL)
    drawn = np.argwhere(own > SURE)
    if len(drawn) < LEAST_SAC_PIXELS:
        return False
    low, high = drawn.min(axis=0), drawn.max(axis=0)
    largest_mm = row("thresholds.toml", "check", "series-moved").number("value")
    margin = np.ceil(3 * largest_mm / np.asarray(axial.space.spacing_mm[:2])).astype(int)
    window = np.argwhere(np.ones(high - low + 1 + 2 * margin, dtype=bool)) + low - margin
    points = axial.space.to_lps(np.column_stack([window, np.full(len(window), k)]))
    seen = ndimage.map_coordinates(witness.sac, witness.space.to_ijk(points).T, order=1)
    if (seen > SURE).sum() < LEAST_SAC_PIXELS:
        return False
    moved = drawn.mean(axis=0) - window[seen > SURE].mean(axis=0)
    return bool(np.hypot(*(moved * axial.space.spacing_mm[:2])) <= largest_mm)
