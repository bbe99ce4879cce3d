"""How common the findings are in people without symptoms, for the patient's decade."""

from __future__ import annotations

import math
from collections.abc import Sequence

from cauda.knowledge import Row, rows, wording
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
    return (wording("base_rate").format(decade=f"{decade} years", findings=figures),)


def _fits(row: Row, decade: int, present: set[str]) -> bool:
    relevant = row.text("name") in ALWAYS or bool(present & set(row.texts("conditions")))
    trusted = row.is_citable and "thin" not in row.values
    return relevant and trusted and row.number("decade") == decade
