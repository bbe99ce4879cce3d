"""Look at one axial slice in a level's frame, and find outlines on it between the pixels.

A :class:`Cut` never mixes slices: its points lie in one slice plane. They are addressed by x' and
y' of the level's frame, so what is drawn is the slice's projection on the disc plane along z':
areas come out multiplied by the cosine of the slice's angle, and lengths as the frame sees them.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from skimage import measure as contours

from cauda.geometry import Array, Frame
from cauda.records import Point, Segmentation
from cauda.vocab import Structure

Floats = NDArray[np.floating[Any]]

STEP_MM = 0.4
"""Distance of the local samples: below a working pixel, so interpolation loses nothing."""

HALF_WIDTH_MM = 40.0
"""The window reaches this far to either side: no lumbar disc is wider."""

DEPTH_MM = (-32.0, 44.0)
"""The window along y', from before the disc to behind the laminae."""

SURFACE = 0.5
"""The probability whose iso-line is the border of a structure."""

_COUNT = round(2 * HALF_WIDTH_MM / STEP_MM)
X_MM: Floats = (np.arange(_COUNT) - (_COUNT - 1) / 2) * STEP_MM
"""(X,): x' of the samples, symmetric about 0, so that a mirrored patient is sampled mirrored."""
Y_MM: Floats = np.arange(DEPTH_MM[0], DEPTH_MM[1], STEP_MM)
"""(Y,): y' of the samples."""

DURAL = (Structure.SAC, Structure.CORD)
BONE = (Structure.BODY, Structure.ARCH, Structure.SACRUM)


@dataclass(frozen=True, kw_only=True, eq=False)
class Cut:
    """One slice (K) of an axial segmentation, seen along z' of a frame.

    Parameters
    ----------
    segmentation : Segmentation
        Axial.
    frame : Frame
    index : int
        The slice (K).
    """

    segmentation: Segmentation
    frame: Frame
    index: int

    @cached_property
    def _steps(self) -> tuple[Floats, Floats]:
        """(3, 3) and (3,): from x', y', z' to voxel coordinates."""
        inverse = np.linalg.inv(self.segmentation.space.matrix)
        turn = inverse[:3, :3] @ self.frame.axes.T
        origin = inverse[:3, :3] @ np.array(self.frame.origin_lps) + inverse[:3, 3]
        return turn, origin

    @cached_property
    def plane(self) -> Floats:
        """(3,): z' of the slice at the frame's origin, and its slope along x' and y'."""
        turn, origin = self._steps
        across = turn[2]
        result: Floats = np.array([self.index - origin[2], -across[0], -across[1]]) / across[2]
        return result

    @cached_property
    def angle_deg(self) -> float:
        """Between the slice and the plane z' = 0."""
        return float(np.degrees(np.arctan(np.hypot(*self.plane[1:]))))

    def z_mm(self, x_mm: float, y_mm: float) -> float:
        """Z' of the slice at a place."""
        return float(self.plane @ (1.0, x_mm, y_mm))

    def sample(self, volume: Array) -> Floats:
        """(X, Y): an (I, J) slice or plane on the local grid, linearly interpolated, 0 outside."""
        turn, origin = self._steps
        height, slope_x, slope_y = self.plane
        along_x = turn[:2, 0] + slope_x * turn[:2, 2]
        along_y = turn[:2, 1] + slope_y * turn[:2, 2]
        start = origin[:2] + height * turn[:2, 2] + X_MM[0] * along_x + Y_MM[0] * along_y
        sampled = ndimage.affine_transform(
            volume,
            np.stack([along_x, along_y], axis=1) * STEP_MM,
            offset=start,
            output_shape=(len(X_MM), len(Y_MM)),
            order=1,
            mode="constant",
            cval=0.0,
        )
        return np.asarray(sampled, dtype=np.float64)

    def of(self, *structures: Structure) -> Floats:
        """(X, Y): summed probability of the structures."""
        total: Floats = np.sum([self._fields(s) for s in structures], axis=0)
        return total

    def _fields(self, structure: Structure) -> Floats:
        if structure not in self._known:
            channel = self.segmentation.structures.index(structure)
            plane = self.segmentation.probabilities[channel, :, :, self.index]
            self._known[structure] = self.sample(np.ascontiguousarray(plane, dtype=np.float32))
        return self._known[structure]

    @cached_property
    def _known(self) -> dict[Structure, Floats]:
        return {}

    @cached_property
    def signal(self) -> Floats:
        """(X, Y): the image."""
        plane = self.segmentation.signal[:, :, self.index]
        return self.sample(np.ascontiguousarray(plane, dtype=np.float32))

    @property
    def pixel_mm(self) -> float:
        """Size of the segmentation's pixels."""
        return self.segmentation.space.spacing_mm[0]

    def lps(self, points_mm: Array) -> tuple[Point, ...]:
        """LPS points of the slice plane with the given (N, 2) x', y'."""
        flat = np.asarray(points_mm, dtype=np.float64).reshape(-1, 2)
        heights = self.plane[0] + flat @ self.plane[1:]
        placed = self.frame.to_lps(np.column_stack([flat, heights]))
        return tuple((float(x), float(y), float(z)) for x, y, z in placed)


def cuts(segmentation: Segmentation, frame: Frame, reach_mm: float) -> tuple[Cut, ...]:
    """Every slice that meets the z' axis of the frame within ``reach_mm``, from below."""
    found = (
        Cut(segmentation=segmentation, frame=frame, index=index)
        for index in range(segmentation.space.shape[2])
    )
    return tuple(sorted((c for c in found if abs(c.plane[0]) <= reach_mm), key=lambda c: c.index))


def rings(field: Array, level: float = SURFACE) -> Iterator[Floats]:
    """Closed iso-lines of an (X, Y) field as (N, 2) x', y'; the window's edge counts as outside."""
    padded = np.pad(field, 1)
    for ring in contours.find_contours(padded, level):
        yield np.column_stack(
            [X_MM[0] + (ring[:, 0] - 1) * STEP_MM, Y_MM[0] + (ring[:, 1] - 1) * STEP_MM]
        )


def area_mm2(ring: Array) -> float:
    """Area inside a closed (N, 2) line."""
    x, y = np.asarray(ring).T
    return float(abs(x @ np.roll(y, -1) - y @ np.roll(x, -1)) / 2)


def centroid(ring: Array) -> tuple[float, float]:
    """Centroid of the area inside a closed (N, 2) line."""
    x, y = np.asarray(ring).T
    cross = x * np.roll(y, -1) - y * np.roll(x, -1)
    total = cross.sum() * 3
    return (
        float(((x + np.roll(x, -1)) * cross).sum() / total),
        float(((y + np.roll(y, -1)) * cross).sum() / total),
    )


def chord(ring: Array, axis: int, at_mm: float) -> tuple[float, float] | None:
    """First and last crossing of a closed line with x' = ``at_mm`` (axis 1: y' varies) or y'.

    Parameters
    ----------
    axis : {0, 1}
        Coordinate that varies along the chord.
    at_mm : float
        The other coordinate.
    """
    points = np.asarray(ring)
    other = points[:, 1 - axis] - at_mm
    after = np.roll(other, -1)
    crossed = np.flatnonzero((other < 0) != (after < 0))
    if len(crossed) < 2:
        return None
    share = other[crossed] / (other[crossed] - after[crossed])
    values = points[crossed, axis]
    places = values + share * (np.roll(points[:, axis], -1)[crossed] - values)
    return float(places.min()), float(places.max())


def blur_mm(field: Array, ring: Array) -> float:
    """Mean distance between the 0.25 and 0.75 iso-lines round a closed line of the field."""
    outer = max((area_mm2(r) for r in rings(field, 0.25)), default=0.0)
    inner = max((area_mm2(r) for r in rings(field, 0.75)), default=0.0)
    around = np.linalg.norm(np.diff(np.vstack([ring, ring[:1]]), axis=0), axis=1).sum()
    return float(np.clip((outer - inner) / max(around, 1.0), 0.1, 3.0))
