"""Fit the calibration of each target on predictions for patients that no learner had seen."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import minimize

from cauda.nets.calibration import Calibration, blended
from cauda.training.graders.scores import auc, quadratic_kappa
from cauda.training.graders.targets import TARGETS, Target, output_slices

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

SHARES = (1.0, 0.5, 0.0)
"""Weights of the forest that are tried: alone, half and half, the kernel regression alone."""
HOLD = 1.0
"""Strength with which the slope is held at 1 and the offsets at 0 (a Gaussian prior)."""
OFFSET_SPREAD = 5.0
"""Spread of that prior for the offsets, in logits."""


def calibrations(
    forest: Floats, kernel: Floats, ranks: Ints, shares: Sequence[float] = SHARES
) -> Mapping[str, Calibration]:
    """Choose the blend of every target by its score, and fit its probabilities.

    Parameters
    ----------
    forest, kernel : (N, outputs) arrays
        Out-of-fold predictions.
    ranks : (N, targets) array
    shares : sequence of float
        Weights of the forest to choose from.
    """
    columns = output_slices()
    found = {}
    for n, target in enumerate(TARGETS):
        part = columns[target.name]
        tried = [fitted(forest[:, part], kernel[:, part], ranks[:, n], share) for share in shares]
        scored = [score_of(target, c(forest[:, part], kernel[:, part]), ranks[:, n]) for c in tried]
        found[target.name] = tried[int(np.argmax(scored))]
    return found


def score_of(target: Target, probabilities: Floats, ranks: Ints) -> float:
    """Kappa of an ordered target, AUC of the others."""
    return (quadratic_kappa if target.is_ordered else auc)(probabilities, ranks)


def fitted(forest: Floats, kernel: Floats, ranks: Ints, share: float) -> Calibration:
    """Maximum likelihood of one slope and an offset a step (ordered logistic regression)."""
    steps = blended(forest, kernel, share)
    truth = (ranks[:, None] > np.arange(steps.shape[1])).astype(float)

    def loss(parameters: Floats) -> tuple[float, Floats]:
        slope, offsets = parameters[0], parameters[1:]
        z = slope * steps + offsets
        misfit = float((np.logaddexp(0, z) - truth * z).sum())
        hold = HOLD * ((slope - 1) ** 2 + (offsets**2).sum() / OFFSET_SPREAD**2)
        residual = 1 / (1 + np.exp(-z)) - truth
        to_slope = (residual * steps).sum() + 2 * HOLD * (slope - 1)
        to_offsets = residual.sum(axis=0) + 2 * HOLD * offsets / OFFSET_SPREAD**2
        return misfit + float(hold), np.concatenate([[to_slope], to_offsets])

    start = np.concatenate([[1.0], np.zeros(steps.shape[1])])
    best = minimize(loss, start, jac=True, method="L-BFGS-B").x
    return Calibration(share=share, slope=float(best[0]), offsets=tuple(float(v) for v in best[1:]))
