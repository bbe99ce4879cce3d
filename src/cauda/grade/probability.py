"""Probabilities of grades from the error of the measurements they rest on.

Each measurement is taken for the mean of a normal distribution whose 90 % interval is the
measurement's own; the probability of a grade is the mass under which the rule gives it, between
the cuts of one measurement or over the whole rule where it reads several. They are no calibrated
probabilities: they say how safely the numbers lie between the cuts, not how often the rule is
right. A floor keeps any grade possible.
"""

from __future__ import annotations

from collections import Counter
from itertools import product
from math import isfinite
from statistics import NormalDist

from cauda.grade.certainty import moved
from cauda.grade.rules import Case, Rule
from cauda.grade.thresholds import FILE, Readable
from cauda.knowledge import row
from cauda.vocab import UNKNOWN

NINETY = NormalDist().inv_cdf(0.95)
"""Half-width of a 90 % interval, in standard deviations."""
MOST_POINTS = 243
"""Points at which a rule is asked, over all its measurements together: bounds the time."""
MOST_A_MEASUREMENT = 81
WIDEST = 3.5
"""A cut farther away than this many standard deviations is not reached."""


def probabilities(rule: Rule, case: Case) -> dict[str, float]:
    """Probability of every grade of the rule's scale; sum 1.

    Parameters
    ----------
    rule : Rule
    case : Case
        On which the rule has decided.
    """
    errors = {
        q: u / NINETY
        for q, u in case.uncertainties.items()
        if u > 0 and isfinite(u) and _is_near_a_cut(rule, case, q)
    }
    counts: Counter[str] = Counter()
    for shifts in product(*(_points(s, len(errors)) for s in errors.values())):
        shifted = moved(case, dict(zip(errors, shifts, strict=True)))
        counts[rule.decide(shifted).grade] += 1
    counts.pop(UNKNOWN, None)
    if not counts:
        counts[rule.decide(case).grade] = 1
    total = counts.total()
    floor = row(FILE, "probability", "floor").number("value")
    grades = rule.scale.grades
    room = 1 - floor * len(grades)
    return {g: floor + room * counts[g] / total for g in grades}


def _is_near_a_cut(rule: Rule, case: Case, quantity: Readable) -> bool:
    """Whether the error of ``quantity`` can carry it over one of its cuts."""
    far = WIDEST * case.uncertainties[quantity] / NINETY
    limits = [
        limit
        for cut in rule.thresholds
        if cut.quantity == quantity and cut.id in case.cuts
        for limit in cut.values
    ]
    return any(abs(case.values[quantity] - limit) <= far for limit in limits)


def _points(deviation: float, dimensions: int) -> list[float]:
    """Shifts that each stand for the same mass of a normal distribution."""
    count = max(3, min(MOST_A_MEASUREMENT, round(MOST_POINTS ** (1 / max(dimensions, 1)))))
    return [deviation * NormalDist().inv_cdf((n + 0.5) / count) for n in range(count)]
