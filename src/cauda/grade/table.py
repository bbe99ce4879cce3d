"""The rules and their cuts as Markdown tables, for ``docs/concepts/grading.md``."""

from __future__ import annotations

from cauda.grade.catalog import catalog
from cauda.grade.thresholds import FILE
from cauda.knowledge import rows


def rules_markdown() -> str:
    """One row a rule: id, condition, scale, what it does, its cuts, what it was tested on."""
    lines = [
        "| rule | condition | scale | what it does | cuts | tested on |",
        "|---|---|---|---|---|---|",
    ]
    for rule in catalog():
        cuts = ", ".join(f"`{t.id}`" for t in rule.thresholds) or "none"
        cells = (
            f"`{rule.id}`",
            f"`{rule.condition}`",
            rule.scale.value,
            rule.advice,
            cuts,
            rule.validation,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)


def cuts_markdown() -> str:
    """One row a threshold: id, quantity, structure, levels, limits, evidence, source."""
    lines = [
        "| cut | quantity | structure | levels | limits | evidence | source |",
        "|---|---|---|---|---|---|---|",
    ]
    for found in rows(FILE, "threshold"):
        limits = ", ".join(f"{value:g}" for value in found.numbers("value"))
        cells = (
            f"`{found.id}`",
            f"`{found.text('quantity')}`",
            found.text("structure"),
            ", ".join(found.texts("level")),
            limits if found.unit == "1" else f"{limits} {found.unit}",
            found.evidence,
            found.source,
        )
        lines.append(f"| {' | '.join(cells)} |")
    return "\n".join(lines)
