"""The fixed red-flag texts: always there, the emergency one first, never reassuring."""

from __future__ import annotations

from collections.abc import Sequence

from cauda.knowledge import row, rows
from cauda.records import Finding, RedFlag
from cauda.vocab import Condition, Level

_ORDER = tuple(Level)


def standing_flags(findings: Sequence[Finding]) -> tuple[RedFlag, ...]:
    """Emergency first, then the imaging flag if a finding raises it, then urgent and prompt.

    No question was asked here: every text that waits for an answer says so.
    """
    raised = imaging_flag(findings)
    imaging = (raised,) if raised else ()
    return (
        RedFlag(tier="emergency", text=flag_text("emergency")),
        *imaging,
        RedFlag(tier="urgent", text=flag_text("urgent")),
        RedFlag(tier="prompt", text=flag_text("prompt")),
    )


def imaging_flag(findings: Sequence[Finding]) -> RedFlag | None:
    """The flag of severe central stenosis, by grade alone: no area or diameter raises it."""
    severe = {row.id: row.texts("grades") for row in rows("red_flags.toml", "imaging")}
    found = [
        f
        for f in findings
        if f.condition is Condition.CANAL_STENOSIS and f.grade in severe.get(f.scale.value, ())
    ]
    if not found:
        return None
    levels = sorted({f.level for f in found}, key=_ORDER.index)
    text = flag_text("imaging").format(level=", ".join(levels))
    return RedFlag(tier="imaging", text=text, triggers=tuple(f.id for f in found))


def flag_text(tier: str) -> str:
    """The fixed wording of a tier."""
    return row("red_flags.toml", "texts", tier).text("text")
