"""Intensity scaling that training and inference share: each slice by itself.

Slices of one series may have been scaled one by one, and coils shade them differently, so no
statistic crosses slices.
"""

from __future__ import annotations

import numpy as np

from cauda.geometry import Array

PERCENTILES = (0.5, 99.5)
"""Signal outside these is clipped: skin-near fat and single bright voxels would rule otherwise."""
FLAT = 1e-6
"""A spread below this is a constant slice."""


def unit_range(plane: Array) -> Array:
    """Scale a slice so that its percentiles become 0 and 1, clipped to them.

    Parameters
    ----------
    plane : (..., J, K) array
        Any units; taken as one slice.

    Returns
    -------
    float32 array of the same shape; zeros where the slice is constant
    """
    low, high = np.percentile(plane, PERCENTILES)
    scale = float(high - low)
    if scale < FLAT:
        return np.zeros(plane.shape, dtype=np.float32)
    scaled: Array = np.clip((plane.astype(np.float32) - low) / scale, 0.0, 1.0, dtype=np.float32)
    return scaled


def standardize(plane: Array) -> Array:
    """Scale to :func:`unit_range`, then to mean 0 and standard deviation 1, float32."""
    scaled = unit_range(plane)
    spread = float(scaled.std())
    centered: Array = scaled - scaled.mean(dtype=np.float32)
    return centered / spread if spread > FLAT else centered
