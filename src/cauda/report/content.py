"""What the reports say, before any markup: HTML, text and terminal print the same lines."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cauda.records import Analysis, Finding, LevelInstance, Measurement
from cauda.report import words
from cauda.report.disc import disc_sentence, disc_word
from cauda.report.rules import rule_text
from cauda.report.words import Severity
from cauda.vocab import GRADED_LEVELS, Condition, Level, Scale, Side

DISC = (
    Condition.DISC_CONTOUR,
    Condition.DISC_BULGE,
    Condition.DISC_HERNIATION,
    Condition.DISC_NARROWING,
    Condition.DISC_DEGENERATION,
)
_PLACES: tuple[tuple[str, tuple[Condition, ...], Side | None], ...] = (
    ("Slip", (Condition.SPONDYLOLISTHESIS,), None),
    ("Disc", DISC, None),
    ("Endplates", (Condition.ENDPLATE_CHANGE,), None),
    ("Canal", (Condition.CANAL_STENOSIS,), None),
    ("Recess R", (Condition.SUBARTICULAR_STENOSIS, Condition.ROOT_COMPROMISE), Side.RIGHT),
    ("Recess L", (Condition.SUBARTICULAR_STENOSIS, Condition.ROOT_COMPROMISE), Side.LEFT),
    ("Foramen R", (Condition.FORAMINAL_STENOSIS,), Side.RIGHT),
    ("Foramen L", (Condition.FORAMINAL_STENOSIS,), Side.LEFT),
)
"""The order of the report at each level; R stands before L, as on the images."""

_STENOSES = (
    Condition.CANAL_STENOSIS,
    Condition.SUBARTICULAR_STENOSIS,
    Condition.FORAMINAL_STENOSIS,
)
_CAUSE_WORDS = ("with ", "cause", "disc", "facet", "flavum", "slip")
"""Any of these in a finding's detail names what narrows."""
_NARROW: tuple[Severity, ...] = ("mild", "moderate", "severe")


@dataclass(frozen=True, slots=True, kw_only=True)
class Item:
    """One finding as printed.

    Parameters
    ----------
    name, scale, grade, words : str
        Condition, scale, grade and the grade in words.
    certainty : str
        ``high certainty``, ...; empty for a grade that was not given.
    remarks : tuple of str
        Borderline, validation, detail, the learned grader's view.
    evidence : tuple of str
        The measurements it rests on, with series and slice.
    rule, rule_text : str
    severity : Severity
    """

    name: str
    scale: str
    grade: str
    words: str
    certainty: str
    remarks: tuple[str, ...]
    evidence: tuple[str, ...]
    rule: str
    rule_text: str
    severity: Severity


@dataclass(frozen=True, slots=True, kw_only=True)
class Line:
    """One place at a level: what is said, and the findings that say it.

    Parameters
    ----------
    place, text : str
    severity : Severity
    word : str
        The finding in a word or two, for the summary table.
    items : tuple of Item
    """

    place: str
    text: str
    severity: Severity
    word: str
    items: tuple[Item, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelView:
    """One level as printed.

    Parameters
    ----------
    name : Level
    title : str
        Name with the alternate name, where numbering is uncertain.
    note : str
        That it was not found, or is cut by the edge of the images; empty otherwise.
    is_focus : bool
        Whether it is shown large.
    lines : tuple of Line
    measurements : tuple of Measurement
    """

    name: Level
    title: str
    note: str
    is_focus: bool
    lines: tuple[Line, ...]
    measurements: tuple[Measurement, ...]


def level_views(analysis: Analysis) -> tuple[LevelView, ...]:
    """Every graded or found level, from above downward."""
    names = level_names(analysis)
    focus = focus_levels(analysis)
    return tuple(_level_view(analysis, name, is_focus=name in focus) for name in names)


def used_rules(views: Sequence[LevelView]) -> list[tuple[str, str]]:
    """Id and text of every rule that decided something in this report, once."""
    ids = dict.fromkeys(item.rule for v in views for line in v.lines for item in line.items)
    return [(id_, rule_text(id_)) for id_ in ids if rule_text(id_)]


def level_names(analysis: Analysis) -> tuple[Level, ...]:
    """The levels a report lists, from above downward; relative names count from below."""
    graded = {f.level for f in analysis.findings}
    relative = any(lv.name.is_relative for lv in analysis.spine.levels)
    wanted = graded if relative else graded | set(GRADED_LEVELS)
    ordered = tuple(name for name in Level if name in wanted)
    return ordered[::-1] if relative else ordered


def focus_levels(analysis: Analysis) -> tuple[Level, ...]:
    """The lowest two levels: L4-L5 and L5-S1 unless the spine is numbered otherwise."""
    return level_names(analysis)[-2:]


def _level_view(analysis: Analysis, name: Level, *, is_focus: bool) -> LevelView:
    instance = analysis.spine.level(name)
    findings = analysis.at(name)
    lines = tuple(
        _line(analysis, place, [f for f in findings if f.condition in conditions], side)
        for place, conditions, side in _PLACES
    )
    return LevelView(
        name=name,
        title=_title(name, instance),
        note=_note(instance),
        is_focus=is_focus,
        lines=tuple(line for line in lines if line.items or line.place not in _OPTIONAL),
        measurements=tuple(m for m in analysis.measurements if m.level == name),
    )


_OPTIONAL = ("Slip", "Endplates")
"""Places left out where no stage returned anything on them; the others are never left out."""


def _title(name: Level, instance: LevelInstance | None) -> str:
    alternate = instance.alternate if instance else None
    return name.value if alternate is None else f"{name.value} (or {alternate.value})"


def _note(instance: LevelInstance | None) -> str:
    if instance is None:
        return "This level was not found in the images."
    return "Partly outside the images." if instance.is_partial else ""


def _line(analysis: Analysis, place: str, findings: Sequence[Finding], side: Side | None) -> Line:
    at = [f for f in findings if f.side == side]
    items = tuple(_item(analysis, f) for f in at)
    if not at:
        text, severity, word = "Not assessed: no grade was given.", words.worst(()), ""
    elif place == "Disc":
        shape = [f for f in at if f.condition is not Condition.DISC_DEGENERATION]
        text, severity, word = disc_sentence(at), words.worst(shape), disc_word(at)
    else:
        text, severity, word = _sentence(at), words.worst(at), ""
    return Line(
        place=place,
        text=text,
        severity=severity,
        word=word or words.severity_word(severity),
        items=items,
    )


def _sentence(findings: Sequence[Finding]) -> str:
    """The worst known grade and its cause; where nothing is known, the first reason."""
    known = sorted((f for f in findings if f.is_known), key=_conspicuity, reverse=True)
    return words.sentence(_graded(known[0]) if known else words.grade_words(findings[0]))


def _graded(finding: Finding) -> str:
    if finding.scale is Scale.PRESENCE:
        name = words.condition_name(finding.condition)
        text = f"no {name}" if finding.rank == 0 else name
    else:
        text = words.grade_words(finding)
    detail = finding.detail
    is_narrow = finding.condition in _STENOSES and words.severity(finding) in _NARROW
    if is_narrow and not any(word in detail for word in _CAUSE_WORDS):
        detail = "; ".join(filter(None, (detail, words.statement("cause_unknown"))))
    return f"{text}; {detail}" if detail else text


def _conspicuity(finding: Finding) -> int:
    return words.SEVERITIES.index(words.severity(finding))


def _item(analysis: Analysis, finding: Finding) -> Item:
    by_id = {m.id: m for m in analysis.measurements}
    return Item(
        name=words.condition_name(finding.condition),
        scale=_scale(finding),
        grade=finding.grade if finding.is_known else "",
        words=words.grade_words(finding),
        certainty=f"{finding.certainty} certainty" if finding.is_known else "",
        remarks=_remarks(finding),
        evidence=tuple(
            _evidence(analysis, by_id[id_]) if id_ in by_id else id_ for id_ in finding.because
        ),
        rule=finding.rule,
        rule_text=rule_text(finding.rule),
        severity=words.severity(finding),
    )


def _scale(finding: Finding) -> str:
    """The scale's name; presence is no published scale, so the condition stands for it."""
    if finding.scale is Scale.PRESENCE:
        return words.upfirst(words.condition_name(finding.condition))
    return finding.scale.value


def _evidence(analysis: Analysis, measurement: Measurement) -> str:
    name = words.quantity_name(measurement.quantity)
    side = f" {words.side_name(measurement.side)}" if measurement.side else ""
    where = words.slice_name(measurement, analysis.spine)
    return f"{name}{side} {words.quoted(measurement)} ({where})"


def _remarks(finding: Finding) -> tuple[str, ...]:
    remarks = []
    if finding.borderline:
        remarks.append("borderline")
    if finding.detail:
        remarks.append(finding.detail)
    if finding.is_known and finding.validation == "synthetic":
        remarks.append(words.statement("synthetic"))
    if finding.is_known and finding.validation == "none":
        remarks.append(words.statement("never_tested"))
    if finding.probabilities and (finding.rank > 0 or finding.borderline):
        remarks.append(_probabilities(finding.probabilities.items()))
    if finding.opinion is not None:
        view = _probabilities(finding.opinion.probabilities.items())
        remarks.append(f"learned grader {finding.opinion.grader}: {view}")
    return tuple(remarks)


def _probabilities(pairs: Iterable[tuple[str, float]]) -> str:
    shown = [f"{grade}: {p * 100:.0f} %" for grade, p in pairs]
    return f"probabilities {', '.join(shown)}"
