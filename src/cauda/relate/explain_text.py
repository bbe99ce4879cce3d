"""Explanations as plain lines, in the order in which a person should read them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from cauda.knowledge import row
from cauda.records import Expected, RedFlag
from cauda.relate.complaint import Complaint, Mention
from cauda.relate.explain import Candidate, PlaceExplanation, ReachedRoot, SymptomExplanation

MAX_CANDIDATES = 4
"""More roots, or other causes, than this are named in one line, without their clues."""
MAX_EVIDENCE = 4
"""Lines of evidence shown for a root; the record holds all of them."""

_STATES = {"other": "said of someone else, not counted"}
_ASPECTS = ("sensation", "pain", "weakness", "reflex", "cramp", "gait")


def symptom_lines(explanation: SymptomExplanation) -> tuple[str, ...]:
    """Red flags, the reading, candidates with their clues, open questions, evidence, notes."""
    return (
        *_flag_lines(explanation.red_flags),
        "",
        *_reading_lines(explanation.complaint),
        "",
        *_candidate_lines(explanation.candidates),
        "",
        *_block("Ask (not answered above):", (" ".join(explanation.questions),)),
        *_block("How well such links hold:", explanation.evidence[:MAX_EVIDENCE]),
        *_block("Note:", explanation.notes),
        _association(),
    )


def place_lines(explanation: PlaceExplanation) -> tuple[str, ...]:
    """Red flags, then each root at the place with what is associated with it."""
    side = f", {explanation.side}" if explanation.side else ""
    return (
        *_flag_lines(explanation.red_flags),
        "",
        f"{explanation.level}, {explanation.zone} zone{side}:",
        *(line for reached in explanation.reached for line in _root_lines(reached)),
        *_block("Note:", explanation.notes),
        _association(),
    )


def _flag_lines(red_flags: Iterable[RedFlag]) -> Iterator[str]:
    for flag in red_flags:
        yield f"{flag.tier.upper()} ({flag.answered}): {flag.text}"
        for trigger in flag.triggers:
            yield f"  ! {trigger.partition(': ')[2] or trigger}"


def _reading_lines(complaint: Complaint) -> Iterator[str]:
    yield f"Read as (side: {complaint.side or 'not stated'}):"
    for mention in complaint.mentions:
        yield f"  - {_mention(mention)}"
    if not complaint.mentions:
        yield "  - nothing"
    if complaint.respelled:
        pairs = ", ".join(f"{word} as {meant}" for word, meant in complaint.respelled)
        yield f"  Taken for typing errors: {pairs}."
    if complaint.unread:
        yield f"  Words not read: {', '.join(complaint.unread)}. Nothing was guessed from them."


def _mention(mention: Mention) -> str:
    words = [mention.name]
    words += [mention.side] if mention.side else []
    words += [_STATES.get(mention.state, mention.state)] if mention.state != "present" else []
    words += [q for q in mention.qualifiers if q != mention.concept]
    return f"{', '.join(words)}  [{mention.phrase}]" if mention.phrase else ", ".join(words)


def _candidate_lines(candidates: tuple[Candidate, ...]) -> Iterator[str]:
    """Roots and other causes apart, the better supported of the two first."""
    if not candidates:
        yield "Compatible with: no root or listed cause; a root cause is not excluded."
    kinds = dict.fromkeys(candidate.kind for candidate in candidates)
    titles = {"root": "Roots anatomically compatible with this", "other": "Other causes"}
    for kind in kinds:
        yield f"{titles[kind]} (best supported first; not a diagnosis):"
        same = [candidate for candidate in candidates if candidate.kind == kind]
        for place, candidate in enumerate(same[:MAX_CANDIDATES], 1):
            yield from _clue_lines(place, candidate)
        if same[MAX_CANDIDATES:]:
            yield f"  also: {'; '.join(c.name for c in same[MAX_CANDIDATES:])}"


def _clue_lines(place: int, candidate: Candidate) -> Iterator[str]:
    where = f" ({'; '.join(candidate.levels)})" if candidate.levels else ""
    yield f"  {place}. {candidate.name}{where}"
    yield f"     for: {'; '.join(candidate.speaks_for)}"
    if candidate.speaks_against:
        yield f"     against: {'; '.join(candidate.speaks_against)}"
    yield f"     examine: {candidate.test}"


def _root_lines(reached: ReachedRoot) -> Iterator[str]:
    yield f"  {reached.root} root, {reached.side}"
    yield from (f"     {line}" for line in expected_lines(reached.associated))
    for line in reached.evidence[:MAX_EVIDENCE]:
        yield f"     evidence: {line}"


def expected_lines(associated: Expected) -> Iterator[str]:
    """One line for each aspect of what is associated with a root."""
    for aspect in _ASPECTS:
        texts: tuple[str, ...] = getattr(associated, aspect)
        if texts:
            yield f"{aspect}: {'; '.join(texts)}"


def _block(title: str, lines: tuple[str, ...]) -> tuple[str, ...]:
    return (title, *(f"  - {line}" for line in lines), "") if lines else ()


def _association() -> str:
    return row("relate_wording.toml", "wording", "association").text("text")
