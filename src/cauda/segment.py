"""Stage 2: every used sagittal series becomes class probabilities in its own slice planes."""

from __future__ import annotations

from cauda.ports import Segmenter
from cauda.records import Segmentation, Study
from cauda.vocab import Plane


def segment(study: Study, segmenter: Segmenter) -> tuple[Segmentation, ...]:
    """Segment the sagittal series that may be used, in the study's order.

    Parameters
    ----------
    study : Study
    segmenter : Segmenter

    Returns
    -------
    tuple of Segmentation
        Empty where the study has no sagittal series that may be used.
    """
    return tuple(segmenter(s) for s in study.used if s.plane is Plane.SAGITTAL)
