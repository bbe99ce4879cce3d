"""What a structured report points to: segments that are sent along, and source images."""

from __future__ import annotations

from dataclasses import dataclass

from highdicom import sr
from pydicom.dataset import Dataset

from cauda.records import Measurement, Part
from cauda.report.dicom.context import Context
from cauda.report.planes import source_index


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class References:
    """What a report may point to.

    Parameters
    ----------
    context : Context
    segmentations : tuple of Dataset
        The segmentations that are sent along.
    """

    context: Context
    segmentations: tuple[Dataset, ...]

    def segment(self, series: str, part: Part) -> sr.ReferencedSegment | None:
        """The segment of a part, if its segmentation is sent along."""
        uid = self.context.uid("seg", series)
        found = next((d for d in self.segmentations if d.SOPInstanceUID == uid), None)
        if found is None:
            return None
        return sr.ReferencedSegment(
            sop_class_uid=found.SOPClassUID,
            sop_instance_uid=found.SOPInstanceUID,
            segment_number=part.number,
            source_series=sr.SourceSeriesForSegmentation(self.context.sources[series].series_uid),
        )

    def image(self, measurement: Measurement) -> sr.SourceImageForMeasurement | None:
        """The source image that a measurement was read on, if it was read on one."""
        source = self.context.sources.get(measurement.series)
        drawn = self.context.segmentation(measurement.series)
        volume = None if source is None else source.series.volume
        if source is None or drawn is None or volume is None or measurement.slice is None:
            return None
        index = source_index(drawn, measurement.slice, volume)
        if not 0 <= index < len(source.slices):
            return None
        header, frame = source.slices[index], source.frames[index]
        return sr.SourceImageForMeasurement(
            header.SOPClassUID, header.SOPInstanceUID, [frame] if frame else None
        )
