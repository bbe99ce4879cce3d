"""A number read on each slice of a stack becomes a function of the height above the disc."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

USUAL_SLICE_MM = 4.0
"""How far the window of a level reaches beyond the disc: one slice of a usual axial series."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Least:
    """The least value in a window, where it is, and the slice nearest to it.

    Parameters
    ----------
    value : float
    z_mm : float
    place : int
        Number of the slice in the sequences that were given.
    step : float
        Difference to the larger of the values on the two slices beside it, what lies between
        slices being unknown; 0 where no slice is beside it.
    """

    value: float
    z_mm: float
    place: int
    step: float


def least(z_mm: Sequence[float], values: Sequence[float], window: tuple[float, float]) -> Least:
    """The least value within ``window``, linear between slices, constant beyond the last ones.

    Parameters
    ----------
    z_mm, values : (N,) sequences
        One entry a slice, N >= 1.
    window : (low, high)
        Heights; where it lies outside all slices, the nearest slice counts.
    """
    order = np.argsort(z_mm)
    z, v = np.asarray(z_mm, dtype=float)[order], np.asarray(values, dtype=float)[order]
    inside = (z >= window[0]) & (z <= window[1])
    heights = np.concatenate([z[inside], np.array(window)])
    found = np.concatenate([v[inside], np.interp(window, z, v)])
    best = int(found.argmin())
    nearest = int(np.abs(z - heights[best]).argmin())
    beside = v[max(nearest - 1, 0) : nearest + 2]
    return Least(
        value=float(found[best]),
        z_mm=float(heights[best]),
        place=int(order[nearest]),
        step=float(np.abs(beside - v[nearest]).max()),
    )


def at(z_mm: Sequence[float], values: Sequence[float], height_mm: float, reach_mm: float) -> float:
    """Value at one height, linear between slices; NaN farther than ``reach_mm`` from all."""
    order = np.argsort(z_mm)
    z, v = np.asarray(z_mm, dtype=float)[order], np.asarray(values, dtype=float)[order]
    is_far = height_mm < z[0] - reach_mm or height_mm > z[-1] + reach_mm
    return float("nan") if is_far else float(np.interp(height_mm, z, v))
