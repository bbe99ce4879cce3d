"""Statements of a summary with where each comes from: a numbered source, or a dagger for none."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cauda.knowledge import Row, row

DAGGER = "†"
_FIGURE = re.compile(r"\s*\([^)]*\d[.,]\d[^)]*\)")
"""A figure in parentheses: left out where its row is not citable."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Said:
    """One statement.

    Parameters
    ----------
    text : str
    source : str
        Where it was read; empty where it is remembered or was chosen by this project, so that it
        may not stand as a fact.
    """

    text: str
    source: str = ""


def said(text: str, basis: Row | None) -> Said:
    """The statement with its source; without one, also without its figures."""
    if basis is not None and basis.is_citable:
        return Said(text=text, source=basis.source)
    return Said(text=_FIGURE.sub("", text))


def sources(statements: Iterable[Said]) -> tuple[str, ...]:
    """Every source once, in the order in which a reader meets it."""
    return tuple(dict.fromkeys(s.source for s in statements if s.source))


def mark(statement: Said, numbered: Sequence[str]) -> str:
    """The number of its source, counted from 1, or a dagger."""
    return str(numbered.index(statement.source) + 1) if statement.source else DAGGER


def sentence_of(table: str, id_: str, **filled: str) -> str:
    """A fixed sentence of ``summary.toml`` with its places filled."""
    return row("summary.toml", table, id_).text("text").format(**filled)
