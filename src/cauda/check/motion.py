"""Check that neighboring slices fit each other: between them a patient may have moved."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cauda.check.scene import Scene, limit
from cauda.geometry import Array
from cauda.records import Limit, Segmentation
from cauda.vocab import Structure

AROUND_MM = 18.0
"""Slices this near to the middle of the sac are compared: farther out anatomy changes too fast."""
FEWEST = 3
"""Slices needed before one of them can be told to lie off the line of its neighbors."""
STRIDE = 2
"""Every second pixel is looked at."""
SMOOTH_PX = 1.0
"""Gaussian sigma before edges are taken, against noise."""
FARTHEST_PX = 8
"""Displacements up to this many of those pixels are looked for."""
LEAST_GAIN = 0.05
"""A displacement counts if the edges correlate better by this than without it."""

Floats = NDArray[np.float64]


def moved_slices(scene: Scene) -> Iterator[Limit]:
    """Lower, then withhold, what rests on a series whose slices jump back and forth."""
    for segmentation in scene.segmentations:
        conditions = scene.resting_on(segmentation.series)
        if not conditions:
            continue
        jump_mm = series_jump_mm(segmentation)
        if jump_mm > limit("slice-jump-lower"):
            yield Limit(
                id="slices-moved",
                effect="withhold" if jump_mm > limit("slice-jump-withhold") else "lower",
                reason=f"Slices of the {segmentation.contrast.value} images lie {jump_mm:.0f} mm "
                "off their neighbors, as when a patient moves between them.",
                conditions=conditions,
            )


def series_jump_mm(segmentation: Segmentation) -> float:
    """:func:`largest_jump_mm` of the slices round the middle of the sac; 0 without a sac."""
    weights = segmentation.probability(Structure.SAC, Structure.CORD).sum(axis=(1, 2))
    if not weights.any():
        return 0.0
    spacing_mm, *pixels_mm = segmentation.space.spacing_mm
    middle = float(np.average(np.arange(len(weights)), weights=weights))
    reach = AROUND_MM / spacing_mm
    first, last = max(0, round(middle - reach)), round(middle + reach)
    return largest_jump_mm(segmentation.signal[first : last + 1], pixels_mm)


def largest_jump_mm(slices: Array, pixels_mm: Sequence[float]) -> float:
    """How far a slice lies off the line of its two neighbors, in its plane, mm.

    Neighbors are laid over each other by the correlation of their edges. Anatomy that drifts from
    slice to slice, as in an oblique stack, drifts on; a patient who moves jumps.

    Parameters
    ----------
    slices : (I, J, K) array
    pixels_mm : two floats

    Returns
    -------
    float
        Of the slice that lies off most; 0 with fewer than three slices.
    """
    if len(slices) < FEWEST:
        return 0.0
    edges = [_edges(plane[::STRIDE, ::STRIDE]) for plane in slices]
    steps = np.array([_displacement_px(a, b) for a, b in pairwise(edges)])
    steps_mm = steps * STRIDE * np.asarray(pixels_mm)
    return float(np.linalg.norm(np.diff(steps_mm, axis=0), axis=1).max() / 2.0)


def _edges(plane: Array) -> Floats:
    """Slope of the signal without its mean, fading to the edges of the image, of length 1."""
    slope = ndimage.gaussian_gradient_magnitude(np.asarray(plane, dtype=np.float64), SMOOTH_PX)
    window = np.outer(*(np.hanning(n) for n in plane.shape))
    faded: Floats = (slope - slope.mean()) * window
    length = float(np.linalg.norm(faded))
    return faded / length if length else faded


def _displacement_px(first: Floats, second: Floats) -> Floats:
    """Where the second picture lies against the first, to a fraction of a pixel."""
    shape = [n + FARTHEST_PX + 1 for n in first.shape]
    spectrum = np.conj(np.fft.rfft2(first, shape)) * np.fft.rfft2(second, shape)
    offsets = np.arange(-FARTHEST_PX, FARTHEST_PX + 1)
    likeness = np.fft.irfft2(spectrum, shape)[np.ix_(offsets, offsets)]
    best = np.unravel_index(int(likeness.argmax()), likeness.shape)
    if likeness[best] < likeness[FARTHEST_PX, FARTHEST_PX] + LEAST_GAIN:
        return np.zeros(2)
    across = likeness[:, best[1]], likeness[best[0]]
    peaks = [_peak(line, int(at)) for line, at in zip(across, best, strict=True)]
    return np.array(peaks) - FARTHEST_PX


def _peak(line: Floats, at: int) -> float:
    """Top of the parabola through the largest value and its neighbors."""
    if not 0 < at < len(line) - 1:
        return float(at)
    before, top, after = line[at - 1 : at + 2]
    bend = before - 2.0 * top + after
    return at + float((before - after) / (2.0 * bend)) if bend else float(at)
