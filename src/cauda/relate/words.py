"""Cut a description into sentences, clauses and plain words."""

from __future__ import annotations

import re
from functools import cache

from cauda.knowledge import rows

_REWRITES = (
    (r"[’`´]", "'"),
    (r"\b(ca|do|is|was|have|does|did|wo|could|has|would|are|had|were)nt\b", r"\1n't"),
    (r"\b(\d+)\s?/\s?7\b", r"\1 days"),
    (r"\b(\d+)\s?/\s?52\b", r"\1 weeks"),
    (r"\b(\d+)\s?/\s?12\b", r"\1 months"),
    (r"\b(\d+)\s?(?:h|hr|hrs)\b", r"\1 hours"),
    (r"\b(\d+)\s?d\b", r"\1 days"),
    (r"\b(\d+)\s?(?:w|wk|wks)\b", r"\1 weeks"),
    (r"\b(\d+)\s?(?:mo|mth|mths)\b", r"\1 months"),
    (r"^\s*[1-9]\d\s?[mf]\b|\b\d{1,3}\s?(?:yo|y/o|yom|yof|yr old|yrs old)\b", " years old "),
    (r"\b(?:belly|tummy) button\b", "navel"),
    (r"\b(?:t|temps?|temperature)?\s?[:=]?\s?(?:38|39|40|41)[.,]\d\b", " fever "),
    (r"\b(?:t|temps?|temperature) ?(?:of|was|is|at|:|=)? ?(?:38|39|40|41|10[1-5])\b", " fever "),
    (r"\b(\d+)\s?(?:y|yr|yrs)\b", r"\1 years"),
    (r"\b([0-5][+-]?) (?:out of|of) (?:5|five)\b", r"\1/5"),
    (r"\bmrc (?:grade )?([0-5])\b(?!\s?/)", r"\1/5"),
    (
        r"\b(?:can't|can not|cannae|can no longer|could not|couldn't|unable to|not able to)\b",
        "cannot",
    ),
    (r"\b(?:can|could) (?:barely|hardly|scarcely|only just) (?!walk|stand|sleep)", "cannot "),
    (r"\b(?:barely|hardly) (?:able to|feel|move|lift|pass|pee|wee)\b", "cannot feel"),
    (r"\b(?:struggl\w+|hard|difficult|impossible|fail\w*) to (?!walk|stand|sleep)", "cannot "),
    (r"\b(?:no longer able|lost the ability) to\b", "cannot"),
    (r"\bwon't\b", "will not"),
    (r"(\w)n't\b", r"\1 not"),
    (r"\b(?:have|has|had|is|am|are|was|were) not (?:been )?able to\b", "cannot"),
    (r"\b(?:do|does|did) not (feel|control|hold|empty)\b", r"cannot \1"),
    (r"\bnot (?:been )?(pass|empti|open|pee|wee|void|urinat|poo)(?:p?ed|ing)\b", r"cannot \1"),
    (r"\bnot (?:only|just)\b", " "),
    (r"\b(?:not sure|do not know|not certain|unsure) (?:if|whether)\b", "maybe"),
    (r"\bno (?:sensation|sensory|feeling) (?:loss|change|deficit|disturbance)s?\b", "no numbness"),
    (
        r"\b(?:a|my|the|his|her|this|that) wee (?=bit|while|toe|finger|girl|boy|man|spell|walk|ache"
        r"|pain|cramp|numb|sore|tingl|twinge|bump|baby)",
        "a little ",
    ),
    (r"\bnot elicitable\b", "absent"),
    (
        r"\bnothing (?:feels |felt |is |was )?(odd|wrong|unusual|strange|abnormal"
        r"|numb|weak|tingl\w+|burning|painful|dead|paralysed)\b",
        r"not \1",
    ),
    (r"\bw/o\b", "without"),
    (r"\b(?:neg|negative) for\b", "no"),
    (
        r"(feet|legs|toes|soles|calves|heels)\b([^.;]{0,100}?)"
        r"\b(?:the )?(?:two|both|pair) of them\b",
        r"\1\2 bilateral",
    ),
    (
        r"\b(?:was|were|been) (?:fine|ok|okay|well|good|alright|normal) (?:until|till|before)\b",
        ", ",
    ),
    (r"(?<=\w)-(?=\w)", " "),
    (r"&", " and "),
    (r"[?:]\s*(?:no|none|negative|nil)\b", " none"),
    (r":\s*(normal|ok|fine|absent|reduced|weak)\b", r" \1"),
)
"""Different spellings of one thing, written one way before anything is matched."""

_SENTENCE = re.compile(r"[.!?;\n\r]+(?!\d)")
_NEW_SUBJECT = (
    r"\band (?=(?:i|i'm|i've|he|she|it|they|cannot|there)\b|(?:my|his|her|the) (?:\w+ ){1,3}"
    r"(?:is|are|was|were|has|have|had|feels?|felt|went|goes|gets?|got|cannot|keeps?|hurts?|started"
    r"|will|does|did|became|gave|gives|stopped|turned|tingles?|aches?)\b)"
)
"""An "and" that begins a sentence of its own, to which no denial before it reaches."""
_CLAUSE = re.compile(
    r",|:|\(|\)|->|\b(?:but|however|although|though|except|apart from|other than|aside from|yet"
    rf"|and now|and then)\b|{_NEW_SUBJECT}"
)
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


def sentences(plain: str) -> tuple[tuple[Words, ...], ...]:
    """Sentences of clauses of words without punctuation, from a text in lower case."""
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
    if known_words("alone") & set(piece):
        return False
    if negators & set(following) or not {"or", "nor", "and"} & set(following):
        return False
    ends_with_or = bool({"or", "nor"} & set(following))
    if negators & set(piece):
        return ends_with_or and len(following) <= _DENIED_LIST_WORDS
    return len(piece) <= _LIST_ITEM_WORDS
