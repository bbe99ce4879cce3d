"""Axial phantoms as training cases: made ahead, kept on disk, read slice by slice."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cauda.geometry import Array
from cauda.nets.normalize import unit_range
from cauda.phantom.axial_sample import axial_training_sample

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


def make_case(number: int, seed: int) -> AxialCase:
    """Phantom ``number``, which depends on ``(seed, number)`` alone."""
    rng = np.random.default_rng((seed, number))
    signal, codes, spacing = axial_training_sample(rng, slices=SLICES, shape=SHAPE)
    scaled = np.stack([unit_range(plane) for plane in signal])
    return AxialCase(name=str(number), signal=scaled, codes=codes, spacing_mm=spacing)


def store_cases(folder: Path, numbers: range, seed: int) -> None:
    """Write the numbered phantoms that are not in ``folder`` yet."""
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        target = folder / f"{number:05d}.npz"
        if target.exists():
            continue
        case = make_case(number, seed)
        partial = folder / f"{number:05d}.partial.npz"
        np.savez(
            partial,
            signal=case.signal.astype(np.float16),
            codes=case.codes,
            spacing=np.asarray(case.spacing_mm),
        )
        partial.rename(target)


def read_case(path: Path) -> AxialCase:
    """One stored phantom."""
    with np.load(path, allow_pickle=False) as stored:
        slices, i, j = (float(v) for v in stored["spacing"])
        return AxialCase(
            name=path.stem,
            signal=stored["signal"].astype(np.float32),
            codes=stored["codes"],
            spacing_mm=(slices, i, j),
        )
