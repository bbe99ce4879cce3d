"""Weigh what was measured against what a learned grader saw on the same images.

A measurement fails where the network drew the wrong border, a learned grader where it meets what
it never learned; they fail at different places. Each rule's row says how much the opinion weighs.
Both stay in the finding: the opinion as such, and the rule's own grade in its words.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cauda.grade.certainty import likeliest
from cauda.grade.rules import Rule, Verdict
from cauda.grade.thresholds import FILE
from cauda.knowledge import row
from cauda.records import Opinion
from cauda.vocab import Level, Plane, Scale, Side

HALF = 0.5
UNSETTLED = "displaced"
Shares = Mapping[str, float]


def opinions_on(
    rule: Rule, level: Level, side: Side | None, opinions: Sequence[Opinion]
) -> tuple[Opinion, ...]:
    """The opinions on what a rule grades; those that rest on the rule's own images come first."""
    asked = (rule.condition, rule.scale, level, side)
    about = [o for o in opinions if (o.condition, o.scale, o.level, o.side) == asked]
    return tuple(sorted(about, key=lambda o: o.plane is not rule.plane))


def adoptable(opinions: Sequence[Opinion]) -> Opinion | None:
    """The opinion that may stand alone where a rule cannot decide: one on the midline.

    One of a grader of axial images only ever weighs beside a measurement.
    """
    return next((o for o in opinions if o.plane is Plane.SAGITTAL), None)


def is_weighed(rule: Rule, verdict: Verdict, opinion: Opinion | None) -> bool:
    """Whether the opinion shifts the rule's grade: it must rest on the same kind of images.

    "displaced" is what a rule says that cannot tell the kind, as with an uncovered disc: no
    opinion settles that. Nor does one undo what its images do not show, such as a fragment that
    sagittal slices show behind a vertebra.
    """
    return (
        opinion is not None
        and rule.opinion_weight > 0
        and opinion.plane is rule.plane
        and verdict.grade != UNSETTLED
        and not verdict.is_out_of_view
    )


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
    """The grade by both, and their mean probabilities.

    Of ordered grades the median is taken: where half of the mass says "worse than 1" and half
    "better than 3", neither end is given. Contours are kinds; of them the likeliest is.

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
    grade = (likeliest if rule.scale is Scale.FARDON else middle)(rule.scale, mean)
    if grade == verdict.grade:
        return verdict, mean
    words = row(FILE, "probability", "weighed").text("words")
    said = words.format(grade=verdict.grade, grader=opinion.grader)
    detail = "; ".join(part for part in (said, verdict.words) if part)
    return Verdict(grade, detail, verdict.is_doubtful), mean
