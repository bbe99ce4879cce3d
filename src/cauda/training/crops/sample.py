"""What the crop graders learn from: a crop and the true grades of what it shows."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

UNTOLD = -1
"""A grade that the sample does not tell, such as the canal's where the cord lies in it."""
LUMBAR_COUNTS = (4, 5, 5, 5, 5, 5, 6)


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """One crop.

    Parameters
    ----------
    crop : (planes, rows, columns) uint8 array
        0 to 255, with the left side at positive x'.
    left, right : tuple of int
        Ranks of the questions' grades, asked of either side; ``UNTOLD`` where not known.
    """

    crop: NDArray[np.uint8]
    left: tuple[int, ...]
    right: tuple[int, ...]


def packed(crop: NDArray[np.float32]) -> NDArray[np.uint8]:
    """A crop of 0 to 1 in bytes."""
    result: NDArray[np.uint8] = np.rint(255 * crop).astype(np.uint8)
    return result


def draw_count(rng: np.random.Generator) -> int:
    """How many lumbar vertebrae a spine has."""
    return int(rng.choice(LUMBAR_COUNTS))
