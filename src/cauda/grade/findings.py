"""Grade every level: one finding per condition, side and scale, UNKNOWN ones included."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from types import MappingProxyType

from cauda.grade.catalog import catalog
from cauda.grade.certainty import case_of, disagreement, is_borderline, likeliest, lowered
from cauda.grade.place import located
from cauda.grade.probability import probabilities
from cauda.grade.readings import Readings, table
from cauda.grade.rules import Rule, Verdict
from cauda.grade.scales import agreed
from cauda.grade.thresholds import FILE
from cauda.grade.weighing import adoptable, is_weighed, opinions_on, weighed
from cauda.knowledge import row
from cauda.records import Certainty, Finding, Limit, Measurement, Opinion, Spine
from cauda.vocab import GRADED_LEVELS, UNKNOWN, Condition, Level, Quantity, Side, Zone

TRANSITIONAL_LEVELS = (Level.L5_L6, Level.L6_S1, Level.L4_S1)
"""Levels of spines with six or four lumbar vertebrae."""

ZONES: Mapping[Condition, Zone] = MappingProxyType(
    {
        Condition.CANAL_STENOSIS: Zone.CENTRAL,
        Condition.SUBARTICULAR_STENOSIS: Zone.SUBARTICULAR,
        Condition.ROOT_COMPROMISE: Zone.SUBARTICULAR,
        Condition.FORAMINAL_STENOSIS: Zone.FORAMINAL,
    }
)

_DISPLACED = (Condition.DISC_BULGE, Condition.DISC_HERNIATION)
"""What a grader of midline slices may miss: displacement to one side."""

_SIDED = tuple(c for c, zone in ZONES.items() if zone != Zone.CENTRAL)


def grade(
    spine: Spine,
    measurements: Sequence[Measurement],
    limits: Sequence[Limit],
    opinions: Sequence[Opinion] = (),
) -> tuple[Finding, ...]:
    """Grade every level that a report lists, from above downward.

    Parameters
    ----------
    spine : Spine
    measurements : sequence of Measurement
        Of several series that show the same the preferred one is read.
    limits : sequence of Limit
        What may not be graded, or only with less certainty.
    opinions : sequence of Opinion
        Kept beside the rules' grades.

    Returns
    -------
    tuple of Finding
        For each level one a condition, side (right, then left) and scale.

    Raises
    ------
    KnowledgeError
        If a rule or cut of the knowledge base is unusable.
    """
    measured = table(measurements, spine.levels)
    found: list[Finding] = []
    for level in levels_to_grade(spine):
        instance = spine.level(level)
        if instance is None:
            found.extend(_unseen(level, _reason_unseen(spine, level)))
            continue
        for rules, side in _questions():
            asked = tuple(
                _Question(
                    rule=rule,
                    level=level,
                    side=side,
                    readings=measured.at({q: rule.plane_of(q) for q in rule.reads}, level, side),
                )
                for rule in rules
            )
            finding = _answer(asked, limits, opinions)
            found.append(finding)
    return tuple(_placed(f, spine, measurements) for f in agreed(found))


def _placed(finding: Finding, spine: Spine, measurements: Sequence[Measurement]) -> Finding:
    """The finding with where its displaced material lies."""
    instance = spine.level(finding.level)
    return finding if instance is None else located(finding, instance, measurements)


def levels_to_grade(spine: Spine) -> tuple[Level, ...]:
    """The usual five levels, then those that only this spine has, each from above."""
    extra = [
        level.name
        for level in reversed(spine.levels)
        if level.name.is_relative or level.name in TRANSITIONAL_LEVELS
    ]
    return (*GRADED_LEVELS, *extra)


def _questions() -> Iterator[tuple[tuple[Rule, ...], Side | None]]:
    """The rules of each condition and scale with each side, in the order of a report.

    Where several rules give the same grade the one that needs the better images comes first.
    """
    rules = catalog()
    for condition in dict.fromkeys(rule.condition for rule in rules):
        own = [rule for rule in rules if rule.condition == condition]
        for side in (Side.RIGHT, Side.LEFT) if condition in _SIDED else (None,):
            for scale in dict.fromkeys(rule.scale for rule in own):
                yield tuple(rule for rule in own if rule.scale == scale), side


def _unseen(level: Level, reason: str) -> Iterator[Finding]:
    for rules, side in _questions():
        question = _Question(rule=rules[-1], level=level, side=side, readings={})
        blank = question.finding(Verdict(UNKNOWN, reason))
        yield replace(blank, rule="level-not-seen")


def _reason_unseen(spine: Spine, level: Level) -> str:
    """Why a level is not graded under that name."""
    others = [name for name in levels_to_grade(spine) if name not in GRADED_LEVELS]
    if any(name.is_relative for name in others):
        return f"levels could not be named; see {others[0]} to {others[-1]}, counted from below"
    if others and level in (Level.L4_L5, Level.L5_S1):
        names = " and ".join(others)
        return f"this spine has no such level by its count of lumbar vertebrae; see {names}"
    return "not in the field of view"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Question:
    """One rule asked of one level and side."""

    rule: Rule
    level: Level
    side: Side | None
    readings: Readings

    @property
    def is_measured(self) -> bool:
        return all(q in self.readings for q in self.rule.needs)

    @property
    def because(self) -> tuple[str, ...]:
        used = (self.readings[q] for q in self.rule.reads if q in self.readings)
        return tuple(dict.fromkeys(id_ for reading in used for id_ in reading.because))

    @property
    def is_estimated(self) -> bool:
        return any(self.readings[q].is_estimated for q in self.rule.needs if q in self.readings)

    def finding(self, verdict: Verdict) -> Finding:
        """The finding before anything lowers its certainty."""
        rule, is_known = self.rule, verdict.grade != UNKNOWN
        parts = (self.level.value, rule.condition.value, self.side, rule.scale.name.lower())
        return Finding(
            id="/".join(part for part in parts if part),
            condition=rule.condition,
            level=self.level,
            scale=rule.scale,
            grade=verdict.grade,
            rule=rule.id,
            certainty=rule.certainty if is_known else "low",
            because=self.because,
            side=self.side,
            zone=ZONES.get(rule.condition),
            validation=rule.validation,
            detail=verdict.words if is_known else "",
            reason_unknown="" if is_known else verdict.words,
        )


def _answer(
    asked: Sequence[_Question], limits: Sequence[Limit], opinions: Sequence[Opinion]
) -> Finding:
    """The finding of the first rule that was measured, withheld or lowered by the limits.

    Parameters
    ----------
    asked : sequence of _Question
        The rules of one condition and scale at one place, the best first.
    """
    measured = [q for q in asked if q.is_measured]
    first = measured[0] if measured else asked[-1]
    condition, level, side = first.rule.condition, first.level, first.side
    apply = [x for x in limits if x.applies(condition, level, side)]
    about = opinions_on(first.rule, level, side, opinions)
    withheld = [x.reason for x in apply if x.effect == "withhold"]
    if withheld:
        finding = first.finding(Verdict(UNKNOWN, " ".join(dict.fromkeys(withheld))))
        return replace(finding, opinion=_first(about), detail=_measured(first))
    lowering = len({x.id for x in apply if x.effect == "lower"})
    if not measured:
        missing = first.finding(Verdict(UNKNOWN, first.rule.row.text("missing")))
        answer = replace(missing, because=(), opinion=_first(about))
    else:
        answer = _decided(first, about, lowering)
    return answer if answer.is_known else _adopted(first, answer, adoptable(about), lowering)


def _first(opinions: Sequence[Opinion]) -> Opinion | None:
    return opinions[0] if opinions else None


def _decided(question: _Question, about: Sequence[Opinion], lowering: int) -> Finding:
    """The finding of a rule that has all it needs, beside the opinions on the same."""
    rule, opinion = question.rule, _first(about)
    case = case_of(rule, question.level, question.readings)
    measured = rule.decide(case)
    finding = replace(question.finding(measured), opinion=opinion)
    if measured.grade == UNKNOWN:
        return finding
    weighs = is_weighed(rule, measured, opinion)
    shares = probabilities(rule, case) if weighs or rule.gives_probabilities else None
    verdict = measured
    if weighs and opinion is not None and shares is not None:
        verdict, shares = weighed(rule, measured, shares, opinion)
    is_overruled = verdict.grade != measured.grade
    borderline = is_borderline(rule, question.level, case, measured)
    apart = bool(disagreement(measured, opinion))
    # The opinion that decided does not disagree any more; it still costs its step.
    dissents = [disagreement(verdict, o) for o in (about[1:] if is_overruled else about)]
    doubts = (borderline, measured.is_doubtful, question.is_estimated, is_overruled)
    steps = lowering + sum(doubts) + (apart or any(dissents))
    return replace(
        finding,
        grade=verdict.grade,
        borderline=borderline,
        certainty=lowered(rule.certainty, steps),
        probabilities=shares,
        detail="; ".join(part for part in (verdict.words, *dissents) if part),
    )


def _adopted(
    question: _Question, finding: Finding, opinion: Opinion | None, lowering: int
) -> Finding:
    """The learned grade where the rule cannot decide; only rules that allow it.

    A learned "absent" is not taken where the measured displacement is deep: the grader saw the
    midline alone.
    """
    rule, readings = question.rule, question.readings
    if opinion is None or not rule.adopts_opinion:
        return finding
    finding = replace(finding, opinion=opinion)
    grade = likeliest(finding.scale, opinion.probabilities)
    if grade == finding.scale.grades[0] and _contradicts(rule, readings):
        return replace(finding, reason_unknown=_disputed(finding.reason_unknown, opinion))
    is_tested = opinion.validation == "real"
    is_sure = opinion.probabilities[grade] >= row(FILE, "probability", "sure").number("value")
    base: Certainty = "moderate" if is_tested and is_sure else "low"
    return replace(
        finding,
        grade=grade,
        rule=f"learned:{opinion.grader}",
        certainty=lowered(base, lowering),
        probabilities=opinion.probabilities,
        validation=opinion.validation,
        detail=f"learned grade, sagittal only; by rule: {finding.reason_unknown}",
        reason_unknown="",
    )


def _contradicts(rule: Rule, readings: Readings) -> bool:
    """Whether the disc stands back too far for a learned "absent" to be believed."""
    depth = readings.get(Quantity.DISPLACEMENT)
    deep = row(FILE, "place", "apex-deep").number("value")
    return rule.condition in _DISPLACED and depth is not None and depth.value >= deep


def _disputed(reason: str, opinion: Opinion) -> str:
    return f"{reason}; {opinion.grader}, which saw the midline alone, took it for absent"


def _measured(question: _Question) -> str:
    """The values behind a withheld grade: a severe measurement must stay visible."""
    shown = [
        f"{q.value} {question.readings[q].value:.2f}"
        for q in question.rule.reads
        if q in question.readings
    ]
    return f"measured: {', '.join(shown)}" if shown else ""
