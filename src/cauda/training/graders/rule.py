"""How far the Pfirrmann rule of the knowledge base gets, and its cuts fitted out of fold."""

from __future__ import annotations

from collections import defaultdict
from itertools import combinations
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauda.knowledge import row
from cauda.training.graders.pairing import Pairing
from cauda.training.graders.scores import kappa_of_ranks
from cauda.training.graders.validate import FOLDS, folds_of
from cauda.vocab import Quantity

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

GRADES = 5
REACH = 2
"""As the rule compares heights: with the two tallest discs within so many levels."""
TRIED = np.round(np.arange(0.08, 0.71, 0.03), 2)
"""Cuts on the nucleus signal that are tried, a ratio to CSF."""


def rule_figures(paired: Pairing) -> dict[str, Any]:
    """Kappa of the rule with its own cuts, and with cuts fitted to the other folds' patients."""
    signal, share = _readings(paired)
    ranks = np.array([grades.pfirrmann - 1 for _, grades in paired.pairs])
    patients = [disc.patient for disc, _ in paired.pairs]
    measured = np.isfinite(signal)
    cuts = row("thresholds.toml", "threshold", "nucleus-signal").numbers("value")
    collapse = row("thresholds.toml", "threshold", "collapse-share").numbers("value")[0]
    own = rule_ranks(signal, share, cuts, collapse)
    fold = folds_of(patients, 0)
    fitted = np.zeros_like(own)
    for n in range(FOLDS):
        known = (fold != n) & measured
        best = fitted_cuts(signal[known], share[known], ranks[known], collapse)
        fitted[fold == n] = rule_ranks(signal[fold == n], share[fold == n], best, collapse)
    every = fitted_cuts(signal[measured], share[measured], ranks[measured], collapse)
    return {
        "discs": int(measured.sum()),
        "kappa_own_cuts": round(kappa_of_ranks(own[measured], ranks[measured], GRADES), 3),
        "kappa_cuts_out_of_fold": round(
            kappa_of_ranks(fitted[measured], ranks[measured], GRADES), 3
        ),
        "own_cuts": list(cuts),
        "cuts_fitted_to_all": list(every),
    }


def rule_ranks(signal: Floats, share: Floats, cuts: tuple[float, ...], collapse: float) -> Ints:
    """(N,): 0 for grade I to 4 for V, by the nucleus signal and the height share."""
    ranks = 3 - np.searchsorted(np.array(cuts), signal, side="right")
    return np.where((ranks == 3) & (share < collapse), 4, ranks).astype(np.int64)


def fitted_cuts(signal: Floats, share: Floats, ranks: Ints, collapse: float) -> tuple[float, ...]:
    """The three cuts with the greatest kappa."""
    return max(
        (tuple(float(c) for c in cuts) for cuts in combinations(TRIED, 3)),
        key=lambda cuts: kappa_of_ranks(rule_ranks(signal, share, cuts, collapse), ranks, GRADES),
    )


def _readings(paired: Pairing) -> tuple[Floats, Floats]:
    """(N,) nucleus signal and height share of every paired disc, NaN where not measured."""
    indices: dict[str, dict[int, float]] = defaultdict(dict)
    for disc, _ in paired.pairs:
        found = disc.reference.get(Quantity.DISC_HEIGHT_INDEX.value)
        if found is not None:
            indices[disc.patient][disc.number] = found
    signal = [d.reference.get(Quantity.NUCLEUS_SIGNAL.value, np.nan) for d, _ in paired.pairs]
    share = [_share(indices[d.patient], d.number) for d, _ in paired.pairs]
    return np.array(signal), np.array(share)


def _share(indices: dict[int, float], number: int) -> float:
    near = [v for n, v in indices.items() if n != number and abs(n - number) <= REACH]
    if number not in indices or len(near) < 2:
        return float("nan")
    return indices[number] / float(np.mean(sorted(near)[-2:]))
