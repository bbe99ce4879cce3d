"""Ask the network again about a few slices, in a changed form that means the same.

What is shown again is the part round the spine alone, with larger pixels, and with its two
neighbors exchanged, as in a mirror. An outline that rests on the anatomy stays where it was; one
that was guessed moves.
"""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
from scipy import ndimage

from cauda.geometry import Array
from cauda.nets.grid import NEIGHBOR_MM, Layout, Predict
from cauda.nets.normalize import standardize
from cauda.records import NOT_ASKED, Segmentation
from cauda.vocab import Plane, Structure

PIXEL_FACTOR = 1.11
"""How much larger the pixels are the second time."""
MARGIN_PX = 12
"""Working pixels round the spine that are shown with it."""
APART = 1
"""The slices asked about lie this many beside the midline: both cut the discs."""
SHOWN = (Structure.BODY, Structure.DISC, Structure.SAC, Structure.SACRUM)

Box = tuple[slice, slice]


def with_second_look(found: Segmentation, predict: Predict, layout: Layout) -> Segmentation:
    """Add what the network says of the slices beside the midline when it is asked again.

    Parameters
    ----------
    found : Segmentation
        What it said first. An axial one, or one without a spine, is returned as it is.
    predict : callable
    layout : Layout

    Returns
    -------
    Segmentation
        With ``second``.
    """
    if found.plane is not Plane.SAGITTAL:
        return found
    inside = found.probability(*SHOWN) > 0.5
    if not inside.any():
        return found
    box = _box(inside)
    second = np.full(found.space.shape, NOT_ASKED, dtype=np.uint8)
    step = max(1, round(NEIGHBOR_MM / found.space.spacing_mm[0]))
    standardized = cache(lambda index: standardize(found.signal[index])[box])
    for index in _asked(found):
        around = np.clip([index + step, index, index - step], 0, len(second) - 1)
        shown = np.stack([standardized(int(n)) for n in around])
        second[(index, *box)] = _labels(shown, predict, layout.multiple)
    return replace(found, second=second)


def _asked(found: Segmentation) -> list[int]:
    """The slices to the right and left of the one through the middle of the sac."""
    weights = found.probability(Structure.SAC, Structure.CORD).sum(axis=(1, 2))
    weights = weights if weights.any() else np.ones(len(weights))
    middle = round(float(np.average(np.arange(len(weights)), weights=weights)))
    last = len(weights) - 1
    return sorted({max(middle - APART, 0), min(middle + APART, last)})


def _box(inside: Array) -> Box:
    """In-plane box round the mask of all slices, with a margin."""
    spans = []
    for others in ((0, 2), (0, 1)):
        where = np.flatnonzero(inside.any(axis=others))
        spans.append(slice(max(0, int(where[0]) - MARGIN_PX), int(where[-1]) + MARGIN_PX + 1))
    return spans[0], spans[1]


def _labels(planes: Array, predict: Predict, multiple: int) -> Array:
    """(R, S): the structure at every pixel of the middle one of three standardized planes."""
    shape = planes.shape[1:]
    smaller = [max(2, round(n / PIXEL_FACTOR)) for n in shape]
    shown = np.stack([_resized(plane, smaller) for plane in planes])
    padding = [(0, 0), *((0, -n % multiple) for n in smaller)]
    answer = predict(np.pad(shown, padding, mode="edge")[None])[0][:, : smaller[0], : smaller[1]]
    labels: Array = np.stack([_resized(p, shape) for p in answer]).argmax(axis=0).astype(np.uint8)
    return labels


def _resized(plane: Array, shape: tuple[int, ...] | list[int]) -> Array:
    """The plane on a grid of another number of pixels and the same corners."""
    scale = [(n - 1) / max(m - 1, 1) for n, m in zip(plane.shape, shape, strict=True)]
    resized: Array = ndimage.affine_transform(
        np.asarray(plane, dtype=np.float32), scale, output_shape=tuple(shape), order=1
    )
    return resized
