"""Every DICOM object of an analysis, by kind."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from pydicom.dataset import Dataset

from cauda.report.dicom.context import Context
from cauda.report.dicom.segmentation import segmentations

MAKERS: Mapping[str, Callable[[Context], tuple[Dataset, ...]]] = {"seg": segmentations}
"""Format name to what makes its objects."""


def dicom_objects(context: Context, kinds: Iterable[str]) -> tuple[Dataset, ...]:
    """Make the objects of the named kinds.

    Returns
    -------
    tuple of Dataset
        Complete, with their file meta information; none for a study that is not DICOM.
    """
    if not context.sources:
        return ()
    return tuple(made for kind in dict.fromkeys(kinds) for made in MAKERS[kind](context))
