"""A regular grid of points to paint on, in NumPy or torch, and its cut-outs.

``xp`` is the array namespace (``numpy`` or ``torch``); only functions that both have are used.
Points are never stored: local coordinates are affine functions of the three index vectors, so a
coordinate that does not change along an axis costs nothing along it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import lru_cache
from types import ModuleType
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauda.geometry import Space
from cauda.phantom.anatomy import Axes, Vector

XArray = Any
"""An array of the namespace in use."""
Box = tuple[slice, slice, slice]
NEGLIGIBLE_MM = 1e-6
"""A coordinate that varies by less along an axis is taken as constant there."""


@lru_cache(maxsize=16)
def _inverse(matrix: bytes) -> NDArray[np.float64]:
    """Inverse of a (4, 4) matrix given by its bytes: one grid is asked for hundreds of boxes."""
    values = np.frombuffer(matrix, dtype=np.float64).reshape(4, 4)
    result: NDArray[np.float64] = np.linalg.inv(values).astype(np.float64)
    return result


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Grid:
    """Points ``matrix @ (i, j, k, 1)`` for every i, j, k of three increasing index vectors.

    Parameters
    ----------
    xp : module
        ``numpy`` or ``torch``.
    device : str
        ``"cpu"`` or a torch device.
    matrix : (4, 4) array
        Index to LPS, mm.
    i, j, k : (n,) arrays
        Index values, may be fractional and uneven.
    """

    xp: ModuleType
    device: str
    matrix: NDArray[np.float64]
    i: NDArray[np.float64]
    j: NDArray[np.float64]
    k: NDArray[np.float64]

    @classmethod
    def of(cls, space: Space, xp: ModuleType = np, device: str = "cpu") -> Grid:
        """The voxel centers of ``space``."""
        i, j, k = (np.arange(n, dtype=np.float64) for n in space.shape)
        return cls(xp=xp, device=device, matrix=space.matrix, i=i, j=j, k=k)

    @property
    def shape(self) -> tuple[int, int, int]:
        """Number of points along each axis."""
        return len(self.i), len(self.j), len(self.k)

    def crop(self, box: Box) -> Grid:
        """The grid of a box of it."""
        return replace(self, i=self.i[box[0]], j=self.j[box[1]], k=self.k[box[2]])

    def refined(self, counts: tuple[int, int, int], widths: Vector = (1.0, 1.0, 1.0)) -> Grid:
        """Each point replaced by ``counts`` points spread over ``widths`` index units."""
        vectors = []
        for values, n, width in zip((self.i, self.j, self.k), counts, widths, strict=True):
            steps = (np.arange(n) + 0.5) / n - 0.5
            vectors.append((values[:, None] + width * steps).ravel())
        return replace(self, i=vectors[0], j=vectors[1], k=vectors[2])

    def array(self, values: NDArray[Any]) -> XArray:
        """``values`` as a float32 array of the namespace."""
        data = np.ascontiguousarray(values, dtype=np.float32)
        return self.xp.asarray(data, device=self.device)

    def local(self, origin: Vector, axes: Axes) -> tuple[XArray, XArray, XArray]:
        """Coordinates in a frame; each broadcasts to :attr:`shape`."""
        rows = np.array(axes)
        linear = rows @ self.matrix[:3, :3]
        offset = rows @ (self.matrix[:3, 3] - np.array(origin))
        return (
            self._combine(linear[0], float(offset[0])),
            self._combine(linear[1], float(offset[1])),
            self._combine(linear[2], float(offset[2])),
        )

    def _combine(self, factors: NDArray[np.float64], offset: float) -> XArray:
        shapes = ((-1, 1, 1), (1, -1, 1), (1, 1, -1))
        total = self.array(np.full((1, 1, 1), offset))
        for factor, values, shape in zip(factors, (self.i, self.j, self.k), shapes, strict=True):
            if abs(factor) * max(1.0, float(np.abs(values).max())) > NEGLIGIBLE_MM:
                total = total + self.array(factor * values.reshape(shape))
        return total

    def box(self, origin: Vector, axes: Axes, low: Vector, high: Vector) -> Box | None:
        """The smallest box that holds a cuboid given in a local frame; None if outside."""
        inverse = _inverse(self.matrix.tobytes())
        turn = inverse[:3, :3] @ np.array(axes).T
        middle = (np.array(low) + np.array(high)) / 2
        at = inverse[:3, :3] @ np.array(origin) + inverse[:3, 3] + turn @ middle
        spread = np.abs(turn) @ ((np.array(high) - np.array(low)) / 2)
        slices = []
        for axis, values in enumerate((self.i, self.j, self.k)):
            first = int(values.searchsorted(at[axis] - spread[axis]))
            last = int(values.searchsorted(at[axis] + spread[axis], side="right"))
            if first >= last:
                return None
            slices.append(slice(first, last))
        return slices[0], slices[1], slices[2]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """A cut-out of a canvas: its points' local coordinates and a writable view of materials."""

    grid: Grid
    materials: XArray
    x: XArray
    y: XArray
    z: XArray

    @property
    def xp(self) -> ModuleType:
        """The array namespace."""
        return self.grid.xp

    def paint(self, mask: XArray, material: int) -> None:
        """Set the material where ``mask`` is true."""
        full = self.xp.broadcast_to(mask, self.materials.shape)
        self.materials[full] = material


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Canvas:
    """A grid and the material index (uint8) of each of its points."""

    grid: Grid
    materials: XArray

    def patch(self, origin: Vector, axes: Axes, low: Vector, high: Vector) -> Patch | None:
        """The part inside a cuboid of a local frame, or None where the grid misses it."""
        box = self.grid.box(origin, axes, low, high)
        if box is None:
            return None
        part = self.grid.crop(box)
        x, y, z = part.local(origin, axes)
        return Patch(grid=part, materials=self.materials[box], x=x, y=y, z=z)
