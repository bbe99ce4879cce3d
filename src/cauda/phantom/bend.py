"""Bend painted slices in their plane, so that no shape in a training sample is a formula's."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cauda.phantom.texture import upsample

SHARE = 0.6
"""Standard deviation of a bend's knots, of its largest typical size."""


def bent(
    materials: NDArray[np.uint8],
    rng: np.random.Generator,
    pixel_mm: float,
    bends: Sequence[tuple[float, float]],
    *,
    across: int,
) -> NDArray[np.uint8]:
    """Move all planes alike.

    Parameters
    ----------
    materials : array
        Painted planes, numbered along the axis ``across``.
    rng : numpy.random.Generator
    pixel_mm : float
    bends : sequence of (float, float)
        Grain and largest typical size of each bend, mm.
    across : {0, 2}
    """
    planes = np.moveaxis(materials, across, 0)
    rows, columns = planes.shape[1:]
    shift = np.zeros((2, rows, columns), dtype=np.float32)
    for grain_mm, most_mm in bends:
        reach = SHARE * rng.uniform(0.0, most_mm) / pixel_mm
        cells = [max(3, round(n * pixel_mm / grain_mm)) for n in (rows, columns)]
        shift += upsample(rng.normal(0, reach, (2, *cells)), (2, rows, columns))
    row = np.clip(np.rint(np.arange(rows)[:, None] + shift[0]), 0, rows - 1).astype(int)
    column = np.clip(np.rint(np.arange(columns)[None, :] + shift[1]), 0, columns - 1).astype(int)
    result: NDArray[np.uint8] = np.moveaxis(planes[:, row, column], 0, across)
    return result
