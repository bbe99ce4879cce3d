"""Keep a bone whole: a part that lies almost all on one side of the disc planes is one bone."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cauda.geometry import Array

WHOLE_SHARE = 0.75
"""A connected part of a slice with this share in one bone belongs to it altogether."""


def whole_bones(labels: Array) -> Array:
    """Undo cuts that a tilted disc plane makes through a single bone.

    A plane through a steep lumbosacral disc can cut off a corner of S1 or L5. Where a connected
    part of a slice falls almost all to one bone, all of it does; bones that touch, each with a
    real share of the part, stay cut by the plane.

    Parameters
    ----------
    labels : (I, J, K) int array
        Bones by the disc planes alone: 0, or a label; nothing else.

    Returns
    -------
    (I, J, K) int array
    """
    result = labels.copy()
    for plane in result:
        parts, _ = ndimage.label(plane > 0)
        for part, box in enumerate(ndimage.find_objects(parts), start=1):
            inside = parts[box] == part
            own = plane[box][inside]
            shares = np.bincount(own) / own.size
            if shares.max() >= WHOLE_SHARE:
                plane[box][inside] = shares.argmax()
    return result
