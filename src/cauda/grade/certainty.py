"""How sure a grade is: one step down for each thing that speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import isfinite

from cauda.grade.readings import Readings
from cauda.grade.rules import CERTAINTIES, Case, Rule, Verdict
from cauda.records import Certainty, Opinion
from cauda.vocab import Level, Scale


def case_of(rule: Rule, level: Level, readings: Readings) -> Case:
    """What ``rule`` sees of the readings of ``level``."""
    seen = {q: readings[q] for q in rule.reads if q in readings}
    return Case(
        values={q: r.value for q, r in seen.items()},
        uncertainties={q: r.uncertainty for q, r in seen.items()},
        cuts=rule.cuts_at(level),
        row=rule.row,
    )


def is_borderline(rule: Rule, case: Case, verdict: Verdict) -> bool:
    """Whether another grade is reached within the uncertainty of the measurements.

    Every measurement is moved to either end of its 90 % interval, in all combinations, so that a
    grade which rests on several measurements is judged as one. Between the ends nothing new can
    appear, since grades are monotone in each measurement.
    """
    errors = {q: u for q, u in case.uncertainties.items() if u > 0 and isfinite(u)}
    for signs in product((-1, 1), repeat=len(errors)):
        moved = dict(case.values)
        for (quantity, error), sign in zip(errors.items(), signs, strict=True):
            moved[quantity] += sign * error
        shifted = Case(values=moved, uncertainties=case.uncertainties, cuts=case.cuts, row=case.row)
        if rule.decide(shifted).grade != verdict.grade:
            return True
    return False


def lowered(base: Certainty, steps: int) -> Certainty:
    """``base``, that many steps lower, at least ``"low"``."""
    place = min(CERTAINTIES.index(base) + steps, len(CERTAINTIES) - 1)
    return CERTAINTIES[place]


def likeliest(scale: Scale, probabilities: Mapping[str, float]) -> str:
    """The most probable grade; of equals the milder."""
    return max(scale.grades, key=lambda g: probabilities.get(g, 0.0))


def disagreement(verdict: Verdict, opinion: Opinion | None) -> str:
    """What to say where a learned grader differs by more than one grade; else empty."""
    if opinion is None or verdict.grade not in opinion.scale.grades:
        return ""
    other = likeliest(opinion.scale, opinion.probabilities)
    grades = opinion.scale.grades
    needed = 2 if len(grades) > 2 else 1
    if abs(grades.index(other) - grades.index(verdict.grade)) < needed:
        return ""
    return f"the learned grader {opinion.grader} disagrees: {other}"
