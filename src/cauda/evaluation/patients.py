"""An evaluation patient by patient, and two evaluations beside each other."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import Any

import numpy as np

from cauda.evaluation.naming import share_correct
from cauda.evaluation.study import METRICS, CaseResult, Evaluation

NAMES = "level_names_correct"


def by_patient(evaluation: Evaluation) -> Mapping[str, Mapping[str, Mapping[str, float]]]:
    """Mean over each patient's series: patient -> structure -> metric; NaN where it is undefined.

    The entry :data:`NAMES` of every patient holds ``share``, the right level names.
    """
    members: dict[str, list[CaseResult]] = {}
    for case in evaluation.cases:
        members.setdefault(case.patient, []).append(case)
    return {patient: _means(cases, evaluation) for patient, cases in members.items()}


def fallen_behind(
    reference: Mapping[str, Any], found: Mapping[str, Any], *, tolerance: float = 0.005
) -> tuple[str, ...]:
    """What a second evaluation lost against a first one of the same data set.

    Parameters
    ----------
    reference, found : mapping
        Two documents of :func:`cauda.evaluation.document.as_document`, as kept in JSON.
    tolerance : float
        Fall of a mean Dice, or of the share of right level names, that is overlooked.

    Returns
    -------
    tuple of str
        One sentence each; empty where nothing fell.
    """
    faults = []
    for name, metrics in reference["structures"].items():
        own = found["structures"].get(name, {}).get("dice", {}).get("mean")
        faults += _fall(f"Dice of {name}", metrics["dice"]["mean"], own, tolerance)
    before, after = (d["names"]["levels"]["accuracy"]["mean"] for d in (reference, found))
    return (*faults, *_fall("share of right level names", before, after, tolerance))


def _fall(what: str, before: float | None, after: float | None, tolerance: float) -> list[str]:
    if before is None:
        return []
    if after is None:
        return [f"{what} was {before:.3f} and is no longer scored"]
    is_lower = after < before - tolerance
    return [f"{what} fell from {before:.3f} to {after:.3f}"] if is_lower else []


def _means(cases: list[CaseResult], evaluation: Evaluation) -> dict[str, dict[str, float]]:
    means = {
        name: {
            metric: _mean([value(c.scores[name]) for c in cases if name in c.scores])
            for metric, value in METRICS.items()
        }
        for name in evaluation.structures
    }
    means[NAMES] = {"share": _mean([share_correct(c.names) for c in cases])}
    return means


def _mean(values: list[float]) -> float:
    known = [v for v in values if not math.isnan(v)]
    return float(np.mean(known)) if known else math.nan
