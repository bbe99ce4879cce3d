"""How much body, disc and sacrum there is at each point of the centerline."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, FloatArray
from cauda.locate.centerline import STEP_MM, Centerline
from cauda.locate.view import View
from cauda.vocab import Structure

HALF_DEPTH_MM = 9.0
"""The patch averaged at each point reaches this far forward and back: inside every body."""
HALF_WIDTH_MM = 8.0
"""And this far to both sides, so that a tilted disc stays sharp."""
GRID_MM = 1.5
"""Distance between the samples of a patch."""
BLUR_MM = 1.0
"""Smoothing along the curve, below the height of a collapsed disc."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Profile:
    """Mean probabilities over a small patch across the curve, one value per curve point.

    Parameters
    ----------
    body, disc, sacrum : (N,) array
        0 to 1; 0 outside the field of view.
    known : (N,) bool array
        Whether the point lies in the field of view.
    """

    body: FloatArray
    disc: FloatArray
    sacrum: FloatArray
    known: Array

    def mean(self, values: FloatArray, center: int, start_mm: float, stop_mm: float) -> float:
        """Mean of ``values`` between two distances above (+) or below (-) a curve point."""
        first = max(center + round(start_mm / STEP_MM), 0)
        last = min(center + round(stop_mm / STEP_MM) + 1, len(values))
        return float(values[first:last].mean()) if last > first else 0.0


def profile(view: View, line: Centerline) -> Profile:
    """Sample the probabilities on a patch across every curve point."""
    depth = np.arange(-HALF_DEPTH_MM, HALF_DEPTH_MM + 0.1, GRID_MM)
    width = _lateral_offsets(view)
    points = (
        line.points[:, None, None]
        + depth[:, None, None] * line.posterior[:, None, None]
        + width[:, None] * line.left[:, None, None]
    )
    inside = view.is_inside(points)
    share = inside.mean(axis=(1, 2))
    return Profile(
        body=_averaged(view, Structure.BODY, points, inside),
        disc=_averaged(view, Structure.DISC, points, inside),
        sacrum=_averaged(view, Structure.SACRUM, points, inside),
        known=share > 0.3,
    )


def _lateral_offsets(view: View) -> FloatArray:
    """Sideways sample positions, at least as fine as the slices; one for a single slice."""
    if view.full_shape[0] == 1:
        return np.zeros(1)
    step = max(GRID_MM, view.space.spacing_mm[0] / 2)
    count = int(HALF_WIDTH_MM // step)
    return np.arange(-count, count + 1) * step


def _averaged(view: View, structure: Structure, points: FloatArray, inside: Array) -> FloatArray:
    values = np.nan_to_num(view.sample(view.probabilities[structure], points))
    mean = values.sum(axis=(1, 2)) / np.maximum(inside.sum(axis=(1, 2)), 1)
    smooth: FloatArray = ndimage.gaussian_filter1d(mean, BLUR_MM / STEP_MM, mode="constant")
    return smooth
