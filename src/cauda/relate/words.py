"""Cut a description into sentences, clauses and plain words."""

from __future__ import annotations

import re
from functools import cache

from cauda.knowledge import rows

_REWRITES = (
    (r"[’`´]", "'"),
    (r"\b(?:can't|can not|can no longer|could not|couldn't|unable to|not able to)\b", "cannot"),
    (r"\bwon't\b", "will not"),
    (r"(\w)n't\b", r"\1 not"),
    (r"\b(?:have|has|had|is|am|are|was|were) not (?:been )?able to\b", "cannot"),
    (r"\b(?:do|does|did) not (feel|control|hold|empty)\b", r"cannot \1"),
    (r"\bnot elicitable\b", "absent"),
    (r"\bnothing (?:feels |felt |is |was )?(odd|wrong|unusual|strange|abnormal)\b", r"not \1"),
    (r"\bw/o\b", "without"),
    (r"(?<=\w)-(?=\w)", " "),
    (r"&", " and "),
    (r"[?:]\s*(?:no|none|negative|nil)\b", " none"),
    (r":\s*(normal|ok|fine|absent|reduced|weak)\b", r" \1"),
)
"""Different spellings of one thing, written one way before anything is matched."""

_SENTENCE = re.compile(r"[.!?;\n\r]+(?!\d)")
_CLAUSE = re.compile(r",|:|\(|\)|\b(?:but|however|although|though|except|yet|and now|and then)\b")
_WORD = re.compile(r"[0-5][+-]?/5|[a-z0-9]+(?:'[a-z]+)?")
_LIST_ITEM_WORDS = 2
"""A piece between commas of at most this many words may be an item of a list."""
_DENIED_LIST_WORDS = 8
"""A longer rest of a list is not taken for denied."""

Words = tuple[str, ...]


@cache
def known_words(id_: str) -> frozenset[str]:
    """Words of ``lexicon.toml`` that change what stands near them, without their ``*``."""
    found = next(row for row in rows("lexicon.toml", "words") if row.id == id_)
    return frozenset(found.texts("words"))


def sentences(text: str) -> tuple[tuple[Words, ...], ...]:
    """Sentences of clauses of words, all in lower case and without punctuation."""
    plain = text.lower()
    for pattern, replacement in _REWRITES:
        plain = re.sub(pattern, replacement, plain)
    split = (_clauses(sentence) for sentence in _SENTENCE.split(plain))
    return tuple(clauses for clauses in split if clauses)


def _clauses(sentence: str) -> tuple[Words, ...]:
    pieces = [tuple(_WORD.findall(piece)) for piece in _CLAUSE.split(sentence)]
    clauses: list[Words] = []
    pending: Words = ()
    for piece in reversed([p for p in pieces if p]):
        if pending and _continues(piece, pending):
            pending = piece + pending
        else:
            clauses += [pending] if pending else []
            pending = piece
    return tuple(reversed([*clauses, pending])) if pending else ()


def _continues(piece: Words, following: Words) -> bool:
    """Whether a piece before a comma belongs to the list that ``following`` ends.

    "no fever, chills or weakness" is one list, and so is "bladder, bowel and saddle sensation are
    normal"; "no fever, numb and weak legs" is not: a denial only runs on to an "or".
    """
    negators = known_words("negator")
    if negators & set(following) or not {"or", "nor", "and"} & set(following):
        return False
    ends_with_or = bool({"or", "nor"} & set(following))
    if negators & set(piece):
        return ends_with_or and len(following) <= _DENIED_LIST_WORDS
    return len(piece) <= _LIST_ITEM_WORDS
