"""What is known of a nerve root: its own row of ``roots.toml``, and what is associated with it."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from types import MappingProxyType

from cauda.knowledge.table import Row, row, rows
from cauda.vocab import Root


def root_row(root: Root) -> Row:
    """The root's own row."""
    return row("roots.toml", "roots", root.value)


def reaches_foot(root: Root) -> bool:
    """Whether the root alone can predict anything in the foot."""
    return bool(root_row(root)["foot"])


@cache
def aspects(root: Root) -> Mapping[str, Row]:
    """The root's rows of what is associated with it, by aspect (sensation, pain, ...)."""
    found = rows("roots.toml", "associated", ("root", "aspect", "texts"))
    return MappingProxyType({r.text("aspect"): r for r in found if r.text("root") == root.value})


def territory(root: Root) -> tuple[str, ...]:
    """Region ids in which sensation is associated with the root."""
    sensation = aspects(root).get("sensation")
    return () if sensation is None else sensation.texts("regions")
