"""What a person complains of, as records: concepts with a side, a state and when they began."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache
from typing import Literal

from cauda.knowledge import Row, rows

State = Literal["present", "denied", "unclear", "other"]
SpokenSide = Literal["left", "right", "both", ""]

FRESH = ("new", "sudden", "worse", "rapid")
"""Qualifiers that make a mention live, however long it also has lasted."""


@cache
def concepts() -> dict[str, Row]:
    """Every concept the reader knows, by id."""
    found = rows("lexicon.toml", "concepts", ("kind", "name", "phrases"))
    return {row.id: row for row in found}


@cache
def groups() -> dict[str, tuple[str, ...]]:
    """Concepts that rules name together, by the group's id."""
    return {row.id: row.texts("members") for row in rows("lexicon.toml", "groups")}


@dataclass(frozen=True, slots=True, kw_only=True)
class Mention:
    """One concept that was said.

    Parameters
    ----------
    concept : str
        Id in ``knowledge/lexicon.toml``.
    side : {"left", "right", "both", ""}
        The patient's; empty where none was said.
    state : {"present", "denied", "unclear", "other"}
        ``unclear`` for what was named without saying whether it works; ``other`` for what was
        said of a relative.
    qualifiers : tuple of str
        Time concepts of the lexicon (``new``, ``sudden``, ``worse``, ``long``, ...) and ``night``.
    phrase : str
        The words it was read from.
    """

    concept: str
    side: SpokenSide = ""
    state: State = "present"
    qualifiers: tuple[str, ...] = ()
    phrase: str = ""

    @property
    def name(self) -> str:
        """The concept in words."""
        return concepts()[self.concept].text("name")

    @property
    def is_alarm(self) -> bool:
        """Whether it is a red-flag state, such as a bladder change."""
        return concepts()[self.concept].text("kind") == "alarm"

    @property
    def is_cue(self) -> bool:
        """Whether it only hints at a red flag: said, and not understood."""
        kind = concepts()[self.concept].text("kind")
        return (kind, self.state) in (("cue", "present"), ("alarm", "unclear"))

    @property
    def is_settled(self) -> bool:
        """Whether it was said to be of old, so that it raises no alarm.

        A red-flag state must be both long-standing and unchanged; an event, long past; any other
        complaint, one of the two. Whatever is new, sudden or worse is never settled. Only a minor
        one (constipation) is settled by being over: a lost leg that came back is still an alarm.
        """
        kind = concepts()[self.concept].text("kind")
        if kind == "minor" and "resolved" in self.qualifiers:
            return True
        if any(word in self.qualifiers for word in FRESH):
            return False
        is_long, is_stable = "long" in self.qualifiers, "stable" in self.qualifiers
        if self.is_alarm:
            return is_long and is_stable
        return is_long if kind == "event" else is_long or is_stable


@dataclass(frozen=True, slots=True, kw_only=True)
class Complaint:
    """Everything that was read from one description.

    Parameters
    ----------
    text : str
        The description as given; empty for structured symptoms.
    mentions : tuple of Mention
        In the order in which they were said.
    unread : tuple of str
        Words with no place in the lexicon; nothing was guessed from them.
    respelled : tuple of (str, str)
        Words taken for a long word of the lexicon that they miss by a letter or two.
    """

    text: str = ""
    mentions: tuple[Mention, ...] = ()
    unread: tuple[str, ...] = ()
    respelled: tuple[tuple[str, str], ...] = ()

    @property
    def side(self) -> SpokenSide:
        """The side of all present complaints together; empty where none was said."""
        sides = {m.side for m in self.mentions if m.state == "present" and m.side}
        if not sides:
            return ""
        return sides.pop() if len(sides) == 1 else "both"
