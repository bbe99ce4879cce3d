"""Grade every study of the RSNA 2024 challenge and score the grades."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from cauda.datasets.rsna import GradedStudy
from cauda.errors import CaudaError
from cauda.evaluation.document import SCHEMA_VERSION
from cauda.evaluation.rsna import RsnaScore, rsna_score, true_grades
from cauda.records import Finding
from cauda.schema.challenge import (
    NO_PRIOR,
    RULE_CONFIDENCE,
    Probabilities,
    submission_rows,
)
from cauda.vocab import Scale


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class RsnaRun:
    """How the challenge's studies were graded.

    Parameters
    ----------
    score : RsnaScore
    rows : mapping of row_id -> three probabilities
        All 25 a study; those of a study that was left out are the prior.
    studies : int
    known : int
        Rows, of all, for which a grade was given.
    left_out : tuple of (study id, reason)
    """

    score: RsnaScore
    rows: Probabilities
    studies: int
    known: int
    left_out: tuple[tuple[str, str], ...]


def grade_studies(
    studies: Sequence[GradedStudy],
    findings_of: Callable[[GradedStudy], Iterable[Finding]],
    *,
    prior: Sequence[float] = NO_PRIOR,
    confidence: float = RULE_CONFIDENCE,
    step: Callable[[str], None] = lambda _study: None,
) -> RsnaRun:
    """Grade and score; ``findings_of`` analyzes one study, and may refuse it.

    Parameters
    ----------
    studies : sequence of GradedStudy
    findings_of : callable
    prior, confidence
        See :func:`cauda.schema.challenge.submission_rows`.
    step : callable, optional
        Told each study's id before it starts.
    """
    rows: dict[str, tuple[float, float, float]] = {}
    left_out: list[tuple[str, str]] = []
    known = 0
    for study in studies:
        step(study.id)
        findings: tuple[Finding, ...] = ()
        try:
            findings = tuple(findings_of(study))
        except CaudaError as error:
            left_out.append((study.id, str(error)))
        known += sum(f.scale is Scale.RSNA and f.is_known for f in findings)
        rows |= submission_rows(study.id, findings, prior=prior, confidence=confidence)
    return RsnaRun(
        score=rsna_score(true_grades(studies), rows),
        rows=rows,
        studies=len(studies),
        known=known,
        left_out=tuple(left_out),
    )


def rsna_document(run: RsnaRun) -> dict[str, Any]:
    """The run as plain values; ``null`` where nothing was graded."""
    score = dataclasses.asdict(run.score)
    return {
        "schema_version": SCHEMA_VERSION,
        "log_loss": {k: None if math.isnan(v) else round(v, 6) for k, v in score.items()},
        "studies": run.studies,
        "rows": len(run.rows),
        "rows_with_a_grade": run.known,
        "left_out": [{"study": id_, "reason": why} for id_, why in run.left_out],
    }
