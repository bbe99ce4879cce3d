"""How well a trained crop grader answers on spines it never saw, and how sure it may be."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.nets.crop_questions import Task, graded, placed
from cauda.training.crops.sample import UNTOLD
from cauda.training.graders.scores import calibration_error, quadratic_kappa

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]
SLOPES = np.geomspace(0.4, 2.0, 33)
"""Factors of the logits that are tried."""
LEAST = 1e-6
"""Smallest probability whose logarithm is taken."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """One question's figures on spines kept out.

    Parameters
    ----------
    slope : float
        Factor of the logits with the least log loss.
    agreement : float
        Quadratically weighted kappa; of the place, which has no order, the share that is right.
    calibration_error : float
        Expected calibration error, mean over the steps of a scale.
    count : int
        Samples that tell the truth.
    """

    slope: float
    agreement: float
    calibration_error: float
    count: int


def fitted(task: Task, logits: Floats, ranks: Ints) -> Mapping[str, Fit]:
    """Calibrate every question on samples kept out of training.

    Parameters
    ----------
    task : Task
    logits : (N, outputs) array
    ranks : (N, Q) array
        True ranks, ``UNTOLD`` where not known.
    """
    found = {}
    for n, question in enumerate(task.questions):
        told = ranks[:, n] != UNTOLD
        own = logits[told][:, task.columns(question.name)]
        found[question.name] = _fit(graded, quadratic_kappa, own, ranks[told, n])
    if task.has_place:
        own = logits[:, task.columns("place")]
        found["place"] = _fit(placed, _share_right, own, ranks[:, len(task.questions)])
    return found


def _fit(
    probabilities: Callable[[Floats, float], Floats],
    agreement: Callable[[Floats, Ints], float],
    logits: Floats,
    ranks: Ints,
) -> Fit:
    rows = np.arange(len(ranks))
    losses = [-np.log(probabilities(logits, s)[rows, ranks] + LEAST).mean() for s in SLOPES]
    slope = float(SLOPES[int(np.argmin(losses))])
    found = probabilities(logits, slope)
    return Fit(
        slope=slope,
        agreement=agreement(found, ranks),
        calibration_error=calibration_error(found, ranks),
        count=len(ranks),
    )


def _share_right(probabilities: Floats, ranks: Ints) -> float:
    return float((probabilities.argmax(axis=1) == ranks).mean())
