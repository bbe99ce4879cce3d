"""The report's PDF inside a DICOM object (PS3.3 A.45.1), without the symptom map by default."""

from __future__ import annotations

from collections.abc import Sequence

from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import EncapsulatedPDFStorage, ExplicitVRLittleEndian

from cauda.report.dicom.context import (
    MANUFACTURER,
    MODEL,
    RESEARCH,
    SERIAL_NUMBER,
    Context,
    series_description,
)
from cauda.report.dicom.finish import finish
from cauda.report.figures import Picture
from cauda.report.html import report_html
from cauda.report.pdf import pdf_bytes

SERIES_NUMBER = 9661


def encapsulated_report(context: Context, pictures: Sequence[Picture]) -> tuple[Dataset, ...]:
    """The radiologist's report as an Encapsulated PDF.

    Raises
    ------
    PdfUnavailableError
        If WeasyPrint or Pango is missing.
    """
    page = report_html(context.analysis, pictures, with_symptoms=context.options.with_symptoms)
    content = pdf_bytes(page)
    dataset = Dataset()
    dataset.update(context.base)
    dataset.SOPClassUID = EncapsulatedPDFStorage
    dataset.SOPInstanceUID = context.uid("pdf")
    dataset.SeriesInstanceUID = context.uid("pdf series")
    dataset.Modality = "DOC"
    dataset.SeriesNumber, dataset.InstanceNumber = SERIES_NUMBER, 1
    dataset.SeriesDescription = series_description("report")
    dataset.Manufacturer, dataset.ManufacturerModelName = MANUFACTURER, MODEL
    dataset.SoftwareVersions = context.analysis.provenance.version
    dataset.DeviceSerialNumber = SERIAL_NUMBER
    dataset.ConversionType = "SYN"
    dataset.AcquisitionDateTime = context.created.strftime("%Y%m%d%H%M%S")
    dataset.BurnedInAnnotation = "NO"
    dataset.DocumentTitle = f"{MODEL} lumbar spine MRI report. {RESEARCH}"
    dataset.ConceptNameCodeSequence = [_title()]
    dataset.SourceInstanceSequence = [_reference(header) for header in context.instances]
    dataset.MIMETypeOfEncapsulatedDocument = "application/pdf"
    dataset.EncapsulatedDocument = content + b"\0" * (len(content) % 2)
    dataset.EncapsulatedDocumentLength = len(content)
    dataset.file_meta = _meta(dataset)
    return (finish(dataset, context, "pdf"),)


def _title() -> Dataset:
    """LOINC's document title, which DICOM's CID 7000 holds."""
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator = "18756-7", "LN"
    item.CodeMeaning = "MRI Spine Report"
    return item


def _reference(header: Dataset) -> Dataset:
    item = Dataset()
    item.ReferencedSOPClassUID = header.SOPClassUID
    item.ReferencedSOPInstanceUID = header.SOPInstanceUID
    return item


def _meta(dataset: Dataset) -> FileMetaDataset:
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    return meta
