"""Slices as pictures: a gray image placed in a plane of the patient, so that aspect is physical."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray

from cauda.geometry import Array, Space, canonical
from cauda.records import Analysis, Measurement, Segmentation, Study, Volume
from cauda.vocab import Plane

_PARALLEL = 0.999
"""Cosine above which two slice directions are the same plane."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class SliceImage:
    """One slice as it is drawn: pixel (row, column) grows along ``down`` and ``right``.

    Parameters
    ----------
    gray : (rows, columns) array
        Signal, original units.
    origin_lps : (3,) array
        Center of the first pixel (top left), mm.
    right_lps, down_lps : (3,) array
        Unit vectors of the picture's axes in the patient.
    pixel_mm : (2,) tuple of float
        Pixel size down and to the right.
    thickness_mm : float
        Distance to the neighboring slice.
    letters : (4,) tuple of str
        What lies left, right, at the top and at the bottom of the picture.
    series : str
    number, total : int
        Slice as counted from 1, and how many there are.
    """

    gray: Array
    origin_lps: NDArray[np.float64]
    right_lps: NDArray[np.float64]
    down_lps: NDArray[np.float64]
    pixel_mm: tuple[float, float]
    thickness_mm: float
    letters: tuple[str, str, str, str]
    series: str
    number: int
    total: int

    @property
    def normal_lps(self) -> NDArray[np.float64]:
        """Unit vector through the slice."""
        return np.cross(self.right_lps, self.down_lps)

    @property
    def extent_mm(self) -> tuple[float, float, float, float]:
        """Left, right, bottom, top of the picture in its own mm, y growing downward."""
        rows, columns = self.gray.shape
        down, right = self.pixel_mm
        return -right / 2, (columns - 0.5) * right, (rows - 0.5) * down, -down / 2

    @property
    def where(self) -> str:
        """Series and slice in words."""
        return f"Series {self.series}, slice {self.number} of {self.total}"

    def to_mm(self, points_lps: Array) -> NDArray[np.float64]:
        """Map (..., 3) LPS points to (..., 3): mm right, mm down, mm through the slice."""
        axes = np.stack([self.right_lps, self.down_lps, self.normal_lps])
        result: NDArray[np.float64] = (np.asarray(points_lps) - self.origin_lps) @ axes.T
        return result


def sagittal_slice(study: Study, segmentation: Segmentation, index: int) -> SliceImage:
    """Slice ``index`` (axis I) of a segmentation's grid, with the scanner's own pixels if known.

    Anterior is at the picture's left, the head at its top.
    """
    space = segmentation.space
    index = int(np.clip(index, 0, space.shape[0] - 1))
    source = _source(study, segmentation)
    if source is not None:
        voxels, own = canonical(source.voxels, source.space)
        center = space.to_lps(np.array([index, space.shape[1] / 2, space.shape[2] / 2]))
        position = round(float(own.to_ijk(center)[0]))
        if _is_same_plane(space, own) and 0 <= position < own.shape[0]:
            return _sagittal(voxels, own, position, segmentation.series)
    return _sagittal(segmentation.signal, space, index, segmentation.series)


def axial_slice(series: str, volume: Volume, index: int) -> SliceImage:
    """Slice ``index`` (along the stack) of an axial volume: patient's right at the left."""
    voxels, space = canonical(volume.voxels, volume.space, (volume.slice_axis, 2))
    first = volume.space.to_lps(np.eye(3)[volume.slice_axis] * index)
    position = int(np.clip(round(float(space.to_ijk(first)[2])), 0, space.shape[2] - 1))
    left, posterior, up = space.spacing_mm
    return SliceImage(
        gray=voxels[:, :, position].T,
        origin_lps=space.to_lps(np.array([0, 0, position])),
        right_lps=space.directions[:, 0],
        down_lps=space.directions[:, 1],
        pixel_mm=(posterior, left),
        thickness_mm=up,
        letters=("R", "L", "A", "P"),
        series=series,
        number=index + 1,
        total=volume.space.shape[volume.slice_axis],
    )


def source_index(segmentation: Segmentation, index: int, volume: Volume) -> int:
    """The stored slice of a series that slice ``index`` of its segmentation's grid shows."""
    middle = (np.array(segmentation.space.shape) - 1) / 2
    middle[2 if segmentation.plane is Plane.AXIAL else 0] = index
    place = volume.space.to_ijk(segmentation.space.to_lps(middle))[volume.slice_axis]
    return int(np.rint(place))


def slice_number(measurement: Measurement, analysis: Analysis) -> tuple[int, int] | None:
    """The slice a measurement was read on, counted from 1, and how many its series has.

    As pictures count them: sagittal slices from the patient's right, axial ones as stored. None
    where it was read on no single slice, or its series is not at hand.
    """
    drawn = next((s for s in analysis.segmentations if s.series == measurement.series), None)
    if measurement.slice is None or drawn is None:
        return None
    if drawn.plane is not Plane.AXIAL:
        return measurement.slice + 1, drawn.space.shape[0]
    volume = analysis.study.by_key(drawn.series).volume
    if volume is None:
        return None
    return source_index(drawn, measurement.slice, volume) + 1, volume.space.shape[volume.slice_axis]


def crossing_mm(picture: SliceImage, other: SliceImage) -> NDArray[np.float64] | None:
    """Where another slice crosses this one: (2, 2) endpoints in picture mm; None if it does not."""
    left, right, bottom, top = other.extent_mm
    corners = [(left, top), (right, top), (right, bottom), (left, bottom)]
    lps = [other.origin_lps + u * other.right_lps + v * other.down_lps for u, v in corners]
    ring = picture.to_mm(np.stack([*lps, lps[0]]))
    crossings = [
        a[:2] + (b[:2] - a[:2]) * a[2] / (a[2] - b[2])
        for a, b in pairwise(ring)
        if (a[2] < 0) != (b[2] < 0)
    ]
    return np.stack(crossings[:2]) if len(crossings) >= 2 else None


def _sagittal(voxels: Array, space: Space, index: int, series: str) -> SliceImage:
    left, posterior, up = space.spacing_mm
    return SliceImage(
        gray=voxels[index].T[::-1],
        origin_lps=space.to_lps(np.array([index, 0, space.shape[2] - 1])),
        right_lps=space.directions[:, 1],
        down_lps=-space.directions[:, 2],
        pixel_mm=(up, posterior),
        thickness_mm=left,
        letters=("A", "P", "H", "F"),
        series=series,
        number=index + 1,
        total=space.shape[0],
    )


def _source(study: Study, segmentation: Segmentation) -> Volume | None:
    found = [s for s in study.series if s.key == segmentation.series and s.volume is not None]
    return found[0].volume if found and found[0].plane is Plane.SAGITTAL else None


def _is_same_plane(first: Space, second: Space) -> bool:
    cosine = abs(float(first.directions[:, 0] @ second.directions[:, 0]))
    return cosine > _PARALLEL
