"""Linked roots for the clinician: one row a root, both sides joined, L5 and S1 first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace

from cauda.knowledge import rows
from cauda.knowledge.roots import aspects, reaches_foot, root_row
from cauda.records import Analysis, Finding, RootLink
from cauda.report import words
from cauda.report.summary_said import Said, said, sentence_of
from cauda.vocab import Root, Scale, Side

ORDER = (Root.L5, Root.S1, Root.CAUDA, Root.L4, Root.S2, Root.S3, Root.S4)
"""The two roots that most lumbar foot symptoms come from stand first."""
MAX_EVIDENCE = 6
"""Lines of general evidence on a page that has to stay short."""
_MAIN = ("dermatomal_pain", "maps", "level_by_exam", "extrusion")
"""Rows of ``evidence.toml`` that a reader needs whatever roots are linked."""
_EXAM = ("l4_signs", "l5_abduction", "achilles", "claudication")
"""Rows of ``evidence.toml`` on what the examination of one root tells."""
_EXPECTED = (("sensation", "Feeling"), ("pain", "Pain"), ("weakness", "Weakness"),
             ("reflex", "Reflex"), ("cramp", "Cramp"))  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class SideLine:
    """How strongly a root is linked on one side, or on both alike, and by which findings."""

    side: str
    tier: int
    tier_text: str
    findings: str
    notes: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class RootView:
    """One root as printed.

    Parameters
    ----------
    name : str
    sides : tuple of SideLine
    expect : tuple of (str, tuple of Said)
        Aspect and what is associated with the root there.
    examine, evidence : tuple of Said
    notes : tuple of str
        What holds for every side of it.
    """

    name: str
    sides: tuple[SideLine, ...]
    expect: tuple[tuple[str, tuple[Said, ...]], ...]
    examine: tuple[Said, ...]
    evidence: tuple[Said, ...]
    notes: tuple[str, ...] = ()


def root_views(analysis: Analysis) -> tuple[RootView, ...]:
    """A row for every linked root that reaches the foot."""
    links = analysis.relation.roots
    present = {link.root for link in links if reaches_foot(link.root)}
    shared = shared_notes(links)
    views = (_view(analysis, root) for root in ORDER if root in present)
    return tuple(_noted_once(view, shared) for view in views)


def shared_notes(links: Sequence[RootLink]) -> tuple[str, ...]:
    """Notes that every link carries, where there are several: said once for the page."""
    if len(links) < 2:
        return ()
    return tuple(n for n in links[0].notes if all(n in link.notes for link in links))


def _noted_once(view: RootView, shared: Sequence[str]) -> RootView:
    """The row without the page's notes, and with its sides' common notes said once."""
    common = [n for n in view.sides[0].notes if all(n in line.notes for line in view.sides)]
    sides = (
        replace(line, notes=tuple(n for n in line.notes if n not in common)) for line in view.sides
    )
    notes = tuple(n for n in common if n not in shared)
    return replace(view, sides=tuple(sides), notes=notes)


def silent_roots(links: Iterable[RootLink]) -> str:
    """Linked roots that by themselves predict nothing in the foot, with their sides."""
    sides: dict[Root, list[Side]] = {}
    for link in links:
        if not reaches_foot(link.root):
            sides.setdefault(link.root, []).append(link.side)
    return ", ".join(f"{r.value} {_both(sides[r])}" for r in Root if r in sides)


def foot_evidence(links: Sequence[RootLink], *, is_cramp: bool) -> tuple[Said, ...]:
    """How well links of this kind hold, beside what one root's examination tells; the main first.

    Parameters
    ----------
    links : sequence of RootLink
    is_cramp : bool
        Whether a cramp was reported; only then figures on cramps matter.
    """
    linked = {link.root.value for link in links if reaches_foot(link.root)}
    held = [
        r
        for r in rows("evidence.toml", "evidence")
        if r.is_citable
        and r.id not in _EXAM
        and linked & set(r.texts("roots"))
        and (is_cramp or not r.id.startswith("cramp"))
    ]
    first = [r for id_ in _MAIN for r in held if r.id == id_]
    ordered = first + [r for r in held if r not in first]
    return tuple(said(r.text("text"), r) for r in ordered[:MAX_EVIDENCE])


def found(analysis: Analysis, ids: Sequence[str]) -> str:
    """Findings by id in words, each condition once at a level and side, by its worst grade.

    A level's other name stands only where the level is first said: the column is narrow.
    """
    by_id = {f.id: f for f in analysis.findings}
    worst: dict[tuple[object, ...], Finding] = {}
    for finding in (by_id[id_] for id_ in ids if id_ in by_id):
        place = (finding.level, finding.side, finding.condition)
        kept = worst.setdefault(place, finding)
        if _severity(finding) > _severity(kept):
            worst[place] = finding
    levels = [f.level for f in worst.values()]
    names = (
        analysis.spine.title(level) if level not in levels[:n] else level.value
        for n, level in enumerate(levels)
    )
    told = (_in_words(f, name) for f, name in zip(worst.values(), names, strict=True))
    return "; ".join(told) or ", ".join(ids)


def _severity(finding: Finding) -> int:
    return words.SEVERITIES.index(words.severity(finding))


def _in_words(finding: Finding, place: str) -> str:
    is_presence = finding.scale is Scale.PRESENCE
    name = words.condition_name(finding.condition) if is_presence else words.grade_words(finding)
    side = f" {words.side_name(finding.side)}" if finding.side else ""
    grade = "" if is_presence else f" ({finding.scale.value}: {finding.grade.replace('_', ' to ')})"
    borderline = ", borderline" if finding.borderline else ""
    return f"{place}{side}: {name}{grade}{borderline}"


def _view(analysis: Analysis, root: Root) -> RootView:
    own = [link for link in analysis.relation.roots if link.root is root]
    associated = own[0].associated
    rests_on = aspects(root)
    expect = tuple(
        (label, tuple(said(text, rests_on.get(aspect)) for text in getattr(associated, aspect)))
        for aspect, label in _EXPECTED
    )
    about = root_row(root)
    test = about.text("test", "")
    gait = tuple(said(text, rests_on.get("gait")) for text in associated.gait)
    return RootView(
        name=words.upfirst(root.value),
        sides=_sides(analysis, own),
        expect=tuple((label, texts) for label, texts in expect if texts),
        examine=((said(test, about),) if test else ()) + gait,
        evidence=tuple(
            said(held.text("text"), held)
            for held in rows("evidence.toml", "evidence")
            if held.is_citable and held.id in _EXAM and root.value in held.texts("roots")
        ),
    )


def _sides(analysis: Analysis, links: Sequence[RootLink]) -> tuple[SideLine, ...]:
    """One line a side, right first; one for both where both say the same."""
    ordered = [link for side in (Side.RIGHT, Side.LEFT) for link in links if link.side is side]
    said_of: dict[tuple[object, ...], list[RootLink]] = {}
    for link in ordered:
        said_of.setdefault((link.tier, link.because, link.notes, link.widened), []).append(link)
    return tuple(_line(analysis, alike) for alike in said_of.values())


def _line(analysis: Analysis, alike: Sequence[RootLink]) -> SideLine:
    link = alike[0]
    widened = (sentence_of("clinician", "widened"),) if link.widened else ()
    return SideLine(
        side=_both([k.side for k in alike]),
        tier=link.tier,
        tier_text=link.tier_text,
        findings=found(analysis, link.because),
        notes=widened + link.notes,
    )


def _both(sides: Sequence[Side]) -> str:
    return "right and left" if len(set(sides)) > 1 else sides[0].value
