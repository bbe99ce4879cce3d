"""From a complaint back to candidate roots, levels and other causes; or from a place to the foot.

Candidates are ordered by ordinal weights of ``knowledge/symptoms.toml``; they are no diagnoses, and
no weight is shown. Red flags come first, always.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from typing import Literal

from cauda.knowledge import Row, row, rows
from cauda.knowledge.roots import reaches_foot, root_row
from cauda.records import Expected, RedFlag
from cauda.relate.associated import evidence, expected
from cauda.relate.clues import witnesses
from cauda.relate.complaint import Complaint
from cauda.relate.flags import flags, open_questions
from cauda.relate.reach import (
    exiting_root,
    passing_roots,
    roots_at,
    traversing_root,
)
from cauda.vocab import GRADED_LEVELS, Level, Root, Side, Zone

CANDIDATE_ROOTS = (Root.L4, Root.L5, Root.S1, Root.CAUDA)
"""Roots a complaint of the foot can point to; the upper ones predict nothing there."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """One cause a complaint could be compatible with.

    Parameters
    ----------
    id : str
        A root's name, or a row of ``differentials.toml``.
    kind : {"root", "other"}
    name : str
        In words.
    levels : tuple of str
        For a root: the places where it can be reached.
    speaks_for, speaks_against : tuple of str
        Clues that were read.
    test : str
        The examination that tells it apart.
    weight : float
        Sum of ordinal weights; only orders the candidates, never to be shown.
    """

    id: str
    kind: Literal["root", "other"]
    name: str
    levels: tuple[str, ...]
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]
    test: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class SymptomExplanation:
    """What a complaint is compatible with; the red flags stand first.

    Parameters
    ----------
    red_flags : tuple of RedFlag
    questions : tuple of str
        Emergency questions that the complaint left open: to be asked, whatever was read.
    complaint : Complaint
        What was read, with the words that were not.
    candidates : tuple of Candidate
        The best supported first.
    evidence : tuple of str
        How well such links hold, for the first two roots.
    notes : tuple of str
        What must be known about this reading.
    """

    red_flags: tuple[RedFlag, ...]
    questions: tuple[str, ...]
    complaint: Complaint
    candidates: tuple[Candidate, ...]
    evidence: tuple[str, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class PlaceExplanation:
    """What a finding at a level, zone and side could affect; the red flags stand first."""

    red_flags: tuple[RedFlag, ...]
    level: Level
    zone: Zone
    side: Side | None
    reached: tuple[ReachedRoot, ...]
    notes: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachedRoot:
    """One root at a place, with what is associated with it and how well that holds."""

    root: Root
    side: Side
    associated: Expected
    reaches_foot: bool
    evidence: tuple[str, ...]


def explain_finding(level: Level, zone: Zone, side: Side | None = None) -> PlaceExplanation:
    """Name the roots at a place and what is anatomically associated with each.

    Parameters
    ----------
    level : Level
    zone : Zone
        Central reaches both sides; marked central stenosis can reach every passing root.
    side : Side or None
        The patient's; ``None`` lists both.
    """
    reached = tuple(
        ReachedRoot(
            root=root,
            side=at,
            associated=expected(root),
            reaches_foot=reaches_foot(root),
            evidence=evidence(root),
        )
        for root, at in roots_at(level, zone, side)
    )
    return PlaceExplanation(
        red_flags=flags(None),
        level=level,
        zone=zone,
        side=side,
        reached=reached,
        notes=tuple(_place_notes(level, zone)),
    )


def _place_notes(level: Level, zone: Zone) -> Iterator[str]:
    if zone is Zone.CENTRAL:
        roots = passing_roots(level)
        yield (
            row("relate_wording.toml", "wording", "central")
            .text("text")
            .format(roots=f"{roots[0]} to {roots[-1]}")
        )
    if not roots_at(level, zone, None):
        yield row("relate_wording.toml", "wording", "no_root").text("text")


def explain_symptom(complaint: Complaint) -> SymptomExplanation:
    """Rank what a complaint is compatible with.

    Parameters
    ----------
    complaint : Complaint
        As :func:`cauda.relate.reading.read` or :func:`cauda.relate.structured.complaint` make it.
    """
    found = candidates(complaint)
    roots = [Root(c.id) for c in found if c.kind == "root"][:2]
    return SymptomExplanation(
        red_flags=flags(complaint),
        questions=open_questions(complaint),
        complaint=complaint,
        candidates=found,
        evidence=tuple(dict.fromkeys(line for root in roots for line in evidence(root))),
        notes=tuple(_notes(complaint, found)),
    )


def candidates(complaint: Complaint) -> tuple[Candidate, ...]:
    """Causes that more speaks for than against, the best supported first."""
    clues = [
        clue
        for clue in rows("symptoms.toml", "clues", ("says", "when", "weights"))
        if witnesses(clue, complaint)
    ]
    made = [_candidate(cause, clues) for cause in causes()]
    return tuple(sorted((c for c in made if c.weight > 0), key=lambda c: -c.weight))


def causes() -> tuple[str, ...]:
    """Ids of every cause: the roots, then the differentials."""
    others = rows("differentials.toml", "differentials")
    return (*(root.value for root in CANDIDATE_ROOTS), *(r.id for r in others))


def _candidate(cause: str, clues: list[Row]) -> Candidate:
    weighed = [(clue.text("says"), clue.weights("weights").get(cause, 0.0)) for clue in clues]
    is_root = cause in [root.value for root in CANDIDATE_ROOTS]
    about = root_row(Root(cause)) if is_root else row("differentials.toml", "differentials", cause)
    return Candidate(
        id=cause,
        kind="root" if is_root else "other",
        name=_root_name(cause) if is_root else about.text("name"),
        levels=levels_of(Root(cause)) if is_root else (),
        speaks_for=tuple(says for says, weight in weighed if weight > 0),
        speaks_against=tuple(says for says, weight in weighed if weight < 0),
        test=about.text("test"),
        weight=sum(weight for _, weight in weighed),
    )


def _root_name(cause: str) -> str:
    return "Cauda equina (central canal)" if cause == Root.CAUDA.value else f"{cause} nerve root"


@cache
def levels_of(root: Root) -> tuple[str, ...]:
    """Places where a root can be reached: ``L4-L5 recess``, ``L5-S1 foramen``."""
    if root is Root.CAUDA:
        return ("central canal at any level",)
    recess = [f"{lv} recess" for lv in GRADED_LEVELS if traversing_root(lv) is root]
    foramen = [f"{lv} foramen" for lv in GRADED_LEVELS if exiting_root(lv) is root]
    return (*recess, *foramen)


def _notes(complaint: Complaint, found: tuple[Candidate, ...]) -> Iterator[str]:
    """What the reader must know about this reading."""
    names = {m.concept for m in complaint.mentions if m.state == "present"}
    for note in rows("relate_wording.toml", "reading_notes"):
        wanted = note.texts("concepts")
        if (wanted and names & set(wanted)) or (not wanted and not found):
            yield note.text("text")
