"""Smooth curves through surface points that may hold outliers: lips, notches, noise."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import Polynomial

from cauda.geometry import Array
from cauda.measure.sampling import Floats, between

SCALE_FLOOR_MM = 0.15
"""Residuals below this are never outliers: less than half a pixel."""

OUTLIER = 2.5
"""Residuals beyond this many robust standard deviations stop pulling the curve (Tukey's weight)."""

_ROUNDS = 4


def robust_polynomial(at_mm: Array, value_mm: Array, degree: int) -> Polynomial | None:
    """Fit a polynomial with Tukey's biweight; None from fewer than ``2 degree + 3`` points.

    Parameters
    ----------
    at_mm, value_mm : (N,) arrays
        NaN values are left out.
    """
    good = np.isfinite(value_mm) & np.isfinite(at_mm)
    x, y = np.asarray(at_mm)[good], np.asarray(value_mm)[good]
    if len(x) < 2 * degree + 3:
        return None
    center, half = (x.min() + x.max()) / 2, max((x.max() - x.min()) / 2, 1e-6)
    basis = np.vander((x - center) / half, degree + 1, increasing=True)
    weights = np.ones_like(x)
    coefficients = np.zeros(degree + 1)
    for _ in range(_ROUNDS):
        root = np.sqrt(weights)
        coefficients = np.linalg.lstsq(basis * root[:, None], y * root, rcond=None)[0]
        weights = _tukey(y - basis @ coefficients)
    domain = [center - half, center + half]
    return Polynomial(coefficients, domain=domain, window=[-1.0, 1.0])


def _tukey(residuals: Floats) -> Floats:
    """Weights in [0, 1]: 1 for no residual, 0 beyond ``OUTLIER`` robust deviations."""
    size = np.sort(np.abs(residuals))
    spread = 1.4826 * float(size[(len(size) - 1) // 2] + size[len(size) // 2]) / 2
    share = residuals / (OUTLIER * 2 * max(spread, SCALE_FLOOR_MM))
    weights: Floats = np.where(np.abs(share) < 1, (1 - share**2) ** 2, 0.0) + 1e-9
    return weights


def local_value(at_mm: Array, value_mm: Array, where_mm: float, reach_mm: float) -> float:
    """Value at one place of a line fitted within ``reach_mm`` of it; NaN where it is not seen."""
    near = (np.abs(np.asarray(at_mm) - where_mm) <= reach_mm) & np.isfinite(value_mm)
    if near.sum() < 3:
        return float("nan")
    x, y = np.asarray(at_mm)[near] - where_mm, np.asarray(value_mm)[near]
    slope = ((x - x.mean()) * (y - y.mean())).sum() / max(((x - x.mean()) ** 2).sum(), 1e-9)
    return float(y.mean() - slope * x.mean())


def midline_value(x_mm: Array, values: Array) -> float:
    """Value at x' = 0 of the line through all slices, outliers left out.

    For what changes little and evenly from slice to slice. From fewer than five slices the
    two beside the midline tell.
    """
    line = robust_polynomial(np.asarray(x_mm), np.asarray(values), 1)
    return between(x_mm, values, 0.0) if line is None else float(line(0.0))
