"""The smooth curve through bodies and discs, along which they are told apart."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import FloatArray
from cauda.locate.view import View
from cauda.vocab import Structure

STEP_MM = 0.75
"""Distance between neighboring points of the curve."""
OVERHANG_MM = 60.0
"""How far the curve runs on, straight, beyond the bodies and discs, to reach the sacrum."""
NEAR_MM = 24.0
"""Voxels farther from the curve than this are arches or false blobs and do not shape it."""
SMALLEST_PART = 0.03
"""Connected parts with less than this share of all body and disc voxels do not shape it."""
MAX_POINTS = 30_000
"""More voxels than this are thinned out evenly: the curve is smooth, so they add nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Centerline:
    """Points along the column from below upward, ``STEP_MM`` apart, with local axes.

    Parameters
    ----------
    points : (N, 3) array
        LPS, mm.
    up, posterior, left : (N, 3) array
        Orthonormal local axes: along the curve, backward, to the patient's left.
    """

    points: FloatArray
    up: FloatArray
    posterior: FloatArray
    left: FloatArray

    def nearest(self, point_lps: FloatArray) -> int:
        """Index of the curve point nearest to a point."""
        return int(np.argmin(np.linalg.norm(self.points - point_lps, axis=1)))


def centerline(view: View) -> Centerline | None:
    """Fit the curve; None where bodies and discs are too few to say anything."""
    points, discs = _column_points(view)
    if len(points) < 30:
        return None
    axis = _main_axis(points, view.space.directions[:, 2])
    start = discs if len(discs) > 100 and np.ptp(discs @ axis) > 50 else points
    curve = _polynomial(start, axis)
    for _ in range(3):
        residual = _offsets(points, axis) - _evaluate(curve, points @ axis)
        curve = _polynomial(points[np.linalg.norm(residual, axis=1) < NEAR_MM], axis)
    return _sampled(curve, axis, view)


@dataclass(frozen=True, slots=True, eq=False)
class _Curve:
    """The two coordinates across ``axis`` as polynomials of the coordinate along it."""

    coefficients: FloatArray
    axis: FloatArray
    middle: float
    first: float
    last: float


def _column_points(view: View) -> tuple[FloatArray, FloatArray]:
    """Voxels of bodies and discs that are not small blobs, and those of discs, thinned."""
    mask = view.mask(Structure.BODY, Structure.DISC)
    parts, count = ndimage.label(mask)
    sizes = np.bincount(parts.ravel(), minlength=count + 1)
    sizes[0] = 0
    large = sizes >= max(SMALLEST_PART * sizes.sum(), 1)
    kept = np.argwhere(large[parts])
    kept = kept[:: max(1, len(kept) // MAX_POINTS)]
    is_disc = view.mask(Structure.DISC)[tuple(kept.T)]
    points = view.space.to_lps(kept)
    return points, points[is_disc]


def _main_axis(points: FloatArray, up: FloatArray) -> FloatArray:
    """The long axis of a long column, or the grid's own way up for a short one."""
    values, vectors = np.linalg.eigh(np.cov(points.T))
    longest: FloatArray = vectors[:, 2]
    if values[2] < 3 * values[1] or abs(longest @ up) < 0.7:
        return up
    return longest if longest @ up > 0 else -longest


def _across(axis: FloatArray) -> FloatArray:
    """(2, 3): two unit vectors that complete ``axis`` to a basis."""
    _, _, basis = np.linalg.svd(axis[None])
    across: FloatArray = basis[1:]
    return across


def _offsets(points: FloatArray, axis: FloatArray) -> FloatArray:
    across: FloatArray = points @ _across(axis).T
    return across


def _polynomial(points: FloatArray, axis: FloatArray) -> _Curve:
    along = points @ axis
    first, last = np.percentile(along, (1, 99))
    middle = float((first + last) / 2)
    degree = int(np.clip((last - first) // 50, 0, 4)) or 1
    if last - first < 30:
        degree = 0
    design = np.vander((along - middle) / 100, degree + 1)
    coefficients = np.linalg.lstsq(design, _offsets(points, axis), rcond=None)[0]
    return _Curve(coefficients, axis, middle, float(first), float(last))


def _evaluate(curve: _Curve, along: FloatArray) -> FloatArray:
    """(N, 2): coordinates across the axis; straight beyond the ends of the data."""
    inner = np.clip(along, curve.first, curve.last)
    degree = len(curve.coefficients) - 1
    scaled = (inner - curve.middle) / 100
    values = np.vander(scaled, degree + 1) @ curve.coefficients
    if degree == 0:
        result: FloatArray = values
        return result
    slopes = np.vander(scaled, degree) @ (
        curve.coefficients[:-1] * np.arange(degree, 0, -1)[:, None]
    )
    straight: FloatArray = values + slopes * ((along - inner) / 100)[:, None]
    return straight


def _sampled(curve: _Curve, axis: FloatArray, view: View) -> Centerline:
    """Even steps along the curve, extended at both ends, with local axes."""
    along = np.arange(curve.first - OVERHANG_MM, curve.last + OVERHANG_MM, STEP_MM / 3)
    dense = along[:, None] * axis + _evaluate(curve, along) @ _across(axis)
    length = np.concatenate([[0], np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))])
    steps = np.arange(0, length[-1], STEP_MM)
    points = np.stack([np.interp(steps, length, dense[:, a]) for a in range(3)], axis=1)
    up = np.gradient(points, axis=0)
    up /= np.linalg.norm(up, axis=1, keepdims=True)
    backward = view.space.directions[:, 1]
    posterior = backward - (up @ backward)[:, None] * up
    posterior /= np.linalg.norm(posterior, axis=1, keepdims=True)
    return Centerline(points=points, up=up, posterior=posterior, left=np.cross(posterior, up))
