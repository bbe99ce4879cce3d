"""What the reports say, before any markup: HTML, text and terminal print the same lines."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from dataclasses import dataclass, replace

from cauda.records import Analysis, Finding, LevelInstance, Measurement, Numbering, Spine
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
    note : str
        Certainty, borderline, validation, detail; empty where the whole line shares it.
    rule, rule_text : str
    severity : Severity
    """

    name: str
    scale: str
    grade: str
    words: str
    note: str
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
    graded, ungraded : tuple of Item
        Grades given, and scales on which none was given that the text does not mention yet.
    note : str
        What all the grades share: certainty, validation.
    evidence : tuple of str
        The measurements they rest on, those of one slice together.
    """

    place: str
    text: str
    severity: Severity
    word: str
    graded: tuple[Item, ...]
    ungraded: tuple[Item, ...]
    note: str
    evidence: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class LevelView:
    """One level as printed.

    Parameters
    ----------
    name : Level
    title : str
        Name with the alternate name, where numbering is uncertain.
    note : str
        That it was not found, has no certain name, or is cut by the edge of the images; or empty.
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
    ids = dict.fromkeys(item.rule for v in views for line in v.lines for item in line.graded)
    return [(id_, rule_text(id_)) for id_ in ids if rule_text(id_)]


def level_names(analysis: Analysis) -> tuple[Level, ...]:
    """The levels a report lists, from above downward; relative names count from below.

    The usual five are always listed, unless another lumbosacral level shows that the spine does
    not have them.
    """
    found = {lv.name for lv in analysis.spine.levels}
    graded = {f.level for f in analysis.findings}
    if any(name.is_relative for name in found):
        return tuple(name for name in Level if name in graded)[::-1]
    usual = set(GRADED_LEVELS) - _ABSENT.get(_lumbosacral(found), set())
    return tuple(name for name in Level if name in graded | usual)


_ABSENT = {Level.L6_S1: {Level.L5_S1}, Level.L4_S1: {Level.L4_L5, Level.L5_S1}}
"""Usual levels that a spine of six or four lumbar vertebrae lacks."""


def _lumbosacral(found: Collection[Level]) -> Level:
    """The level above the sacrum; L5-S1 if none is in view."""
    return next((lv for lv in found if lv.value.endswith("-S1")), Level.L5_S1)


def focus_levels(analysis: Analysis) -> tuple[Level, ...]:
    """L4-L5, L5-S1 and the lowest two levels that were found: those shown large."""
    names = level_names(analysis)
    found = [name for name in names if analysis.spine.level(name) is not None]
    return tuple(n for n in names if n in {Level.L4_L5, Level.L5_S1, *found[-2:]})


def cited(analysis: Analysis, ids: Iterable[str]) -> tuple[str, ...]:
    """Findings by id as a reader names them: ``L4-L5 right foraminal stenosis (Lee ... 2)``."""
    by_id = {f.id: f for f in analysis.findings}
    spine = analysis.spine
    return tuple(dict.fromkeys(_named(by_id[i], spine) if i in by_id else i for i in ids))


def _named(finding: Finding, spine: Spine) -> str:
    side = f"{words.side_name(finding.side)} " if finding.side else ""
    name = f"{spine.title(finding.level)} {side}{words.condition_name(finding.condition)}"
    if finding.scale is Scale.PRESENCE:
        return name
    return f"{name} ({finding.scale.value}: {finding.grade.replace('_', ' to ')})"


def _level_view(analysis: Analysis, name: Level, *, is_focus: bool) -> LevelView:
    instance = analysis.spine.level(name)
    findings = analysis.at(name)
    lines = tuple(
        _line(analysis, place, [f for f in findings if f.condition in conditions], side)
        for place, conditions, side in _PLACES
    )
    return LevelView(
        name=name,
        title=analysis.spine.title(name),
        note=_note(instance, analysis.spine.numbering),
        is_focus=is_focus,
        lines=tuple(line for line in lines if _is_shown(line)),
        measurements=tuple(m for m in analysis.measurements if m.level == name),
    )


_SILENT = "Not assessed: no grade was given."
_OPTIONAL = ("Slip", "Endplates")
"""Places left out where no stage returned anything on them; the others are never left out."""


def _is_shown(line: Line) -> bool:
    return line.place not in _OPTIONAL or line.text != _SILENT


def _note(instance: LevelInstance | None, numbering: Numbering) -> str:
    if instance is None:
        return "This level was not found in the images."
    partial = ["Partly outside the images."] if instance.is_partial else []
    doubted = [words.statement("name_uncertain")] if numbering.state == "uncertain" else []
    return " ".join(doubted + partial)


def _line(analysis: Analysis, place: str, findings: Sequence[Finding], side: Side | None) -> Line:
    at = [f for f in findings if f.side == side or f.condition in DISC]
    if not at:
        text, severity, word = _SILENT, words.worst(()), ""
    elif place == "Disc":
        shape = [f for f in at if f.condition is not Condition.DISC_DEGENERATION]
        text, severity, word = disc_sentence(at), words.worst(shape), disc_word(at)
    else:
        text, severity, word = _sentence(at), words.worst(at), ""
    graded = tuple(_item(f, text) for f in at if f.is_known)
    notes = {item.note for item in graded}
    shared = notes.pop() if len(notes) == 1 else ""
    return Line(
        place=place,
        text=text,
        severity=severity,
        word=word or words.severity_word(severity),
        graded=tuple(replace(item, note="") for item in graded) if shared else graded,
        ungraded=tuple(_item(f, text) for f in at if not f.is_known and not _is_said(f, text)),
        note=shared,
        evidence=_evidence(analysis, at),
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


def _item(finding: Finding, said: str) -> Item:
    return Item(
        name=words.condition_name(finding.condition),
        scale=_scale(finding),
        grade=finding.grade if finding.is_known else "",
        words=words.grade_words(finding),
        note=" · ".join(_remarks(finding, said)) if finding.is_known else "",
        rule=finding.rule,
        rule_text=rule_text(finding.rule),
        severity=words.severity(finding),
    )


def _is_said(finding: Finding, text: str) -> bool:
    return finding.reason_unknown.rstrip(".").lower() in text.lower()


def _scale(finding: Finding) -> str:
    """The scale's name; presence is no published scale, so the condition stands for it."""
    if finding.scale is Scale.PRESENCE:
        return words.upfirst(words.condition_name(finding.condition))
    return finding.scale.value


def _evidence(analysis: Analysis, findings: Sequence[Finding]) -> tuple[str, ...]:
    """Every measurement that the known grades rest on, once, by slice."""
    ids = dict.fromkeys(id_ for f in findings if f.is_known for id_ in f.because)
    by_id = {m.id: m for m in analysis.measurements}
    at: dict[str, list[str]] = {}
    for id_ in ids:
        if id_ not in by_id:
            at.setdefault("", []).append(id_)
            continue
        m = by_id[id_]
        level = f"{m.level.value} " if m.level and m.level != findings[0].level else ""
        told = f"{level}{words.quantity_name(m.quantity)} {words.quoted(m)}"
        at.setdefault(words.slice_name(m, analysis), []).append(told)
    return tuple(f"{', '.join(told)}{f' ({where})' if where else ''}" for where, told in at.items())


def _remarks(finding: Finding, said: str) -> list[str]:
    remarks = [f"{finding.certainty} certainty"]
    if finding.borderline:
        remarks.append("borderline")
    remarks += [c for c in finding.detail.split("; ") if c and c.lower() not in said.lower()]
    remarks.append(words.validation(finding.validation))
    if finding.probabilities and (finding.rank > 0 or finding.borderline):
        remarks.append(_probabilities(finding.probabilities.items()))
    if finding.opinion is not None:
        own = finding.opinion
        view = _probabilities(own.probabilities.items())
        remarks.append(f"learned grader {own.grader} on {own.plane} images: {view}")
    return [remark for remark in remarks if remark]


def _probabilities(pairs: Iterable[tuple[str, float]]) -> str:
    shown = [f"{grade}: {p * 100:.0f} %" for grade, p in pairs]
    return f"probabilities {', '.join(shown)}"
