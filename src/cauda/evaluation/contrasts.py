"""Agreement of two contrasts of one plane: the masks of a T1 slice against those of the T2 slice.

Nobody drew them; the anatomy is the same, so what a network finds should be too. Slices that come
as bare pixels are brought together by the centers of their images.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cauda.evaluation.overlap import dice
from cauda.geometry import Array, Space
from cauda.ports import Segmenter
from cauda.records import Segmentation, Series, Volume
from cauda.vocab import Contrast, Plane, Structure

POSES: tuple[tuple[int, int], ...] = ((1, 1), (1, -1), (-1, -1))
"""Steps along posterior and superior that undo how a slice may be stored: upright, upside down,
turned by half a turn."""
SLICE_MM = 4.0
SURE = 0.5
SMALLEST_MM2 = 300.0
"""Less disc than this is no midsagittal lumbar slice that was understood."""


def slice_series(plane: Array, pixel_mm: tuple[float, float], pose: tuple[int, int]) -> Series:
    """One midsagittal slice as a sagittal series.

    Parameters
    ----------
    plane : (J, K) array
        From front to back and from below upward, as it is stored.
    pixel_mm : (float, float)
        Along J and K.
    pose : (int, int)
        Steps that make it upright.
    """
    posed = np.ascontiguousarray(plane[:: pose[0], :: pose[1]], dtype=np.float32)[None]
    space = Space.from_matrix(posed.shape, np.diag([SLICE_MM, *pixel_mm, 1.0]))
    return Series(
        key="slice",
        plane=Plane.SAGITTAL,
        contrast=Contrast.UNKNOWN,
        volume=Volume(voxels=posed, space=space, slice_axis=0),
        used=True,
        reason="A slice to be compared.",
    )


def best_pose(
    plane: Array, pixel_mm: tuple[float, float], segmenter: Segmenter
) -> Segmentation | None:
    """Segment a slice in the pose in which the spine makes most sense; None where none does."""
    best, most = None, 0.0
    for pose in POSES:
        found = segmenter(slice_series(plane, pixel_mm, pose))
        amount = sense_mm2(found)
        if amount > most:
            best, most = found, amount
    return best


def sense_mm2(found: Segmentation) -> float:
    """Area of disc, sac and arch if they lie in that order from front to back, the sacrum below.

    Zero where the order is another one, or hardly any disc is found.
    """
    masks = [
        found.probability(s)[0] > SURE for s in (Structure.DISC, Structure.SAC, Structure.ARCH)
    ]
    area = float(np.prod(found.space.spacing_mm[1:]))
    if not all(m.any() for m in masks) or masks[0].sum() * area < SMALLEST_MM2:
        return 0.0
    depth = [float(np.nonzero(m)[0].mean()) for m in masks]
    sacrum = np.nonzero(found.probability(Structure.SACRUM)[0] > SURE)[1]
    is_below = not sacrum.size or sacrum.mean() < np.nonzero(masks[0])[1].mean()
    in_order = depth[0] < depth[1] < depth[2] and is_below
    return float(sum(m.sum() for m in masks)) * area if in_order else 0.0


def agreement(
    one: Segmentation, two: Segmentation, structures: Mapping[str, tuple[Structure, ...]]
) -> dict[str, float]:
    """Dice of each structure of two slices whose image centers are laid on one another."""
    first, second = (_winner(s, structures) for s in (one, two))
    shape = tuple(min(a, b) for a, b in zip(first.shape, second.shape, strict=True))
    both = [_middle(m, shape) for m in (first, second)]
    return {name: dice(both[0] == n, both[1] == n) for n, name in enumerate(structures, start=1)}


def _winner(found: Segmentation, structures: Mapping[str, tuple[Structure, ...]]) -> Array:
    """(J, K) number of the most probable structure, 0 for none of them."""
    stated = [found.probability(*members)[0] for members in structures.values()]
    winner: Array = np.argmax(np.stack([1.0 - np.sum(stated, axis=0), *stated]), axis=0)
    return winner


def _middle(mask: Array, shape: tuple[int, ...]) -> Array:
    starts = [(n - s) // 2 for n, s in zip(mask.shape, shape, strict=True)]
    return mask[tuple(slice(a, a + s) for a, s in zip(starts, shape, strict=True))]
