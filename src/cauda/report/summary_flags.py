"""Red flags for the clinician: the fixed texts, and the emergency questions with their answers."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from cauda.knowledge import Row, rows
from cauda.records import Analysis, RedFlag, Relation
from cauda.report.content import cited
from cauda.report.summary_said import sentence_of


@dataclass(frozen=True, slots=True, kw_only=True)
class FlagView:
    """One red flag as printed.

    Parameters
    ----------
    tier, title, answered, text : str
        ``answered`` is empty for what the scan itself raises.
    raised : tuple of str
        What raised it, in words.
    """

    tier: str
    title: str
    answered: str
    text: str
    raised: tuple[str, ...]


def flag_views(analysis: Analysis) -> tuple[FlagView, ...]:
    """Every flag in the order of the relation: the emergency first."""
    return tuple(_view(analysis, flag) for flag in analysis.relation.red_flags)


def questions(relation: Relation) -> tuple[tuple[str, str, tuple[str, ...]], ...]:
    """Every emergency question once, by what was answered; silence is ``not_asked``.

    Returns
    -------
    tuple of (answer, its words, questions)
        What was reported stands first.
    """
    answers: dict[str, str] = {}
    for trigger in rows("red_flags.toml", "triggers"):
        if trigger.text("tier") == "emergency":
            given = _answer(trigger, relation)
            kept = answers.setdefault(trigger.text("question"), given)
            if _RANK.index(given) > _RANK.index(kept):
                answers[trigger.text("question")] = given
    groups = ((a, tuple(q for q in answers if answers[q] == a)) for a in reversed(_RANK))
    return tuple((a, sentence_of("clinician", a), asked) for a, asked in groups if asked)


_RANK = ("denied", "not_asked", "reported")
"""Of several triggers with one question, what was reported counts most and what was denied least:
a question is only shown as denied where every one of them was."""


def _answer(trigger: Row, relation: Relation) -> str:
    raised = {id_.partition(": ")[0] for flag in relation.red_flags for id_ in flag.triggers}
    if trigger.id in raised:
        return "reported"
    wanted = set(trigger.texts("when"))
    is_denied = len(wanted) == 1 and wanted <= set(_denied(relation.symptoms or {}))
    return "denied" if is_denied else "not_asked"


def _denied(symptoms: Mapping[str, Any]) -> Iterator[str]:
    present = {m["concept"] for m in symptoms.get("mentions", ()) if m["state"] != "denied"}
    for mention in symptoms.get("mentions", ()):
        if mention["state"] == "denied" and mention["concept"] not in present:
            yield mention["concept"]


def _view(analysis: Analysis, flag: RedFlag) -> FlagView:
    is_imaging = flag.tier == "imaging"
    raised = (
        cited(analysis, flag.triggers)
        if is_imaging
        else tuple(t.partition(": ")[2] or t for t in flag.triggers)
    )
    return FlagView(
        tier=flag.tier,
        title="Imaging finding" if is_imaging else flag.tier.capitalize(),
        answered="" if is_imaging else flag.answered,
        text=flag.text,
        raised=raised,
    )
