"""What a worker runs on a complete study: the pipeline, or a plain receipt.

An analysis is a function from the study's files to DICOM objects. The same files give the same
SOP Instance UIDs, so that an object which arrives twice is the same object twice.
"""

from __future__ import annotations

import datetime
import uuid
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, BasicTextSRStorage, ExplicitVRLittleEndian

import cauda
from cauda.node.config import OBJECTS, Config, Kind, Work
from cauda.settings import Settings

COPIED = (
    "SpecificCharacterSet",
    "StudyDate",
    "StudyTime",
    "AccessionNumber",
    "ReferringPhysicianName",
    "PatientName",
    "PatientID",
    "PatientBirthDate",
    "PatientSex",
    "StudyInstanceUID",
    "StudyID",
)
"""Patient and study attributes of type 1 and 2: an object of the same study repeats them."""
RECEIPT_SERIES = 9900
_STORAGE = "1.2.840.10008.5.1.4.1.1"
_KINDS: dict[str, Kind] = {
    f"{_STORAGE}.66.": "seg",
    f"{_STORAGE}.88.": "sr",
    f"{_STORAGE}.104.": "pdf",
    f"{_STORAGE}.7": "sc",
}
"""Beginnings of SOP class UIDs (PS3.4 table B.5-1)."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Order:
    """One study to analyze.

    Parameters
    ----------
    files : tuple of Path
    content : str
        Hash over all instances: what decides the results' UIDs.
    work : Work
    objects : tuple of Kind
        What the destinations want.
    created : datetime
    """

    files: tuple[Path, ...]
    content: str
    work: Work
    objects: tuple[Kind, ...]
    created: datetime.datetime


Analyze = Callable[[Order], Sequence[Dataset]]


def receipt(order: Order) -> tuple[Dataset, ...]:
    """Say what arrived, and nothing about the patient's spine: one small text SR."""
    source = dcmread(order.files[0], stop_before_pixels=True)
    made = Dataset()
    made.file_meta = FileMetaDataset()
    made.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    for keyword in COPIED:
        setattr(made, keyword, source.get(keyword, ""))
    made.SpecificCharacterSet = source.get("SpecificCharacterSet", "ISO_IR 192")
    made.SOPClassUID = BasicTextSRStorage
    made.SOPInstanceUID = _uid(order.content, "instance")
    made.SeriesInstanceUID = _uid(order.content, "series")
    made.Modality = "SR"
    made.Manufacturer = "Cauda"
    made.SoftwareVersions = cauda.__version__
    made.SeriesDescription = "Cauda receipt - research, not for diagnosis"
    made.SeriesNumber, made.InstanceNumber = RECEIPT_SERIES, 1
    made.ReferencedPerformedProcedureStepSequence = []
    made.PerformedProcedureCodeSequence = []
    made.ContentDate = order.created.strftime("%Y%m%d")
    made.ContentTime = order.created.strftime("%H%M%S")
    made.CompletionFlag, made.VerificationFlag = "COMPLETE", "UNVERIFIED"
    made.ValueType = "CONTAINER"
    made.ContinuityOfContent = "SEPARATE"
    made.ConceptNameCodeSequence = [_code("121144", "DCM", "Document Title")]
    item = Dataset()
    item.RelationshipType, item.ValueType = "CONTAINS", "TEXT"
    item.ConceptNameCodeSequence = [_code("121106", "DCM", "Comment")]
    item.TextValue = (
        f"Cauda received {len(order.files)} instances of this study; none was analyzed."
    )
    made.ContentSequence = [item]
    return (made,)


def _uid(content: str, part: str) -> UID:
    """A UUID-derived UID (PS3.5 B.2) that the same study always gives."""
    return UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'cauda/receipt/{content}/{part}').int}")


def _code(value: str, scheme: str, meaning: str) -> Dataset:
    code = Dataset()
    code.CodeValue, code.CodingSchemeDesignator, code.CodeMeaning = value, scheme, meaning
    return code


def wanted(config: Config) -> tuple[Kind, ...]:
    """Kinds of objects that any destination wants; all of them where there is none."""
    asked = {kind for destination in config.deliver for kind in destination.objects}
    return tuple(kind for kind in OBJECTS if kind in asked or not config.deliver)


def kind_of(dataset: Dataset) -> Kind:
    """What kind of result an object is, by its SOP class."""
    sop_class = str(dataset.SOPClassUID)
    return next((kind for prefix, kind in _KINDS.items() if sop_class.startswith(prefix)), "sc")


def choose(work: Work) -> Analyze:
    """The analysis that a configuration names."""
    return {"full": full, "receipt": receipt}[work.analysis]


def settings_of(work: Work) -> Settings:
    """What the pipeline is told; identifiers are kept, as results go back to their archive."""
    return Settings(
        device=work.device,
        models=work.models,
        segmentation=work.segmentation,
        symptoms_to_pacs=work.symptoms_to_pacs,
        keep_identifiers=True,
    )


def full(order: Order) -> Sequence[Dataset]:
    """Run the pipeline and put its results into DICOM objects of the same study.

    The patient module is kept, as the objects go back to where the images came from. Where the
    libraries that print a PDF are missing, it is left out.
    """
    from cauda import output, wiring  # noqa: PLC0415 - a receipt needs no network
    from cauda.report.pdf import PdfUnavailableError  # noqa: PLC0415

    settings = settings_of(order.work)
    analysis = wiring.analyze(*order.files, settings=settings, created=order.created)
    try:
        return output.dicom_objects(analysis, settings, order.objects)
    except PdfUnavailableError:
        kinds = [kind for kind in order.objects if kind != "pdf"]
        return output.dicom_objects(analysis, settings, kinds)
