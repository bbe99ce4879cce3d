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
AROUND_DEPTH_MM, AROUND_WIDTH_MM = 24.0, 20.0
"""The sacrum is also looked for this far from the curve, beside what is named body."""
SPAN_MM = 14.0
"""A disc is expected to reach this far forward and back of the curve."""
SPAN_WIDTH_MM = 4.0
"""Half-width of the slices in which a disc's reach is looked at."""
SPAN_REACH_MM = 4.0
"""A tilted or curved disc is looked for this far above and below its place."""
LEAST_KNOWN_MM = 2.0
"""A mean over less of the field of view than this says nothing."""
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
    sacrum_around : (N,) array
        The same for the sacrum over the whole cross-section of a body.
    disc_span : (N,) array
        Share of a body's depth over which disc is found near that point.
    known : (N,) bool array
        Whether the point lies in the field of view.
    """

    body: FloatArray
    disc: FloatArray
    sacrum: FloatArray
    sacrum_around: FloatArray
    disc_span: FloatArray
    known: Array

    def mean(self, values: FloatArray, center: int, start_mm: float, stop_mm: float) -> float:
        """Mean of ``values``, where known, between two distances above (+) or below (-) a point."""
        first = max(center + round(start_mm / STEP_MM), 0)
        last = min(center + round(stop_mm / STEP_MM) + 1, len(values))
        seen = values[first:last][self.known[first:last]]
        return float(seen.mean()) if len(seen) * STEP_MM >= LEAST_KNOWN_MM else 0.0


def profile(view: View, line: Centerline) -> Profile:
    """Sample the probabilities on a patch across every curve point."""
    points = _patches(view, line, HALF_DEPTH_MM, HALF_WIDTH_MM)
    inside = view.is_inside(points)
    around = _patches(view, line, AROUND_DEPTH_MM, AROUND_WIDTH_MM)
    return Profile(
        body=_averaged(view, Structure.BODY, points, inside),
        disc=_averaged(view, Structure.DISC, points, inside),
        sacrum=_averaged(view, Structure.SACRUM, points, inside),
        sacrum_around=_averaged(view, Structure.SACRUM, around, view.is_inside(around)),
        disc_span=_span(view, line),
        known=inside.mean(axis=(1, 2)) > 0.3,
    )


def _patches(view: View, line: Centerline, depth_mm: float, width_mm: float) -> FloatArray:
    """(N, depth, width, 3): LPS points of a patch across every curve point."""
    depth = np.arange(-depth_mm, depth_mm + 0.1, GRID_MM)
    width = _lateral_offsets(view, width_mm)
    points: FloatArray = (
        line.points[:, None, None]
        + depth[:, None, None] * line.posterior[:, None, None]
        + width[:, None] * line.left[:, None, None]
    )
    return points


def _span(view: View, line: Centerline) -> FloatArray:
    """(N,): share of a body's depth over which disc is found a little above or below."""
    points = _patches(view, line, SPAN_MM, SPAN_WIDTH_MM)
    disc = np.nan_to_num(view.sample(view.probabilities[Structure.DISC], points)).max(axis=2)
    reach = 2 * round(SPAN_REACH_MM / STEP_MM) + 1
    share: FloatArray = (ndimage.maximum_filter1d(disc, reach, axis=0) > 0.4).mean(axis=1)
    return share


def _lateral_offsets(view: View, width_mm: float) -> FloatArray:
    """Sideways sample positions, at least as fine as the slices; one for a single slice."""
    if view.full_shape[0] == 1:
        return np.zeros(1)
    step = max(GRID_MM, view.space.spacing_mm[0] / 2)
    count = int(width_mm // step)
    return np.arange(-count, count + 1) * step


def _averaged(view: View, structure: Structure, points: FloatArray, inside: Array) -> FloatArray:
    values = np.nan_to_num(view.sample(view.probabilities[structure], points))
    mean = values.sum(axis=(1, 2)) / np.maximum(inside.sum(axis=(1, 2)), 1)
    smooth: FloatArray = ndimage.gaussian_filter1d(mean, BLUR_MM / STEP_MM, mode="constant")
    return smooth
