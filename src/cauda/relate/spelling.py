"""Write a description one way: abbreviations spelled out, sides by letter, plain typing errors."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache

from cauda.knowledge import rows
from cauda.relate.phrases import families, phrases
from cauda.relate.words import known_words

_LIMB = (
    r"(?:leg|foot|toe|heel|calf|ankle|knee|hip|thigh|shin|buttock|sole|arch|groin|hallux|side|sided"
    r"|big|great|little|lower|upper|inner|outer|lateral|medial|posterior|anterior|sciatica|sciatic"
    r"|lumbar|glut\w*|quad\w*|hamstring|ehl|aj|kj|slr|sij|ta|l[2-5]|s1|radic\w*|footdrop|drop)"
)
_BOTH = " bilateral "
_SIDES = (
    (r"\b[LR]\s?(?:[=+&><]|and)\s?[LR]\b", _BOTH),
    (r"\b(?:[Bb]\s?/\s?[Ll]|BL)\b", _BOTH),
    (r"\(\s?[Ll]\s?\)", " left "),
    (r"\(\s?[Rr]\s?\)", " right "),
    (rf"\b(?:L|[Ll]t|LT)\.?(?=[\s./-]+(?i:{_LIMB})\b)", " left "),
    (rf"\b(?:R|[Rr]t|RT)\.?(?=[\s./-]+(?i:{_LIMB})\b)", " right "),
    (rf"\bl(?=\s+{_LIMB}\b)", "left"),
    (rf"\br(?=\s+{_LIMB}\b)", "right"),
    (r"\b(on(?: the)?|of the) (?:L|[Ll]t|LT)\b", r"\1 left"),
    (r"\b(on(?: the)?|of the) (?:R|[Rr]t|RT)\b", r"\1 right"),
    (r"\b(leg|foot|toe|heel|calf|ankle|knee|hip|drop) L\b", r"\1 left"),
    (r"\b(leg|foot|toe|heel|calf|ankle|knee|hip|drop) R\b", r"\1 right"),
)
"""A side written as a letter, only where a limb, a sign or "on the" stands beside it."""

_WORD = re.compile(r"[a-z]+")
_MIN_LETTERS = 6
"""Shorter words lie too close to each other to be respelled."""
_LONG = 10
"""Words this long may differ by two typing errors, shorter ones by one; the first letter stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Spelled:
    """A description in lower case with abbreviations spelled out, and the words respelled."""

    plain: str
    respelled: tuple[tuple[str, str], ...]


def spelled(text: str) -> Spelled:
    """Spell out abbreviations and letters for sides, then mend long words typed wrongly."""
    for pattern, replacement in _sides():
        text = pattern.sub(replacement, text)
    pattern, written = _abbreviations()
    plain = pattern.sub(lambda found: f" {written[found[0]]} ", text.lower())
    respelled = {word: _respelled(word) for word in dict.fromkeys(_WORD.findall(plain))}
    changed = {word: new for word, new in respelled.items() if new != word}
    plain = _WORD.sub(lambda found: changed.get(found[0], found[0]), plain)
    return Spelled(plain=plain, respelled=tuple(changed.items()))


@cache
def _sides() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), replacement) for pattern, replacement in _SIDES)


@cache
def _abbreviations() -> tuple[re.Pattern[str], dict[str, str]]:
    """One pattern for every abbreviation, and what each stands for."""
    found = rows("lexicon.toml", "abbreviations", ("written", "read"))
    written = {short: row.text("read") for row in found for short in row.texts("written")}
    shorts = "|".join(re.escape(short) for short in sorted(written, key=len, reverse=True))
    return re.compile(rf"(?<![\w/])(?:{shorts})(?![\w/])"), written


def _respelled(word: str) -> str:
    """The only listed word as near as a typing error; the word itself where none or several are."""
    if len(word) < _MIN_LETTERS:
        return word
    near = [known for known in _targets().get(word[0], ()) if _is_typing_error(word, known)]
    is_word = len(near) != 1 or word in _known() or word.removesuffix("s") in _known()
    return word if is_word else near[0]


def _is_typing_error(word: str, known: str) -> bool:
    allowed = 2 if len(known) >= _LONG else 1
    return abs(len(word) - len(known)) <= allowed and typing_errors(word, known) <= allowed


@cache
def _known() -> frozenset[str]:
    """Every whole word that stands in a phrase, a family or a list of the lexicon."""
    listed = (word for row in rows("lexicon.toml", "words") for word in row.texts("words"))
    related = (word for family in families().values() for word in family)
    return frozenset([*(part for p in phrases() for part in p.words), *listed, *related])


@cache
def _targets() -> dict[str, tuple[str, ...]]:
    """Words that may be meant by a word typed wrongly, by their first letter."""
    words = known_words("respelled")
    return {first: tuple(w for w in words if w[0] == first) for first in {w[0] for w in words}}


def typing_errors(one: str, other: str) -> int:
    """Letters added, left out, changed or swapped with their neighbor between two words."""
    rows_: list[list[int]] = [list(range(len(other) + 1))]
    for i, a in enumerate(one, 1):
        line = [i]
        for j, b in enumerate(other, 1):
            least = min(rows_[-1][j] + 1, line[-1] + 1, rows_[-1][j - 1] + (a != b))
            if i > 1 and j > 1 and a == other[j - 2] and one[i - 2] == b:
                least = min(least, rows_[-2][j - 2] + 1)
            line.append(least)
        rows_.append(line)
    return rows_[-1][-1]
