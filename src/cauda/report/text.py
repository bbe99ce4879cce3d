"""The report as plain text, for pasting into a reporting system: at most 100 columns."""

from __future__ import annotations

import textwrap
from collections.abc import Iterable, Sequence

from cauda.records import Analysis, RootLink
from cauda.report import tables, words
from cauda.report.changes import change_lines
from cauda.report.content import Item, LevelView, Line, cited, level_views, used_rules

WIDTH = 100
_PLACE_WIDTH = 11


def report_text(analysis: Analysis) -> str:
    """Render the report, in the same order and words as the page.

    Returns
    -------
    str
        Lines of at most :data:`WIDTH` characters, ending in a newline; no identifiers.
    """
    lines = [
        *_wrapped(words.statement("banner")),
        "",
        "LUMBAR SPINE MRI: STRUCTURED ANALYSIS",
        tables.facts(analysis).person,
        *_flags(analysis),
        *_technique(analysis),
        *_heading("COMPARISON", _comparison(analysis)),
        *_heading("NUMBERING", _numbering(analysis)),
        *_heading("ALIGNMENT", _alignment(analysis)),
        *_heading("CONUS", [_conus(analysis)]),
        *_levels(analysis),
        *_heading("IMPRESSION", _numbered(analysis.impression)),
        *_roots(analysis),
        *_heading("NOT ASSESSED", _listed(analysis.not_assessed)),
        *_heading("LIMITS", _listed(_limits(analysis))),
        *_heading("RULES THAT GAVE THE GRADES", _rules(analysis)),
        *_heading("PROVENANCE", [_provenance(analysis)]),
        "",
        *_wrapped(words.statement("disclaimer")),
    ]
    return "\n".join(lines) + "\n"


def _wrapped(text: str, indent: str = "", hanging: str | None = None) -> list[str]:
    later = indent if hanging is None else hanging
    found = textwrap.wrap(text, WIDTH, initial_indent=indent, subsequent_indent=later)
    return found or [""]


def _heading(title: str, sentences: Iterable[str]) -> list[str]:
    body = [line for text in sentences for line in _body(text)]
    return ["", title, *body]


def _body(text: str) -> list[str]:
    """Wrapped; list marks and place names keep their hanging indent."""
    mark = next((m for m in ("- ", "1. ") if text[1:3] == ". " or text.startswith(m)), "")
    return _wrapped(text, hanging=" " * (3 if text[1:3] == ". " else len(mark)))


def _listed(sentences: Sequence[str]) -> list[str]:
    return [f"- {words.sentence(s)}" for s in sentences] or ["- Nothing was listed."]


def _numbered(sentences: Sequence[str]) -> list[str]:
    if not sentences:
        return ["Not assessed: no grade could be given."]
    return [f"{n}. {words.sentence(s)}" for n, s in enumerate(sentences, 1)]


def _flags(analysis: Analysis) -> list[str]:
    flags = [
        f"{flag.tier.upper()}{'' if flag.tier == 'imaging' else f' ({flag.answered})'}: {flag.text}"
        for flag in analysis.relation.red_flags
    ]
    return _heading("RED FLAGS", flags or ["Not asked."])


def _technique(analysis: Analysis) -> list[str]:
    facts = tables.facts(analysis)
    series = [f"{s.key}: {s.kind}, {s.grid}; {s.state}. {s.reason}" for s in _series(analysis)]
    return [
        *_heading("TECHNIQUE", [f"- {line}" for line in series]),
        *_heading("QUALITY", _listed(facts.quality)),
        *_heading("COVERAGE", _listed(facts.coverage)),
    ]


def _series(analysis: Analysis) -> list[tables.SeriesRow]:
    return tables.series_rows(analysis)


def _comparison(analysis: Analysis) -> list[str]:
    if not analysis.changes:
        return [words.statement("no_prior")]
    return _listed(change_lines(analysis))


def _numbering(analysis: Analysis) -> list[str]:
    numbering = analysis.spine.numbering
    lines = [words.numbering_sentence(numbering.state), *_listed(numbering.reasons)]
    if numbering.alternate:
        lines.append(f"- {words.sentence(numbering.alternate)}")
    return lines + [f"- Flag: {words.sentence(flag)}" for flag in numbering.flags]


def _alignment(analysis: Analysis) -> list[str]:
    whole = [f"{words.upfirst(m.quantity)}: {m.value}." for m in tables.spine_rows(analysis)]
    rows = [
        f"{row.place}: slip {row.slip} ({row.grade}); segmental angle {row.angle}."
        for row in tables.alignment_rows(analysis)
    ]
    return [*whole, *rows, words.statement("supine")]


def _conus(analysis: Analysis) -> str:
    conus = analysis.spine.conus
    if conus.level is None:
        return f"Not assessed: {conus.reason}"
    return f"Conus tip at {conus.level}. {words.sentence(conus.reason)}"


def _levels(analysis: Analysis) -> list[str]:
    lines = _heading("LEVEL BY LEVEL", [words.statement("uncertainty")])
    for view in level_views(analysis):
        lines += ["", view.title, *([f"  {view.note}"] if view.note else []), *_places(view)]
    return lines


def _places(view: LevelView) -> list[str]:
    pad = " " * (_PLACE_WIDTH + 2)
    lines = []
    for line in view.lines:
        lines += _wrapped(f"  {line.place:<{_PLACE_WIDTH}}{line.text}", hanging=pad)
        for text in _grounds(line):
            lines += _wrapped(text, pad + "- ", pad + "  ")
    return lines


def _grounds(line: Line) -> list[str]:
    """Grades with their rules, then the measurements they rest on, then what is missing."""
    grades = "; ".join(_graded(item) for item in line.graded)
    note = f". {words.upfirst(line.note)}" if line.note else ""
    missing = "; ".join(f"{item.scale} {item.words}" for item in line.ungraded)
    return [
        *([f"{grades}{note}".replace(" · ", ", ")] if grades else []),
        *([f"rests on {'; '.join(line.evidence)}"] if line.evidence else []),
        *([missing] if missing else []),
    ]


def _graded(item: Item) -> str:
    note = f", {item.note}" if item.note else ""
    return f"{item.scale}: {item.grade.replace('_', ' to ')} [{item.rule}]{note}"


def _roots(analysis: Analysis) -> list[str]:
    relation = analysis.relation
    lines = _heading("NERVE ROOTS AND ASSOCIATED FOOT SYMPTOMS", [words.statement("association")])
    for link in relation.roots:
        level = analysis.spine.title(link.level) if link.level else ""
        lines += _root(link, level, cited(analysis, link.because))
    if not relation.roots:
        lines += _wrapped("No finding was linked to a nerve root; a root cause is not excluded.")
    if relation.not_assessed:
        lines += _heading("NOT JUDGED ABOUT THE ROOTS", _listed(relation.not_assessed))
    lines += _heading("BASE RATES", _listed(relation.base_rates))
    return lines + _heading("OTHER CAUSES OF FOOT SYMPTOMS", _listed(relation.other_causes))


def _root(link: RootLink, level: str, because: Sequence[str]) -> list[str]:
    where = f"{level}, " if level else ""
    lines = _wrapped(
        f"{link.root.value} {link.side.value}: {link.tier_text} ({where}from "
        f"{', '.join(because)}).",
        hanging="  ",
    )
    aspects = (
        ("sensation", link.associated.sensation),
        ("pain", link.associated.pain),
        ("weakness", link.associated.weakness),
        ("reflex", link.associated.reflex),
        ("cramp", link.associated.cramp),
        ("gait", link.associated.gait),
    )
    for name, values in aspects:
        if values:
            lines += _wrapped(f"{name}: {'; '.join(values)}", "  ", "    ")
    for note in link.notes:
        lines += _wrapped(f"note: {words.sentence(note)}", "  ", "    ")
    return lines


def _limits(analysis: Analysis) -> list[str]:
    stated = [
        f"{limit.reason.rstrip('.')} ({limit.effect}"
        f"{f', {limit.level.value}' if limit.level else ''})"
        for limit in analysis.limits
    ]
    return [*stated, words.statement("intended_use")]


def _rules(analysis: Analysis) -> list[str]:
    return [f"- {id_}: {text}" for id_, text in used_rules(level_views(analysis))]


def _provenance(analysis: Analysis) -> str:
    made = analysis.provenance
    return (
        f"Cauda {made.version}; bundle {made.bundle}, SHA-256 {made.bundle_sha256[:16]}...; "
        f"{made.created}; status: unreviewed."
    )
