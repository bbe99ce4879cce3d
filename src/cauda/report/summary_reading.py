"""How many years of school a text asks for: the Flesch-Kincaid grade, computed offline."""

from __future__ import annotations

import re

_WORD = re.compile(r"[A-Za-z0-9][A-Za-z0-9'’-]*")
_SENTENCE = re.compile(r"[.!?]+(?=\s|$)|\n+")
_VOWELS = re.compile(r"[aeiouy]+")
_SILENT = re.compile(r"(?:[^laeiouy]e|[^aeiouydt]ed|[^aeiouyscxzgh]es)$")
"""Endings whose e is not spoken: ``side``, ``linked``, ``toes`` (but not ``needed``, ``boxes``)."""


_HIATUS = re.compile(r"(?<![tscg])i[ao]")
"""Two vowels spoken apart, as in ``diagnosis`` (but not ``action``, ``special``)."""


def reading_grade(text: str) -> float:
    """Flesch-Kincaid grade of an English text.

    Parameters
    ----------
    text : str
        Sentences end with a stop, a mark or a line break.

    Returns
    -------
    float
        0.39 words a sentence + 11.8 syllables a word - 15.59 (Kincaid 1975).

    Raises
    ------
    ValueError
        If there is no word.
    """
    sentences = [_WORD.findall(part) for part in _SENTENCE.split(text)]
    sentences = [words for words in sentences if words]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        msg = "The text holds no word; a reading grade needs at least one."
        raise ValueError(msg)
    spoken = sum(syllables(word) for word in words)
    return 0.39 * len(words) / len(sentences) + 11.8 * spoken / len(words) - 15.59


def syllables(word: str) -> int:
    """Spoken syllables of an English word by its spelling; names such as L5-S1 are spelled out."""
    if any(ch.isdigit() for ch in word):
        return sum(ch.isalnum() for ch in word)
    return sum(_of_part(part) for part in re.split(r"[^a-z]+", word.lower()) if part)


def _of_part(part: str) -> int:
    spoken = len(_VOWELS.findall(part)) + len(_HIATUS.findall(part))
    return max(1, spoken - bool(_SILENT.search(part)))
