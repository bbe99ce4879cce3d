"""Segment every picture once and keep the result on disk, so that a later run goes on from there."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cauda.geometry import Space
from cauda.ports import Segmenter
from cauda.records import Segmentation
from cauda.training.graders.slices import (
    FRAME_UID,
    contrast_of,
    is_better_turned,
    looks_turned,
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


def outline(picture: Path, pixel_mm: float, segmenter: Segmenter, cache: Path) -> Outline:
    """Segment a picture, or read what an earlier run kept of it.

    Parameters
    ----------
    picture : Path
    pixel_mm : float
    segmenter : Segmenter
    cache : Path
        Folder of this network's results; made where it is missing.
    """
    kept = cache / f"{picture.stem}_{pixel_mm:.4f}.npz"
    if kept.is_file():
        return _read(kept, picture.stem)
    found = _segmented(picture, pixel_mm, segmenter)
    cache.mkdir(parents=True, exist_ok=True)
    _write(found, kept)
    return _read(kept, picture.stem)


def _segmented(path: Path, pixel_mm: float, segmenter: Segmenter) -> Outline:
    name, picture = path.stem, read_picture(path)
    contrast, key = contrast_of(name), name.split("_", 1)[1]
    first = segmenter(series_of(picture, pixel_mm, key, contrast, turned=False))
    if looks_turned(first):
        other = segmenter(series_of(picture, pixel_mm, key, contrast, turned=True))
        if is_better_turned(first, other):
            return Outline(name=name, segmentation=other, turned=True)
    return Outline(name=name, segmentation=first, turned=False)


def _write(found: Outline, path: Path) -> None:
    segmentation = found.segmentation
    temporary = path.with_suffix(".part.npz")
    np.savez_compressed(
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
        space=Space.from_matrix(signal.shape, matrix, FRAME_UID),
        signal=signal,
        bundle=bundle,
        contrast=contrast_of(name),
    )
    return Outline(name=name, segmentation=dataclasses.replace(segmentation), turned=turned)
