"""An evaluation as JSON: stable keys, ``null`` for what is undefined."""

from __future__ import annotations

import dataclasses
import math
from collections.abc import Mapping
from typing import Any

from cauda.evaluation.patients import by_patient
from cauda.evaluation.study import (
    METRICS,
    CaseResult,
    Evaluation,
    name_counts,
    name_interval,
    structure_interval,
)

SCHEMA_VERSION = "1.1"
"""Raised with every change of the keys."""
DIGITS = 6
NAMED_KINDS = {"level": "levels", "vertebra": "vertebrae"}


def as_document(evaluation: Evaluation) -> dict[str, Any]:
    """The evaluation as plain values.

    Keys: ``schema_version``, ``dataset``, ``source``, ``structures`` (structure -> metric ->
    mean, low, high, patients), ``names`` (levels and vertebrae -> accuracy and counts),
    ``patients`` (patient -> structure -> metric, and the share of right level names), ``cases``
    (one a case, with every score and name), ``left_out``, ``not_compared``. Lengths are mm,
    volumes ml, errors percent; intervals are 95 % bootstrap over patients.
    """
    dataset = evaluation.dataset
    document = {
        "schema_version": SCHEMA_VERSION,
        "dataset": {
            "name": dataset.name,
            "license": dataset.license,
            "credit": dataset.credit,
            "labels": [m.name for m in dataset.labels],
            "splits": list(evaluation.splits),
            "patients": len({c.patient for c in evaluation.cases}),
            "cases": len(evaluation.cases),
        },
        "source": evaluation.source,
        "structures": {
            name: {
                metric: dataclasses.asdict(structure_interval(evaluation, name, metric))
                for metric in METRICS
            }
            for name in evaluation.structures
        },
        "names": {
            plural: {
                "accuracy": dataclasses.asdict(name_interval(evaluation, kind)),
                **name_counts(evaluation, kind),
            }
            for kind, plural in NAMED_KINDS.items()
        },
        "patients": by_patient(evaluation),
        "cases": [_case(c) for c in evaluation.cases],
        "left_out": [{"case": id_, "reason": why} for id_, why in evaluation.left_out],
        "not_compared": list(evaluation.not_compared),
    }
    return {key: _plain(value) for key, value in document.items()}


def _case(case: CaseResult) -> dict[str, Any]:
    return {
        "id": case.id,
        "patient": case.patient,
        "structures": {
            name: {
                **{metric: value(score) for metric, value in METRICS.items()},
                "truth_ml": score.truth_ml,
                "predicted_ml": score.predicted_ml,
            }
            for name, score in case.scores.items()
        },
        "names": [dataclasses.asdict(n) for n in case.names],
    }


def _plain(value: object) -> Any:  # noqa: ANN401
    """Round numbers and turn NaN into ``None``, at any depth."""
    if isinstance(value, float):
        return round(value, DIGITS) if math.isfinite(value) else None
    if isinstance(value, Mapping):
        return {key: _plain(v) for key, v in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(v) for v in value]
    return value
