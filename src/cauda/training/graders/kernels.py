"""Fit kernel ridge regression to all targets at once."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cauda.nets.kernel import Kernel, likeness, picture_rows

COMPONENTS = 30
"""Principal components of the pictures."""
WIDTH = 0.2
RIDGE = 0.5
TAILS = (1.0, 99.0)
"""Numbers beyond these percentiles are clipped."""
LEAST_SPREAD = 1e-3

Floats = NDArray[np.float32]


def fit_kernel(numbers: Floats, patches: Floats, outputs: Floats) -> Kernel:
    """Fit to (N, F) numbers, (N, 2, 80, 48) signals and (N, O) outputs of 0 to 1."""
    low, high = np.nanpercentile(numbers, TAILS, axis=0)
    clipped = np.clip(numbers, low, high)
    pictures = picture_rows(patches)
    center = pictures.mean(axis=0)
    basis = np.linalg.svd(pictures - center, full_matrices=False)[2][:COMPONENTS]
    base = outputs.mean(axis=0)
    empty = np.zeros((0, 0), dtype=np.float32)
    scaled = Kernel(
        low=low.astype(np.float32),
        high=high.astype(np.float32),
        mean=np.nanmean(clipped, axis=0).astype(np.float32),
        spread=np.maximum(np.nanstd(clipped, axis=0), LEAST_SPREAD).astype(np.float32),
        basis=basis,
        basis_mean=center,
        basis_spread=np.maximum(((pictures - center) @ basis.T).std(axis=0), LEAST_SPREAD),
        rows=empty,
        weights=empty,
        base=base.astype(np.float32),
        width=np.array(WIDTH, dtype=np.float32),
    )
    rows = scaled.describe(numbers, pictures)
    gram = likeness(rows, rows, WIDTH) + RIDGE * np.eye(len(rows), dtype=np.float32)
    weights = np.linalg.solve(gram.astype(np.float64), (outputs - base).astype(np.float64))
    return Kernel.from_arrays(
        {**scaled.arrays(), "rows": rows, "weights": weights.astype(np.float32)}
    )
