"""What was drawn apart from the spine is no part of it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from scipy.spatial import cKDTree

from cauda.geometry import Array
from cauda.locate.view import View
from cauda.records import SAC_LABEL

REACH_MM = 10.0
"""A piece that comes no nearer to the spine than this, two slices and more, lies outside of it."""
TOUCHING = np.ones((3, 3, 3))


def drop_outside(view: View, labels: Array) -> None:
    """Remove instances' pieces that lie apart from the spine, in place.

    The spine is what hangs together with the largest part of a vertebral body or of the sacrum,
    whatever it is called; a piece is all that hangs together apart from it.

    Parameters
    ----------
    view : View
    labels : (I, J, K) integer array
        The cropped instance map.
    """
    pieces, count = ndimage.label(labels > 0, structure=TOUCHING)
    is_spine = np.zeros(count + 1, dtype=bool)
    for bone in np.unique(labels[(labels > 0) & (labels < SAC_LABEL)]):
        is_spine[np.bincount(pieces[labels == bone]).argmax()] = True
    if is_spine.any():
        labels[_apart(view, pieces, is_spine)] = 0


def is_apart(view: View, instances: Array) -> Array:
    """Find what a network shows apart from every named instance.

    Parameters
    ----------
    view : View
    instances : (I, J, K) integer array
        The cropped instance map; nothing is apart from an empty one.

    Returns
    -------
    (I, J, K) bool array
        Pieces of one structure that hold no part of an instance and come no nearer to those that
        do than ``REACH_MM``.
    """
    pieces: Array = np.zeros(view.space.shape, dtype=np.int32)
    count = 0
    for structure in np.unique(view.winner[view.winner > 0]):
        own, more = ndimage.label(view.winner == structure, structure=TOUCHING)
        pieces[own > 0] = own[own > 0] + count
        count += more
    is_spine = np.zeros(count + 1, dtype=bool)
    is_spine[pieces[instances > 0]] = True
    is_spine[0] = False
    if not is_spine.any():
        return np.zeros(view.space.shape, dtype=bool)
    return _apart(view, pieces, is_spine)


def _apart(view: View, pieces: Array, is_spine: Array) -> Array:
    """(I, J, K) bool: numbered pieces that come nowhere near those of the spine."""
    is_far = np.zeros(len(is_spine), dtype=bool)
    others = np.flatnonzero(~is_spine)[1:]
    if len(others):
        spine = cKDTree(view.points(is_spine[pieces]))
        boxes = ndimage.find_objects(pieces)
        for number in others:
            box = boxes[number - 1]
            corner = np.array([side.start for side in box])
            points = view.space.to_lps(np.argwhere(pieces[box] == number) + corner)
            is_far[number] = spine.query(points)[0].min() > REACH_MM
    found: Array = is_far[pieces]
    return found
