"""The last touches of every derived object: nothing random, nothing of the clock, all declared."""

from __future__ import annotations

from pydicom.dataset import Dataset

from cauda.report.dicom.codes import coding_schemes
from cauda.report.dicom.context import Context


def finish(dataset: Dataset, context: Context, *parts: object) -> Dataset:
    """Stamp the analysis' time, derive what UIDs are still random, declare the private codes.

    Parameters
    ----------
    dataset : Dataset
        Changed in place, and returned.
    context : Context
    *parts : object
        What tells this object from the others of the study.
    """
    day, time = context.created.strftime("%Y%m%d"), context.created.strftime("%H%M%S")
    dataset.InstanceCreationDate = dataset.ContentDate = dataset.SeriesDate = day
    dataset.InstanceCreationTime = dataset.ContentTime = dataset.SeriesTime = time
    dataset.CodingSchemeIdentificationSequence = coding_schemes()
    for item in dataset.get("ContributingEquipmentSequence") or ():
        item.ContributionDateTime = f"{day}{time}"
    organization = context.uid(*parts, "dimensions")
    for keyword in ("DimensionOrganizationSequence", "DimensionIndexSequence"):
        for item in dataset.get(keyword) or ():
            item.DimensionOrganizationUID = organization
    return dataset
