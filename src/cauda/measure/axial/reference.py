"""Where a disc ends: the outline of the ring apophyses round it, without lips.

The corners that the sagittal slices show, whose definition leaves lips out, make its front and
back; the bodies beside the disc on the axial slices make its sides, scaled so that they meet the
corners (a body has a waist). Without a sagittal series in the same place the bodies make all of it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Array
from cauda.measure.axial.cut import STEP_MM, X_MM, Y_MM, Cut, Floats
from cauda.measure.discs import DiscSlice
from cauda.vocab import Structure

ORDER = 8
"""Harmonics of the outline: enough for its flat back and rounded corners, too few for lips."""

STIFFNESS = 2e-5
"""Weight of the fourth power of a harmonic's number against the mean squared distance."""

SIDE_MM = 12.0
"""Beyond this from the midline the bodies on axial slices make the outline."""

BODY_MM = (1.0, 9.0)
"""Bodies are looked at this far beyond the disc's endplates."""

ANGLES: Floats = np.radians(np.arange(361) - 180.0)
"""(A,): directions from the center, all round from the front; 0 is the back, left positive."""

SAMPLE_MM = 0.5
"""Distance of the points of the finished outline."""

LEAST_CORNERS = 3
"""Fewer sagittal slices do not shape a front and a back."""

_ROUNDS = 4
_SCALE_FLOOR_MM = 0.4


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reference:
    """The outline a disc is compared with, in its frame's x', y'.

    Parameters
    ----------
    points : (S, 2) array
        Evenly spaced along the outline, from the middle of its front by the right and the back.
    normals : (S, 2) array
        Outward unit vectors.
    method : str
        Whether sagittal corners made its front and back.
    misfit_mm : float
        Mean distance of what it was fitted to.
    """

    points: Floats
    normals: Floats
    method: str
    misfit_mm: float

    @property
    def is_posterior(self) -> Array:
        """(S,): the half behind the center, where roots and canal are."""
        behind: Array = self.points[:, 1] >= self.middle_mm
        return behind

    @property
    def middle_mm(self) -> float:
        """Y' of the outline's middle."""
        return float(self.points[:, 1].min() + self.points[:, 1].max()) / 2

    def back_mm(self, x_mm: Array | float) -> Floats:
        """Y' of the back wall at x'; constant beyond its ends."""
        back = self.points[self.is_posterior]
        order = np.argsort(back[:, 0])
        return np.asarray(np.interp(x_mm, back[order, 0], back[order, 1]))


def corners(slices: Sequence[DiscSlice], *, is_slipped: bool) -> Floats:
    """(N, 2): x', y' of the rims' front and back corners on the sagittal slices.

    The mean of the upper and the lower rim; where the upper body has slipped, the outer of the
    two, so that the disc laid bare between them is not taken for a bulge.
    """
    found = []
    for own in slices:
        front = (own.upper.anterior[0], own.lower.anterior[0])
        back = (own.upper.posterior[0], own.lower.posterior[0])
        ends = (min(front), max(back)) if is_slipped else (sum(front) / 2, sum(back) / 2)
        found += [(own.x_mm, y) for y in ends]
    return np.array(found).reshape(-1, 2)


def reference(corner_mm: Array, shown: Sequence[Cut], half_disc_mm: float) -> Reference | None:
    """The outline at one level; None where neither corners nor bodies shape it.

    Parameters
    ----------
    corner_mm : (N, 2) array
        Of :func:`corners`; empty where no sagittal series shows the same place.
    shown : sequence of Cut
    half_disc_mm : float
    """
    low, high = BODY_MM
    beside = [c for c in shown if low <= abs(c.plane[0]) - half_disc_mm <= high]
    sides = [p for p in map(_body_points, beside) if len(p)]
    has_corners = len(corner_mm) >= 2 * LEAST_CORNERS
    if not sides:
        return None
    around = np.concatenate(sides)
    center = np.array([0.0, float(np.median(around[:, 1]))])
    if has_corners:
        center[1] = float(np.mean([corner_mm[:, 1].min(), corner_mm[:, 1].max()]))
        scale = _scale(around - center, corner_mm - center)
        outer = around[np.abs(around[:, 0]) > SIDE_MM] - center
        around = np.concatenate([corner_mm, outer * scale + center])
    weights = np.ones(len(around))
    if has_corners:
        weights[: len(corner_mm)] = max(1.0, (len(around) / len(corner_mm) - 1) / 2)
    fitted = _fit(around - center, weights)
    return None if fitted is None else _sampled(fitted[0], center, fitted[1], has_corners)


def _body_points(cut: Cut) -> Floats:
    """(N, 2): where rays from the body's center leave it for the last time."""
    field = cut.of(Structure.BODY)
    inside = field >= 0.5
    if inside.sum() * STEP_MM**2 < 400.0:
        return np.empty((0, 2))
    center = np.array([0.0, float((inside.sum(axis=0) @ Y_MM) / inside.sum())])
    reach = np.arange(8.0, 36.0, STEP_MM)
    directions = np.column_stack([np.sin(ANGLES), np.cos(ANGLES)])[:-1:3]
    places = center + directions[:, None] * reach[:, None]
    values = lookup(field, places)
    last = np.where(values >= 0.5, np.arange(len(reach)), -1).max(axis=1)
    found = (last >= 0) & (last < len(reach) - 1)
    rows, last = np.flatnonzero(found), last[found]
    high, low = values[rows, last], values[rows, last + 1]
    radius = reach[last] + (high - 0.5) / np.maximum(high - low, 1e-6) * STEP_MM
    result: Floats = center + directions[rows] * radius[:, None]
    return result


def lookup(field: Array, places_mm: Array) -> Floats:
    """Values of an (X, Y) field at (..., 2) x', y', linearly interpolated, 0 outside."""
    at = np.moveaxis((np.asarray(places_mm) - [X_MM[0], Y_MM[0]]) / STEP_MM, -1, 0)
    return np.asarray(ndimage.map_coordinates(field, at, order=1, mode="constant", cval=0.0))


def _scale(body: Floats, rim: Floats) -> float:
    """How much wider the rims are than the bodies beside the disc: 1 to 1.15."""
    order = np.argsort(np.arctan2(body[:, 0], body[:, 1]))
    radii = np.interp(
        np.arctan2(rim[:, 0], rim[:, 1]),
        np.arctan2(body[order, 0], body[order, 1]),
        np.hypot(*body[order].T),
        period=2 * np.pi,
    )
    return float(np.clip(np.median(np.hypot(*rim.T) / np.maximum(radii, 1.0)), 1.0, 1.15))


def _basis(angles: Array) -> Floats:
    steps = np.arange(1, ORDER + 1)
    turns = np.outer(angles, steps)
    return np.column_stack([np.ones(len(turns)), np.cos(turns), np.sin(turns)])


def _fit(points: Floats, weights: Floats) -> tuple[Floats, float] | None:
    """Coefficients of the radius by robust, stiffened least squares; mean distance."""
    if len(points) < 12:
        return None
    radii, angles = np.hypot(*points.T), np.arctan2(points[:, 0], points[:, 1])
    basis = _basis(angles)
    numbers = np.concatenate([[0.0], np.arange(1, ORDER + 1), np.arange(1, ORDER + 1)])
    stiff = np.diag(STIFFNESS * numbers**4)
    trust = weights / weights.sum()
    coefficients = np.zeros(basis.shape[1])
    for _ in range(_ROUNDS):
        scaled = basis * trust[:, None]
        coefficients = np.linalg.solve(scaled.T @ basis + stiff, scaled.T @ radii)
        away = np.abs(radii - basis @ coefficients)
        reach = 3.5 * max(float(np.median(away)), _SCALE_FLOOR_MM)
        trust = weights * np.clip(1 - (away / reach) ** 2, 0, None) ** 2
        trust = trust / max(trust.sum(), 1e-9)
    return coefficients, float(away.mean())


def _sampled(coefficients: Floats, center: Floats, misfit: float, is_exact: bool) -> Reference:
    """The outline at even steps, with its outward normals."""
    radii = _basis(ANGLES) @ coefficients
    dense = center + np.column_stack([np.sin(ANGLES), np.cos(ANGLES)]) * radii[:, None]
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(dense, axis=0), axis=1))])
    count = round(along[-1] / SAMPLE_MM)
    wanted = (np.arange(count) + 0.5) * along[-1] / count
    points = np.column_stack([np.interp(wanted, along, dense[:, a]) for a in (0, 1)])
    ahead = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    normals = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    outward = np.sign(((points - center) * normals).sum(axis=1))[:, None]
    return Reference(
        points=points,
        normals=normals * outward,
        method="ring-apophysis" if is_exact else "ring-apophysis-axial",
        misfit_mm=misfit,
    )
