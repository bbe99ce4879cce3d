"""Where predictions come from: Cauda's own networks, or files that another tool wrote."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Protocol

import numpy as np

from cauda.datasets.card import Case
from cauda.datasets.labelmap import LabelMap, named_map
from cauda.datasets.layouts import only_match
from cauda.datasets.masks import Masks, combine, read_masks
from cauda.errors import NothingFoundError, UsageError
from cauda.geometry import Array, Space
from cauda.load.image_files import is_image_file
from cauda.locate.labelmap import labelmap
from cauda.pipeline import Located
from cauda.settings import Settings
from cauda.vocab import Contrast
from cauda.wiring import locate_structures

SPINEPS_FILES = {"spineps-semantic": "seg-spine", "names": "seg-vert"}
"""What SPINEPS puts into the names of its two files."""


class Predictor(Protocol):
    """Answers with the masks of one case."""

    def __call__(self, case: Case, space: Space) -> Masks:
        """Predict ``case``, whose truth lies on ``space``.

        Raises
        ------
        CaudaError
            If there is no prediction; the case is then left out, with the reason.
        """
        ...


def own_network(settings: Settings) -> Predictor:
    """Segment and name with the wired networks."""

    def locate(case: Case) -> Located:
        known = case.contrast is not Contrast.UNKNOWN
        contrast = case.contrast if known else settings.contrast
        return locate_structures(
            case.image,
            settings=Settings(device=settings.device, models=settings.models, contrast=contrast),
        )

    return from_pipeline(locate)


def from_pipeline(locate: Callable[[Case], Located]) -> Predictor:
    """Take the masks that Cauda would write for what ``locate`` found in a case's image."""

    def predict(case: Case, space: Space) -> Masks:
        located = locate(case)
        if not located.segmentations:
            msg = f"Case {case.id!r} has no sagittal series that can be segmented."
            raise NothingFoundError(msg)
        parts, names = (
            _as_masks(
                labelmap(located.spine, located.segmentations[0], space, scheme),
                space,
                named_map(scheme),
            )
            for scheme in ("parts", "cauda")
        )
        return combine(parts, names)

    return predict


def from_files(folder: Path, labels: str, images: Sequence[Path] = ()) -> Predictor:
    """Read another tool's masks; a file belongs to the image whose name its own begins with.

    Parameters
    ----------
    folder : Path
        Searched at any depth.
    labels : str
        A known label map. ``spineps`` and ``spineps-instances`` read both files of SPINEPS where
        both are there.
    images : sequence of Path
        All images of the data set, so that ``1_t2`` does not take what is of ``1_t2_SPACE``.

    Raises
    ------
    UsageError
        If the map is unknown or the folder holds no image file.
    """
    named_map(labels)
    files = sorted(p for p in folder.rglob("*") if p.is_file() and is_image_file(p))
    if not files:
        msg = f"{folder.name!r} holds no NIfTI, MHA or NRRD file."
        raise UsageError(msg)
    sets = _file_sets(files, labels)

    def predict(case: Case, space: Space) -> Masks:
        paths = [only_match(case.image, several, images) for several, _ in sets]
        return read_masks(paths, [m for _, m in sets]).onto(space)

    return predict


def _file_sets(files: Sequence[Path], labels: str) -> tuple[tuple[Sequence[Path], LabelMap], ...]:
    """Files of each label map, the one that says the structure first."""
    if not labels.startswith("spineps"):
        return ((files, named_map(labels)),)
    spine = [p for p in files if SPINEPS_FILES["spineps-semantic"] in p.name]
    vertebrae = [p for p in files if SPINEPS_FILES["names"] in p.name]
    if labels == "spineps-semantic":
        return ((spine or files, named_map(labels)),)
    if spine and vertebrae:
        return ((spine, named_map("spineps-semantic")), (vertebrae, named_map(labels)))
    return ((vertebrae or files, named_map(labels)),)


def _as_masks(numbers: Array, space: Space, labels: LabelMap) -> Masks:
    return Masks(
        numbers=numbers.astype(np.int32),
        space=space,
        meanings=labels.resolved(np.unique(numbers)),
        told=labels.told,
    )
