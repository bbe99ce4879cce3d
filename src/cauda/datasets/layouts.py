"""Known folder layouts -> data sets.

A layout says which files belong together; it never stands in for a label map it does not name.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path

from cauda.datasets.bids import bids_dataset, is_bids
from cauda.datasets.card import Case, DataSet, require_files
from cauda.datasets.card_file import CARD_NAME, read_card
from cauda.datasets.labelmap import named_map
from cauda.datasets.nnunet import is_nnunet, nnunet_dataset
from cauda.errors import NothingFoundError, UsageError
from cauda.load.image_files import stem
from cauda.vocab import Contrast

SPIDER_LICENSE = "CC BY 4.0"
SPIDER_CREDIT = (
    "van der Graaf et al., Lumbar spine segmentation in MR images: a dataset and a public "
    "benchmark, Sci Data 11, 264 (2024), Zenodo 10159290"
)
SPIDER_NAME = re.compile(r"(?P<patient>\d+)_(?P<contrast>t1|t2|t2_SPACE)")
SPIDER_CONTRAST = {"t1": Contrast.T1, "t2": Contrast.T2, "t2_SPACE": Contrast.T2}


def open_dataset(path: Path) -> DataSet:
    """Open a card, a folder with a card, an nnU-Net raw data set or BIDS derivatives.

    Raises
    ------
    UsageError
        If the path is none of these, or what it holds contradicts itself.
    """
    if path.is_file():
        return read_card(path)
    if (path / CARD_NAME).is_file():
        return read_card(path / CARD_NAME)
    if is_nnunet(path):
        return nnunet_dataset(path)
    if is_bids(path):
        return bids_dataset(path)
    msg = (
        f"{path.name!r} holds no {CARD_NAME}, no nnU-Net data set (dataset.json, imagesTr) and no "
        "BIDS derivatives (dataset_description.json). Write a card with scripts/convert_spider.py "
        "or scripts/convert_pairs.py."
    )
    raise UsageError(msg)


def spider_dataset(folder: Path) -> DataSet:
    """Read the layout of the downloaded SPIDER: ``images/<id>_<t1|t2|t2_SPACE>.mha``, ``masks/``.

    Raises
    ------
    NothingFoundError
        If there are no such files.
    UsageError
        If an image lacks its mask.
    """
    cases = []
    for path in sorted((folder / "images").glob("*.mha")):
        found = SPIDER_NAME.fullmatch(path.stem)
        if found is None:
            continue
        case = Case(
            id=path.stem,
            patient=found["patient"],
            image=path,
            masks=(folder / "masks" / path.name,),
            contrast=SPIDER_CONTRAST[found["contrast"]],
        )
        cases.append(case)
    if not cases:
        msg = f"No images/<number>_<t1|t2|t2_SPACE>.mha in {folder.name!r}; unpack SPIDER there."
        raise NothingFoundError(msg)
    labels = named_map("spider")
    dataset = DataSet(
        name="SPIDER",
        labels=(labels,),
        labelled=labels.told,
        cases=tuple(sorted(cases, key=lambda c: (int(c.patient), c.id))),
        license=SPIDER_LICENSE,
        credit=SPIDER_CREDIT,
    )
    return require_files(dataset)


def pairs(images: Sequence[Path], masks: Sequence[Sequence[Path]], patient: str) -> list[Case]:
    """Pair images with masks by name.

    Parameters
    ----------
    images : sequence of Path
    masks : sequence of sequences of Path
        One sequence for each label map; a mask's name holds its image's name, up to underscores.
    patient : str
        Regular expression whose first group, found in an image's name, is the patient.

    Raises
    ------
    UsageError
        If an image has no mask or several, or does not tell the patient.
    """
    cases = []
    for image in images:
        found = re.search(patient, image.name)
        if found is None or not found.groups():
            msg = f"{patient!r} finds no patient in {image.name!r}; give a pattern with one group."
            raise UsageError(msg)
        own = tuple(only_match(image, several, images) for several in masks)
        cases.append(Case(id=stem(image), patient=found[1], image=image, masks=own))
    return cases


def only_match(image: Path, candidates: Sequence[Path], images: Sequence[Path] = ()) -> Path:
    """The one file whose name belongs to an image: equal, or continued after an underscore.

    nnU-Net's channel suffix ``_0000`` and TPTBox's ``mod-`` are no part of a name. A file that
    belongs to an image with a longer name (``1_t2_SPACE`` beside ``1_t2``) is not taken.

    Raises
    ------
    UsageError
        If there is none, or more than one.
    """
    key = name_key(image)
    longer_keys = [k for k in map(name_key, images) if k != key and _belongs(k, key)]
    names = {
        p: name
        for p in candidates
        if p.resolve() != image.resolve() and _belongs(name := name_key(p), key)
        if not any(_belongs(name, k) for k in longer_keys)
    }
    found = [p for p, name in names.items() if name == key] or list(names)
    if len(found) != 1:
        several = ", ".join(p.name for p in found) or "none"
        msg = f"One file must belong to {image.name!r}, found: {several}."
        raise UsageError(msg)
    return found[0]


def _belongs(name: str, key: str) -> bool:
    return name == key or name.startswith(f"{key}_")


def name_key(path: Path) -> str:
    """The part of a file's name that image and mask share."""
    return stem(path).removesuffix("_0000").replace("_mod-", "_")
