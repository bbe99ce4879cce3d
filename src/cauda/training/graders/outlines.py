"""Segment every picture once and keep the result, so that a later run goes on from there."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cauda.geometry import Array, Space
from cauda.ports import Segmenter
from cauda.records import Segmentation
from cauda.training.graders.slices import (
    FRAME_UID,
    contrast_of,
    is_better_turned,
    looks_turned,
    pixel_mm,
    read_picture,
    series_of,
)

SCALE = 255
"""Probabilities are kept as bytes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """One segmented picture.

    Parameters
    ----------
    name : str
    segmentation : Segmentation
    turned : bool
        Whether the picture was upside down.
    """

    name: str
    segmentation: Segmentation
    turned: bool


def outline(path: Path, header_mm: float, segmenter: Segmenter, cache: Path) -> Outline:
    """Segment a picture, or read what an earlier run kept of it.

    Parameters
    ----------
    path : Path
    header_mm : float
        Spacing that the overview gives.
    segmenter : Segmenter
    cache : Path
        Folder of this network's results; made where it is missing.
    """
    kept = cache / f"{path.stem}.npz"
    if not kept.is_file():
        cache.mkdir(parents=True, exist_ok=True)
        _write(_segmented(path, header_mm, segmenter), kept)
    return _read(kept, path.stem)


def _segmented(path: Path, header_mm: float, segmenter: Segmenter) -> Outline:
    name, picture = path.stem, read_picture(path)
    rows, columns = picture.shape
    spacing = pixel_mm(name, header_mm, (rows, columns))
    contrast, key = contrast_of(name), name.split("_", 1)[1]
    first = segmenter(series_of(picture, spacing, key, contrast, turned=False))
    if looks_turned(first):
        other = segmenter(series_of(picture, spacing, key, contrast, turned=True))
        if is_better_turned(first, other):
            return Outline(name=name, segmentation=other, turned=True)
    return Outline(name=name, segmentation=first, turned=False)


def _write(found: Outline, path: Path) -> None:
    segmentation = found.segmentation
    temporary = path.with_suffix(".part.npz")
    np.savez(
        temporary,
        probabilities=np.rint(segmentation.probabilities * SCALE).astype(np.uint8),
        signal=segmentation.signal.astype(np.float16),
        matrix=segmentation.space.matrix,
        turned=found.turned,
        bundle=segmentation.bundle,
    )
    temporary.rename(path)


def _read(path: Path, name: str) -> Outline:
    with np.load(path) as kept:
        probabilities = kept["probabilities"].astype(np.float32) / SCALE
        signal = kept["signal"].astype(np.float32)
        matrix, turned, bundle = kept["matrix"], bool(kept["turned"]), str(kept["bundle"])
    segmentation = Segmentation(
        series=name.split("_", 1)[1],
        probabilities=probabilities / np.maximum(probabilities.sum(axis=0), 1e-6),
        space=_centered(signal.shape, matrix),
        signal=signal,
        bundle=bundle,
        contrast=contrast_of(name),
    )
    return Outline(name=name, segmentation=segmentation, turned=turned)


def _centered(shape: tuple[int, ...], matrix: Array) -> Space:
    """The grid with its middle at the origin, which a patient's series are taken to share."""
    middle = matrix[:3, :3] @ ((np.array(shape) - 1) / 2) + matrix[:3, 3]
    moved = matrix.copy()
    moved[:3, 3] -= middle
    return Space.from_matrix(shape, moved, FRAME_UID)
