"""Axial truth that has no formula: painted on fine planes parallel to a disc, as plain masks."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from cauda.geometry import Frame
from cauda.phantom.anatomy import Anatomy, Segment
from cauda.phantom.column import WALL_HOLLOW
from cauda.phantom.endplates import level_frame, to_lps
from cauda.phantom.materials import axial_labels, of_disc
from cauda.phantom.planes import DISC_PARTS, Axis, Mask, axis, sample
from cauda.vocab import AXIAL_STRUCTURES, Structure

STEP_MM = 0.3
"""Distance of the sample points in a plane."""
PLANE_MM = 1.25
"""Greatest distance of the planes."""
HALF_WIDTH_MM = 36.0
BEFORE_MM, BEHIND_MM = 38.0, 26.0
"""The planes reach this far before and behind the posterior wall."""
OUTLINE_POINTS = 720

Points = NDArray[np.float64]


@dataclass(frozen=True, kw_only=True, eq=False)
class Planes:
    """Planes z' = constant round a disc.

    Parameters
    ----------
    x, y, z : (X,), (Y,), (Z,) arrays
        Local coordinates, mm.
    labels : (X, Y, Z) array
        Index into ``AXIAL_STRUCTURES``.
    materials : (X, Y, Z) array
    own : (X, Y, Z) array
        Where this disc, its herniation included, is.
    """

    x: Axis
    y: Axis
    z: Axis
    labels: NDArray[np.uint8]
    materials: NDArray[np.uint8]
    own: Mask

    def of(self, *structures: Structure) -> Mask:
        """(X, Y, Z): where one of the structures is."""
        found: Mask = np.isin(self.labels, [AXIAL_STRUCTURES.index(s) for s in structures])
        return found

    @property
    def cell_mm2(self) -> float:
        """Area of one sample."""
        return float((self.x[1] - self.x[0]) * (self.y[1] - self.y[0]))

    @cached_property
    def sac(self) -> Mask:
        """(X, Y, Z): dural sac with what is in it."""
        return self.of(Structure.SAC, Structure.CORD)

    def nearest(self, z_mm: float) -> int:
        """Number of the plane nearest to a height."""
        return int(np.abs(self.z - z_mm).argmin())


def planes_at(anatomy: Anatomy, n: int, frame: Frame, z: Axis) -> Planes:
    """Paint the planes at heights ``z`` of a frame near ``segments[n]``."""
    wall = anatomy.segments[n].wall_mm
    x = axis(-HALF_WIDTH_MM, HALF_WIDTH_MM, STEP_MM)
    y = axis(wall - BEFORE_MM, wall + BEHIND_MM, STEP_MM)
    materials = sample(anatomy, n, frame, (x, y, z))
    parts = [of_disc(n, part) for part in DISC_PARTS]
    return Planes(
        x=x,
        y=y,
        z=z,
        labels=axial_labels(anatomy, materials),
        materials=materials,
        own=np.isin(materials, parts),
    )


def level_planes(anatomy: Anatomy, n: int, reach_mm: float) -> Planes:
    """The planes of ``discs[n]`` within ``reach_mm``, the disc plane itself among them."""
    count = int(np.ceil(reach_mm / PLANE_MM))
    return planes_at(
        anatomy, n, level_frame(anatomy, n), np.linspace(-reach_mm, reach_mm, 2 * count + 1)
    )


def rim(segment: Segment, frame: Frame, *, upper: bool) -> Points:
    """(P, 2): outline of an endplate, lips left out, projected along z' of a frame: x', y'."""
    a, b = segment.width_mm / 2, segment.depth_mm / 2
    u = np.sin(np.linspace(-np.pi / 2, np.pi / 2, OUTLINE_POINTS))
    v = np.sqrt((1 - u**2) / (1 - segment.squareness * u**2))
    back = np.stack([a * u, b * (v + WALL_HOLLOW * u**2)], axis=1)
    front = np.stack([a * u, -b * v], axis=1)[::-1]
    around = np.concatenate([back, front])
    z = segment.height_mm / 2 - segment.slope * around[:, 1]
    local = np.column_stack([around, z if upper else -z])
    result: Points = frame.to_local(to_lps(segment, local))[:, :2]
    return result


def outline(anatomy: Anatomy, n: int, *, is_slipped: bool) -> Points:
    """(A, 2): what ``discs[n]`` is compared with, from the front by the right to the back.

    The mean of the two rims that face the disc; of slipped vertebrae the outer one.
    """
    frame = level_frame(anatomy, n)
    rims = [
        rim(anatomy.segments[n + 1], frame, upper=False),
        rim(anatomy.segments[n], frame, upper=True),
    ]
    center = np.mean([r.mean(axis=0) for r in rims], axis=0)
    angles = np.linspace(-np.pi, np.pi, OUTLINE_POINTS + 1)
    radii = []
    for around in rims:
        away = around - center
        at = np.arctan2(away[:, 0], away[:, 1])
        order = np.argsort(at)
        radii.append(np.interp(angles, at[order], np.hypot(*away[order].T), period=2 * np.pi))
    radius = np.max(radii, axis=0) if is_slipped else np.mean(radii, axis=0)
    result: Points = center + np.column_stack([np.sin(angles), np.cos(angles)]) * radius[:, None]
    return result
