"""Weigh what was measured against what a learned grader saw on the same images.

A measurement fails where the network drew the wrong border, a learned grader where it meets what
it never learned; they fail at different places. Each rule's row says how much the opinion weighs.
Both stay in the finding: the opinion as such, and the rule's own grade in its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cauda.grade.rules import Rule, Verdict
from cauda.grade.thresholds import FILE
from cauda.knowledge import row
from cauda.records import Opinion
from cauda.vocab import Level, Scale, Side

HALF = 0.5
Shares = Mapping[str, float]


def opinion_on(
    rule: Rule, level: Level, side: Side | None, opinions: Sequence[Opinion]
) -> Opinion | None:
    """The opinion on what a rule grades: one that rests on the rule's own images comes first."""
    about = _about(rule, level, side, opinions)
    return min(about, key=lambda o: o.plane is not rule.plane, default=None)


def tested_opinion_on(
    rule: Rule, level: Level, side: Side | None, opinions: Sequence[Opinion]
) -> Opinion | None:
    """The opinion that may stand alone: one tested on patients comes first."""
    about = _about(rule, level, side, opinions)
    return min(about, key=lambda o: o.validation != "real", default=None)


def _about(
    rule: Rule, level: Level, side: Side | None, opinions: Sequence[Opinion]
) -> list[Opinion]:
    asked = (rule.condition, rule.scale, level, side)
    return [o for o in opinions if (o.condition, o.scale, o.level, o.side) == asked]


def is_weighed(rule: Rule, opinion: Opinion | None) -> bool:
    """Whether the opinion shifts the rule's grade: it must rest on the same kind of images."""
    return opinion is not None and rule.opinion_weight > 0 and opinion.plane is rule.plane


def middle(scale: Scale, shares: Shares) -> str:
    """The first grade at which half of the probability is reached, from the mildest upward."""
    below = 0.0
    for grade in scale.grades:
        below += shares[grade]
        if below >= HALF:
            return grade
    return scale.grades[-1]


def weighed(
    rule: Rule, verdict: Verdict, shares: Shares, opinion: Opinion
) -> tuple[Verdict, dict[str, float]]:
    """The middle grade by both, and their mean probabilities.

    Grades are ordered, so the median is taken: where half of the mass says "worse than 1" and half
    "better than 3", neither end is given.

    Parameters
    ----------
    rule : Rule
    verdict : Verdict
        By measurement alone; it has a grade.
    shares : mapping of str -> float
        Probability of each grade by measurement alone.
    opinion : Opinion
    """
    weight = rule.opinion_weight
    mean = {
        g: (1 - weight) * shares[g] + weight * opinion.probabilities.get(g, 0.0)
        for g in rule.scale.grades
    }
    grade = middle(rule.scale, mean)
    if grade == verdict.grade:
        return verdict, mean
    words = row(FILE, "probability", "weighed").text("words")
    said = words.format(grade=verdict.grade, grader=opinion.grader)
    detail = "; ".join(part for part in (verdict.words, said) if part)
    return Verdict(grade, detail, verdict.is_doubtful), mean
