"""Overlap and surface distances of two masks, and intervals over patients."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Array

PERCENTILE = 95.0
"""Of HD95: the distance that 95 % of the surface stays below."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """How well a mask matches the truth.

    Parameters
    ----------
    dice : float
        NaN where both are empty.
    assd_mm, hd95_mm : float
        Average symmetric surface distance and its 95th percentile; NaN where either is empty.
    """

    dice: float
    assd_mm: float
    hd95_mm: float


def score(truth: Array, predicted: Array, spacing_mm: Sequence[float]) -> Score:
    """Dice, ASSD and HD95 of two boolean masks of the same shape."""
    distances = surface_distances_mm(truth, predicted, spacing_mm)
    if not distances.size:
        return Score(dice=dice(truth, predicted), assd_mm=math.nan, hd95_mm=math.nan)
    return Score(
        dice=dice(truth, predicted),
        assd_mm=float(distances.mean()),
        hd95_mm=float(np.percentile(distances, PERCENTILE)),
    )


def dice(truth: Array, predicted: Array) -> float:
    """2 |A and B| / (|A| + |B|); NaN where both are empty."""
    total = int(np.count_nonzero(truth)) + int(np.count_nonzero(predicted))
    if total == 0:
        return math.nan
    return 2.0 * int(np.count_nonzero(truth & predicted)) / total


def surface_distances_mm(truth: Array, predicted: Array, spacing_mm: Sequence[float]) -> Array:
    """Distances from each surface voxel of either mask to the other's surface, pooled.

    Parameters
    ----------
    truth, predicted : boolean arrays of the same shape
    spacing_mm : sequence of float
        One a dimension.

    Returns
    -------
    (N,) float array; empty where either mask is empty
    """
    if not (truth.any() and predicted.any()):
        return np.empty(0)
    # Only the part that holds both masks matters; elsewhere there is no surface to measure.
    box = _box(truth | predicted)
    first, second = (m[box] & ~ndimage.binary_erosion(m[box]) for m in (truth, predicted))
    to_first = ndimage.distance_transform_edt(~first, sampling=tuple(spacing_mm))
    to_second = ndimage.distance_transform_edt(~second, sampling=tuple(spacing_mm))
    return np.concatenate([to_second[first], to_first[second]])


def _box(mask: Array) -> tuple[slice, ...]:
    """The smallest box that holds a mask, and one voxel more on each side where there is one."""
    box = []
    for axis, size in enumerate(mask.shape):
        filled = np.flatnonzero(mask.any(axis=tuple(a for a in range(mask.ndim) if a != axis)))
        box.append(slice(max(filled[0] - 1, 0), min(filled[-1] + 2, size)))
    return tuple(box)


def bootstrap_interval(
    values: Sequence[float], *, level: float = 0.95, draws: int = 2000, seed: int = 0
) -> tuple[float, float]:
    """Percentile interval of the mean, drawing patients with replacement.

    Parameters
    ----------
    values : sequence of float
        One a patient; NaN is left out.
    level : float
        Coverage.
    draws, seed : int

    Returns
    -------
    low, high : float
        NaN where there is no value.
    """
    known = np.asarray([v for v in values if not math.isnan(v)])
    if not known.size:
        return math.nan, math.nan
    picks = np.random.default_rng(seed).integers(0, known.size, (draws, known.size))
    tail = 50.0 * (1.0 - level)
    low, high = np.percentile(known[picks].mean(axis=1), [tail, 100.0 - tail])
    return float(low), float(high)
