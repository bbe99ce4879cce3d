"""The metric of the RSNA 2024 challenge, and its submission file.

Lower is better. The log loss of canal, foramen and recess (sides and levels pooled, rows weighted
1, 2, 4 by their true grade) and of "any severe canal stenosis" in a study count the same.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cauda.datasets.rsna import CONDITIONS, LEVELS, GradedStudy
from cauda.errors import UsageError
from cauda.geometry import Array, FloatArray
from cauda.records import Finding
from cauda.vocab import Condition, Level, Scale, Side

GRADES = Scale.RSNA.grades
WEIGHTS = (1.0, 2.0, 4.0)
"""Of a row, by its true grade (the challenge's sample_weight)."""
POOLED = ("spinal", "foraminal", "subarticular")
"""Rows are pooled by these parts of their ids, each pool counting the same."""
ANY_SEVERE_WEIGHT = 1.0
"""The challenge's any_severe_scalar: how much the study-wise loss counts beside each pool."""
SMALLEST = float(np.finfo(np.float64).eps)
"""Probabilities are kept this far from 0 and 1, as scikit-learn's log_loss does."""
SUM_TOLERANCE = 1e-6

Probabilities = Mapping[str, Sequence[float]]
"""row_id -> probabilities of normal/mild, moderate, severe."""


@dataclass(frozen=True, slots=True, kw_only=True)
class RsnaScore:
    """The challenge's score and its parts, all log losses; NaN where nothing was graded."""

    score: float
    canal: float
    foramen: float
    recess: float
    any_severe: float


def row_id(study: str, condition: str, level: str) -> str:
    """Name a row as the challenge does: ``<study_id>_<condition>_<level>``."""
    return f"{study}_{condition}_{level}"


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


def normalized(predictions: Probabilities) -> dict[str, tuple[float, float, float]]:
    """Divide each row by its sum.

    Raises
    ------
    UsageError
        If a row has not three numbers, or one is negative or not finite, or all are 0.
    """
    result = {}
    for key, values in predictions.items():
        row = np.asarray(values, dtype=float)
        if row.shape != (3,) or not np.isfinite(row).all() or (row < 0).any() or row.sum() <= 0:
            msg = f"Row {key!r}: needs three finite numbers, none negative and not all 0."
            raise UsageError(msg)
        a, b, c = (float(v) for v in row / row.sum())
        result[key] = (a, b, c)
    return result


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


def submission_rows(
    study: str,
    findings: Iterable[Finding],
    *,
    prior: Sequence[float],
    confidence: float,
) -> dict[str, tuple[float, float, float]]:
    """All 25 rows of a study, in the challenge's order.

    Parameters
    ----------
    study : str
        The challenge's study id.
    findings : iterable of Finding
        Those on the RSNA scale are used.
    prior : sequence of three float
        What is said of a place whose grade is UNKNOWN: the shares of the grades, chosen by the
        caller, since a submission has no word for unknown.
    confidence : float
        Probability of the grade where a rule decided and gave no probabilities; the rest is
        shared by the other two.
    """
    if not 1 / 3 <= confidence <= 1:
        msg = f"confidence is {confidence}; it lies between 1/3 and 1."
        raise UsageError(msg)
    own = {(f.condition, f.side, f.level): f for f in findings if f.scale is Scale.RSNA}
    rows = {
        row_id(study, condition, word): _said(own.get((*where, level)), prior, confidence)
        for condition, where in CONDITIONS.items()
        for word, level in LEVELS.items()
    }
    return normalized(rows)


def submission_csv(rows: Probabilities) -> str:
    """The challenge's file: row_id, normal_mild, moderate, severe."""
    stream = io.StringIO()
    writer = csv.writer(stream, lineterminator="\n")
    writer.writerow(("row_id", *GRADES))
    for key, values in rows.items():
        writer.writerow((key, *(f"{v:.6f}" for v in values)))
    return stream.getvalue()


def _said(finding: Finding | None, prior: Sequence[float], confidence: float) -> tuple[float, ...]:
    if finding is None or not finding.is_known:
        return tuple(prior)
    if finding.probabilities is not None:
        return tuple(finding.probabilities[g] for g in GRADES)
    rest = (1 - confidence) / (len(GRADES) - 1)
    return tuple(confidence if n == finding.rank else rest for n in range(len(GRADES)))


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
