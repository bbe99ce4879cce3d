"""The tables of a report as plain rows: series, coverage, alignment, measurements, summary."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from cauda.records import Analysis, Measurement, Series
from cauda.report import words
from cauda.report.content import LevelView, level_names
from cauda.vocab import Condition, Level, Quantity, Scale, Side


class SeriesRow(NamedTuple):
    """One series as printed."""

    key: str
    kind: str
    grid: str
    state: str
    reason: str


class MeasurementRow(NamedTuple):
    """One measurement as printed."""

    place: str
    quantity: str
    side: str
    value: str
    where: str
    method: str
    is_preferred: bool


class AlignmentRow(NamedTuple):
    """Slip and angle of one level as printed."""

    place: str
    slip: str
    angle: str
    grade: str


class Pivot(NamedTuple):
    """A table of values: column names, and rows of a name with a value a column."""

    columns: list[str]
    rows: list[tuple[str, list[str]]]


class Facts(NamedTuple):
    """Technique, quality and coverage in sentences."""

    person: str
    quality: tuple[str, ...]
    coverage: tuple[str, ...]


def facts(analysis: Analysis) -> Facts:
    """Who (age and sex only), how good, and what is covered."""
    return Facts(_person(analysis), _quality(analysis), _coverage(analysis))


def series_rows(analysis: Analysis) -> list[SeriesRow]:
    """Every series, used or set aside."""
    return [
        SeriesRow(
            key=s.key,
            kind=f"{s.plane.value} {s.contrast.value}".replace("unknown unknown", "unknown"),
            grid=_grid(s),
            state="used" if s.used else "set aside",
            reason=s.reason,
        )
        for s in analysis.study.series
    ]


def alignment_rows(analysis: Analysis) -> list[AlignmentRow]:
    """Slip and angle of each level, from above; what was not measured says so."""
    return [
        AlignmentRow(
            place=name.value,
            slip=_joined(analysis, name, (Quantity.SLIP, Quantity.SLIP_PERCENT)),
            angle=_joined(analysis, name, (Quantity.SEGMENTAL_ANGLE,)),
            grade=_slip_grade(analysis, name),
        )
        for name in level_names(analysis)
    ]


def spine_rows(analysis: Analysis) -> list[MeasurementRow]:
    """Preferred measurements of the whole spine, such as lordosis."""
    whole = [m for m in analysis.measurements if m.level is None and m.vertebra is None]
    return [_row(analysis, m) for m in whole if m.preferred]


def measurement_rows(analysis: Analysis) -> list[MeasurementRow]:
    """Every measurement, from above downward."""
    return [_row(analysis, m) for m in _ordered(analysis, analysis.measurements)]


def pivot(analysis: Analysis) -> Pivot:
    """Preferred measurements: a row a quantity and side, a column a level."""
    preferred = [m for m in analysis.measurements if m.preferred and m.level is not None]
    columns = [
        lv for lv in dict.fromkeys(_levels(analysis)) if any(m.level == lv for m in preferred)
    ]
    values = {(m.quantity, m.side, m.level): words.quoted(m) for m in preferred}
    sides = (None, Side.RIGHT, Side.LEFT)
    rows = [
        (_named(q, side), [values.get((q, side, lv), "not measured") for lv in columns])
        for q in Quantity
        for side in sides
        if any((q, side, lv) in values for lv in columns)
    ]
    return Pivot([lv.value for lv in columns], rows)


def vertebra_pivot(analysis: Analysis) -> Pivot:
    """Preferred measurements of the vertebrae, a column a vertebra."""
    preferred = [m for m in analysis.measurements if m.preferred and m.vertebra is not None]
    columns = [
        v.name
        for v in reversed(analysis.spine.vertebrae)
        if any(m.vertebra == v.name for m in preferred)
    ]
    values = {(m.quantity, m.vertebra): words.quoted(m) for m in preferred}
    rows = [
        (_named(q, None), [values.get((q, name), "not measured") for name in columns])
        for q in Quantity
        if any((q, name) in values for name in columns)
    ]
    return Pivot([name.value for name in columns], rows)


def _named(quantity: Quantity, side: Side | None) -> str:
    name = words.upfirst(words.quantity_name(quantity))
    return f"{name}, {words.side_name(side)}" if side else name


def places(views: Sequence[LevelView]) -> list[str]:
    """Column names of the summary table, in report order."""
    return list(dict.fromkeys(line.place for view in views for line in view.lines))


def key_rows(analysis: Analysis, level: Level) -> list[MeasurementRow]:
    """The preferred measurements of one level, for the table beside its pictures."""
    at = [m for m in analysis.measurements if m.level == level and m.preferred]
    return [_row(analysis, m) for m in _ordered(analysis, at)]


def _joined(analysis: Analysis, level: Level, quantities: Sequence[Quantity]) -> str:
    found = [
        m
        for quantity in quantities
        for m in analysis.measurements
        if (m.level, m.quantity, m.preferred) == (level, quantity, True)
    ]
    return ", ".join(words.quoted(m) for m in found) or "not measured"


def _slip_grade(analysis: Analysis, level: Level) -> str:
    """The slip's grades in words; the forward scale only where there is a slip."""
    found = [f for f in analysis.at(level) if f.condition is Condition.SPONDYLOLISTHESIS]
    told = [f for f in found if f.scale is Scale.PRESENCE or f.rank > 0]
    parts = [
        f"{f.scale.value} {f.grade}"
        if f.rank > 0 and f.scale is not Scale.PRESENCE
        else f"{words.grade_words(f)}{f'; {f.detail}' if f.detail and f.rank != 0 else ''}"
        for f in told
    ]
    return "; ".join(parts) or "not assessed: no grade was given"


def _person(analysis: Analysis) -> str:
    age, sex = analysis.study.age_years, analysis.study.sex
    years = "age unknown" if age is None else f"{min(int(age), 90)} years"
    name = {"M": "male", "F": "female"}.get(sex or "", "sex unknown")
    return f"{years}{' or more' if age is not None and age >= 90 else ''}, {name}"


def _grid(series: Series) -> str:
    if series.volume is None:
        return "not read"
    shape = series.volume.space.shape
    spacing = series.volume.space.spacing_mm
    axis = series.volume.slice_axis
    pixel = [f"{spacing[a]:.2f}" for a in range(3) if a != axis]
    return f"{shape[axis]} slices, {spacing[axis]:.1f} mm apart, pixels {' × '.join(pixel)} mm"


def _quality(analysis: Analysis) -> tuple[str, ...]:
    warned = [f"{s.key}: {w}" for s in analysis.study.used for w in s.warnings]
    general = [lm.reason for lm in analysis.limits if lm.level is None and not lm.conditions]
    found = tuple(dict.fromkeys([*warned, *general]))
    return found or ("No fault was noted in the used series by the automatic checks.",)


def _coverage(analysis: Analysis) -> tuple[str, ...]:
    spine = analysis.spine
    found = [lv.name.value for lv in reversed(spine.levels)]
    partial = [lv.name.value for lv in reversed(spine.levels) if lv.is_partial]
    missing = [n.value for n in level_names(analysis) if spine.level(n) is None]
    lines = [f"Levels found: {', '.join(found) or 'none'}."]
    if partial:
        lines.append(f"Partly outside the images: {', '.join(partial)}.")
    if missing:
        lines.append(f"Not found: {', '.join(missing)}.")
    return (*lines, _axial_coverage(analysis))


def _axial_coverage(analysis: Analysis) -> str:
    slices = analysis.spine.axial_slices
    if not slices:
        return "No axial slices were given or assigned."
    levels = dict.fromkeys(s.level for s in slices if s.level is not None)
    counts = [f"{lv.value} ({sum(s.level == lv for s in slices)})" for lv in levels]
    spare = sum(s.level is None for s in slices)
    rest = f"; {spare} at no disc" if spare else ""
    return f"Axial slices: {', '.join(counts) or 'none at a disc'}{rest}."


def _levels(analysis: Analysis) -> list[Level]:
    """Every level that was found or is listed, from above."""
    named = level_names(analysis)
    found = [lv.name for lv in reversed(analysis.spine.levels)]
    return [*(name for name in found if name not in named), *named]


def _ordered(analysis: Analysis, measurements: Sequence[Measurement]) -> list[Measurement]:
    levels = [None, *_levels(analysis)]
    vertebrae = [None, *(v.name for v in reversed(analysis.spine.vertebrae))]
    quantities = list(Quantity)

    def place(m: Measurement) -> tuple[int, int, int, str]:
        level = levels.index(m.level) if m.level in levels else len(levels)
        vertebra = vertebrae.index(m.vertebra) if m.vertebra in vertebrae else len(vertebrae)
        # the patient's right before the left, as everywhere in a report
        side = {"right": "a", "left": "b"}.get(m.side or "", "")
        return level, vertebra, quantities.index(m.quantity), side

    return sorted(measurements, key=place)


def _far(measurement: Measurement) -> str:
    """How far from its reference a value lies, where it lies far; never that it is abnormal."""
    reference = measurement.reference
    if reference is None or not reference["is_far"]:
        return ""
    kind, count = reference["kind"], reference["n"]
    return f"; z {reference['z']:+} against n {count} ({kind}: {reference['source']})"


def _row(analysis: Analysis, measurement: Measurement) -> MeasurementRow:
    place = measurement.level or measurement.vertebra
    return MeasurementRow(
        place=place.value if place is not None else "spine",
        quantity=words.quantity_name(measurement.quantity),
        side=words.side_name(measurement.side),
        value=words.quoted(measurement) + _far(measurement),
        where=words.slice_name(measurement, analysis),
        method=measurement.method,
        is_preferred=measurement.preferred,
    )
