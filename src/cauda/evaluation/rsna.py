"""The metric of the RSNA 2024 challenge, and its submission file.

Lower is better. The log loss of canal, foramen and recess (sides and levels pooled, rows weighted
1, 2, 4 by their true grade) and of "any severe canal stenosis" in a study count the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np

from cauda.datasets.rsna import GradedStudy
from cauda.errors import UsageError
from cauda.geometry import Array, FloatArray
from cauda.schema.challenge import (
    CONDITIONS,
    GRADES,
    LEVELS,
    Probabilities,
    normalized,
    row_id,
    submission_csv,
    submission_rows,
)
from cauda.vocab import Condition, Level, Side

__all__ = [
    "RsnaScore",
    "normalized",
    "row_id",
    "rsna_score",
    "submission_csv",
    "submission_rows",
    "true_grades",
]

WEIGHTS = (1.0, 2.0, 4.0)
"""Of a row, by its true grade (the challenge's sample_weight)."""
POOLED = ("spinal", "foraminal", "subarticular")
"""Rows are pooled by these parts of their ids, each pool counting the same."""
ANY_SEVERE_WEIGHT = 1.0
"""The challenge's any_severe_scalar: how much the study-wise loss counts beside each pool."""
SMALLEST = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0 and 1, as scikit-learn's log_loss does."""
SUM_TOLERANCE = 1e-6


@dataclass(frozen=True, slots=True, kw_only=True)
class RsnaScore:
    """The challenge's score and its parts, all log losses; NaN where nothing was graded."""

    score: float
    canal: float
    foramen: float
    recess: float
    any_severe: float


def true_grades(studies: Iterable[GradedStudy]) -> dict[str, int]:
    """row_id -> position of the true grade on the scale; blank ones are left out."""
    return {
        row_id(s.id, _condition_word(g.condition, g.side), _level_word(g.level)): GRADES.index(
            g.grade
        )
        for s in studies
        for g in s.levels
        if g.grade is not None
    }


def rsna_score(truth: Mapping[str, int], predictions: Probabilities) -> RsnaScore:
    """Score predictions whose rows sum to 1; see :func:`normalized`.

    Parameters
    ----------
    truth : mapping of row_id -> position of the grade (0, 1, 2)
        Rows that were not graded are left out of it.
    predictions : mapping of row_id -> three probabilities

    Raises
    ------
    UsageError
        If a graded row is not predicted, a row does not sum to 1, or a value is invalid.
    """
    _require_valid(truth, predictions)
    parts = {word: _pooled_loss(word, truth, predictions) for word in POOLED}
    any_severe = _any_severe_loss(truth, predictions)
    losses = [*parts.values(), any_severe]
    weights = [1.0, 1.0, 1.0, ANY_SEVERE_WEIGHT]
    return RsnaScore(
        score=float(np.average(losses, weights=weights)),
        canal=parts["spinal"],
        foramen=parts["foraminal"],
        recess=parts["subarticular"],
        any_severe=any_severe,
    )


def _condition_word(condition: Condition, side: Side | None) -> str:
    return next(word for word, where in CONDITIONS.items() if where == (condition, side))


def _level_word(level: Level) -> str:
    return next(word for word, own in LEVELS.items() if own is level)


def _require_valid(truth: Mapping[str, int], predictions: Probabilities) -> None:
    for key, grade in truth.items():
        if grade not in range(len(GRADES)):
            msg = f"Row {key!r}: its true grade is {grade!r}; it must be 0, 1 or 2."
            raise UsageError(msg)
        if key not in predictions:
            msg = f"Row {key!r} was graded but not predicted; every graded row needs a prediction."
            raise UsageError(msg)
        if abs(sum(normalized({key: predictions[key]})[key]) - sum(predictions[key])) > (
            SUM_TOLERANCE
        ):
            msg = f"Row {key!r} sums to {sum(predictions[key]):g}, not 1; normalize it first."
            raise UsageError(msg)


def _pooled_loss(word: str, truth: Mapping[str, int], predictions: Probabilities) -> float:
    own = [key for key in truth if word in key]
    grades = np.array([truth[key] for key in own], dtype=int)
    chances = np.array([predictions[key] for key in own], dtype=float).reshape(-1, 3)
    return _log_loss(chances[np.arange(len(own)), grades], np.asarray(WEIGHTS)[grades])


def _any_severe_loss(truth: Mapping[str, int], predictions: Probabilities) -> float:
    """Per study over its canal rows: the largest label, probability and weight."""
    own: dict[str, list[str]] = {}
    for key in truth:
        if POOLED[0] in key:
            own.setdefault(key.split("_", 1)[0], []).append(key)
    worst = [max(truth[key] for key in keys) for keys in own.values()]
    severe = [max(predictions[key][2] for key in keys) for keys in own.values()]
    chances = [p if grade == 2 else 1 - p for grade, p in zip(worst, severe, strict=True)]
    return _log_loss(np.array(chances), np.array([WEIGHTS[grade] for grade in worst]))


def _log_loss(chances_of_truth: FloatArray, weights: Array) -> float:
    """Weighted mean of -log(p of what is true); NaN of nothing."""
    if not len(chances_of_truth):
        return float("nan")
    clipped = np.clip(chances_of_truth, SMALLEST, 1 - SMALLEST)
    return float(np.average(-np.log(clipped), weights=weights))
