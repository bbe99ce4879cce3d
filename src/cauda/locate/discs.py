"""Every voxel of disc given to exactly one disc: what hangs together, then what lies nearest."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage
from skimage.segmentation import watershed

from cauda.geometry import Array, FloatArray
from cauda.locate.view import View
from cauda.vocab import Structure

CORE_MM = 4.0
"""Disc voxels this near to a disc's plane ..."""
CORE_RADIUS_MM = 12.0
"""... and to its middle lie between the endplates: displaced material lies behind them."""
RIM_RADIUS_MM = 40.0
"""Voxels near the plane within this make the core of a disc not seen in its middle."""
MIGRATION_MM = 16.0
"""A fragment farther than this from every disc belongs to none."""
LEAST_FRAGMENT_MM3 = 40.0
"""Smaller fragments are specks."""
AROUND = np.ones((3, 3, 3))


def disc_numbers(view: View, distances: Sequence[FloatArray], radii: Sequence[FloatArray]) -> Array:
    """Share the disc voxels out between the discs.

    Material grows out of the core between the endplates, so an extrusion stays with the disc it
    hangs on however far it migrates. A free fragment goes, whole, to the nearest disc.

    Parameters
    ----------
    view : View
    distances : sequence of (N,) arrays
        For every disc, from below: distance of the disc voxels, in the order of
        ``np.argwhere(view.mask(Structure.DISC))``, from its plane, mm.
    radii : sequence of (N,) arrays
        Their distance from its middle within the plane, mm.

    Returns
    -------
    (N,) int array
        1 for the lowest disc, 2, ...; 0 for what belongs to none.
    """
    mask = view.mask(Structure.DISC)
    cores: Array = np.zeros(view.space.shape, dtype=np.int32)
    cores[mask] = _cores(np.stack(distances), np.stack(radii))
    grown: Array = watershed(np.zeros(mask.shape, np.uint8), cores, AROUND, mask=mask)
    _give_fragments(view, mask & (grown == 0), grown)
    result: Array = grown[mask]
    return result


def _cores(distance: FloatArray, radius: FloatArray) -> Array:
    """(N,): number of the disc whose core a voxel lies in, else 0."""
    nearest = distance.argmin(axis=0)
    own = np.arange(distance.shape[1])
    is_flat, across = distance[nearest, own] < CORE_MM, radius[nearest, own]
    inner = np.where(is_flat & (across < CORE_RADIUS_MM), nearest + 1, 0)
    outer = np.where(is_flat & (across < RIM_RADIUS_MM), nearest + 1, 0)
    lost = ~np.isin(outer, inner)
    result: Array = np.where(lost, outer, inner)
    return result


def _give_fragments(view: View, free: Array, grown: Array) -> None:
    """Give every connected fragment to the disc that any of its voxels lies nearest to, in place.

    The slices are farther apart than the pixels: distances are those in the patient.
    """
    parts, _ = ndimage.label(free, structure=AROUND)
    sizes_mm3 = np.bincount(parts.ravel())[1:] * view.space.voxel_mm3
    if not (sizes_mm3 >= LEAST_FRAGMENT_MM3).any() or not grown.any():
        return
    # All discs and fragments lie within this box, so distances in it are those in the whole view.
    (whole,) = ndimage.find_objects(((grown > 0) | free).astype(np.uint8))
    parts, grown = parts[whole], grown[whole]
    spacing = view.space.spacing_mm
    away, at = ndimage.distance_transform_edt(grown == 0, sampling=spacing, return_indices=True)
    for number, box in enumerate(ndimage.find_objects(parts), start=1):
        mine = parts[box] == number
        reach = np.where(mine, away[box], np.inf)
        if sizes_mm3[number - 1] < LEAST_FRAGMENT_MM3 or reach.min() > MIGRATION_MM:
            continue
        place = np.unravel_index(int(reach.argmin()), reach.shape)
        source = tuple(axis[box][place] for axis in at)
        grown[box][mine] = grown[source]
