"""Stage 2: every used sagittal or axial series becomes class probabilities in its slice planes."""

from __future__ import annotations

from cauda.ports import Segmenter
from cauda.records import Segmentation, Study
from cauda.segment.column import told_by
from cauda.vocab import Contrast, Plane


def segment(
    study: Study, segmenter: Segmenter, axial_segmenter: Segmenter | None = None
) -> tuple[Segmentation, ...]:
    """Segment the series that may be used, in the study's order, sagittal ones first.

    Parameters
    ----------
    study : Study
    segmenter : Segmenter
        Of sagittal series.
    axial_segmenter : Segmenter or None
        Of axial T2 series, which it was trained on; without it none is segmented. What it takes
        for disc or bone is settled by the sagittal series, see :mod:`cauda.segment.column`.

    Returns
    -------
    tuple of Segmentation
        Empty where the study has no series that may be used.
    """
    sagittal = tuple(segmenter(s) for s in study.used if s.plane is Plane.SAGITTAL)
    if axial_segmenter is None:
        return sagittal
    axial = tuple(
        told_by(sagittal, axial_segmenter(s))
        for s in study.used
        if s.plane is Plane.AXIAL and s.contrast is Contrast.T2
    )
    return sagittal + axial
