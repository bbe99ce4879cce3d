"""Find the lexicon's phrases in one clause, the longest first, each word used once."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache

from cauda.knowledge import rows
from cauda.relate.complaint import concepts
from cauda.relate.words import Words

FIELDS = ("phrases", "neutral", "everyday")
"""Fields of a concept that hold phrases."""
MAX_GAP = 6
"""Words that a ``~`` may stand for."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Phrase:
    """One phrase of a concept, from one field of its row.

    A word such as "normal" can deny a ``neutral`` phrase; an ``everyday`` one ("loo") counts only
    where its clause says that something is amiss.
    """

    concept: str
    words: Words
    field: str

    @property
    def is_neutral(self) -> bool:
        """Whether "normal" can deny it."""
        return self.field != "phrases"

    @property
    def letters(self) -> int:
        """Letters of its words as they are written in the lexicon; of a family, none."""
        return sum(len(word) for word in self.words if word != "~" and word[0] != "{")


@dataclass(frozen=True, slots=True, kw_only=True)
class Match:
    """Where a phrase stands in a clause: the positions of its own words."""

    phrase: Phrase
    at: tuple[int, ...]
    letters: int

    @property
    def weight(self) -> tuple[int, int, int]:
        """Longer matches win; among equal ones more letters, in the text, then in the lexicon."""
        return (len(self.at), self.letters, self.phrase.letters)


@cache
def phrases() -> tuple[Phrase, ...]:
    """Every phrase of the lexicon."""
    return tuple(
        Phrase(concept=id_, words=tuple(text.split()), field=field)
        for id_, row in concepts().items()
        for field in FIELDS
        for text in row.texts(field)
    )


@cache
def _by_beginning() -> dict[str, tuple[Phrase, ...]]:
    """Phrases by their first word, as it is written there, so that few must be tried at a word."""
    found: dict[str, list[Phrase]] = {}
    for phrase in phrases():
        for first in _family(phrase.words[0]):
            found.setdefault(first, []).append(phrase)
    return {first: tuple(begun) for first, begun in found.items()}


def _beginning(word: str) -> Iterator[Phrase]:
    """Phrases whose first word covers this one."""
    index = _by_beginning()
    yield from index.get(word, ())
    for end in range(1, len(word) + 1):
        yield from index.get(f"{word[:end]}*", ())
    if word[-1].isdigit():
        for end in range(len(word)):
            yield from index.get(f"{word[:end]}#", ())


def matches(clause: Words) -> tuple[Match, ...]:
    """Phrases found in the clause, in its order.

    No word belongs to two phrases, but a word of time may also belong to one of another kind:
    "getting weaker" says both weakness and that it is getting worse.
    """
    candidates = sorted(_candidates(clause), key=lambda m: m.weight, reverse=True)
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
        for phrase in _beginning(word):
            at = _positions(phrase.words, clause, start)
            if at:
                yield Match(phrase=phrase, at=at, letters=sum(len(clause[i]) for i in at))


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
    """Whether a word of the lexicon, or one of its family, covers a word of the text."""
    if part[0] == "{":
        return any(fits(member, word) for member in _family(part))
    if "#" in part:
        return word.startswith(part.split("#", maxsplit=1)[0]) and word[-1].isdigit()
    return word.startswith(part[:-1]) if part[-1] == "*" else word == part


def _family(part: str) -> tuple[str, ...]:
    """The words that one word of a phrase stands for: those of ``{its family}``, or itself."""
    return families()[part[1:-1]] if part[0] == "{" else (part,)


@cache
def families() -> dict[str, tuple[str, ...]]:
    """Words that mean the same in a phrase, by the family's id."""
    return {row.id: row.texts("words") for row in rows("lexicon.toml", "families")}
