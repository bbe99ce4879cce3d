"""Whether the checks earn their keep: what they lower or withhold should be wrong more often.

Every finding is graded twice, with and without the limits of the checks. The grade without them
says how wrong an answer would have been; the finding with them says how willingly it was given.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

from cauda.records import Finding

CONFIDENCE: Mapping[str, int] = MappingProxyType({"high": 0, "moderate": 1, "low": 2})
"""Order in which answers are given up; what is withheld comes last."""
WITHHELD = 3
STATES = ("high", "moderate", "low", "withheld")


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """One grade that was or could have been given.

    Parameters
    ----------
    condition, scale : str
    rank : int
        0 high, 1 moderate, 2 low certainty, 3 withheld by the checks.
    is_wrong : bool
        Whether the grade without the checks differs from the truth.
    """

    condition: str
    scale: str
    rank: int
    is_wrong: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """One point of a selective-risk curve.

    Parameters
    ----------
    state : str
        The least willing answers that are still given.
    answered : float
        Share of all answers given.
    error : float
        Share of those that are wrong.
    error_here : float
        Share of wrong ones among the answers of this state alone; NaN where there is none.
    """

    state: str
    answered: float
    error: float
    error_here: float


def answers(
    checked: Iterable[Finding], unchecked: Iterable[Finding], truth: Iterable[Finding]
) -> tuple[Answer, ...]:
    """Match findings with and without checks to the truth.

    Parameters
    ----------
    checked, unchecked : iterable of Finding
        Of one study, graded with its limits and with none.
    truth : iterable of Finding

    Returns
    -------
    tuple of Answer
        One for each true finding that the rules could grade without the checks.
    """
    given = {_key(f): f for f in checked}
    free = {_key(f): f for f in unchecked}
    found = []
    for true in truth:
        own, answer = given.get(_key(true)), free.get(_key(true))
        if own is None or answer is None or not (answer.is_known and true.is_known):
            continue
        found.append(
            Answer(
                condition=true.condition.value,
                scale=true.scale.value,
                rank=CONFIDENCE[own.certainty] if own.is_known else WITHHELD,
                is_wrong=answer.grade != true.grade,
            )
        )
    return tuple(found)


def _key(finding: Finding) -> tuple[str, str, str | None, str]:
    return finding.condition, finding.level, finding.side, finding.scale


def curve(found: Sequence[Answer]) -> tuple[Point, ...]:
    """Error against share answered, from the surest answers to all of them."""
    points = []
    for rank, state in enumerate(STATES):
        kept = [a.is_wrong for a in found if a.rank <= rank]
        here = [a.is_wrong for a in found if a.rank == rank]
        if not kept:
            continue
        points.append(
            Point(
                state=state,
                answered=len(kept) / len(found),
                error=sum(kept) / len(kept),
                error_here=sum(here) / len(here) if here else float("nan"),
            )
        )
    return tuple(points)
