"""An evaluation as one self-contained HTML page: the table, and the worst cases drawn."""

from __future__ import annotations

import base64
import io
import math
from dataclasses import dataclass

import jinja2
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from cauda.evaluation.document import NAMED_KINDS
from cauda.evaluation.patients import NAMES, by_patient
from cauda.evaluation.study import (
    Evaluation,
    Glimpse,
    Interval,
    name_counts,
    name_interval,
    structure_interval,
    worst_cases,
)
from cauda.geometry import Array

COLORS = ("#ffb000", "#40b0ff", "#ff5ca8", "#5fe08a", "#c58cff", "#ff7a45", "#9ad0d0", "#d8d860")
"""One a structure, told apart on black also where red and green look alike."""
COLUMNS = (
    ("Dice", "dice", 3),
    ("ASSD mm", "assd_mm", 2),
    ("HD95 mm", "hd95_mm", 1),
    ("volume error %", "volume_error_percent", 1),
    ("absolute volume error %", "volume_error_absolute_percent", 1),
)
SHORT = COLUMNS[:4]
"""What is told of every patient."""
BRIGHT_PERCENTILE = 99.5


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One line of a table: its name and its cells."""

    name: str
    cells: tuple[str, ...]


def page(evaluation: Evaluation) -> str:
    """Render the evaluation.

    Returns
    -------
    str
        A page that needs no other file and no network.
    """
    environment = jinja2.Environment(
        loader=jinja2.PackageLoader("cauda.evaluation", "."),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    return environment.get_template("page.html.j2").render(
        evaluation=evaluation,
        patients=len({c.patient for c in evaluation.cases}),
        columns=[title for title, _, _ in COLUMNS],
        rows=summary_rows(evaluation),
        names=name_rows(evaluation),
        cases=case_rows(evaluation),
        short=" / ".join(title for title, _, _ in SHORT),
        patient_rows=patient_rows(evaluation),
        worst=[
            (case.id, why, case.glimpse.slice, picture(case.glimpse))
            for case, why in worst_cases(evaluation)
        ],
    )


def summary_rows(evaluation: Evaluation) -> tuple[Row, ...]:
    """One row a structure: each metric with its interval and number of patients."""
    return tuple(
        Row(
            name=name,
            cells=tuple(
                _cell(structure_interval(evaluation, name, metric), digits)
                for _, metric, digits in COLUMNS
            ),
        )
        for name in evaluation.structures
    )


def name_rows(evaluation: Evaluation) -> tuple[Row, ...]:
    """One row for levels and one for vertebrae: share correct, then the counts."""
    return tuple(
        Row(
            name=plural,
            cells=(
                _cell(name_interval(evaluation, kind), 3),
                *(str(n) for n in name_counts(evaluation, kind).values()),
            ),
        )
        for kind, plural in NAMED_KINDS.items()
    )


def case_rows(evaluation: Evaluation) -> tuple[Row, ...]:
    """One row a case: Dice and ASSD of every structure."""
    return tuple(
        Row(
            name=case.id,
            cells=tuple(
                f"{_number(s.dice, 3)} / {_number(s.assd_mm, 2)}"
                if (s := case.scores.get(name)) is not None
                else "-"
                for name in evaluation.structures
            ),
        )
        for case in evaluation.cases
    )


def patient_rows(evaluation: Evaluation) -> tuple[Row, ...]:
    """One row a patient: share of right level names, then every metric of every structure."""
    rows = []
    for patient, found in by_patient(evaluation).items():
        cells = [
            " / ".join(_number(found[name][metric], digits) for _, metric, digits in SHORT)
            for name in evaluation.structures
        ]
        rows.append(Row(name=patient, cells=(_number(found[NAMES]["share"], 2), *cells)))
    return tuple(rows)


def picture(glimpse: Glimpse) -> str:
    """The slice without marks beside the slice with outlines, as base64 PNG."""
    figure = Figure(figsize=(8.0, 5.2), facecolor="black", layout="constrained")
    plain, marked = figure.subplots(1, 2)
    for axes in (plain, marked):
        _show(axes, glimpse)
    shown = []
    for number, name in enumerate(glimpse.names, start=1):
        color = COLORS[(number - 1) % len(COLORS)]
        _outline(marked, glimpse.truth == number, glimpse.pixel_mm, color, "solid")
        _outline(marked, glimpse.predicted == number, glimpse.pixel_mm, color, "dashed")
        if (glimpse.truth == number).any() or (glimpse.predicted == number).any():
            shown.append(Line2D([], [], color=color, label=name))
    if shown:
        figure.legend(
            handles=shown, loc="outside lower center", ncols=4, frameon=False, labelcolor="white"
        )
    stream = io.BytesIO()
    FigureCanvasAgg(figure).print_png(stream)
    return base64.b64encode(stream.getvalue()).decode("ascii")


def _show(axes: Axes, glimpse: Glimpse) -> None:
    """Draw the slice: anterior to the left, head up, in mm."""
    j, k = (n * mm for n, mm in zip(glimpse.signal.shape, glimpse.pixel_mm, strict=True))
    top = float(np.percentile(glimpse.signal, BRIGHT_PERCENTILE)) or 1.0
    axes.imshow(
        glimpse.signal.T, origin="lower", cmap="gray", vmin=0, vmax=top, extent=(0, j, 0, k)
    )
    axes.set_axis_off()


def _outline(
    axes: Axes, mask: Array, pixel_mm: tuple[float, float], color: str, style: str
) -> None:
    if not mask.any() or mask.all():
        return
    j, k = ((np.arange(n) + 0.5) * mm for n, mm in zip(mask.shape, pixel_mm, strict=True))
    axes.contour(
        j, k, mask.T.astype(float), levels=[0.5], colors=color, linestyles=style, linewidths=0.9
    )


def _cell(found: Interval, digits: int) -> str:
    if found.patients == 0:
        return "-"
    low, high = _number(found.low, digits), _number(found.high, digits)
    return f"{_number(found.mean, digits)} ({low} to {high}), n={found.patients}"


def _number(value: float, digits: int) -> str:
    return "-" if math.isnan(value) else f"{value:.{digits}f}"
