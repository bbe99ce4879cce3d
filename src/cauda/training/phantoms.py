"""Phantoms as training cases: made ahead, kept on disk, read without copying."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cauda.geometry import Array
from cauda.nets.normalize import unit_range
from cauda.phantom import training_sample
from cauda.phantom.lesion_draw import draw_frequency
from cauda.training.spider import Case

SLICES = 7
SHAPE = (256, 352)
"""Slices and pixels (J, K) of a stored phantom: more than a crop, so that crops differ."""

Sample = tuple[Array, Array, tuple[float, float, float]]
"""(S, rows, columns) signal and labels of adjacent slices, and the spacing in mm."""


def draw_sagittal(rng: np.random.Generator) -> Sample:
    """Draw a phantom's sagittal slices."""
    lesions = draw_frequency(rng)
    return training_sample(rng, slices=SLICES, shape=SHAPE, lesions=lesions)


def make_phantoms(
    folder: Path,
    numbers: range,
    seed: int,
    draw: Callable[[np.random.Generator], Sample] = draw_sagittal,
) -> None:
    """Write the numbered phantoms that are not in ``folder`` yet.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    numbers : range
        Phantom ``n`` depends on ``(seed, n)`` alone.
    seed : int
    draw : callable
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        target = stored_path(folder, number)
        if target.exists():
            continue
        signal, labels, spacing = draw(np.random.default_rng((seed, number)))
        scaled = np.stack([unit_range(plane) for plane in signal])
        # Several processes may make the same one; each writes its own file, the last one stays.
        partial = folder / f"{number:05d}.{os.getpid()}.partial.npz"
        np.savez(
            partial,
            signal=scaled.astype(np.float16),
            codes=labels,
            spacing=np.asarray(spacing, dtype=float),
        )
        partial.replace(target)


def stored_path(folder: Path, number: int) -> Path:
    """Where a phantom is stored."""
    return folder / f"{number:05d}.npz"


def stored_sample(path: Path) -> Sample:
    """Signal (float16), labels and spacing as they were stored."""
    with np.load(path, allow_pickle=False) as stored:
        first, second, third = (float(v) for v in stored["spacing"])
        return stored["signal"], stored["codes"], (first, second, third)


def read_phantom(path: Path) -> Case:
    """One stored phantom as a training case; every voxel's structure is known."""
    signal, codes, spacing_mm = stored_sample(path)
    return Case(name=path.stem, signal=signal, codes=codes, spacing_mm=spacing_mm)


def choose_phantom(folder: Path, count: int, seed: int) -> Callable[[np.random.Generator], Case]:
    """Pick uniformly among ``count`` phantoms, making the one picked if it is not stored yet."""

    def pick(rng: np.random.Generator) -> Case:
        number = int(rng.integers(count))
        make_phantoms(folder, range(number, number + 1), seed)
        return read_phantom(stored_path(folder, number))

    return pick
