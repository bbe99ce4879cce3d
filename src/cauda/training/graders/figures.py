"""The figures of a cross-validation: per target, for all patients and for parts of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauda.training.graders.calibrate import score_of
from cauda.training.graders.scores import calibration_error, interval
from cauda.training.graders.targets import TARGETS, Target
from cauda.training.graders.validate import Table, Tested

Chosen = Mapping[str, NDArray[np.bool_]]


def figures(table: Table, tested: Sequence[Tested], parts: Chosen) -> dict[str, Any]:
    """Score every target.

    Parameters
    ----------
    table : Table
    tested : sequence of Tested
        Repeats with other folds; intervals are of the first.
    parts : mapping of name to (N,) bool array
        Which discs each set of figures is about.

    Returns
    -------
    dict of part to target to figures
    """
    return {
        part: {
            target.name: _of_target(table, tested, n, chosen) for n, target in enumerate(TARGETS)
        }
        for part, chosen in parts.items()
    }


def _of_target(
    table: Table, tested: Sequence[Tested], number: int, chosen: NDArray[np.bool_]
) -> dict[str, Any]:
    target, ranks = TARGETS[number], table.ranks[chosen, number]
    patients = [table.patients[n] for n in np.flatnonzero(chosen)]
    first = tested[0].probabilities[target.name][chosen]
    low, high = interval(lambda p, r: score_of(target, p, r), first, ranks, patients)
    every = [score_of(target, t.probabilities[target.name][chosen], ranks) for t in tested]
    return {
        "score": "kappa" if target.is_ordered else "auc",
        "value": _rounded(every[0]),
        "interval_95": [_rounded(low), _rounded(high)],
        "repeats": [_rounded(v) for v in every],
        "calibration_error": _rounded(calibration_error(first, ranks)),
        "discs": len(ranks),
        "patients": len(set(patients)),
        "present": int((ranks > 0).sum()),
        **_goal(target),
        "alone": _alone(tested[0], number, chosen, ranks),
    }


def _goal(target: Target) -> dict[str, float]:
    return {"bar": target.bar} if np.isfinite(target.bar) else {}


def _alone(
    tested: Tested, number: int, chosen: NDArray[np.bool_], ranks: NDArray[np.int64]
) -> dict[str, float | None]:
    """Either learner by itself, calibrated like the whole: what its share is worth."""
    target = TARGETS[number]
    return {
        name: _rounded(score_of(target, own[target.name][chosen], ranks))
        for name, own in tested.alone.items()
    }


def _rounded(value: float) -> float | None:
    return round(float(value), 3) if np.isfinite(value) else None
