"""The rule behind a grade, in plain words, with where it comes from."""

from __future__ import annotations

from functools import cache

from cauda.knowledge import Row, rows

_FILE = "thresholds.toml"


def rule_text(id_: str) -> str:
    """What the rule does, its source, and whether the number was published or chosen here.

    Empty for an id that is no rule of the knowledge base, such as a phantom's truth.
    """
    row = _rules().get(id_)
    if row is None:
        return ""
    tag = next(r for r in rows("wording.toml", "evidence") if r.id == row.evidence)
    return f"{row.text('says')} Source ({tag.text('text')}): {row.source.rstrip('.')}."


@cache
def _rules() -> dict[str, Row]:
    return {row.id: row for row in rows(_FILE, "rule", ("says",))}
