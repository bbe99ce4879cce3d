"""BIDS derivatives: ``*_dseg.nii.gz`` with the label map in a ``dseg.tsv``."""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Mapping
from pathlib import Path

from cauda.datasets.card import Case, DataSet, require_files
from cauda.datasets.labelmap import LabelMap, own_map
from cauda.errors import NothingFoundError, UsageError
from cauda.load.image_files import is_image_file, stem
from cauda.vocab import Contrast

DESCRIPTION = "dataset_description.json"
SUFFIX = "dseg"
IMAGE_SUFFIXES = {"T1w": Contrast.T1, "T2w": Contrast.T2, "STIR": Contrast.STIR}
"""BIDS suffixes of spine images, and STIR, which many data sets add."""
MASK_ONLY = ("label", "desc", "space", "res")
"""Entities that only the derivative's name has."""
UNSTATED = "not stated in dataset_description.json"


def is_bids(folder: Path) -> bool:
    """Whether the folder is a BIDS data set that holds segmentations."""
    return (folder / DESCRIPTION).is_file() and bool(_masks(folder))


def bids_dataset(folder: Path, words: Mapping[str, str] | None = None) -> DataSet:
    """Read BIDS raw images and their segmentations.

    Parameters
    ----------
    folder : Path
        The raw data set with its ``derivatives`` folder, or a derivative that names its raw data
        set beside or above it.
    words : mapping of str -> str, optional
        The vocabulary's word for each name of ``dseg.tsv`` that is not one itself.

    Raises
    ------
    UsageError
        If the table is missing or not understood, masks use different tables, or an image is
        missing.
    NothingFoundError
        If there is no segmentation.
    """
    masks = _masks(folder)
    if not masks:
        msg = f"No *_{SUFFIX}.nii.gz under {folder.name!r}."
        raise NothingFoundError(msg)
    maps = {path: bids_map(path, folder, words or {}) for path in masks}
    first = maps[masks[0]]
    if any(m.meanings != first.meanings for m in maps.values()):
        msg = f"The segmentations under {folder.name!r} use different tables; write one card each."
        raise UsageError(msg)
    description = _described(folder)
    dataset = DataSet(
        name=str(description.get("Name", folder.name)),
        labels=(first,),
        labelled=first.told,
        cases=tuple(_case(path, folder) for path in masks),
        license=str(description.get("License", UNSTATED)),
        credit=_credit(description),
    )
    return require_files(dataset)


def bids_map(mask: Path, root: Path, words: Mapping[str, str]) -> LabelMap:
    """The map of a segmentation: its own table, else the nearest ``dseg.tsv`` up to ``root``.

    Raises
    ------
    UsageError
        If there is no table with the columns ``index`` and ``name``, or a name is not understood.
    """
    table = _table(mask, root)
    with table.open(encoding="utf-8", newline="") as stream:
        rows = list(csv.DictReader(stream, delimiter="\t"))
    if not rows or not {"index", "name"} <= set(rows[0]):
        msg = f"{table.name} lacks the columns index and name that BIDS asks for."
        raise UsageError(msg)
    return own_map({int(r["index"]): words.get(r["name"], r["name"]) for r in rows})


def _table(mask: Path, root: Path) -> Path:
    candidates = [mask.with_name(f"{stem(mask)}.tsv")]
    for folder in (mask.parent, *mask.parent.parents):
        candidates.append(folder / f"{SUFFIX}.tsv")
        candidates += sorted(folder.glob(f"label-*_{SUFFIX}.tsv"))
        if folder == root:
            break
    found = next((c for c in candidates if c.is_file()), None)
    if found is None:
        msg = f"{mask.name} has no table of its numbers ({SUFFIX}.tsv); add one, or write a card."
        raise UsageError(msg)
    return found


def _case(mask: Path, folder: Path) -> Case:
    parts = stem(mask).split("_")
    own = [p for p in parts[:-1] if p.split("-", 1)[0] not in MASK_ONLY]
    patient = next((p.split("-", 1)[1] for p in own if p.startswith("sub-")), "")
    name = "_".join(own)
    images = [p for p in _images(folder) if stem(p) == name or _is_bare(stem(p), name)]
    if len(images) != 1:
        several = ", ".join(p.name for p in images) or "none"
        msg = f"One image must belong to {mask.name!r}, found: {several}."
        raise UsageError(msg)
    suffix = stem(images[0]).rsplit("_", 1)[1]
    contrast = IMAGE_SUFFIXES.get(suffix, Contrast.UNKNOWN)
    return Case(id=stem(mask), patient=patient, image=images[0], masks=(mask,), contrast=contrast)


def _is_bare(image: str, name: str) -> bool:
    """Whether an image's name is ``name`` and a suffix: masks may leave the suffix out."""
    return re.fullmatch(rf"{re.escape(name)}_({'|'.join(IMAGE_SUFFIXES)})", image) is not None


def _masks(folder: Path) -> list[Path]:
    found = folder.rglob(f"sub-*_{SUFFIX}.*")
    return sorted(p for p in found if is_image_file(p))


def _images(folder: Path) -> list[Path]:
    """Raw images in the data set, or in the one that a derivatives folder belongs to."""
    root = folder
    if "derivatives" in folder.resolve().parts:
        resolved = folder.resolve()
        root = next(p.parent for p in (resolved, *resolved.parents) if p.name == "derivatives")
    found = [p for s in IMAGE_SUFFIXES for p in root.rglob(f"sub-*_{s}.*") if is_image_file(p)]
    return [p for p in found if "derivatives" not in p.relative_to(root).parts]


def _described(folder: Path) -> Mapping[str, object]:
    try:
        found = json.loads((folder / DESCRIPTION).read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        msg = f"{DESCRIPTION} of {folder.name!r} is not valid JSON."
        raise UsageError(msg) from error
    return found if isinstance(found, dict) else {}


def _credit(description: Mapping[str, object]) -> str:
    authors = description.get("Authors")
    if isinstance(authors, list) and authors:
        return ", ".join(str(a) for a in authors)
    return str(description.get("HowToAcknowledge", "") or UNSTATED)
