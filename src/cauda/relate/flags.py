"""Red flags: the fixed texts always there, the emergency one first; never a word that reassures."""

from __future__ import annotations

from collections.abc import Sequence
from functools import cache
from typing import Literal

from cauda.knowledge import Row, row, rows
from cauda.records import Finding, RedFlag
from cauda.relate.clues import witnesses
from cauda.relate.complaint import Complaint
from cauda.vocab import Condition, Level

Tier = Literal["emergency", "urgent", "prompt"]
_LEVELS = tuple(Level)


def flags(complaint: Complaint | None, findings: Sequence[Finding] = ()) -> tuple[RedFlag, ...]:
    """The emergency flag first, then the scan's own if a finding raises it, then the others.

    Parameters
    ----------
    complaint : Complaint or None
        ``None`` where nobody was asked.
    findings : sequence of Finding

    Returns
    -------
    tuple of RedFlag
        ``triggers`` says what raised each; ``answered`` is never "none": what was not said was
        not asked.
    """
    raised = imaging_flag(findings)
    return (
        _flag("emergency", complaint),
        *((raised,) if raised else ()),
        _flag("urgent", complaint),
        _flag("prompt", complaint),
    )


def _flag(tier: Tier, complaint: Complaint | None) -> RedFlag:
    raised = raised_triggers(complaint, tier) if complaint else ()
    return RedFlag(
        tier=tier,
        text=_text(tier),
        triggers=tuple(f"{trigger.id}: {trigger.text('says')}" for trigger in raised),
        answered=_answered(complaint, tier, is_raised=bool(raised)),
    )


def _answered(complaint: Complaint | None, tier: Tier, *, is_raised: bool) -> str:
    if complaint is None:
        return _word("not_asked")
    if is_raised:
        return _word("reported")
    cues = dict.fromkeys(f'"{m.phrase}"' for m in complaint.mentions if m.is_cue)
    if cues and tier == "emergency":
        return _word("cue").format(words=", ".join(cues))
    return _word("not_read") if complaint.unread else _word("not_mentioned")


@cache
def _word(id_: str) -> str:
    return row("relate_wording.toml", "wording", id_).text("text")


def raised_triggers(complaint: Complaint, tier: Tier) -> tuple[Row, ...]:
    """Triggers of a tier that the complaint raises, in the order of the file."""
    return tuple(
        trigger
        for trigger in rows("red_flags.toml", "triggers", ("tier", "says", "question", "when"))
        if trigger.text("tier") == tier and witnesses(trigger, complaint, live_only=True)
    )


def open_questions(complaint: Complaint) -> tuple[str, ...]:
    """Emergency questions that were neither answered with yes nor with no."""
    raised = {trigger.id for trigger in raised_triggers(complaint, "emergency")}
    denied = {m.concept for m in complaint.mentions if m.state == "denied"}
    triggers = [r for r in rows("red_flags.toml", "triggers") if r.text("tier") == "emergency"]
    answered = {
        trigger.text("question")
        for trigger in triggers
        if len(trigger.texts("when")) == 1 and set(trigger.texts("when")) <= denied
    }
    asked = (trigger.text("question") for trigger in triggers if trigger.id not in raised)
    return tuple(question for question in dict.fromkeys(asked) if question not in answered)


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
    levels = sorted({f.level for f in found}, key=_LEVELS.index)
    text = _text("imaging").format(level=", ".join(levels))
    return RedFlag(tier="imaging", text=text, triggers=tuple(f.id for f in found))


def _text(tier: str) -> str:
    return row("red_flags.toml", "texts", tier).text("text")
