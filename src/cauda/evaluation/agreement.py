"""Agreement of grades with a reference: pairs, and quadratic weighted kappa."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cauda.records import Finding
from cauda.vocab import Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class GradePair:
    """One grade beside its reference.

    Parameters
    ----------
    condition, scale : str
    measured, truth : int
        Positions on the scale, 0 being normal; -1 where no grade was given.
    """

    condition: str
    scale: str
    measured: int
    truth: int


def grade_pairs(measured: Iterable[Finding], truth: Iterable[Finding]) -> tuple[GradePair, ...]:
    """Pair findings of the same question (their id says which); unknown truths are left out."""
    found = {f.id: f for f in measured}
    pairs = []
    for true in truth:
        own = found.get(true.id)
        if own is None or not true.is_known:
            continue
        pairs.append(
            GradePair(
                condition=true.condition.value,
                scale=true.scale.value,
                measured=own.rank,
                truth=true.rank,
            )
        )
    return tuple(pairs)


def kappa_interval(
    studies: Sequence[Sequence[GradePair]], *, count: int = 500, seed: int = 0
) -> tuple[float, float]:
    """95 % bootstrap interval of the weighted kappa, drawn by whole studies.

    Parameters
    ----------
    studies : sequence of sequence of GradePair
        Pairs of one scale, study by study; those without a grade are left out.
    count, seed : int
        Number of draws, and where they begin.

    Returns
    -------
    low, high : float
        NaN where no draw defines a kappa.
    """
    known = [[p for p in study if p.measured >= 0] for study in studies]
    rng = np.random.default_rng(seed)
    values = []
    for _ in range(count):
        chosen = rng.integers(len(known), size=len(known))
        values.append(weighted_kappa([p for n in chosen for p in known[n]]))
    defined = [v for v in values if not np.isnan(v)]
    if not defined:
        return float("nan"), float("nan")
    low, high = np.percentile(defined, (2.5, 97.5))
    return float(low), float(high)


def weighted_kappa(pairs: Sequence[GradePair]) -> float:
    """Quadratic weighted kappa (Cohen 1968) of pairs that share one scale; NaN if undefined.

    It is undefined where either side uses a single grade throughout and both agree by chance alone.
    """
    if not pairs:
        return float("nan")
    size = len(Scale(pairs[0].scale).grades)
    observed = np.zeros((size, size))
    for pair in pairs:
        observed[pair.measured, pair.truth] += 1
    weights = np.subtract.outer(np.arange(size), np.arange(size)) ** 2.0
    expected = np.outer(observed.sum(axis=1), observed.sum(axis=0)) / observed.sum()
    chance = float((weights * expected).sum())
    return 1 - float((weights * observed).sum()) / chance if chance > 0 else float("nan")
