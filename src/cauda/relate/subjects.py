"""Whose complaint it is: what was said of a relative is not the patient's."""

from __future__ import annotations

from cauda.relate.words import Words, known_words

_SELF = frozenset(["i", "i'm", "i've", "im", "ive", "my", "mine", "me", "myself", "patient", "pt"])
_THIRD = frozenset(["he", "she", "his", "her", "him", "they", "their", "he's", "she's"])
_REPORTS = frozenset(
    [
        "says",
        "said",
        "noticed",
        "notices",
        "thinks",
        "thought",
        "told",
        "tells",
        "reckons",
        "found",
        "saw",
        "sees",
        "and",
        "brought",
    ]
)
"""After a relative, words that speak of the patient: "my wife noticed"."""
_NEAR = 2
"""A relative this close behind "my" is whom the "my" speaks of: "my late father"."""

Positions = frozenset[int]


def of_someone_else(sentence: tuple[Words, ...], *, carried: bool) -> tuple[Positions, ...]:
    """Positions, clause by clause, that speak of a relative and not of the patient.

    Parameters
    ----------
    sentence : tuple of Words
    carried : bool
        Whether the sentence before ended with a relative: "he" then still means that one.
    """
    is_other = carried and sentence[0][0] in _THIRD
    found: list[Positions] = []
    for words in sentence:
        here = set()
        for i, word in enumerate(words):
            if _is_relative(words, i):
                is_other = True
            elif word in _SELF and not _is_of_relative(words, i):
                is_other = False
            if is_other:
                here.add(i)
        found.append(frozenset(here))
    return tuple(found)


def is_family_history(words: Words) -> bool:
    """Whether a clause says that it runs in the family."""
    return "family" in words and bool({"history", "runs", "run"} & set(words))


def speaks_of_self(words: Words) -> bool:
    """Whether the clause speaks of the patient in the first person."""
    return any(w in _SELF and not _is_of_relative(words, i) for i, w in enumerate(words))


def is_past(words: Words) -> bool:
    """Whether a clause tells of the past only: "had", and nothing in the present."""
    return bool(known_words("past") & set(words)) and not known_words("present_tense") & set(words)


def _is_relative(words: Words, i: int) -> bool:
    after = words[i + 1] if i + 1 < len(words) else ""
    return words[i].removesuffix("'s") in known_words("relative") and after not in _REPORTS


def _is_of_relative(words: Words, i: int) -> bool:
    behind = words[i + 1 : i + 1 + _NEAR]
    return words[i] == "my" and any(w.removesuffix("'s") in known_words("relative") for w in behind)
