"""How well probabilities agree with the reader: kappa, area under the curve, calibration."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
Score = Callable[[Floats, Ints], float]
"""(N, grades) probabilities and (N,) true ranks to one number."""

BINS = 10
"""Bins of equal width in which calibration is judged."""


def quadratic_kappa(probabilities: Floats, ranks: Ints) -> float:
    """Quadratic weighted kappa (Cohen 1968) of the most probable grade; NaN if undefined."""
    size = probabilities.shape[1]
    return kappa_of_ranks(probabilities.argmax(axis=1), ranks, size)


def kappa_of_ranks(found: Ints, ranks: Ints, size: int) -> float:
    """Quadratic weighted kappa of two sets of ranks on a scale of ``size`` grades."""
    observed = np.bincount(found * size + ranks, minlength=size * size).reshape(size, size)
    weights = np.subtract.outer(np.arange(size), np.arange(size)) ** 2.0
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / max(len(ranks), 1)
    chance = float((weights * expected).sum())
    return 1 - float((weights * observed).sum()) / chance if chance > 0 else float("nan")


def auc(probabilities: Floats, ranks: Ints) -> float:
    """Area under the curve of the last grade's probability; NaN where one class is missing."""
    score, positive = probabilities[:, -1], ranks > 0
    count, other = int(positive.sum()), int((~positive).sum())
    if not count or not other:
        return float("nan")
    _, inverse, repeats = np.unique(score, return_inverse=True, return_counts=True)
    place = (repeats.cumsum() - (repeats - 1) / 2)[inverse]
    return float((place[positive].sum() - count * (count + 1) / 2) / (count * other))


def calibration_error(probabilities: Floats, ranks: Ints) -> float:
    """Expected calibration error in :data:`BINS` bins.

    Of an ordered scale it is the mean over its steps: P(rank > grade) against how often it is.
    """
    above = probabilities[:, ::-1].cumsum(axis=1)[:, ::-1][:, 1:]
    errors = [_binned(above[:, g], ranks > g) for g in range(above.shape[1])]
    return float(np.mean(errors))


def _binned(probability: Floats, happened: NDArray[np.bool_]) -> float:
    bins = np.minimum((probability * BINS).astype(int), BINS - 1)
    said = np.bincount(bins, weights=probability, minlength=BINS)
    seen = np.bincount(bins, weights=happened, minlength=BINS)
    return float(np.abs(said - seen).sum() / len(probability))


def interval(
    score: Score, probabilities: Floats, ranks: Ints, patients: Sequence[str], draws: int = 1000
) -> tuple[float, float]:
    """95 % interval of a score by drawing patients, not discs, with replacement.

    Draws in which the score is undefined are left out.
    """
    rng = np.random.default_rng(0)
    _, group = np.unique(np.asarray(patients), return_inverse=True)
    members = [np.flatnonzero(group == n) for n in range(group.max() + 1)]
    found = []
    for _ in range(draws):
        chosen = np.concatenate([members[n] for n in rng.integers(0, len(members), len(members))])
        found.append(score(probabilities[chosen], ranks[chosen]))
    low, high = np.nanpercentile(found, (2.5, 97.5))
    return float(low), float(high)
