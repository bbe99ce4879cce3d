"""A series' slices rebuilt from the headers that the load stage kept: what results refer to."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from pydicom.dataset import Dataset

from cauda.records import Series, Study

GEOMETRY = ("ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing", "SliceThickness")
"""What a slice needs; in a multi-frame header it stands in the functional groups."""


IMAGE = (
    "SOPClassUID",
    "SOPInstanceUID",
    "SeriesInstanceUID",
    "FrameOfReferenceUID",
    "Modality",
    "Rows",
    "Columns",
    "ImagePositionPatient",
    "ImageOrientationPatient",
    "PixelSpacing",
    "SliceThickness",
    "LossyImageCompression",
    "LossyImageCompressionRatio",
    "LossyImageCompressionMethod",
    "PositionReferenceIndicator",
)
"""What a derived object needs to know of an image it was derived from."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Source:
    """One series whose volume was read from DICOM.

    Parameters
    ----------
    series : Series
    series_uid : str
    slices : tuple of Dataset
        One classic-looking header a slice of the volume, in the volume's order.
    frames : tuple of int
        The frame number of each slice in its instance, from 1; 0 for a classic image.
    """

    series: Series
    series_uid: str
    slices: tuple[Dataset, ...]
    frames: tuple[int, ...]


def sources_of(study: Study) -> Iterator[Source]:
    """Rebuild every used series that has the headers of its slices."""
    for series in study.used:
        volume = series.volume
        if volume is None or len(series.frames) != volume.space.shape[volume.slice_axis]:
            continue
        headers = [_read(header) for header in series.headers]
        yield Source(
            series=series,
            series_uid=str(headers[0].SeriesInstanceUID),
            slices=tuple(_slice(headers[index], frame) for index, frame in series.frames),
            frames=tuple(frame for _, frame in series.frames),
        )


def image_reference(base: Dataset, header: Dataset) -> Dataset:
    """One source image with the study's own patient module: what results are derived from.

    Parameters
    ----------
    base : Dataset
        Patient and study modules.
    header : Dataset
        One of :attr:`Source.slices`.
    """
    dataset = Dataset()
    dataset.update(base)
    dataset.update({e.tag: e for e in header if e.keyword in IMAGE})
    return dataset


def _read(header: Mapping[str, Any]) -> Dataset:
    return Dataset.from_json(dict(header))


def _slice(header: Dataset, frame: int) -> Dataset:
    """The header of one slice; geometry comes from the frame's functional groups."""
    if frame == 0:
        return header
    flat = Dataset()
    own = ("SharedFunctionalGroupsSequence", "PerFrameFunctionalGroupsSequence", "NumberOfFrames")
    flat.update({e.tag: e for e in header if e.keyword not in own})
    shared = header.get("SharedFunctionalGroupsSequence") or []
    groups = [*shared[:1], header.PerFrameFunctionalGroupsSequence[frame - 1]]
    for element in (e for group in groups for e in group):
        if element.VR == "SQ" and element.value:
            flat.update({e.tag: e for e in element.value[0] if e.keyword in GEOMETRY})
    return flat
