"""Which side was said of a word: only ever the patient's left, right or both, or nothing."""

from __future__ import annotations

from cauda.relate.complaint import SpokenSide
from cauda.relate.words import Words, known_words

_RIGHT_BEFORE = frozenset(
    ["away", "now", "after", "before", "when", "through", "down", "up", "into", "to", "all"]
)
"""Words before which "right" only stresses: right away, right down the leg."""

_VERB_AFTER = {
    "right": frozenset(["all", "that's", "is", "was", "am", "are", "were", "quite"]),
    "left": frozenset(["i", "he", "she", "we", "they", "who", "had", "was", "just"]),
}
"""Words after which left is a verb, or right means correct, unless a body part follows."""

_LINKING = frozenset(["of", "my", "the", "his", "her", "their", "on", "in", "your"])
_COMPARED_WITHIN = 3
"""A side this close behind "as" or "than" is what the complaint is compared with."""


def side_of(words: Words, at: tuple[int, ...], denied_from: int) -> SpokenSide:
    """The side that belongs to the word at these positions: the nearest one, before it if equal.

    Parameters
    ----------
    words : tuple of str
        One clause.
    at : tuple of int
        Positions of the concept's words.
    denied_from : int
        Sides behind this position were denied, and count for nothing.
    """
    found = [(i, s) for i, s in sides(words) if i < denied_from]
    if not found:
        return ""
    if len({s for _, s in found}) == 1:
        return found[0][1]
    return min(found, key=lambda item: (_distance(item[0], at), item[0]))[1]


def _distance(position: int, at: tuple[int, ...]) -> int:
    return min(abs(position - own) for own in at)


def sides(words: Words) -> tuple[tuple[int, SpokenSide], ...]:
    """Positions at which a side is said."""
    return tuple((i, side) for i in range(len(words)) if (side := _side_at(words, i)))


def _side_at(words: Words, i: int) -> SpokenSide:
    word = words[i]
    if word.startswith("bilateral"):
        return "both"
    if word == "either" and "cannot" in words[:i]:
        return "both"
    if word in ("both", "each"):
        return "both" if _speaks_of_limbs(words, i) else ""
    if word not in ("left", "right") or _is_idiom(words, i) or _is_compared(words, i):
        return ""
    return "left" if word == "left" else "right"


def _speaks_of_limbs(words: Words, i: int) -> bool:
    """Both my feet, both of my legs: a pair of limbs, not both pain and numbness."""
    rest = [w for w in words[i + 1 : i + 5] if w not in _LINKING]
    limbs = known_words("plural_limb")
    return bool(rest) and (rest[0] in limbs or (len(rest) > 1 and rest[1] in limbs))


def _is_idiom(words: Words, i: int) -> bool:
    after = words[i + 1] if i + 1 < len(words) else ""
    before = words[i - 1] if i else ""
    if after in known_words("limb") or before == "the":
        return False
    is_stress = words[i] == "right" and after in _RIGHT_BEFORE
    return is_stress or before in _VERB_AFTER[words[i]]


def _is_compared(words: Words, i: int) -> bool:
    near = words[max(0, i - _COMPARED_WITHIN) : i]
    return bool(known_words("comparator") & set(near))
