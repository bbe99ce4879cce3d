"""Find the lexicon's phrases in one clause, the longest first, each word used once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cauda.relate.complaint import concepts
from cauda.relate.words import Words

MAX_GAP = 6
"""Words that a ``~`` may stand for."""
_LETTERS = 2
"""Letters by which phrases are looked up; every word before a ``*`` has at least as many."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One phrase of a concept; ``is_neutral`` where a word such as "normal" can deny it."""

    concept: str
    words: Words
    is_neutral: bool

    @property
    def weight(self) -> tuple[int, int]:
        """Longer phrases win; among equal ones, the one with more letters."""
        literal = [word for word in self.words if word != "~"]
        return (len(literal), sum(len(word) for word in literal))


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a phrase stands in a clause: the positions of its own words."""

    phrase: Phrase
    at: tuple[int, ...]


@cache
def phrases() -> tuple[Phrase, ...]:
    """Every phrase of the lexicon, the longest first."""
    found = [
        Phrase(concept=id_, words=tuple(text.split()), is_neutral=field == "neutral")
        for id_, row in concepts().items()
        for field in ("phrases", "neutral")
        for text in row.texts(field)
    ]
    return tuple(sorted(found, key=lambda p: p.weight, reverse=True))


@cache
def _by_beginning() -> dict[str, tuple[Phrase, ...]]:
    """Phrases by the first letters of their first word, so that few must be tried at a word."""
    beginnings = {p.words[0][:_LETTERS] for p in phrases()}
    return {b: tuple(p for p in phrases() if p.words[0][:_LETTERS] == b) for b in beginnings}


def matches(clause: Words) -> tuple[Match, ...]:
    """Phrases found in the clause, in its order.

    No word belongs to two phrases, but a word of time may also belong to one of another kind:
    "getting weaker" says both weakness and that it is getting worse.
    """
    candidates = sorted(_candidates(clause), key=lambda m: m.phrase.weight, reverse=True)
    used: dict[bool, set[int]] = {True: set(), False: set()}
    kept = []
    for match in candidates:
        taken = used[concepts()[match.phrase.concept].text("kind") == "time"]
        if taken.isdisjoint(match.at):
            taken.update(match.at)
            kept.append(match)
    return tuple(sorted(kept, key=lambda m: m.at))


def _candidates(clause: Words) -> Iterator[Match]:
    for start, word in enumerate(clause):
        for phrase in _by_beginning().get(word[:_LETTERS], ()) + _by_beginning().get("#", ()):
            at = _positions(phrase.words, clause, start)
            if at:
                yield Match(phrase=phrase, at=at)


def _positions(pattern: Words, clause: Words, start: int) -> tuple[int, ...]:
    """Positions of the pattern's words from ``start`` on, or nothing."""
    at: list[int] = []
    position, gap = start, 0
    for part in pattern:
        if part == "~":
            gap = MAX_GAP
            continue
        reach = range(position, min(position + gap + 1, len(clause)))
        found = next((i for i in reach if fits(part, clause[i])), None)
        if found is None:
            return ()
        at.append(found)
        position, gap = found + 1, 0
    return tuple(at)


def fits(part: str, word: str) -> bool:
    """Whether a word of the lexicon covers a word of the text."""
    if "#" in part:
        return word.startswith(part.split("#", maxsplit=1)[0]) and word[-1].isdigit()
    return word.startswith(part[:-1]) if part.endswith("*") else word == part
