"""A series' named structures as one DICOM Segmentation on that series' own slices."""

from __future__ import annotations

from typing import Any

import numpy as np
from highdicom import AlgorithmIdentificationSequence
from highdicom.color import CIELabColor
from highdicom.seg import Segmentation, SegmentDescription
from pydicom.dataset import Dataset
from pydicom.sr.codedict import codes
from pydicom.uid import DeflatedExplicitVRLittleEndian, MRImageStorage

from cauda.knowledge import row
from cauda.records import Labels, Part
from cauda.report.dicom.codes import FILE, concept, property_type, region, side_code
from cauda.report.dicom.context import (
    MANUFACTURER,
    MODEL,
    SERIAL_NUMBER,
    Context,
    series_description,
)
from cauda.report.dicom.finish import finish
from cauda.report.dicom.source import Source, image_reference
from cauda.vocab import Side, Structure

SERIES_NUMBER = 9601
"""Series number of the first segmentation; each is a series, as frames of reference may differ."""
LONG_BYTES = 4 * 2**20
"""Pixels beyond this are deflated. Binary segments are nearly all zeros and no image compression of
DICOM takes single bits; plain ones of a study of 512 x 512 slices would exceed 20 MB."""
_NAMES = {
    Structure.SACRUM: "Sacrum",
    Structure.SAC: "Thecal sac",
    Structure.CORD: "Spinal cord",
    Structure.EPIDURAL_FAT: "Epidural fat",
}


def segmentations(context: Context) -> tuple[Dataset, ...]:
    """Every segmented series that came from DICOM and shows a structure, as a SEG each."""
    made = []
    for number, labels in enumerate(context.labels):
        source = context.sources.get(labels.series)
        if source is not None and labels.parts:
            made.append(_segmentation(context, labels, source, SERIES_NUMBER + number))
    return tuple(made)


def part_name(part: Part) -> str:
    """What a part is called in a viewer, such as ``L5-S1 neural foramen, left``."""
    unsure = "" if part.is_name_certain else " (level name uncertain)"
    if part.structure is Structure.ROOT:
        return f"Nerve roots, {part.side or 'side not determined'}"
    if part.structure is Structure.FORAMEN:
        return f"{part.level} neural foramen, {part.side}{unsure}"
    if part.structure is Structure.DISC:
        return f"{part.level} disc{unsure}"
    if part.structure is Structure.BODY:
        return f"{part.vertebra} vertebra{unsure}"
    return _NAMES[part.structure]


def _segmentation(context: Context, labels: Labels, source: Source, number: int) -> Dataset:
    is_labelmap = context.options.segmentation == "labelmap"
    dataset = Segmentation(
        source_images=[_classic(context, header) for header in source.slices],
        pixel_array=np.ascontiguousarray(np.transpose(labels.values, (2, 1, 0))),
        segmentation_type="LABELMAP" if is_labelmap else "BINARY",
        segment_descriptions=[_description(context, part) for part in labels.parts],
        series_instance_uid=context.uid("seg series", labels.series),
        series_number=number,
        sop_instance_uid=context.uid("seg", labels.series),
        instance_number=1,
        manufacturer=MANUFACTURER,
        manufacturer_model_name=MODEL,
        software_versions=context.analysis.provenance.version,
        device_serial_number=SERIAL_NUMBER,
        content_label="CAUDA",
        content_description=f"Structures of {labels.series}, not reviewed",
        series_description=series_description(f"SEG {labels.series}"),
    )
    dataset.BodyPartExamined = "LSPINE"
    _refer_exactly(dataset, source)
    if len(dataset.PixelData) > LONG_BYTES:
        dataset.file_meta.TransferSyntaxUID = DeflatedExplicitVRLittleEndian
    return finish(dataset, context, "seg", labels.series)


def _classic(context: Context, header: Dataset) -> Dataset:
    """A slice as a classic image, which is what many slices at once must be given as."""
    dataset = image_reference(context.base, header)
    dataset.add_new("SOPClassUID", "UI", MRImageStorage)  # not a change of the shared element
    return dataset


def _refer_exactly(dataset: Dataset, source: Source) -> None:
    """Name the class and the frame of a multi-frame source, and list every instance once."""
    if not any(source.frames):
        return
    by_place = {
        tuple(header.ImagePositionPatient): (header, frame)
        for header, frame in zip(source.slices, source.frames, strict=True)
    }
    for groups in dataset.PerFrameFunctionalGroupsSequence:
        place = tuple(groups.PlanePositionSequence[0].ImagePositionPatient)
        header, frame = by_place[place]
        items = groups.DerivationImageSequence[0].SourceImageSequence
        items[0].ReferencedSOPClassUID = header.SOPClassUID
        items[0].ReferencedSOPInstanceUID = header.SOPInstanceUID
        items[0].ReferencedFrameNumber = frame
        del items[1:]
    for series in dataset.ReferencedSeriesSequence:
        listed = {i.ReferencedSOPInstanceUID: i for i in series.ReferencedInstanceSequence}
        series.ReferencedInstanceSequence = list(listed.values())
        for item in series.ReferencedInstanceSequence:
            item.ReferencedSOPClassUID = source.slices[0].SOPClassUID


def _description(context: Context, part: Part) -> SegmentDescription:
    name = part_name(part)
    description = SegmentDescription(
        segment_number=part.number,
        segment_label=name,
        segmented_property_category=concept("categories", "structure"),
        segmented_property_type=property_type(part),
        algorithm_type="AUTOMATIC",
        algorithm_identification=algorithm(context),
        tracking_id=f"Cauda {name}",
        tracking_uid=context.uid("track", name),
        anatomic_regions=[region(part)],
        display_color=_color(part),
    )
    if part.side is not None:
        kind = description.SegmentedPropertyTypeCodeSequence[0]
        kind.SegmentedPropertyTypeModifierCodeSequence = [side_code(part.side)]
    return description


def algorithm(context: Context) -> AlgorithmIdentificationSequence:
    """Name, version and weights of what drew the structures."""
    provenance = context.analysis.provenance
    return AlgorithmIdentificationSequence(
        name=MODEL,
        family=codes.cid7162.ArtificialIntelligence,
        version=provenance.version,
        source=MANUFACTURER,
        parameters={"bundle": provenance.bundle, "sha256": provenance.bundle_sha256},
    )


def _color(part: Part) -> Any:  # noqa: ANN401 - highdicom's class is not typed
    """Neighbors differ, and so do left and right foramina."""
    found = row(FILE, "colors", part.structure)
    is_odd = part.side is Side.RIGHT if part.side else bool(part.number % 2)
    text = found.text("odd" if is_odd else "even").lstrip("#")
    red, green, blue = (int(text[n : n + 2], 16) for n in (0, 2, 4))
    return CIELabColor.from_rgb(red, green, blue)
