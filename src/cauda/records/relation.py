"""What the relate stage gives: roots, red flags, base rates."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Literal

from cauda.vocab import Level, Root, Side, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Expected:
    """What is anatomically associated with a root, in plain words."""

    sensation: tuple[str, ...] = ()
    pain: tuple[str, ...] = ()
    weakness: tuple[str, ...] = ()
    reflex: tuple[str, ...] = ()
    cramp: tuple[str, ...] = ()
    gait: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RootLink:
    """A root that findings could affect, how strongly, and what is associated with it.

    Parameters
    ----------
    tier : int
        0 none, 1 possible, 2 plausible, 3 marked compromise (clinical rules 7.3 and 14.6).
    tier_text : str
        The tier in words.
    because : tuple of str
        Ids of the findings.
    widened : bool
        True where uncertain numbering added this root as a neighbor.
    notes : tuple of str
        Why the tier was lowered or capped.
    evidence : tuple of str
        How well such a link is known to hold, in published figures.
    """

    root: Root
    side: Side
    tier: int
    tier_text: str
    because: tuple[str, ...]
    associated: Expected
    level: Level | None = None
    zone: Zone | None = None
    widened: bool = False
    notes: tuple[str, ...] = ()
    evidence: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class RedFlag:
    """One fixed red-flag text.

    Parameters
    ----------
    tier : {"emergency", "urgent", "prompt", "imaging"}
    text : str
        Fixed wording from ``knowledge/red_flags.toml``.
    triggers : tuple of str
        What raised it; empty for the text that always stands.
    answered : str
        ``"not asked"`` until symptoms were given.
    """

    tier: Literal["emergency", "urgent", "prompt", "imaging"]
    text: str
    triggers: tuple[str, ...] = ()
    answered: str = "not asked"


@dataclass(frozen=True, slots=True, kw_only=True)
class Relation:
    """What the relate stage returns."""

    roots: tuple[RootLink, ...]
    red_flags: tuple[RedFlag, ...]
    base_rates: tuple[str, ...]
    other_causes: tuple[str, ...]
    not_assessed: tuple[str, ...] = ()
    symptoms: Mapping[str, Any] | None = None
