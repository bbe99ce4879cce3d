"""nnU-Net v2 raw data sets: ``imagesTr``, ``labelsTr`` and the label map in ``dataset.json``."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from cauda.datasets.card import Case, DataSet, require_files
from cauda.datasets.labelmap import LabelMap, own_map
from cauda.errors import NothingFoundError, UsageError

DESCRIPTION = "dataset.json"
CHANNEL = "_0000"
"""The first channel is the image; further ones are not read."""
IGNORE = "ignore"
"""nnU-Net's own word for voxels that nothing is known of."""
UNSTATED = "not stated in dataset.json"


def is_nnunet(folder: Path) -> bool:
    """Whether the folder is laid out as nnU-Net v2 expects its raw data."""
    return (folder / DESCRIPTION).is_file() and (folder / "imagesTr").is_dir()


def nnunet_dataset(folder: Path, words: Mapping[str, str] | None = None) -> DataSet:
    """Read an nnU-Net data set; every case is its own patient, as nnU-Net takes it.

    Parameters
    ----------
    folder : Path
    words : mapping of str -> str, optional
        The vocabulary's word for each label name of ``dataset.json`` that is not one itself.

    Raises
    ------
    UsageError
        If ``dataset.json`` is damaged, or a label name is not understood.
    NothingFoundError
        If there is no image.
    """
    description = _description(folder)
    ending = str(description.get("file_ending", ".nii.gz"))
    images = sorted((folder / "imagesTr").glob(f"*{CHANNEL}{ending}"))
    if not images:
        msg = f"No *{CHANNEL}{ending} in imagesTr of {folder.name!r}."
        raise NothingFoundError(msg)
    labels = nnunet_map(description, words or {})
    cases = []
    for image in images:
        name = image.name.removesuffix(CHANNEL + ending)
        mask = folder / "labelsTr" / f"{name}{ending}"
        cases.append(Case(id=name, patient=name, image=image, masks=(mask,)))
    dataset = DataSet(
        name=str(description.get("name", folder.name)),
        labels=(labels,),
        labelled=labels.told,
        cases=tuple(cases),
        license=str(description.get("licence", description.get("license", UNSTATED))),
        credit=str(description.get("reference", UNSTATED)),
    )
    return require_files(dataset)


def nnunet_map(description: Mapping[str, Any], words: Mapping[str, str]) -> LabelMap:
    """The label map of a ``dataset.json``: names, each with one number.

    Raises
    ------
    UsageError
        For region-based labels (several numbers a name) and names that are not understood.
    """
    named = description.get("labels")
    if not isinstance(named, dict):
        msg = f"{DESCRIPTION} has no labels; nnU-Net v2 lists them as name: number."
        raise UsageError(msg)
    if not all(isinstance(n, int) for n in named.values()):
        msg = f"{DESCRIPTION}: regions of several numbers are not read; write a card instead."
        raise UsageError(msg)
    known = {IGNORE: "unknown", **words}
    return own_map({n: known.get(str(name), str(name)) for name, n in named.items()})


def _description(folder: Path) -> Mapping[str, Any]:
    try:
        found = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{DESCRIPTION} of {folder.name!r} is not valid JSON."
        raise UsageError(msg) from error
    if not isinstance(found, dict):
        msg = f"{DESCRIPTION} of {folder.name!r} is no JSON object."
        raise UsageError(msg)
    return found
