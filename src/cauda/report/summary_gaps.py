"""What a study could not show, without saying it twice: unknown is never left out."""

from __future__ import annotations

import re

from cauda.knowledge import rows
from cauda.records import Analysis
from cauda.report import words

_START = re.compile(r"(?<=[.] )[a-z]")
"""A reason that follows a full stop begins a sentence."""


def gaps(analysis: Analysis) -> tuple[str, ...]:
    """What this study left undecided: about the roots first, then everything else."""
    told = tuple(_name(r.id) for r in rows("root_gaps.toml", "conditions"))
    always = set(_standing())
    others = (line for line in analysis.not_assessed if line.rstrip(".") not in always)
    about_roots = analysis.relation.not_assessed
    rest = (line for line in others if not (about_roots and line.startswith(told)))
    lines = (*about_roots, *(f"Not assessed: {words.sentence(line)}" for line in rest))
    return tuple(_START.sub(lambda found: found.group().upper(), line) for line in lines)


def standing(analysis: Analysis) -> tuple[str, ...]:
    """What no study is looked through for, as short items."""
    given = {line.rstrip(".") for line in analysis.not_assessed}
    return tuple(text for text in _standing() if text in given) or _standing()


def _standing() -> tuple[str, ...]:
    return tuple(r.text("text") for r in rows("not_assessed.toml", "standing"))


def _name(condition: str) -> str:
    return words.upfirst(condition.replace("_", " "))
