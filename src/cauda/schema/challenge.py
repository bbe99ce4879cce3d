"""The rows of the RSNA 2024 challenge's submission file, from findings on its scale.

A row is named ``<study_id>_<condition>_<level>`` and holds the probabilities of normal/mild,
moderate and severe. All 25 rows of a study are written, since a submission has no word for unknown.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

import numpy as np

from cauda.errors import UsageError
from cauda.records import Finding
from cauda.vocab import GRADED_LEVELS, Condition, Level, Scale, Side

GRADES = Scale.RSNA.grades
CONDITIONS: Mapping[str, tuple[Condition, Side | None]] = MappingProxyType(
    {
        "spinal_canal_stenosis": (Condition.CANAL_STENOSIS, None),
        "left_neural_foraminal_narrowing": (Condition.FORAMINAL_STENOSIS, Side.LEFT),
        "right_neural_foraminal_narrowing": (Condition.FORAMINAL_STENOSIS, Side.RIGHT),
        "left_subarticular_stenosis": (Condition.SUBARTICULAR_STENOSIS, Side.LEFT),
        "right_subarticular_stenosis": (Condition.SUBARTICULAR_STENOSIS, Side.RIGHT),
    }
)
"""The challenge's conditions in the vocabulary; sides are the patient's."""
LEVELS: Mapping[str, Level] = MappingProxyType(
    {level.value.lower().replace("-", "_"): level for level in GRADED_LEVELS}
)
"""``l4_l5`` -> L4-L5."""
NO_PRIOR = (1.0, 1.0, 1.0)
"""Nothing is presumed of a place whose grade is UNKNOWN: a third for each grade."""
RULE_CONFIDENCE = 0.7
"""Chosen, not measured: what a grade gets that a rule gave without probabilities."""

Probabilities = Mapping[str, Sequence[float]]
"""row_id -> probabilities of normal/mild, moderate, severe."""


def row_id(study: str, condition: str, level: str) -> str:
    """Name a row as the challenge does: ``<study_id>_<condition>_<level>``."""
    return f"{study}_{condition}_{level}"


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


def submission_rows(
    study: str,
    findings: Iterable[Finding],
    *,
    prior: Sequence[float] = NO_PRIOR,
    confidence: float = RULE_CONFIDENCE,
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
