"""How sure a grade is: one step down for each thing that speaks against it."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import product
from math import isfinite

from cauda.grade.readings import Readings
from cauda.grade.rules import CERTAINTIES, Case, Rule, Verdict
from cauda.grade.thresholds import Readable
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


def moved(case: Case, errors: Mapping[Readable, float]) -> Case:
    """The case with every value moved by that much."""
    values = {q: v + errors.get(q, 0.0) for q, v in case.values.items()}
    return Case(values=values, uncertainties=case.uncertainties, cuts=case.cuts, row=case.row)


def is_borderline(rule: Rule, level: Level, case: Case, verdict: Verdict) -> bool:
    """Whether another grade is reached within the uncertainty of the measurements.

    Every measurement is moved to either end of its 90 % interval, or to the margin of its cut if
    that is wider, in all combinations, so that a grade which rests on several measurements is
    judged as one. Between the ends nothing new can appear, since grades are monotone in each
    measurement.
    """
    errors = {q: max(u, rule.margin(q, level)) for q, u in case.uncertainties.items()}
    wide = {q: e for q, e in errors.items() if e > 0 and isfinite(e)}
    for signs in product((-1, 1), repeat=len(wide)):
        shifts = {q: sign * error for (q, error), sign in zip(wide.items(), signs, strict=True)}
        if rule.decide(moved(case, shifts)).grade != verdict.grade:
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
