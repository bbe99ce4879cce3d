"""What is anatomically associated with a root, and how well that is known to hold."""

from __future__ import annotations

from functools import cache

from cauda.knowledge import rows
from cauda.knowledge.roots import aspects
from cauda.records import Expected
from cauda.vocab import Root


@cache
def expected(root: Root) -> Expected:
    """Sensation, pain, weakness, reflex, cramp and gait associated with a root, in words."""
    return Expected(**{aspect: row.texts("texts") for aspect, row in aspects(root).items()})


@cache
def evidence(root: Root) -> tuple[str, ...]:
    """Published figures on how well such a link holds, each with its source; citable ones only."""
    return tuple(
        f"{row.text('text')} ({row.source})"
        for row in rows("evidence.toml", "evidence")
        if row.is_citable and root.value in row.texts("roots")
    )
