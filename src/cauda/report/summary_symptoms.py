"""Reported symptoms for a summary: what was read, where it lies, how it fits, what else it is."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from cauda.knowledge import row, rows
from cauda.report.summary_said import Said, said
from cauda.vocab import Side

MAX_CAUSES = 4
"""More causes than this are named in one line, without their clues."""

_SIDES = {"left": (Side.LEFT,), "right": (Side.RIGHT,), "both": (Side.RIGHT, Side.LEFT)}

_SAME = "<same side>"
"""Stands for the complaint's own side while lines of both sides are compared."""

Symptoms = Mapping[str, Any]


@dataclass(frozen=True, slots=True, kw_only=True)
class CauseView:
    """A cause outside the roots: what speaks for and against it, and what tells it apart."""

    name: str
    speaks_for: tuple[str, ...]
    speaks_against: tuple[str, ...]
    test: Said


@dataclass(frozen=True, slots=True, kw_only=True)
class Fit:
    """How one symptom fits the findings, in the fixed words of the relation."""

    clue: str
    side: str
    verdict: str
    text: str


def reported(symptoms: Symptoms | None) -> dict[Side, tuple[str, ...]]:
    """For each side, ids of the regions that the complaint names as affected there."""
    marked: dict[Side, list[str]] = {Side.RIGHT: [], Side.LEFT: []}
    for mention in _present(symptoms):
        for side in _SIDES.get(mention["side"], ()):
            marked[side] += _regions(mention["concept"])
    return {side: tuple(dict.fromkeys(ids)) for side, ids in marked.items()}


def without_side(symptoms: Symptoms | None) -> tuple[str, ...]:
    """Sites that were named without a side, in words."""
    named = [m for m in _present(symptoms) if not m["side"] and _regions(m["concept"])]
    return tuple(dict.fromkeys(m["name"] for m in named))


def names(symptoms: Symptoms | None, concept: str) -> bool:
    """Whether the complaint names this concept as present."""
    return any(m["concept"] == concept for m in _present(symptoms))


def reading(symptoms: Symptoms | None) -> tuple[str, ...]:
    """Everything that was read, each with its side and state."""
    return tuple(dict.fromkeys(_mention(m) for m in (symptoms or {}).get("mentions", ())))


def fits(symptoms: Symptoms | None) -> tuple[Fit, ...]:
    """How each symptom fits the findings; both sides in one line where they fit alike."""
    grouped: dict[tuple[str, str, str], list[str]] = {}
    for held in (symptoms or {}).get("concordance", ()):
        side = held["side"]
        text = held["text"].replace(f" {side} ", f" {_SAME} ") if side else held["text"]
        grouped.setdefault((held["clue"], held["verdict"], text), []).append(side)
    return tuple(
        Fit(
            clue=clue,
            side=" and ".join(sides) or "not stated",
            verdict=verdict,
            text=text.replace(_SAME, " and ".join(sides)),
        )
        for (clue, verdict, text), sides in grouped.items()
    )


def unmatched(symptoms: Symptoms | None) -> tuple[str, ...]:
    """Links to which no reported symptom fits, without the words that say so each time."""
    repeated = row("relate_wording.toml", "wording", "unmatched").text("text").partition("}")[2]
    given = (symptoms or {}).get("unmatched_findings", ())
    return tuple(line.removesuffix(repeated).partition(" (tier")[0] for line in given)


def causes(symptoms: Symptoms | None) -> tuple[CauseView, ...]:
    """Causes outside the roots, the best supported first; none where nothing was reported."""
    ranked = [c for c in (symptoms or {}).get("candidates", ()) if c["kind"] == "other"]
    return tuple(
        CauseView(
            name=cause["name"],
            speaks_for=tuple(cause["speaks_for"]),
            speaks_against=tuple(cause["speaks_against"]),
            test=said(cause["test"], row("differentials.toml", "differentials", cause["id"])),
        )
        for cause in ranked[:MAX_CAUSES]
    )


def further_causes(shown: Sequence[CauseView]) -> tuple[str, ...]:
    """Names of the causes that are not shown with their clues, without what is in parentheses."""
    told = {cause.name for cause in shown}
    every = (r.text("name") for r in rows("differentials.toml", "differentials"))
    return tuple(name.partition(" (")[0] for name in every if name not in told)


def _present(symptoms: Symptoms | None) -> list[Mapping[str, Any]]:
    return [m for m in (symptoms or {}).get("mentions", ()) if m["state"] == "present"]


def _regions(concept: str) -> list[str]:
    wide = [r for r in rows("summary.toml", "sites") if r.id == concept]
    if wide:
        return list(wide[0].texts("regions"))
    return [r.id for r in rows("regions.toml", "regions") if concept in r.texts("concepts")]


def _mention(mention: Mapping[str, Any]) -> str:
    state = {"denied": "no ", "present": ""}.get(mention["state"], "")
    unclear = ", unclear" if mention["state"] == "unclear" else ""
    when = [q for q in mention["qualifiers"] if q != mention["concept"]]
    parts = [f"{state}{mention['name']}{unclear}", mention["side"], *when]
    return ", ".join(part for part in parts if part)
