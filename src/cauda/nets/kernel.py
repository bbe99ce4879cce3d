"""Kernel ridge regression as plain numbers: a disc is judged by those it resembles.

A disc is described by its numbers, scaled to unit spread, and by the principal components of its
picture. Its outputs are weighted sums of its likeness to every disc that was learned from.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]

WINDOW = (slice(8, 72), slice(6, 42))
"""Part of a patch that is looked at: 48 mm by 27 mm round the disc."""
POOL = 2
"""Samples that are averaged along both axes."""
BRIGHTEST = (1.5, 3.0)
"""T2 is clipped at this many times the CSF, T1 at this many times the marrow."""
PICTURE_WEIGHT = 0.7
"""Weight of a picture component against that of a number."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Kernel:
    """What was learned.

    Parameters
    ----------
    low, high, mean, spread : (F,) arrays
        Numbers are clipped to low and high, then scaled; NaN becomes the mean.
    basis : (B, P) array
        Principal components of pictures.
    basis_mean : (P,) array
    basis_spread : (B,) array
    rows : (N, F + B) array
        The discs learned from, described in the same way.
    weights : (N, O) array
    base : (O,) array
    width : () array
        Likeness is ``exp(-width * mean squared difference)``.
    """

    low: Floats
    high: Floats
    mean: Floats
    spread: Floats
    basis: Floats
    basis_mean: Floats
    basis_spread: Floats
    rows: Floats
    weights: Floats
    base: Floats
    width: Floats

    def __call__(self, numbers: Floats, patches: Floats) -> Floats:
        """(L, O) outputs, about 0 to 1, for (L, F) numbers and (L, 2, 80, 48) signals."""
        described = self.describe(numbers, picture_rows(patches))
        result: Floats = self.base + likeness(described, self.rows, self.width) @ self.weights
        return result

    def describe(self, numbers: Floats, pictures: Floats) -> Floats:
        """(L, F + B): discs as :attr:`rows` describes them."""
        scaled = (np.clip(numbers, self.low, self.high) - self.mean) / self.spread
        components = (pictures - self.basis_mean) @ self.basis.T / self.basis_spread
        parts = [np.nan_to_num(scaled), PICTURE_WEIGHT * components]
        return np.concatenate(parts, axis=1).astype(np.float32)

    def arrays(self) -> dict[str, Floats]:
        """Every array by its name."""
        return {f.name: getattr(self, f.name) for f in fields(self)}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], prefix: str = "") -> Kernel:
        """The learner whose arrays are named with ``prefix``."""
        return cls(**{f.name: arrays[prefix + f.name].astype(np.float32) for f in fields(cls)})


def picture_rows(patches: Floats) -> Floats:
    """(L, P): clipped, averaged signals of (L, 2, 80, 48) patches, 0 where not seen."""
    seen = np.nan_to_num(patches[:, :, *WINDOW])
    clipped = np.clip(seen, 0, np.array(BRIGHTEST, dtype=np.float32)[:, None, None])
    count, signals, rows, columns = clipped.shape
    pooled = clipped.reshape(count, signals, rows // POOL, POOL, columns // POOL, POOL)
    result: Floats = pooled.mean(axis=(3, 5), dtype=np.float32).reshape(count, -1)
    return result


def likeness(first: Floats, second: Floats, width: Floats | float) -> Floats:
    """(L, N): Gaussian likeness of every row of the first to every row of the second."""
    squares = (first**2).sum(axis=1)[:, None] + (second**2).sum(axis=1) - 2 * first @ second.T
    result: Floats = np.exp(-width * np.maximum(squares, 0) / first.shape[1])
    return result
