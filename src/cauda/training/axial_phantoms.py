"""Axial phantoms as training cases: made ahead, kept on disk, read slice by slice."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cauda.geometry import Array
from cauda.phantom.axial_sample import axial_training_sample
from cauda.training.phantoms import Sample, make_phantoms, stored_path, stored_sample

SLICES = 5
SHAPE = (288, 288)
"""Slices and pixels (I, J) of a stored phantom."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class AxialCase:
    """One stack to learn from; every voxel's structure is known.

    Parameters
    ----------
    name : str
    signal : (S, I, J) float array
        About 0 to 1 in each slice; slices run upward, I to the left, J posterior.
    codes : (S, I, J) uint8 array
        Indices into ``AXIAL_STRUCTURES``.
    spacing_mm : (3,) tuple of float
        Distance of slices, and the pixels.
    """

    name: str
    signal: Array
    codes: Array
    spacing_mm: tuple[float, float, float]


def draw_axial(rng: np.random.Generator) -> Sample:
    """Draw a phantom's axial slices."""
    return axial_training_sample(rng, slices=SLICES, shape=SHAPE)


def store_cases(folder: Path, numbers: range, seed: int) -> None:
    """Write the numbered phantoms that are not in ``folder`` yet."""
    make_phantoms(folder, numbers, seed, draw_axial)


def read_axial_phantom(folder: Path, number: int) -> AxialCase:
    """One stored phantom."""
    path = stored_path(folder, number)
    signal, codes, spacing_mm = stored_sample(path)
    return AxialCase(
        name=path.stem, signal=signal.astype(np.float32), codes=codes, spacing_mm=spacing_mm
    )


def choose_axial_phantom(
    folder: Path, count: int, seed: int
) -> Callable[[np.random.Generator], AxialCase]:
    """Pick uniformly among ``count`` phantoms, making the one picked if it is not stored yet."""

    def pick(rng: np.random.Generator) -> AxialCase:
        number = int(rng.integers(count))
        store_cases(folder, range(number, number + 1), seed)
        return read_axial_phantom(folder, number)

    return pick
