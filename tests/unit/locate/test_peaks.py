"""Peaks are those that SciPy finds."""

from __future__ import annotations

import numpy as np
import pytest
from scipy import ndimage
from scipy.signal import find_peaks

from cauda.locate.peaks import peaks


@pytest.mark.parametrize("seed", range(40))
@pytest.mark.parametrize("steps", [0, 8])
def test_like_scipy(seed: int, steps: int) -> None:
    """On rough, smooth and terraced curves, with level tops."""
    rng = np.random.default_rng(seed)
    curve = ndimage.gaussian_filter1d(rng.random(300), 1.0 + seed % 7)
    curve = (curve - curve.min()) / np.ptp(curve)
    if steps:
        curve = np.round(curve * steps) / steps + 0.001 * np.arange(300) // 10
    wanted, _ = find_peaks(curve, height=0.2, prominence=0.12, distance=8 / 0.5)
    found = peaks(curve, height=0.2, prominence=0.12, distance=8 / 0.5)
    if steps:  # Which of two equally high tops stays is left to the sort.
        assert [round(float(curve[p]), 9) for p in found] == [
            round(float(curve[p]), 9) for p in wanted
        ]
    else:
        assert list(found) == wanted.tolist()


def test_nothing_on_a_flat_or_rising_curve() -> None:
    """The ends of a curve are no peaks."""
    for curve in (np.zeros(9), np.arange(9.0), np.zeros(1)):
        assert peaks(curve, height=0.0, prominence=0.0, distance=1) == ()


def test_level_top_is_its_middle() -> None:
    """An even plateau rounds down."""
    curve = np.array([0, 1, 1, 1, 1, 0, 0.4, 0])
    assert peaks(curve, height=0.1, prominence=0.1, distance=2) == (2, 6)
