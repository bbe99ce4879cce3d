"""Read a complaint in plain English with a transparent lexicon; guess nothing.

Every concept read keeps the words it came from, every word without a place in the lexicon is
listed, and a side is only ever one that was said.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from itertools import pairwise

from cauda.errors import UsageError
from cauda.relate.complaint import FRESH, Complaint, Mention, State, concepts
from cauda.relate.phrases import Match, fits, matches
from cauda.relate.sides import side_of, sides
from cauda.relate.spelling import spelled
from cauda.relate.subjects import (
    Positions,
    is_family_history,
    is_past,
    of_someone_else,
    speaks_of_self,
)
from cauda.relate.words import Words, known_words, sentences

MAX_CHARACTERS = 5000
"""A longer description is refused rather than read in part."""

_TIME = (
    "new", "sudden", "worse", "rapid", "long", "stable", "resolved", "persistent", "severe",
    "night",
)  # fmt: skip
_SIDED = ("present", "other")
_MRC = re.compile(r"([0-5])[+-]?/5")
_ABILITIES = {("can", "feel"), ("can", "pee"), ("can", "wee"), ("can", "pass"), ("can", "go")}
"""Pairs of words that say that a function is as it should be."""
_NEGATES_WITHIN = 2
"""A denial this close before "normal" or "weak" turns it round."""
_PRONOUNS = frozenset(["it", "it's", "its", "this", "that", "these", "they", "all"])
"""A sentence that begins so and speaks of time only dates the sentence before it."""
WEAK_MRC = 3
"""Strength of this grade or less, out of five, is urgent."""
NORMAL_MRC = 5


@dataclass(frozen=True, slots=True)
class _Clause:
    """One clause with what was found in it."""

    words: Words
    matches: tuple[Match, ...]
    times: tuple[str, ...]
    others: Positions = frozenset()


def read(text: str) -> Complaint:
    """Read a description.

    Parameters
    ----------
    text : str
        Plain English, at most :data:`MAX_CHARACTERS` characters.

    Raises
    ------
    UsageError
        If the text is longer.
    """
    if len(text) > MAX_CHARACTERS:
        msg = f"The complaint has {len(text)} characters; give at most {MAX_CHARACTERS}."
        raise UsageError(msg)
    written = spelled(text)
    mentions: list[Mention] = []
    clauses_read: list[_Clause] = []
    start, is_other = 0, False
    for sentence in sentences(written.plain):
        clauses = _owned(_timed([_clause(words) for words in _joined(sentence)]), carried=is_other)
        clauses_read += clauses
        is_other = len(clauses[-1].words) - 1 in clauses[-1].others
        if mentions and _refers_back(clauses):
            mentions[start:] = _dated(mentions[start:], clauses)
            continue
        start = len(mentions)
        mentions += _sided([m for clause in clauses for m in _mentions(clause)], clauses)
    return Complaint(
        text=text,
        mentions=_own(mentions, clauses_read),
        unread=tuple(dict.fromkeys(word for clause in clauses_read for word in _unread(clause))),
        respelled=written.respelled,
    )


def _owned(clauses: list[_Clause], *, carried: bool) -> list[_Clause]:
    """The clauses with the positions that speak of a relative."""
    others = of_someone_else(tuple(c.words for c in clauses), carried=carried)
    return [
        replace(c, others=frozenset(range(len(c.words))) if is_family_history(c.words) else at)
        for c, at in zip(clauses, others, strict=True)
    ]


def _own(mentions: list[Mention], clauses: list[_Clause]) -> tuple[Mention, ...]:
    """Give what may be a relative's to the patient, unless it is surely not the patient's.

    A wife may write for her husband. So a relative's complaint is set aside only where the
    patient's own is told beside it, or where it is told as past, and never where it is fresh.
    """
    has_own = any(speaks_of_self(c.words) and _own_matches(c) for c in clauses)
    is_told = [is_past(c.words) or is_family_history(c.words) for c in clauses if c.others]
    is_aside = has_own or (bool(is_told) and all(is_told))
    return tuple(
        replace(m, state="present")
        if m.state == "other" and (not is_aside or set(m.qualifiers) & set(FRESH))
        else m
        for m in mentions
    )


def _own_matches(clause: _Clause) -> list[Match]:
    return [
        m
        for m in clause.matches
        if m.at[0] not in clause.others and _kind(m) not in ("time", "scope", "context")
    ]


def _refers_back(clauses: list[_Clause]) -> bool:
    """Whether a sentence only dates the one before it: "It has been like this for years."."""
    is_about = clauses[0].words[0] in _PRONOUNS
    return is_about and any(c.times for c in clauses) and all(_is_bare(c) for c in clauses)


def _dated(mentions: list[Mention], clauses: list[_Clause]) -> list[Mention]:
    times = tuple(t for c in clauses for t in c.times)
    return [replace(m, qualifiers=tuple(dict.fromkeys(m.qualifiers + times))) for m in mentions]


def _joined(sentence: tuple[Words, ...]) -> tuple[Words, ...]:
    """The clauses, with a bare "but have none" put in front of what it denies."""
    out: list[Words] = []
    for words in sentence:
        if out and "none" in words and not matches(words):
            out[-1] = ("none", *out[-1])
        else:
            out.append(words)
    return tuple(out)


def _sided(mentions: list[Mention], clauses: list[_Clause]) -> list[Mention]:
    """Give a side that stands alone ("..., left.") to the complaints before it."""
    alone = {side for c in clauses if not c.matches for _, side in sides(c.words)}
    if len(alone) != 1 or any(m.side for m in mentions):
        return mentions
    (side,) = alone
    return [replace(m, side=side) if m.state == "present" else m for m in mentions]


def _clause(words: Words) -> _Clause:
    found = matches(words)
    denied = _denied_from(words, found)
    times = [m.phrase.concept for m in found if m.phrase.concept in _TIME and m.at[0] < denied]
    return _Clause(words=words, matches=found, times=tuple(dict.fromkeys(times)))


def _timed(clauses: list[_Clause]) -> list[_Clause]:
    """Share the sentence's time words as far as is safe.

    Freshness and persistence count for the whole sentence. "Unchanged" standing alone counts for
    what was said before it, together with how long it was so, and a fresh turn standing alone
    ("now worse") for everything. Long standing by itself is never shared: years of back pain do
    not make a new numbness old.
    """
    shared = [t for c in clauses for t in c.times if t in (*FRESH, "persistent")]
    turn = [t for c in clauses if _is_bare(c) for t in c.times if t in FRESH]
    calm_after: set[str] = set()
    out: list[_Clause] = []
    for clause in reversed(clauses):
        if _is_bare(clause) and "stable" in clause.times:
            calm_after = calm_after | {"stable"} | ({"long"} & set(clause.times))
        if _is_bare(clause) and "resolved" in clause.times:
            calm_after = calm_after | {"resolved"}
        own = [*clause.times, *turn]
        if not {"long", "stable"} & set(own):
            own += shared
        if not set(own) & set(FRESH):
            own += calm_after - {"resolved"}
        own += calm_after & {"resolved"}
        out.append(replace(clause, times=tuple(dict.fromkeys(own))))
    return out[::-1]


def _is_bare(clause: _Clause) -> bool:
    """Whether the clause speaks of time only: "unchanged", "now worse"."""
    return not any(_kind(m) not in ("time", "scope") for m in clause.matches)


def _mentions(clause: _Clause) -> Iterator[Mention]:
    denied_from = _denied_from(clause.words, clause.matches)
    for match in clause.matches:
        kind = _kind(match)
        if kind == "time":
            continue
        state = _state(clause, match, is_denied=match.at[0] > denied_from)
        yield Mention(
            concept=match.phrase.concept,
            side=side_of(clause.words, match.at, denied_from) if state in _SIDED else "",
            state=state,
            qualifiers=clause.times,
            phrase=" ".join(clause.words[match.at[0] : match.at[-1] + 1]),
        )
    yield from _strength(clause)


def _strength(clause: _Clause) -> Iterator[Mention]:
    """Muscle strength given as a grade out of five."""
    for word in clause.words:
        found = _MRC.fullmatch(word)
        if found and int(found[1]) < NORMAL_MRC:
            weak = "mrc_low" if int(found[1]) <= WEAK_MRC else "mrc_mild"
            side = side_of(clause.words, (clause.words.index(word),), len(clause.words))
            yield Mention(concept=weak, side=side, qualifiers=clause.times, phrase=word)


def _kind(match: Match) -> str:
    return concepts()[match.phrase.concept].text("kind")


def _denied_from(words: Words, found: tuple[Match, ...]) -> int:
    """Position of the first free word that denies what follows it; the end where none does.

    A clause that ends in one ("the left leg is not") is denied from its start.
    """
    used = {i for m in found for i in m.at}
    negators = known_words("negator")
    if words[-1] in negators and len(words) - 1 not in used:
        return -1
    free = (i for i, word in enumerate(words) if word in negators and i not in used)
    return next(free, len(words))


def _state(clause: _Clause, match: Match, *, is_denied: bool) -> State:
    if _kind(match) == "function":
        state = _function_state(clause, is_denied=is_denied)
    elif _is_missing(clause, match, is_denied=is_denied):
        return "present" if set(clause.times) & set(FRESH) else "unclear"
    elif is_denied or _is_called_off(clause, match):
        state = "denied"
    elif match.phrase.field == "everyday" and not _is_amiss(clause, match):
        return "unclear"
    else:
        state = "present"
    return "other" if state == "present" and match.at[0] in clause.others else state


def _is_called_off(clause: _Clause, match: Match) -> bool:
    """Whether "normal" speaks of a neutral phrase, or "negative" stands behind any."""
    words, end = clause.words, match.at[-1] + 1
    if set(words[end : end + 1]) & known_words("negative"):
        return True
    is_deviating = any(not _is_negated(words, i) for i in _where(words, "deviating"))
    return match.phrase.is_neutral and _is_normal(words) and not is_deviating


def _is_missing(clause: _Clause, match: Match, *, is_denied: bool) -> bool:
    """Whether an everyday function itself was denied: "no wee", and not "no trouble to wee"."""
    if match.phrase.field != "everyday" or not is_denied:
        return False
    return not (_where(clause.words, "deviating") or _is_normal(clause.words))


def _is_amiss(clause: _Clause, match: Match) -> bool:
    """Whether the clause says of an everyday word ("the loo") that something is not as it was."""
    said = {*_where(clause.words, "deviating"), *_where(clause.words, "amiss")} - set(match.at)
    return bool(said or set(clause.times) & set(FRESH))


def _is_normal(words: Words) -> bool:
    """Whether the clause says normal, fine, can feel or the like, and not "not normal"."""
    can = any(pair in _ABILITIES for pair in pairwise(words))
    return can or any(not _is_negated(words, i) for i in _where(words, "normal"))


def _where(words: Words, list_: str) -> tuple[int, ...]:
    parts = known_words(list_)
    return tuple(i for i, word in enumerate(words) if any(fits(part, word) for part in parts))


def _is_negated(words: Words, i: int) -> bool:
    return bool(known_words("negator") & set(words[max(0, i - _NEGATES_WITHIN) : i]))


def _function_state(clause: _Clause, *, is_denied: bool) -> State:
    """A function counts once a word says how it works: present means it is weak or absent."""
    words = clause.words
    grade = next((m for w in words if (m := _MRC.fullmatch(w))), None)
    if grade:
        return "denied" if int(grade[1]) == NORMAL_MRC else "present"
    said = {_is_negated(words, i) for i in _where(words, "deviating")}
    said |= {not _is_negated(words, i) for i in _where(words, "normal")}
    said |= {not _is_negated(words, i) for i in _where(words, "full")}
    if not said and is_denied:
        return "present"
    if len(said) != 1:
        return "unclear"
    return "denied" if said.pop() else "present"


def _unread(clause: _Clause) -> Iterator[str]:
    used = {i for m in clause.matches for i in m.at}
    known = known_words("filler") | known_words("negator") | known_words("normal")
    for i, word in enumerate(clause.words):
        if i in used or word in known or word.isdigit() or _MRC.fullmatch(word):
            continue
        if not any(fits(part, word) for part in known_words("deviating")):
            yield word
