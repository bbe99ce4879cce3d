"""Samples drawn ahead and kept on disk in numbered shards, so that a stopped run goes on."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from cauda.training.crops.sample import Sample

SPINES = 40
"""Spines a shard."""

Draw = Callable[[np.random.Generator], Iterator[Sample]]
Table = tuple[NDArray[np.uint8], NDArray[np.int8], NDArray[np.int8]]
"""Crops (N, planes, rows, columns), and the ranks asked of their left and right side (N, Q)."""


def write_shard(folder: Path, number: int, draw: Draw, seed: int) -> Path:
    """Draw a shard unless it is there; it depends on ``(seed, number)`` alone."""
    path = folder / f"{number:04d}.npz"
    if path.exists():
        return path
    spines = range(number * SPINES, (number + 1) * SPINES)
    samples = [s for n in spines for s in draw(np.random.default_rng((seed, n)))]
    folder.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(f".{os.getpid()}.partial.npz")
    np.savez(
        partial,
        crops=np.stack([s.crop for s in samples]),
        left=np.array([s.left for s in samples], dtype=np.int8),
        right=np.array([s.right for s in samples], dtype=np.int8),
    )
    partial.replace(path)
    return path


def read_shards(paths: Sequence[Path]) -> Table:
    """All their samples, in order."""
    parts: list[Table] = []
    for path in paths:
        with np.load(path, allow_pickle=False) as kept:
            parts.append((kept["crops"], kept["left"], kept["right"]))
    crops, left, right = (np.concatenate(column) for column in zip(*parts, strict=True))
    return crops, left, right
