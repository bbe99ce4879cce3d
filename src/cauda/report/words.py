"""What grades, quantities and statements are called; every phrase comes from ``wording.toml``."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from typing import Final, Literal

from cauda.knowledge import Row, rows
from cauda.records import Analysis, Finding, Measurement, Numbering
from cauda.report.planes import slice_number
from cauda.vocab import Condition, Quantity, Side

Severity = Literal["unknown", "normal", "noted", "mild", "moderate", "severe"]

SEVERITIES: Final[tuple[Severity, ...]] = (
    "unknown",
    "normal",
    "noted",
    "mild",
    "moderate",
    "severe",
)
"""From least to most conspicuous."""

_FILE = "wording.toml"
_UNITS = {"mm": "mm", "mm2": "mm²", "mm3": "mm³", "deg": "°", "%": "%", "1": ""}
_SIDES = {Side.RIGHT: "right", Side.LEFT: "left"}


@cache
def _table(name: str) -> dict[str, Row]:
    return {row.id: row for row in rows(_FILE, name, ("text",))}


def statement(id_: str) -> str:
    """A fixed sentence, such as ``disclaimer``."""
    return _table("wording")[id_].text("text")


def numbering_sentence(state: str) -> str:
    """What ``verified``, ``conventional`` or ``uncertain`` means."""
    return _table("numbering")[state].text("text")


def numbering_told(numbering: Numbering) -> str:
    """What the state means, and how every name changes if the count is off by one."""
    alternate = [numbering.alternate] if numbering.alternate else []
    return " ".join([numbering_sentence(numbering.state), *alternate])


def condition_name(condition: Condition) -> str:
    """The condition as a radiologist writes it."""
    return _table("conditions")[condition.value].text("text")


def quantity_name(quantity: Quantity) -> str:
    """The quantity as a radiologist writes it."""
    return _table("quantities")[quantity.value].text("text")


def short_name(quantity: Quantity) -> str:
    """The quantity as written beside a line in a picture."""
    return _table("quantities")[quantity.value].text("short")


def grade_words(finding: Finding) -> str:
    """The grade in words; for UNKNOWN ``not assessed: <reason>``."""
    if not finding.is_known:
        return f"not assessed: {finding.reason_unknown}"
    return _grade(finding).text("text")


def severity(finding: Finding) -> Severity:
    """How conspicuous the grade is."""
    if not finding.is_known:
        return "unknown"
    word = _grade(finding).text("severity")
    return next(s for s in SEVERITIES if s == word)


def severity_word(value: Severity) -> str:
    """The severity as the summary table prints it."""
    return _table("severities")[value].text("text")


def validation(kind: str) -> str:
    """What a grade was ever tested on; empty for real images."""
    named = {"synthetic": "synthetic", "none": "never_tested"}
    return statement(named[kind]) if kind in named else ""


def worst(findings: Iterable[Finding]) -> Severity:
    """The most conspicuous severity, ``unknown`` if there is none."""
    return max((severity(f) for f in findings), key=SEVERITIES.index, default="unknown")


def number(value: float, unit: str) -> str:
    """A value with as many decimals as its unit can bear: areas and percentages none."""
    decimals = {"mm": 1, "deg": 1, "mm2": 0, "mm3": 0, "%": 0}.get(unit, 2)
    # adding zero turns a rounded -0.0 into 0.0
    return f"{round(value, decimals) + 0.0:.{decimals}f}"


def quoted(measurement: Measurement) -> str:
    """``9.8 ± 0.6 mm``; an estimate says so."""
    unit = measurement.unit
    sign = _UNITS[unit]
    gap = "" if sign in {"", "°"} else " "
    value = f"{number(measurement.value, unit)} ± {number(measurement.uncertainty, unit)}"
    return f"{value}{gap}{sign}{' (estimated)' if measurement.estimated else ''}"


def unit_sign(unit: str) -> str:
    """A UCUM unit as printed."""
    return _UNITS[unit]


def upfirst(text: str) -> str:
    """The text with its first letter capital and nothing else changed (``AP`` stays ``AP``)."""
    return text[:1].upper() + text[1:]


def sentence(text: str) -> str:
    """Capital at the start, one full stop at the end, mm2 as mm²; empty stays empty."""
    stripped = text.strip().rstrip(".").replace("mm2", "mm²").replace("mm3", "mm³")
    return f"{upfirst(stripped)}." if stripped else ""


def side_name(side: Side | None) -> str:
    """``right``, ``left`` or nothing."""
    return "" if side is None else _SIDES[side]


def slice_name(measurement: Measurement, analysis: Analysis) -> str:
    """``sag_t2, slice 8 of 15``, as the pictures count them."""
    found = slice_number(measurement, analysis)
    if found is None:
        return measurement.series
    return f"{measurement.series}, slice {found[0]} of {found[1]}"


def _grade(finding: Finding) -> Row:
    return _table("grades")[f"{finding.scale.value}/{finding.grade}"]
