"""Fixed sentences that several documents print, by id."""

from __future__ import annotations

from cauda.knowledge.table import row


def wording(id_: str) -> str:
    """The fixed sentence of that id in ``wording.toml``; KnowledgeError where there is none."""
    return row("wording.toml", "wording", id_).text("text")
