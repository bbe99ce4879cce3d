"""The pictures of a disc as the crop network takes them; training and inference share it."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

BRIGHTEST = (1.5, 3.0)
"""T2 is clipped at this many times the CSF, T1 at this many times the marrow."""


def crop_input(patches: NDArray[np.float32]) -> NDArray[np.float32]:
    """(N, 5, Y, Z) signals and probabilities to (N, 7, Y, Z) without NaN.

    The two signals are clipped and scaled to 0 to 1; a missing one is 0 throughout, and two more
    channels say where each was seen.
    """
    limits = np.array(BRIGHTEST, dtype=np.float32)[:, None, None]
    seen = np.isfinite(patches[:, :2])
    signals = np.where(seen, np.clip(np.nan_to_num(patches[:, :2]), 0, limits), 0) / limits
    parts = (signals, patches[:, 2:], seen)
    return np.concatenate([p.astype(np.float32) for p in parts], axis=1)
