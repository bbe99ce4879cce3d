"""Structures found where there is no spine."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, Space, resample

REACH_MM = 10.0
"""A found piece that comes no nearer to the true spine than this lies outside of it."""
LEAST_MM3 = 100.0
"""Smaller pieces are left out: they are no structure to anyone who looks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Stray:
    """A found piece that lies wholly outside the true spine.

    Parameters
    ----------
    label : int
        Of the map it was found in.
    volume_mm3, distance_mm : float
        Its size, and how far its nearest voxel lies from any true structure.
    """

    label: int
    volume_mm3: float
    distance_mm: float


def strays(spine: Array, space: Space, found: Array, found_space: Space) -> tuple[Stray, ...]:
    """Pieces of a label map that lie outside the true spine, largest first.

    Parameters
    ----------
    spine : (I, J, K) boolean array
        Every true structure, on ``space``.
    space, found_space : Space
        Of one patient.
    found : integer array
        Labels on ``found_space``, 0 where nothing was found.
    """
    distance = ndimage.distance_transform_edt(~spine, sampling=space.spacing_mm)
    away_mm = resample(np.asarray(distance, dtype=np.float32), space, found_space, outside=np.inf)
    result = []
    for label in np.unique(found[found > 0]):
        pieces, count = ndimage.label(found == label, structure=np.ones((3, 3, 3)))
        numbers = np.arange(1, count + 1)
        sizes = found_space.voxel_mm3 * ndimage.sum_labels(pieces > 0, pieces, numbers)
        nearest = ndimage.minimum(away_mm, pieces, numbers)
        result += [
            Stray(label=int(label), volume_mm3=float(size), distance_mm=float(near))
            for size, near in zip(sizes, nearest, strict=True)
            if size >= LEAST_MM3 and REACH_MM < near < np.inf
        ]
    return tuple(sorted(result, key=lambda s: -s.volume_mm3))
