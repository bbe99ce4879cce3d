"""Grids and frames placed in the patient: LPS, millimeters.

Left is +x, posterior is +y, superior is +z. An affine maps a voxel index ``(i, j, k)`` to the
LPS point of that voxel's center. ``Space`` carries the frame-of-reference UID, without which two
grids must not be combined.
"""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauda.errors import GeometryError, SpaceMismatchError

Array = NDArray[Any]
FloatArray = NDArray[np.floating[Any]]
Affine = tuple[tuple[float, ...], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Space:
    """A voxel grid placed in the patient.

    Parameters
    ----------
    shape : (3,) tuple of int
        Number of voxels along i, j, k.
    affine : (4, 4) nested tuple of float
        Voxel index to LPS point in mm.
    frame_of_reference : str or None
        DICOM Frame of Reference UID; ``None`` where the file format has none.
    """

    shape: tuple[int, int, int]
    affine: Affine
    frame_of_reference: str | None = None

    def __post_init__(self) -> None:
        matrix = np.asarray(self.affine, dtype=float)
        if matrix.shape != (4, 4) or not np.isfinite(matrix).all():
            msg = f"An affine must be a finite 4 x 4 matrix, not shape {matrix.shape}."
            raise GeometryError(msg)
        if abs(np.linalg.det(matrix[:3, :3])) < 1e-9:
            msg = "An affine must not be singular; check the pixel spacing and orientation."
            raise GeometryError(msg)

    @classmethod
    def from_matrix(
        cls,
        shape: tuple[int, ...],
        matrix: Array,
        frame_of_reference: str | None = None,
    ) -> Space:
        """Build a space from a shape and a (4, 4) array."""
        rows = tuple(tuple(float(v) for v in row) for row in np.asarray(matrix, dtype=float))
        i, j, k = (int(n) for n in shape)
        return cls(shape=(i, j, k), affine=rows, frame_of_reference=frame_of_reference)

    @property
    def matrix(self) -> NDArray[np.float64]:
        """The affine as a (4, 4) array."""
        return np.asarray(self.affine, dtype=np.float64)

    @property
    def spacing_mm(self) -> tuple[float, float, float]:
        """Voxel edge lengths along i, j, k, mm."""
        i, j, k = np.linalg.norm(self.matrix[:3, :3], axis=0)
        return float(i), float(j), float(k)

    @property
    def directions(self) -> NDArray[np.float64]:
        """(3, 3): column ``a`` is the LPS unit vector of axis ``a``."""
        result: NDArray[np.float64] = self.matrix[:3, :3] / np.asarray(self.spacing_mm)
        return result

    @property
    def voxel_mm3(self) -> float:
        """Volume of one voxel, mm3."""
        return float(abs(np.linalg.det(self.matrix[:3, :3])))

    def to_lps(self, points_ijk: Array) -> NDArray[np.float64]:
        """Map (..., 3) voxel coordinates to LPS points, mm."""
        points = np.asarray(points_ijk, dtype=np.float64)
        result: NDArray[np.float64] = points @ self.matrix[:3, :3].T + self.matrix[:3, 3]
        return result

    def to_ijk(self, points_lps: Array) -> NDArray[np.float64]:
        """Map (..., 3) LPS points, mm, to fractional voxel coordinates."""
        points = np.asarray(points_lps, dtype=np.float64) - self.matrix[:3, 3]
        result: NDArray[np.float64] = points @ np.linalg.inv(self.matrix[:3, :3]).T
        return result

    def replace(self, **changes: Any) -> Space:  # noqa: ANN401
        """Copy with some fields changed."""
        return dataclasses.replace(self, **changes)


@dataclass(frozen=True, slots=True, kw_only=True)
class Frame:
    """Local axes of a level: origin at the disc centroid, x' left, y' posterior, z' up.

    Parameters
    ----------
    origin_lps, left_lps, posterior_lps, up_lps : (3,) tuple of float
        Origin in mm and three orthonormal unit vectors.
    """

    origin_lps: tuple[float, float, float]
    left_lps: tuple[float, float, float]
    posterior_lps: tuple[float, float, float]
    up_lps: tuple[float, float, float]

    @property
    def axes(self) -> NDArray[np.float64]:
        """(3, 3): rows are x' (left), y' (posterior), z' (up) in LPS."""
        return np.array([self.left_lps, self.posterior_lps, self.up_lps])

    def to_local(self, points_lps: Array) -> NDArray[np.float64]:
        """Map (..., 3) LPS points to (x', y', z') in mm."""
        result: NDArray[np.float64] = (
            np.asarray(points_lps, dtype=np.float64) - np.array(self.origin_lps)
        ) @ self.axes.T
        return result

    def to_lps(self, points_local: Array) -> NDArray[np.float64]:
        """Map (..., 3) local (x', y', z') points in mm to LPS."""
        result: NDArray[np.float64] = np.asarray(
            points_local, dtype=np.float64
        ) @ self.axes + np.array(self.origin_lps)
        return result


def require_same_frame(first: Space, second: Space) -> None:
    """Refuse to combine two spaces whose frames of reference are not known to agree.

    Raises
    ------
    SpaceMismatchError
        If the UIDs differ or either is absent.
    """
    same = first.frame_of_reference == second.frame_of_reference
    if first.frame_of_reference is None or second.frame_of_reference is None or not same:
        msg = (
            "Two series do not share a frame of reference, so they cannot be combined. "
            "Files without one (NIfTI) are combined only with --same-frame."
        )
        raise SpaceMismatchError(msg)


def share_frame(first: Space, second: Space) -> bool:
    """Whether both spaces carry the same, known frame-of-reference UID."""
    return first.frame_of_reference is not None and (
        first.frame_of_reference == second.frame_of_reference
    )


def canonical(
    voxels: Array, space: Space, held: tuple[int, int] | None = None
) -> tuple[Array, Space]:
    """Flip and permute axes so that axis 0 points left, 1 posterior, 2 superior.

    The nearest permutation is taken; an oblique grid stays oblique.

    Parameters
    ----------
    voxels : (I, J, K) array
    space : Space
    held : (2,) tuple of int, optional
        An axis of ``voxels`` and the axis it must become, however oblique: axial slices along a
        steep L5-S1 disc may be stacked more to the front than upward.

    Returns
    -------
    voxels : (I', J', K') array
        A view of the input.
    space : Space
        The same patient points, re-indexed.
    """
    permutation = _nearest_axes(space.directions, held)
    signs = [1 if space.directions[row, permutation[row]] >= 0 else -1 for row in range(3)]
    matrix = space.matrix[:, [*permutation, 3]]
    moved = np.transpose(voxels, permutation)
    for axis, sign in enumerate(signs):
        if sign < 0:
            matrix = matrix.copy()
            matrix[:3, 3] += matrix[:3, axis] * (moved.shape[axis] - 1)
            matrix[:3, axis] *= -1
            moved = np.flip(moved, axis)
    return moved, Space.from_matrix(moved.shape, matrix, space.frame_of_reference)


def _nearest_axes(directions: Array, held: tuple[int, int] | None = None) -> tuple[int, int, int]:
    """For each of L, P, S, the voxel axis that points most along it (a permutation)."""
    weights = np.abs(directions)
    every = ((0, 1, 2), (0, 2, 1), (1, 0, 2), (1, 2, 0), (2, 0, 1), (2, 1, 0))
    candidates = [p for p in every if held is None or p[held[1]] == held[0]]
    return max(candidates, key=lambda p: sum(weights[row, p[row]] for row in range(3)))


def resample(
    voxels: Array, source: Space, target: Space, *, order: int = 1, outside: float = 0.0
) -> Array:
    """Sample ``voxels`` of ``source`` at the voxel centers of ``target``.

    Parameters
    ----------
    voxels : (I, J, K) array
    source, target : Space
        Only their affines and shapes are used; the caller answers for the frame of reference.
    order : int
        Spline order; 0 for labels, 1 for probabilities and signal.
    outside : float
        Value beyond the source grid.
    """
    from scipy import ndimage  # noqa: PLC0415 - slow to load, and only needed here

    matrix = np.linalg.inv(source.matrix) @ target.matrix
    sampled: Array = ndimage.affine_transform(
        voxels,
        matrix[:3, :3],
        offset=matrix[:3, 3],
        output_shape=target.shape,
        order=order,
        mode="constant",
        cval=outside,
        prefilter=order > 1,
    )
    return sampled
