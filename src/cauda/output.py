"""Writes an analysis: the reports, and one label map a series on that series' own grid."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING

import nibabel as nib
import numpy as np

from cauda.errors import UsageError
from cauda.geometry import Array, Space
from cauda.load.deidentify import deidentified, remapped_uid
from cauda.locate.labelmap import labelmap
from cauda.locate.parts import named_parts
from cauda.pipeline import Located
from cauda.records import Analysis, Labels
from cauda.report import write_reports
from cauda.report.fhir import fhir_bundle
from cauda.report.pdf import PdfUnavailableError
from cauda.report.write import write_whole
from cauda.settings import DICOM_FORMATS, OBJECT_FORMATS, Settings

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

OWN_WORDS = (
    "SeriesDescription",
    "ContentSequence",
    "EncapsulatedDocument",
    "DocumentTitle",
    "ImageComments",
    "DerivationDescription",
    "DeviceSerialNumber",
    "SegmentationAlgorithmIdentificationSequence",
    "AlgorithmParameters",
)
"""What Cauda writes itself into its objects; it names nobody."""
LPS_TO_RAS = np.diag([-1.0, -1.0, 1.0, 1.0])
"""NIfTI counts right and anterior positive; Cauda left and posterior."""


def write_analysis(
    analysis: Analysis,
    folder: Path,
    settings: Settings,
    *,
    tell: Callable[[str], None] = lambda _message: None,
) -> tuple[Path, ...]:
    """Write the documents that ``settings`` asks for, and the label maps.

    Parameters
    ----------
    analysis : Analysis
    folder : Path
    settings : Settings
    tell : callable
        Told what was left out because an optional library is missing.

    Returns
    -------
    tuple of Path
        What was written.
    """
    located = Located(
        study=analysis.study, segmentations=analysis.segmentations, spine=analysis.spine
    )
    with ThreadPoolExecutor(1) as beside:  # NumPy and SciPy leave Python free for the pages.
        labelmaps = beside.submit(write_labelmaps, located, folder, "cauda")
        reports = write_reports(
            analysis,
            folder,
            [name for name in settings.formats if name not in OBJECT_FORMATS],
            keep_identifiers=settings.keep_identifiers,
            audience=settings.audience,
            tell=tell,
        )
        results = _write_results(analysis, folder, settings, tell)
        return reports + results + labelmaps.result()


def _write_results(
    analysis: Analysis, folder: Path, settings: Settings, tell: Callable[[str], None]
) -> tuple[Path, ...]:
    """Write ``dicom/<kind>_<number>.dcm`` and ``fhir.json``, if they were asked for."""
    kinds = [kind for kind in settings.formats if kind in DICOM_FORMATS]
    written = []
    if kinds:
        made = _printable_objects(analysis, settings, kinds)
        if not made and set(kinds) != {"pdf"}:
            tell("DICOM results left out: no series with findings came from DICOM files.")
        for number, dataset in enumerate(made, start=1):
            stream = io.BytesIO()
            dataset.save_as(stream, enforce_file_format=True)
            name = f"{number:03d}_{dataset.Modality.lower()}.dcm"
            written.append(write_whole(folder / "dicom" / name, stream.getvalue()))
    if "fhir" in settings.formats:
        bundle = fhir_bundle(
            analysis,
            keep_identifiers=settings.keep_identifiers,
            with_symptoms=settings.symptoms_to_pacs,
            rename=remapped_uid,
        )
        written.append(write_whole(folder / "fhir.json", bundle.encode()))
    return tuple(written)


def _printable_objects(
    analysis: Analysis, settings: Settings, kinds: Sequence[str]
) -> tuple[Dataset, ...]:
    """The objects; without the PDF where it cannot be made, which was told already."""
    try:
        return dicom_objects(analysis, settings, kinds)
    except PdfUnavailableError:
        return dicom_objects(analysis, settings, [kind for kind in kinds if kind != "pdf"])


def dicom_objects(
    analysis: Analysis, settings: Settings, kinds: Iterable[str] | None = None
) -> tuple[Dataset, ...]:
    """Make an analysis' DICOM objects, in memory.

    Parameters
    ----------
    analysis : Analysis
    settings : Settings
        ``keep_identifiers`` must be set for objects that go back to where the images came from;
        without it they are de-identified (PS3.15 basic profile), their UIDs remapped.
    kinds : iterable of str, optional
        Some of :data:`cauda.settings.DICOM_FORMATS`; those of ``settings.formats`` if left out.

    Returns
    -------
    tuple of Dataset
        Complete, with file meta information; none where the study did not come from DICOM.
    """
    from cauda.report.dicom import Context, Options  # noqa: PLC0415 - slow to load
    from cauda.report.dicom import dicom_objects as make  # noqa: PLC0415

    context = Context(
        analysis=analysis,
        labels=_labels(analysis),
        options=Options(
            segmentation=settings.segmentation, with_symptoms=settings.symptoms_to_pacs
        ),
    )
    chosen = settings.formats if kinds is None else kinds
    made = make(context, [kind for kind in chosen if kind in DICOM_FORMATS])
    if settings.keep_identifiers:
        return made
    return tuple(deidentified(dataset, kept=OWN_WORDS) for dataset in made)


def _labels(analysis: Analysis) -> tuple[Labels, ...]:
    """The named structures of every segmented series, on the series' own grid."""
    found = []
    for segmentation in analysis.segmentations:
        volume = analysis.study.by_key(segmentation.series).volume
        if volume is not None:
            found.append(named_parts(analysis.spine, segmentation, volume.space))
    return tuple(found)


def write_labelmaps(located: Located, target: Path, scheme: str) -> tuple[Path, ...]:
    """Write one label map a segmented series, on that series' own grid.

    Parameters
    ----------
    located : Located
    target : Path
        A ``.nii.gz`` file for a single series, else a folder that gets
        ``segmentation_<series>.nii.gz``.
    scheme : str
        Whose label numbers, as in ``knowledge/labels.toml``.

    Raises
    ------
    UsageError
        If a file was named for several series.
    """
    is_file = target.name.endswith((".nii", ".nii.gz"))
    if is_file and len(located.segmentations) > 1:
        keys = ", ".join(s.series for s in located.segmentations)
        msg = f"{len(located.segmentations)} series ({keys}) need a folder, not one file."
        raise UsageError(msg)
    (target.parent if is_file else target).mkdir(parents=True, exist_ok=True)
    written = []
    for segmentation in located.segmentations:
        volume = located.study.by_key(segmentation.series).volume
        if volume is None:
            continue
        labels = labelmap(located.spine, segmentation, volume.space, scheme)
        path = target if is_file else target / f"segmentation_{segmentation.series}.nii.gz"
        write_nifti(labels, volume.space, path)
        written.append(path)
    return tuple(written)


def write_nifti(labels: Array, space: Space, path: Path) -> None:
    """Write an (I, J, K) array as NIfTI, its affine turned from LPS to RAS."""
    image = nib.Nifti1Image(np.asarray(labels), LPS_TO_RAS @ space.matrix)
    image.header.set_xyzt_units("mm")
    nib.save(image, path)
