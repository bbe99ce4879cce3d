"""Endplates: planes fitted to the sub-voxel surface of a body, its corners left out."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cauda.geometry import FloatArray
from cauda.locate.partition import NARROW_MM
from cauda.locate.view import View
from cauda.records import Plane3, Point

SURFACE = 0.5
"""The surface of a body is where its probability falls below this."""
CENTRAL_SHARE = 0.66
"""Share of the front-to-back depth that shapes the plane: osteophytes sit on the corners."""
CENTRAL_MM = 12.0
"""Half-width of the slices that shape the plane."""
INSET_MM = 8.0
"""Rays start this far inside the body's end."""
OVERSHOOT_MM = 6.0
"""Rays run this far beyond the body's own voxels; a surface farther out is another's."""
RAY_STEP_MM = 0.25
"""Distance between samples of a ray; the crossing between two is interpolated."""
LEAST_HEIGHT_MM = 10.0
"""Height given to a body of which nothing is seen, so that its arch can still be looked for."""
LEAST_RAYS = 12
"""Fewer surface points than this do not make a plane."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class BodyAxes:
    """Where a body lies and how it is turned.

    Parameters
    ----------
    center, up, posterior, left : (3,) array
        LPS; center in mm, then three orthonormal directions.
    height_mm, depth_mm : float
        Extent of its voxels along ``up`` and ``posterior``.
    """

    center: FloatArray
    up: FloatArray
    posterior: FloatArray
    left: FloatArray
    height_mm: float
    depth_mm: float

    def local(self, points: FloatArray) -> FloatArray:
        """(N, 3): left, posterior, up coordinates about the center, mm."""
        axes = np.stack([self.left, self.posterior, self.up])
        turned: FloatArray = (points - self.center) @ axes.T
        return turned


def body_axes(points: FloatArray, up: FloatArray, backward: FloatArray) -> BodyAxes:
    """Axes of a body from its voxels, the way up and the grid's way back."""
    posterior = backward - (backward @ up) * up
    posterior = posterior / np.linalg.norm(posterior)
    left = np.cross(posterior, up)
    turned = (points - points.mean(axis=0)) @ np.stack([left, posterior, up]).T
    low, high = np.percentile(turned, (3, 97), axis=0)
    middle = (low + high) / 2
    center = points.mean(axis=0) + middle @ np.stack([left, posterior, up])
    return BodyAxes(
        center=center,
        up=up,
        posterior=posterior,
        left=left,
        height_mm=max(float(high[2] - low[2]), LEAST_HEIGHT_MM),
        depth_mm=float(high[1] - low[1]),
    )


def endplate(view: View, points: FloatArray, axes: BodyAxes, direction: int) -> Plane3 | None:
    """The upper (``direction`` 1) or lower (-1) endplate, or None where no surface is in view.

    Parameters
    ----------
    points : (N, 3) array
        The body's own voxels, LPS mm.
    """
    surface = _surface(view, axes, direction)
    if len(surface) < LEAST_RAYS:
        return None
    local = axes.local(surface)
    is_narrow = bool(np.ptp(local[:, 0]) < NARROW_MM)
    offset, slope_left, slope_back = _robust_plane(local, is_narrow)
    own = axes.local(points)
    near = own[np.abs(own[:, 2] - offset) < 5.0]
    low, high = np.percentile(near[:, :2], (3, 97), axis=0) if len(near) else np.zeros((2, 2))
    x, y = (low + high) / 2
    height = offset + slope_left * x + slope_back * y
    point = axes.center + x * axes.left + y * axes.posterior + height * axes.up
    normal = axes.up - slope_left * axes.left - slope_back * axes.posterior
    return Plane3(point_lps=_point(point), normal_lps=_point(normal / np.linalg.norm(normal)))


def _surface(view: View, axes: BodyAxes, direction: int) -> FloatArray:
    """(N, 3): points where rays from inside the body leave it."""
    half = axes.height_mm / 2
    inset = min(INSET_MM, 0.7 * half)
    back = np.linspace(-0.5, 0.5, 15) * CENTRAL_SHARE * axes.depth_mm
    line = axes.center + direction * (half - inset) * axes.up + back[:, None] * axes.posterior
    start = _on_slices(view, (line + _side_steps(view)[:, None, None] * axes.left).reshape(-1, 3))
    steps = np.arange(0, inset + OVERSHOOT_MM, RAY_STEP_MM)
    rays = start[:, None] + direction * steps[:, None] * axes.up
    values = view.sample(view.bone, rays)
    return _crossings(rays, values)


def _side_steps(view: View) -> FloatArray:
    step = max(view.space.spacing_mm[0], 2.0)
    count = int(CENTRAL_MM // step) if view.full_shape[0] > 1 else 0
    return np.arange(-count, count + 1) * step


def _on_slices(view: View, points: FloatArray) -> FloatArray:
    """Move points onto the nearest slice, where the probabilities are not interpolated."""
    index = view.space.to_ijk(points)
    index[:, 0] = np.round(index[:, 0])
    return view.space.to_lps(index)


def _crossings(rays: FloatArray, values: FloatArray) -> FloatArray:
    """First place along each ray where the value falls below ``SURFACE``, interpolated."""
    first = (values < SURFACE).argmax(axis=1)
    rows = np.flatnonzero((values[:, 0] >= SURFACE) & (first > 0))
    after = first[rows]
    inner, outer = values[rows, after - 1], values[rows, after]
    share = (inner - SURFACE) / np.maximum(inner - outer, 1e-6)
    crossing: FloatArray = rays[rows, after - 1] + share[:, None] * (
        rays[rows, after] - rays[rows, after - 1]
    )
    return crossing[~np.isnan(crossing).any(axis=1)]


def _robust_plane(local: FloatArray, is_narrow: bool) -> tuple[float, float, float]:
    """Height = offset + a * left + b * posterior, by re-weighted least squares (Tukey)."""
    side = np.zeros(len(local)) if is_narrow else local[:, 0]
    design = np.stack([np.ones(len(local)), side, local[:, 1]], axis=1)
    heights = local[:, 2]
    weights = np.ones(len(local))
    solution = np.zeros(3)
    for _ in range(6):
        root = np.sqrt(weights)[:, None]
        solution = np.linalg.lstsq(design * root, heights * root[:, 0], rcond=None)[0]
        residual = heights - design @ solution
        scale = max(1.4826 * float(np.median(np.abs(residual))), 0.2)
        weights = np.clip(1 - (residual / (4.0 * scale)) ** 2, 0, None) ** 2
    return float(solution[0]), float(solution[1]), float(solution[2])


def _point(values: FloatArray) -> Point:
    x, y, z = (float(v) for v in values)
    return x, y, z
