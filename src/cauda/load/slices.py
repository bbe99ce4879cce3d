"""One slice: a classic DICOM image or one frame of a multi-frame one, before its pixels."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray
from pydicom.dataset import Dataset

from cauda.load.facts import Facts, number
from cauda.records import Point

ORTHOGONAL_TOLERANCE = 0.01
"""Largest cosine between the two orientation vectors; headers round to a few digits."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pose:
    """Where a slice lies.

    Parameters
    ----------
    position_lps : Point
        Center of its first voxel, mm.
    along_row_lps, along_column_lps : Point
        Unit vectors of increasing column and row index.
    spacing_mm : (float, float)
        Between columns (i) and between rows (j).
    shape : (int, int)
        Columns and rows.
    step_mm, thickness_mm : float or None
        Distance to the next slice and slice thickness as the header says them.
    """

    position_lps: Point
    along_row_lps: Point
    along_column_lps: Point
    spacing_mm: tuple[float, float]
    shape: tuple[int, int]
    step_mm: float | None = None
    thickness_mm: float | None = None

    @property
    def normal(self) -> NDArray[np.float64]:
        """Unit normal, row x column."""
        result: NDArray[np.float64] = np.cross(self.along_row_lps, self.along_column_lps)
        return result / np.linalg.norm(result)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Slice:
    """One image and where to find its pixels.

    Parameters
    ----------
    path : Path
    frame : int or None
        Frame index of a multi-frame object, ``None`` for a classic one.
    sop_uid, series_uid : str
    facts : Facts
    pose : Pose or None
        ``None`` where the header lacks geometry.
    turn : tuple
        Temporal position, acquisition, time: what tells apart images of one place.
    header : mapping
        DICOM JSON without pixel data and without the patient's identifiers.
    """

    path: Path
    frame: int | None
    sop_uid: str
    series_uid: str
    facts: Facts
    pose: Pose | None
    turn: tuple[float, ...]
    header: Mapping[str, Any]

    @property
    def identity(self) -> tuple[str, int]:
        """What no two images share."""
        return self.sop_uid, -1 if self.frame is None else self.frame


def read_pose(dataset: Dataset) -> Pose | None:
    """Read geometry from a header; ``None`` where it is absent, malformed or contradictory."""
    try:
        position = _vector(dataset, "ImagePositionPatient", 3)
        orientation = _vector(dataset, "ImageOrientationPatient", 6)
        row_mm, column_mm = _vector(dataset, "PixelSpacing", 2)
        shape = int(dataset.Columns), int(dataset.Rows)
    except (TypeError, ValueError, AttributeError):
        return None
    row, column = np.array(orientation[:3]), np.array(orientation[3:])
    lengths = np.linalg.norm(row), np.linalg.norm(column)
    is_frame = abs(row @ column) < ORTHOGONAL_TOLERANCE and np.allclose(lengths, 1, atol=0.01)
    if not is_frame or min(row_mm, column_mm, *shape) <= 0:
        return None
    return Pose(
        position_lps=_point(position),
        along_row_lps=_point(row / lengths[0]),
        along_column_lps=_point(column / lengths[1]),
        spacing_mm=(column_mm, row_mm),
        shape=shape,
        step_mm=abs(number(dataset, "SpacingBetweenSlices") or 0) or None,
        thickness_mm=abs(number(dataset, "SliceThickness") or 0) or None,
    )


def read_turn(dataset: Dataset) -> tuple[float, ...]:
    """Read what orders repeated images of one place: time point, acquisition, time, instance."""
    keywords = (
        "TemporalPositionIdentifier",
        "TemporalPositionIndex",
        "AcquisitionNumber",
        "FrameAcquisitionNumber",
        "AcquisitionTime",
        "InstanceNumber",
    )
    return tuple(number(dataset, keyword) or 0.0 for keyword in keywords)


def _vector(dataset: Dataset, keyword: str, length: int) -> tuple[float, ...]:
    values = tuple(float(v) for v in dataset.get(keyword))
    if len(values) != length or not np.isfinite(values).all():
        msg = f"{keyword} must hold {length} finite numbers."
        raise ValueError(msg)
    return values


def _point(values: Iterable[float]) -> Point:
    x, y, z = (float(v) for v in values)
    return x, y, z
