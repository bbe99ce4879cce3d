"""Smooth random fields, made small and enlarged."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray


def upsample(small: NDArray[np.float64], shape: Sequence[int]) -> NDArray[np.float32]:
    """Enlarge a 3-D array to ``shape`` by linear interpolation along each axis."""
    result = np.asarray(small, dtype=np.float32)
    for axis, size in enumerate(shape):
        n = result.shape[axis]
        if n == size:
            continue
        position = np.linspace(0, n - 1, size) if n > 1 else np.zeros(size)
        low = np.clip(position.astype(int), 0, max(n - 2, 0))
        high = np.minimum(low + 1, n - 1)
        weight = (position - low).astype(np.float32)
        weight = weight.reshape([-1 if a == axis else 1 for a in range(3)])
        below, above = np.take(result, low, axis), np.take(result, high, axis)
        result = below + weight * (above - below)
    return result


def smooth_noise(
    rng: np.random.Generator, shape: Sequence[int], cell: Sequence[int]
) -> NDArray[np.float32]:
    """Unit-variance (before smoothing) noise whose grain is ``cell`` pixels."""
    small = [max(2, -(-s // c)) if c > 1 else s for s, c in zip(shape, cell, strict=True)]
    return upsample(rng.standard_normal(small), shape)
