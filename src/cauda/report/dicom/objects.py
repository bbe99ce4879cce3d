"""Every DICOM object of an analysis, by kind."""

from __future__ import annotations

from collections.abc import Iterable

from pydicom.dataset import Dataset

from cauda.report.dicom.captures import captures
from cauda.report.dicom.context import Context
from cauda.report.dicom.encapsulated import encapsulated_report
from cauda.report.dicom.segmentation import segmentations
from cauda.report.dicom.structured_report import structured_report
from cauda.report.figures import draw_pictures


def dicom_objects(context: Context, kinds: Iterable[str]) -> tuple[Dataset, ...]:
    """Make the objects of the named kinds.

    Parameters
    ----------
    context : Context
    kinds : iterable of str
        From ``seg``, ``sr``, ``pdf``, ``sc``. A structured report points into
        segmentations only if they are asked for, too.

    Returns
    -------
    tuple of Dataset
        Complete, with their file meta information; none for a study that is not DICOM.

    Raises
    ------
    PdfUnavailableError
        If a PDF is asked for where WeasyPrint or Pango is missing.
    """
    chosen = set(kinds)
    if not context.sources:
        return ()
    drawn = segmentations(context) if "seg" in chosen else ()
    reported = structured_report(context, drawn) if "sr" in chosen else ()
    pictures = draw_pictures(context.analysis) if chosen & {"pdf", "sc"} else ()
    printed = encapsulated_report(context, pictures) if "pdf" in chosen else ()
    captured = captures(context, pictures) if "sc" in chosen else ()
    return (*drawn, *reported, *printed, *captured)
