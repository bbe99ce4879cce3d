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
