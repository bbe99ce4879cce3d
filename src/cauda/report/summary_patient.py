"""The summary in a patient's words: short sentences, no diagnosis, no advice on treatment."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import partial

from markupsafe import Markup

from cauda.knowledge import row, rows
from cauda.knowledge.roots import reaches_foot
from cauda.records import Analysis, Finding, RedFlag, Relation, RootLink
from cauda.report import words
from cauda.report.feet import has_cauda
from cauda.report.html import environment, resource
from cauda.report.summary_page import drawings, legend, page_line
from cauda.report.summary_roots import ORDER
from cauda.report.summary_said import Said, said, sentence_of
from cauda.report.summary_symptoms import reading, reported
from cauda.vocab import Condition, Level, Root, Side

_FILE = "summary.toml"
_DEGREES = ("mild", "moderate", "severe")
say = partial(sentence_of, "patient")


@dataclass(frozen=True, slots=True, kw_only=True)
class NerveView:
    """One linked root in plain words."""

    name: str
    links: tuple[str, ...]
    feel: Said
    weak: Said


def patient_html(analysis: Analysis) -> str:
    """Render the page for the person whose spine it is."""
    relation = analysis.relation
    own = [link for link in relation.roots if reaches_foot(link.root)]
    above = {link.root: link.root.value for link in relation.roots if not reaches_foot(link.root)}
    template = environment().get_template("summary_patient.html.j2")
    return template.render(
        css=Markup(resource("summary.css")),
        page_line=page_line(say("disclaimer")),
        say=say,
        analysis=analysis,
        relation=relation,
        emergency=row(_FILE, "patient", "emergency"),
        flags=[(flag.tier, _flag(analysis, flag)) for flag in relation.red_flags],
        asked=_asked(relation),
        is_told=bool(_told_of(relation, "emergency")),
        has_cauda=has_cauda(relation.roots),
        swatch=legend,
        nerves=[_nerve(analysis, r) for r in ORDER if any(k.root is r for k in own)],
        above=", ".join(above.values()),
        feet=drawings(relation.roots, reported(relation.symptoms)),
        reading=reading(relation.symptoms),
        fits=list(_fits(relation)),
        causes=[_plain("causes", r.id) for r in rows("differentials.toml", "differentials")],
        unseen=[_plain("unseen", r.id) for r in rows("not_assessed.toml", "standing")],
        unknown=list(_unknown(analysis)),
        base_rates=list(_base_rates(analysis)),
    )


def _plain(table: str, id_: str) -> str:
    return row(_FILE, table, id_).text("text")


def _flag(analysis: Analysis, flag: RedFlag) -> str:
    if flag.tier == "imaging":
        levels = dict.fromkeys(id_.partition("/")[0] for id_ in flag.triggers)
        titles = (analysis.spine.title(Level(name)) for name in levels)
        return say("imaging", level=", ".join(titles))
    told = _told_of(analysis.relation, flag.tier)
    return f"{say(flag.tier)} {say('told', signs=told) if told else ''}".strip()


def _told_of(relation: Relation, tier: str) -> str:
    """What was told that raises a tier, in words."""
    raised = (t for f in relation.red_flags if f.tier == tier for t in f.triggers)
    return "; ".join((t.partition(": ")[2] or t).partition(":")[0] for t in raised)


def _asked(relation: Relation) -> str:
    """What was told of the emergency signs; silence is "not asked"."""
    told = _told_of(relation, "emergency")
    return say("reported", signs=told) if told else say("not_asked")


def _nerve(analysis: Analysis, root: Root) -> NerveView:
    about = row(_FILE, "nerves", root.value)
    links = [k for s in (Side.RIGHT, Side.LEFT) for k in analysis.relation.roots if k.side is s]
    return NerveView(
        name=words.upfirst(_nerve_name(root)),
        links=tuple(_link(analysis, link) for link in links if link.root is root),
        feel=said(about.text("feel"), about),
        weak=said(about.text("weak"), about),
    )


def _nerve_name(root: Root) -> str:
    return row(_FILE, "nerves", root.value).text("name", f"nerve {root.value}")


def _link(analysis: Analysis, link: RootLink) -> str:
    by_id = {f.id: f for f in analysis.findings}
    told = dict.fromkeys(_told(analysis, by_id[id_]) for id_ in link.because if id_ in by_id)
    side = words.upfirst(words.side_name(link.side))
    return f"{side}: {_plain('tiers', str(link.tier))}. {' '.join(told)}"


def _told(analysis: Analysis, finding: Finding) -> str:
    """One finding, such as "At L4-L5 on the right, the hole where a nerve leaves is tight"."""
    parts = {r.id: r.text("found") for r in rows(_FILE, "parts")}
    severity = words.severity(finding)
    degree = f" ({_plain('degrees', severity)})" if severity in _DEGREES else ""
    side = f" on the {words.side_name(finding.side)}" if finding.side else ""
    what = parts.get(finding.condition.value, words.condition_name(finding.condition))
    return f"At {analysis.spine.title(finding.level)}{side}, {what}{degree}."


def _fits(relation: Relation) -> Iterator[tuple[str, str]]:
    """Each symptom that points to a root, and how it fits, in plain words."""
    for held in (relation.symptoms or {}).get("concordance", ()):
        links = [k for k in relation.roots if held["because"] and _is_of(k, held["because"])]
        link = _meant(links, held["text"])
        filled = {"nerve": _nerve_name(link.root), "side": link.side.value} if link else {}
        side = f", {held['side']}" if held["side"] else ""
        clue = held["clue"].partition(" (")[0]
        yield f"{words.upfirst(clue)}{side}", say(held["verdict"], **filled)


def _is_of(link: RootLink, because: Sequence[str]) -> bool:
    return tuple(link.because) == tuple(because)


def _meant(links: Sequence[RootLink], text: str) -> RootLink | None:
    """The link that the verdict names, where several rest on the same findings."""
    named = [link for link in links if f"{link.root} {link.side}" in text]
    return next(iter(named or links), None)


def _unknown(analysis: Analysis) -> Iterator[str]:
    """Places that could not be judged: never silently left out."""
    known = {(f.condition, f.level, f.side) for f in analysis.findings if f.is_known}
    levels: dict[Condition, list[str]] = {}
    for f in analysis.findings:
        if not f.is_known and (f.condition, f.level, f.side) not in known:
            levels.setdefault(f.condition, []).append(analysis.spine.title(f.level))
    for part in rows(_FILE, "parts"):
        at = dict.fromkeys(levels.get(Condition(part.id), ()))
        if at:
            yield say("unknown", part=part.text("text"), levels=", ".join(at))


def _base_rates(analysis: Analysis) -> Iterator[str]:
    """The figures that the relation gives for the decade, one plain sentence each."""
    given = " ".join(analysis.relation.base_rates)
    decade = int((analysis.study.age_years or 0) // 10) * 10
    for held in rows("base_rates.toml", "base_rates"):
        figure = f"{held.text('name')} in {held.number('percent'):.0f} %"
        if held.number("decade") == decade and figure in given:
            count = f"{held.number('percent'):.0f}"
            finding = _plain("common", held.text("name"))
            yield say("decade", decade=str(decade), count=count, finding=finding)
    yield say("decade_note") if given else say("no_age")
