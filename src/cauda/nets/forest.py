"""A forest of regression trees as plain numbers, read without scikit-learn and without pickle."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Any

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float32]
LEAF = -1
"""Stands for the feature of a node that is a leaf."""
SCALE = 255
"""Outputs lie between 0 and 1 and are kept as bytes."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Forest:
    """Trees one after the other in shared arrays; a node's children lie in the same arrays.

    Parameters
    ----------
    roots : (T,) int32 array
        First node of every tree.
    feature : (N,) int16 array
        Column that a node asks for, or :data:`LEAF`.
    threshold : (N,) float32 array
        Values up to it go left.
    left, right : (N,) int32 arrays
    missing_left : (N,) bool array
        Where NaN goes.
    value : (N, O) uint8 array
        Outputs of a leaf times :data:`SCALE`.
    """

    roots: NDArray[np.int32]
    feature: NDArray[np.int16]
    threshold: Floats
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    missing_left: NDArray[np.bool_]
    value: NDArray[np.uint8]

    def __call__(self, table: Floats) -> Floats:
        """(L, O): mean output of all trees for a (L, F) table."""
        rows = np.arange(len(table))[:, None]
        node = np.broadcast_to(self.roots, (len(table), len(self.roots))).copy()
        while True:
            feature = self.feature[node]
            if (feature == LEAF).all():
                break
            seen = table[rows, np.maximum(feature, 0)]
            goes_left = np.where(
                np.isnan(seen), self.missing_left[node], seen <= self.threshold[node]
            )
            child = np.where(goes_left, self.left[node], self.right[node])
            node = np.where(feature == LEAF, node, child)
        result: Floats = self.value[node].mean(axis=1, dtype=np.float32) / np.float32(SCALE)
        return result

    def arrays(self) -> dict[str, NDArray[Any]]:
        """Every array by its name, to be written with :func:`numpy.savez_compressed`."""
        return {name: getattr(self, name) for name in _names()}

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, NDArray[Any]], prefix: str = "") -> Forest:
        """The forest whose arrays are named with ``prefix``."""
        return cls(**{name: arrays[prefix + name] for name in _names()})


def _names() -> tuple[str, ...]:
    return tuple(f.name for f in fields(Forest))
