"""How common the findings are in people without symptoms, for the patient's decade."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cauda.knowledge import Row, row, rows
from cauda.records import Finding

ALWAYS = ("disc degeneration", "disc bulge", "disc protrusion")
"""Shown for every patient whose decade is known, whatever was found."""


def base_rates(findings: Sequence[Finding], age_years: float | None) -> tuple[str, ...]:
    """One sentence for the patient's decade; none where the age is unknown or not covered.

    Only figures that were read (not remembered) and rest on more than a few dozen people stand
    in it.
    """
    if age_years is None or not math.isfinite(age_years):
        return ()
    decade = int(age_years // 10) * 10
    present = {f.condition.value for f in findings if f.is_known and f.rank > 0}
    shown = [r for r in rows("base_rates.toml", "base_rates") if _fits(r, decade, present)]
    if not shown:
        return ()
    figures = ", ".join(f"{r.text('name')} in {r.number('percent'):.0f} %" for r in shown)
    sentence = row("relate_wording.toml", "wording", "base_rate").text("text")
    return (sentence.format(decade=f"{decade} years", findings=figures),)


def _fits(cell: Row, decade: int, present: set[str]) -> bool:
    relevant = cell.text("name") in ALWAYS or bool(present & set(cell.texts("conditions")))
    trusted = cell.is_citable and "thin" not in cell.values
    return relevant and trusted and cell.number("decade") == decade
