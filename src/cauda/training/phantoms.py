"""Phantoms as training cases: made ahead, kept on disk, read without copying."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import numpy as np

from cauda.nets.normalize import unit_range
from cauda.phantom import training_sample
from cauda.training.spider import Case

SLICES = 7
SHAPE = (256, 352)
"""Slices and pixels (J, K) of a stored phantom: more than a crop, so that crops differ."""


def make_phantoms(folder: Path, numbers: range, seed: int) -> None:
    """Write the numbered phantoms that are not in ``folder`` yet.

    Parameters
    ----------
    folder : Path
        Made if it does not exist.
    numbers : range
        Phantom ``n`` depends on ``(seed, n)`` alone.
    seed : int
    """
    folder.mkdir(parents=True, exist_ok=True)
    for number in numbers:
        target = folder / f"{number:05d}.npz"
        if target.exists():
            continue
        rng = np.random.default_rng((seed, number))
        signal, labels, spacing = training_sample(rng, slices=SLICES, shape=SHAPE)
        scaled = np.stack([unit_range(plane) for plane in np.asarray(signal)])
        # Several processes may make the same one; each writes its own file, the last one stays.
        partial = folder / f"{number:05d}.{os.getpid()}.partial.npz"
        np.savez(
            partial,
            signal=scaled.astype(np.float16),
            codes=np.asarray(labels, dtype=np.uint8),
            spacing=np.asarray(spacing, dtype=float),
        )
        partial.replace(target)


def read_phantom(path: Path) -> Case:
    """One stored phantom as a training case; every voxel's structure is known."""
    with np.load(path, allow_pickle=False) as stored:
        i, j, k = (float(v) for v in stored["spacing"])
        return Case(
            name=path.stem,
            signal=stored["signal"],
            codes=stored["codes"],
            spacing_mm=(i, j, k),
        )


def choose_phantom(folder: Path, count: int, seed: int) -> Callable[[np.random.Generator], Case]:
    """Pick uniformly among ``count`` phantoms, making the one picked if it is not stored yet."""

    def pick(rng: np.random.Generator) -> Case:
        number = int(rng.integers(count))
        make_phantoms(folder, range(number, number + 1), seed)
        return read_phantom(folder / f"{number:05d}.npz")

    return pick
