"""Agreement of two contrasts of one plane: the masks of a T1 slice against those of the T2 slice.

Nobody drew them; the anatomy is the same, so what a network finds should be too. Slices that come
as bare pixels, some of them upside down, are brought together by the edges in the images alone,
starting from their centers: the masks have no say in it, or they would be made to agree.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from scipy import ndimage

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

EDGE_PIXELS = 1.5
"""Scale of the edges that are compared."""
REACH_PIXELS = 60
"""Largest shift that is tried: 45 mm at the working pixel."""
ALIKE = 0.9
"""Poses nearly as alike as the best pair; both turned over are as alike as neither."""
OUTSIDE = -1


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


def best_pair(
    planes: tuple[Array, Array],
    pixel_mm: tuple[tuple[float, float], tuple[float, float]],
    segmenter: Segmenter,
) -> tuple[Segmentation, Segmentation] | None:
    """Both slices of a pair upright: poses in which their edges match and the spine makes sense.

    Returns
    -------
    tuple of Segmentation, or None
        None where no spine is found in one of the two.
    """
    first, second = (
        [segmenter(slice_series(plane, pixel, pose)) for pose in POSES]
        for plane, pixel in zip(planes, pixel_mm, strict=True)
    )
    pairs = [(one, two, edge_shift(one, two)[0]) for one in first for two in second]
    least = ALIKE * max(likeness for *_, likeness in pairs)
    one, two, _ = max(
        (p for p in pairs if p[2] >= least), key=lambda p: sense_mm2(p[0]) + sense_mm2(p[1])
    )
    return (one, two) if sense_mm2(one) and sense_mm2(two) else None


def edge_shift(one: Segmentation, two: Segmentation) -> tuple[float, tuple[int, int]]:
    """Correlation of the edges of two slices, and the shift in pixels that gives it.

    Returns
    -------
    likeness : float
        1 for equal edges.
    shift : (int, int)
        What the second one is to be moved by along J and K, within :data:`REACH_PIXELS`.
    """
    first, second = _same_shape(_edges(one.signal[0]), _edges(two.signal[0]))
    spectrum = np.fft.rfft2(first) * np.conj(np.fft.rfft2(second))
    correlation = np.fft.fftshift(np.fft.irfft2(spectrum, s=first.shape))
    middle = [n // 2 for n in first.shape]
    near = tuple(slice(max(m - REACH_PIXELS, 0), m + REACH_PIXELS + 1) for m in middle)
    found = correlation[near]
    j, k = np.unravel_index(int(found.argmax()), found.shape)
    norm = float(np.linalg.norm(first) * np.linalg.norm(second)) or 1.0
    shift = (int(j) + (near[0].start or 0) - middle[0], int(k) + (near[1].start or 0) - middle[1])
    return float(found.max()) / norm, shift


def agreement(
    one: Segmentation, two: Segmentation, structures: Mapping[str, tuple[Structure, ...]]
) -> dict[str, float]:
    """Dice of each structure of two slices, the second moved to where its edges meet the first's.

    Only what both images show after the move counts.
    """
    shift = edge_shift(one, two)[1]
    first, second = _same_shape(_winner(one, structures), _winner(two, structures), outside=OUTSIDE)
    second = np.roll(second, shift, axis=(0, 1))
    seen = (first != OUTSIDE) & (second != OUTSIDE)
    return {
        name: dice((first == n) & seen, (second == n) & seen)
        for n, name in enumerate(structures, start=1)
    }


def _winner(found: Segmentation, structures: Mapping[str, tuple[Structure, ...]]) -> Array:
    """(J, K) number of the most probable structure, 0 for none of them."""
    stated = [found.probability(*members)[0] for members in structures.values()]
    winner: Array = np.argmax(np.stack([1.0 - np.sum(stated, axis=0), *stated]), axis=0)
    return winner


def _edges(signal: Array) -> Array:
    edges: Array = ndimage.gaussian_gradient_magnitude(signal.astype(np.float32), EDGE_PIXELS)
    centered: Array = edges - edges.mean()
    return centered


def _same_shape(first: Array, second: Array, outside: float = 0) -> tuple[Array, Array]:
    """Both padded round their centers, far enough that nothing shifted comes round."""
    shape = [max(a, b) + REACH_PIXELS for a, b in zip(first.shape, second.shape, strict=True)]

    def padded(plane: Array) -> Array:
        before = [(n - own) // 2 for n, own in zip(shape, plane.shape, strict=True)]
        widths = [(b, n - own - b) for b, n, own in zip(before, shape, plane.shape, strict=True)]
        wide: Array = np.pad(plane, widths, constant_values=outside)
        return wide

    return padded(first), padded(second)
