"""Look at one sagittal slice in a local frame, and find surfaces on it between the pixels.

A :class:`Sheet` never mixes slices: its points lie in one slice plane, and only their y' and z'
are prescribed. What must be known between two slices is interpolated from the two *values*
measured on them (:func:`between`), not from blended images.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cauda.geometry import Array, Frame, Space
from cauda.records import SAC_LABEL, Point, Segmentation
from cauda.vocab import STRUCTURES, Structure

Floats = NDArray[np.float64]
Box = tuple[slice, slice]
"""Rows and columns of a slice."""

STEP_MM = 0.375
"""Distance of the local samples: half a working pixel, so interpolation loses nothing."""

RIM_PX = 3
"""A disc's probability fades within this many pixels beyond the voxels that carry its label."""

SURFACE = 0.5
"""The probability whose iso-surface is the boundary of a structure."""

_STRUCTURE_LABELS = {
    Structure.BODY: (2, SAC_LABEL),
    Structure.DISC: (101, 200),
    Structure.ARCH: (201, 300),
    Structure.FORAMEN: (301, 500),
}
"""Which instance numbers (first, one past the last) tell members of a structure apart."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Stack:
    """One segmentation with its instance map, ready to be looked at slice by slice."""

    segmentation: Segmentation
    instances: Array

    @property
    def space(self) -> Space:
        """The grid of both."""
        return self.segmentation.space

    @property
    def slice_count(self) -> int:
        """Number of slices (I planes)."""
        return self.space.shape[0]

    @cached_property
    def inverse(self) -> Floats:
        """(4, 4): LPS to voxel coordinates."""
        return np.asarray(np.linalg.inv(self.space.matrix), dtype=np.float64)

    def own(self, index: int, structure: Structure, label: int, box: Box) -> Array:
        """(J, K): probability on part of one slice, nothing where another of its kind lies.

        Disc far from all that carries its label (a speck, or what belongs to no disc) is nothing.
        """
        channel = STRUCTURES.index(structure)
        plane: Array = np.asarray(
            self.segmentation.probabilities[channel, index][box], dtype=np.float32
        )
        span = _STRUCTURE_LABELS.get(structure)
        if span is None:
            return plane
        map_ = self.instances[index][box]
        kept = (map_ < span[0]) | (map_ >= span[1]) | (map_ == label)
        if structure is Structure.DISC:
            kept &= ndimage.binary_dilation(map_ == label, iterations=RIM_PX)
        return np.where(kept, plane, np.float32(0))


@dataclass(frozen=True, kw_only=True, eq=False)
class Sheet:
    """A window of one sagittal slice on a regular (y', z') grid of a local frame.

    Parameters
    ----------
    stack : Stack
    frame : Frame
    index : int
        The slice (I).
    y_mm, z_mm : (Y,), (Z,) arrays
        Local coordinates, ``STEP_MM`` apart.
    """

    stack: Stack
    frame: Frame
    index: int
    y_mm: Floats
    z_mm: Floats

    @cached_property
    def x_mm(self) -> float:
        """Position of the slice along x', where y' = z' = 0."""
        return float(self.points(np.zeros(1), np.zeros(1))[1][0])

    def points(self, y_mm: Array, z_mm: Array) -> tuple[Floats, Floats]:
        """Points of the slice plane with the given y', z': voxel (..., 3) and x' (...)."""
        inverse = self.stack.inverse
        y_mm, z_mm = np.broadcast_arrays(y_mm, z_mm)
        steps = self.frame.axes @ inverse[:3, :3].T
        origin = inverse[:3, :3] @ np.array(self.frame.origin_lps) + inverse[:3, 3]
        partial = origin + y_mm[..., None] * steps[1] + z_mm[..., None] * steps[2]
        x_mm: Floats = (self.index - partial[..., 0]) / steps[0, 0]
        return partial + x_mm[..., None] * steps[0], x_mm

    @cached_property
    def box(self) -> Box:
        """The rows and columns of the slice that hold the grid."""
        corners, _ = self.points(self.y_mm[[0, 0, -1, -1]], self.z_mm[[0, -1, 0, -1]])
        lowest = np.floor(corners[:, 1:].min(axis=0)).astype(int) - 1
        highest = np.ceil(corners[:, 1:].max(axis=0)).astype(int) + 2
        rows, columns = (
            slice(min(max(a, 0), n - 1), max(min(b, n), 1))
            for a, b, n in zip(
                lowest.tolist(), highest.tolist(), self.stack.space.shape[1:], strict=True
            )
        )
        return rows, columns

    def sample(self, part: Array) -> Floats:
        """(Y, Z): the :attr:`box` of a slice on the grid, linearly interpolated, 0 outside."""
        steps = np.array([[0, 0], [1, 0], [0, 1]]) * self.step_mm
        voxel, _ = self.points(self.y_mm[0] + steps[:, 0], self.z_mm[0] + steps[:, 1])
        origin, along_y, along_z = voxel[:, 1:]
        sampled = ndimage.affine_transform(
            part,
            np.stack([along_y - origin, along_z - origin], axis=1),
            offset=origin - [edge.start for edge in self.box],
            output_shape=(len(self.y_mm), len(self.z_mm)),
            order=1,
            mode="constant",
            cval=0.0,
        )
        return np.asarray(sampled, dtype=np.float64)

    @property
    def step_mm(self) -> float:
        """Distance of the grid's points."""
        return float(self.y_mm[1] - self.y_mm[0])

    @cached_property
    def _sampled(self) -> dict[tuple[Structure, int], Floats]:
        """What :meth:`own` has sampled: several measurements look at the same sheet."""
        return {}

    def own(self, structure: Structure, label: int = 0) -> Floats:
        """(Y, Z), read-only: probability of one instance (see :meth:`Stack.own`)."""
        key = (structure, label)
        if key not in self._sampled:
            sampled = self.sample(self.stack.own(self.index, structure, label, self.box))
            sampled.setflags(write=False)
            self._sampled[key] = sampled
        return self._sampled[key]

    def every(self, structure: Structure) -> Floats:
        """(Y, Z): probability of a structure, whichever instance."""
        volume = self.stack.segmentation.probabilities
        plane = volume[STRUCTURES.index(structure), self.index][self.box]
        return self.sample(np.asarray(plane, dtype=np.float32))

    @cached_property
    def sac(self) -> Floats:
        """(Y, Z): probability of the dural sac, the cord in it included."""
        return self.own(Structure.SAC) + self.own(Structure.CORD)

    def lps(self, y_mm: float, z_mm: float) -> Point:
        """The LPS point of the slice plane with the given y', z'."""
        return self.line_lps(np.array([[y_mm, z_mm]]))[0]

    def line_lps(self, points_mm: Array) -> tuple[Point, ...]:
        """The LPS points of the slice plane with the given (N, 2) y', z'."""
        voxel, _ = self.points(points_mm[:, 0], points_mm[:, 1])
        return tuple((float(x), float(y), float(z)) for x, y, z in self.stack.space.to_lps(voxel))


def sheets(
    stack: Stack,
    frame: Frame,
    x_mm: tuple[float, float],
    y_mm: tuple[float, float],
    z_mm: tuple[float, float],
) -> tuple[Sheet, ...]:
    """Every slice whose x' at the frame's origin lies within ``x_mm``, from right to left."""
    grid_y = np.arange(y_mm[0], y_mm[1] + STEP_MM / 2, STEP_MM)
    grid_z = np.arange(z_mm[0], z_mm[1] + STEP_MM / 2, STEP_MM)
    every = (
        Sheet(stack=stack, frame=frame, index=i, y_mm=grid_y, z_mm=grid_z)
        for i in range(stack.slice_count)
    )
    return tuple(s for s in every if x_mm[0] <= s.x_mm <= x_mm[1])


def runs(values: Array, axis_mm: Array, start_mm: Array | float, level: float = SURFACE) -> Floats:
    """Where the run of ``values >= level`` around a start begins and ends, between the samples.

    Parameters
    ----------
    values : (N, M) array
    axis_mm : (M,) array
        Increasing, evenly spaced.
    start_mm : float or (N,) array
        A place inside the run; where it lies just outside, the nearest run is taken.
    level : float

    Returns
    -------
    (N, 2) array
        Begin and end in mm; NaN where there is no run or it leaves the window.
    """
    count = len(axis_mm)
    order = np.arange(count, dtype=np.int16)
    inside = values >= level
    start = np.broadcast_to(np.asarray(start_mm, dtype=float), (len(values),))
    safe = np.where(np.isfinite(start), start, axis_mm[0])
    away = np.where(inside, np.abs(axis_mm[None, :] - safe[:, None]), np.inf)
    seed = away.argmin(axis=1)
    found = inside.any(axis=1) & np.isfinite(start)
    outside = ~inside
    last = np.where(outside & (order < seed[:, None]), order, np.int16(-1)).max(axis=1)
    first = np.where(outside & (order > seed[:, None]), order, np.int16(count)).min(axis=1)
    begin = _interpolate(values, axis_mm, last, last + 1, level)
    end = _interpolate(values, axis_mm, first, first - 1, level)
    whole = np.stack([found & (last >= 0), found & (first < count)], axis=1)
    return np.where(whole, np.stack([begin, end], axis=1), np.nan)


def _interpolate(values: Array, axis_mm: Array, out: Array, into: Array, level: float) -> Floats:
    """Position of ``level`` between the sample outside and the sample inside, per row."""
    rows = np.arange(len(values))
    last = len(axis_mm) - 1
    out, into = np.clip(out, 0, last), np.clip(into, 0, last)
    low, high = values[rows, out], values[rows, into]
    span = np.where(high > low, high - low, 1.0)
    share = np.clip((level - low) / span, 0.0, 1.0)
    result: Floats = axis_mm[out] + share * (axis_mm[into] - axis_mm[out])
    return result


def blur_mm(values: Array, axis_mm: Array, start_mm: Array | float) -> float:
    """Median distance between the 0.25 and 0.75 iso-surfaces, both ends; NaN where never seen."""
    wide = runs(values, axis_mm, start_mm, 0.25)
    narrow = runs(values, axis_mm, start_mm, 0.75)
    gaps = np.abs(wide - narrow)
    return float(np.nanmedian(gaps)) if np.isfinite(gaps).any() else float("nan")


def between(x_mm: Array, values: Array, at_mm: float) -> float:
    """Value at ``at_mm`` from the values on the slices around it; NaN values are left out.

    Linear between the two neighbors; the nearest value beyond the last one.
    """
    good = np.isfinite(values)
    if not good.any():
        return float("nan")
    return float(np.interp(at_mm, np.asarray(x_mm)[good], np.asarray(values)[good]))


def change(x_mm: Array, values: Array, at_mm: float = 0.0) -> float:
    """Difference between the values on the two slices nearest to ``at_mm``; 0 with one slice."""
    good = np.isfinite(values)
    near = np.argsort(np.abs(np.asarray(x_mm) - at_mm) + np.where(good, 0.0, np.inf))[:2]
    if good.sum() < 2:
        return 0.0
    return float(abs(values[near[0]] - values[near[1]]))
