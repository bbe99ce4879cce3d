"""Measurements as CSV, one row each with units in the column names; and the challenge's rows."""

from __future__ import annotations

import csv
import io

from cauda.records import Analysis, Measurement
from cauda.report import words
from cauda.report.planes import slice_number
from cauda.schema.challenge import submission_csv, submission_rows
from cauda.vocab import Level

STUDY = "study"
"""Stands for the challenge's study id, which a document must not carry on its own."""
COLUMNS = (
    "id",
    "level",
    "alternate_level",
    "vertebra",
    "side",
    "quantity",
    "name",
    "value_mm",
    "value_mm2",
    "value_mm3",
    "value_deg",
    "value_percent",
    "value_ratio",
    "uncertainty_90_same_unit",
    "method",
    "series",
    "slice_from_1",
    "preferred",
    "estimated",
    "apart",
)
"""``alternate_level`` is the name a level also may have where the numbering is uncertain; ``apart``
says why a value must not be combined with the others."""
_VALUE_COLUMNS = {
    "mm": "value_mm",
    "mm2": "value_mm2",
    "mm3": "value_mm3",
    "deg": "value_deg",
    "%": "value_percent",
    "1": "value_ratio",
}


def measurements_csv(analysis: Analysis) -> str:
    """Every measurement; each value stands in the column of its own unit, the others are empty."""
    buffer = io.StringIO()
    writer = csv.DictWriter(buffer, COLUMNS, restval="", lineterminator="\n")
    writer.writeheader()
    writer.writerows(_row(m, analysis) for m in analysis.measurements)
    return buffer.getvalue()


def rsna_csv(analysis: Analysis) -> str:
    """The RSNA 2024 challenge's 25 rows: normal or mild, moderate and severe, summing to one."""
    return submission_csv(submission_rows(STUDY, analysis.findings))


def _row(measurement: Measurement, analysis: Analysis) -> dict[str, str]:
    place = slice_number(measurement, analysis)
    return {
        "id": measurement.id,
        "level": measurement.level.value if measurement.level else "",
        "alternate_level": _alternate(measurement.level, analysis),
        "vertebra": measurement.vertebra.value if measurement.vertebra else "",
        "side": words.side_name(measurement.side),
        "quantity": measurement.quantity.value,
        "name": words.quantity_name(measurement.quantity),
        _VALUE_COLUMNS[measurement.unit]: f"{measurement.value:.2f}",
        "uncertainty_90_same_unit": f"{measurement.uncertainty:.2f}",
        "method": measurement.method,
        "series": measurement.series,
        "slice_from_1": "" if place is None else str(place[0]),
        "preferred": "yes" if measurement.preferred else "no",
        "estimated": "yes" if measurement.estimated else "no",
        "apart": measurement.apart,
    }


def _alternate(name: Level | None, analysis: Analysis) -> str:
    level = analysis.spine.level(name) if name else None
    return level.alternate.value if level and level.alternate else ""
