"""What is anatomically associated with a root, and how well that is known to hold."""

from __future__ import annotations

from functools import cache

from cauda.knowledge import Row, rows
from cauda.records import Expected
from cauda.vocab import Root


@cache
def root_row(root: Root) -> Row:
    """The root's own row of ``roots.toml``."""
    return next(row for row in rows("roots.toml", "roots") if row.id == root.value)


@cache
def aspects(root: Root) -> dict[str, Row]:
    """The root's rows of what is associated with it, by aspect (sensation, pain, ...)."""
    found = rows("roots.toml", "associated", ("root", "aspect", "texts"))
    return {row.text("aspect"): row for row in found if row.text("root") == root.value}


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


def reaches_foot(root: Root) -> bool:
    """Whether the root alone can predict anything in the foot."""
    return bool(root_row(root)["foot"])
