"""Peaks of a curve, without the second that loading ``scipy.signal`` would cost every analysis."""

from __future__ import annotations

import numpy as np

from cauda.geometry import Array, FloatArray


def peaks(curve: Array, *, height: float, prominence: float, distance: float) -> tuple[int, ...]:
    """Find where a curve is higher than around it, as ``scipy.signal.find_peaks`` does.

    Parameters
    ----------
    curve : (N,) array
    height : float
        Lower peaks do not count.
    prominence : float
        Nor do those that rise less than this above the higher of the two valleys beside them;
        a valley reaches as far as the curve stays at or below the peak.
    distance : float
        Of two peaks with fewer samples between them than this the lower one does not count.

    Returns
    -------
    tuple of int
        Indices, rising; the middle of a level top.
    """
    values = np.asarray(curve, dtype=np.float64)
    high = [p for p in _tops(values) if values[p] >= height]
    kept = _apart(values, high, distance)
    return tuple(p for p in kept if _prominence(values, p) >= prominence)


def _tops(values: FloatArray) -> list[int]:
    """Middles of the runs of equal values that both ends of the run look down from."""
    starts = np.flatnonzero(np.diff(values, prepend=np.inf) != 0)
    ends = np.append(starts[1:], len(values))
    levels = values[starts]
    inner = np.arange(1, len(starts) - 1)
    found = inner[(levels[inner] > levels[inner - 1]) & (levels[inner] > levels[inner + 1])]
    return [int(starts[n] + ends[n] - 1) // 2 for n in found]


def _apart(values: FloatArray, tops: list[int], distance: float) -> list[int]:
    """Without those nearer than ``distance`` to a higher one, beginning with the highest."""
    kept: list[int] = []
    left = list(tops)
    for place in np.argsort(values[tops])[::-1] if tops else ():
        top = tops[int(place)]
        if top in left:
            kept.append(top)
            left = [t for t in left if abs(t - top) >= distance]
    return sorted(kept)


def _prominence(values: FloatArray, top: int) -> float:
    """How far a peak rises above the higher of the valleys beside it."""
    higher = np.flatnonzero(values > values[top])
    before, after = higher[higher < top], higher[higher > top]
    first = int(before[-1]) + 1 if before.size else 0
    last = int(after[0]) if after.size else len(values)
    valleys = values[first : top + 1].min(), values[top:last].min()
    return float(values[top] - max(valleys))
