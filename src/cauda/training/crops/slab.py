"""Image a small part of a synthetic spine as a scanner would: a slab round one level."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.geometry import Array, Frame, Space
from cauda.phantom import Anatomy
from cauda.phantom.bend import bent
from cauda.phantom.grid import Canvas, Grid
from cauda.phantom.paint import paint
from cauda.phantom.place import axes_of
from cauda.phantom.render import SUB_PLANES, acquire, receive_field
from cauda.phantom.tissue import Protocol

Generator = np.random.Generator
BENDS = ((14.0, 1.2), (45.0, 2.5))
"""Grain and largest typical size of the bends, mm: less than in training the networks, so that a
grade read off the straight spine still holds."""
SHIFT_MM, TURN_DEG = 1.2, 3.0
"""Typical error of a level's frame as the network finds it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slab:
    """Where slices are laid, and how.

    Parameters
    ----------
    center_lps : (3,) array
    directions : (3, 3) array
        Columns: unit vectors of the voxel axes, the last one across the slices.
    size_mm : (float, float)
        Along the first two axes.
    slices : int
    spacing_mm, pixel_mm : float
    """

    center_lps: NDArray[np.float64]
    directions: NDArray[np.float64]
    size_mm: tuple[float, float]
    slices: int
    spacing_mm: float
    pixel_mm: float

    @property
    def space(self) -> Space:
        """Its voxel grid."""
        shape = (*(round(s / self.pixel_mm) for s in self.size_mm), self.slices)
        matrix = np.eye(4)
        matrix[:3, :3] = self.directions * [self.pixel_mm, self.pixel_mm, self.spacing_mm]
        matrix[:3, 3] = self.center_lps - matrix[:3, :3] @ ((np.array(shape) - 1) / 2)
        return Space.from_matrix(shape, matrix)


def image(
    anatomy: Anatomy,
    slab: Slab,
    protocol: Protocol,
    rng: Generator,
    detail: Callable[[Canvas], None] = lambda _canvas: None,
) -> Array:
    """Signal of the slab, (I, J, K) with K across the slices; ``detail`` paints before imaging."""
    space = slab.space
    grid = Grid.of(space)
    thin = min(protocol.slice_mm / slab.spacing_mm, 1.0)
    fine = grid.refined((1, 1, SUB_PLANES), (1.0, 1.0, thin))
    materials = paint(anatomy, fine)
    detail(Canvas(grid=fine, materials=materials))
    materials = bent(materials, rng, slab.pixel_mm, BENDS, across=2)
    signal: Array = acquire(anatomy, materials, 2, (protocol, receive_field(grid, protocol)), rng)
    return signal


def missed(frame: Frame, rng: Generator) -> Frame:
    """The frame as it might be found: some millimeters and degrees off."""
    tilt, bend, turn = rng.normal(0, TURN_DEG, 3)
    axes = np.array(axes_of(float(tilt), float(bend), float(turn))) @ frame.axes
    left, posterior, up = (_point(row) for row in axes)
    origin = np.array(frame.origin_lps) + rng.normal(0, SHIFT_MM, 3)
    return Frame(origin_lps=_point(origin), left_lps=left, posterior_lps=posterior, up_lps=up)


def _point(values: Array) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z
