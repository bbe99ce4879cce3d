"""Names of levels and vertebrae, compared instance by instance."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import Literal

import numpy as np

from cauda.datasets.masks import Masks
from cauda.datasets.meaning import GROUPS, Meaning, Structures
from cauda.geometry import Array

LEAST_SHARE = 0.25
"""A predicted instance belongs to a true one if it fills at least this share of it."""

Verdict = Literal["correct", "wrong", "missing", "unnamed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class NameCheck:
    """What one true level or vertebra was called.

    Parameters
    ----------
    kind : {"level", "vertebra"}
    truth : str
    predicted : str
        Empty where it was not found or has no anatomical name.
    verdict : {"correct", "wrong", "missing", "unnamed"}
    """

    kind: Literal["level", "vertebra"]
    truth: str
    predicted: str
    verdict: Verdict


def check_names(truth: Masks, predicted: Masks) -> tuple[NameCheck, ...]:
    """Compare the names of discs and of wholly visible vertebrae.

    Each true instance is compared with the predicted one of its kind that covers most of it.
    """
    placed = predicted.onto(truth.space)
    discs = _checks("level", truth, placed, (GROUPS["disc"],), _level)
    bodies = (GROUPS["vertebra"], GROUPS["vertebral body"])
    return discs + _checks("vertebra", truth, placed, bodies, _vertebra)


def share_correct(checks: Iterable[NameCheck], kind: str = "level") -> float:
    """Share of true names that were given; NaN where the truth names nothing."""
    own = [c.verdict == "correct" for c in checks if c.kind == kind]
    return float(np.mean(own)) if own else float("nan")


def _checks(
    kind: Literal["level", "vertebra"],
    truth: Masks,
    placed: Masks,
    kinds: tuple[Structures, ...],
    name_of: Callable[[Meaning], str],
) -> tuple[NameCheck, ...]:
    checks = []
    for name in dict.fromkeys(name_of(m) for m in truth.meanings.values()):
        if not name:
            continue
        drawn = _where(truth, kinds, name_of, name)
        if drawn.any():
            found = _found(drawn, placed, kinds)
            checks.append(_judged(kind, name, found, name_of))
    return tuple(checks)


def _where(
    masks: Masks, kinds: tuple[Structures, ...], name_of: Callable[[Meaning], str], name: str
) -> Array:
    chosen = [n for n, m in masks.meanings.items() if m.structures in kinds and name_of(m) == name]
    return np.isin(masks.numbers, chosen)


def _found(drawn: Array, placed: Masks, kinds: tuple[Structures, ...]) -> Meaning | None:
    """The meaning of most predicted voxels of the kind inside a true instance, if enough."""
    inside = placed.numbers[drawn]
    wanted = [n for n, m in placed.meanings.items() if m.structures in kinds]
    numbers, counts = np.unique(inside[np.isin(inside, wanted)], return_counts=True)
    if not counts.size or counts.max() < LEAST_SHARE * np.count_nonzero(drawn):
        return None
    return placed.meanings[int(numbers[counts.argmax()])]


def _judged(
    kind: Literal["level", "vertebra"],
    name: str,
    found: Meaning | None,
    name_of: Callable[[Meaning], str],
) -> NameCheck:
    own = "" if found is None else name_of(found)
    verdict: Verdict = "correct" if own == name else "wrong"
    if found is None:
        verdict = "missing"
    elif not own:
        verdict = "unnamed"
    return NameCheck(kind=kind, truth=name, predicted=own, verdict=verdict)


def _level(meaning: Meaning) -> str:
    is_disc = meaning.structures == GROUPS["disc"]
    return meaning.level.value if is_disc and meaning.level is not None else ""


def _vertebra(meaning: Meaning) -> str:
    if meaning.is_partial or meaning.vertebra is None:
        return ""
    return meaning.vertebra.value if meaning.structures != GROUPS["sacrum"] else ""
