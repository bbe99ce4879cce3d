"""One answer on every scale: what follows from a weighed grade is not weighed once more.

RSNA's classes follow from Lee's and Bartynski's grades, and whether a disc is herniated or bulges
from its contour; weighed each for itself they could contradict each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from cauda.grade.rules import CERTAINTIES
from cauda.grade.thresholds import FILE
from cauda.knowledge import row, rows
from cauda.records import Certainty, Finding
from cauda.vocab import HERNIATED, Condition, Level, Side

_Key = tuple[str, Level, Side | None]


def agreed(findings: Sequence[Finding]) -> tuple[Finding, ...]:
    """The findings, in which those that follow from a weighed one say the same as it."""
    weighed = {_key(f.rule, f): f for f in findings if f.is_known and f.probabilities}
    sources = {r.id: r.text("from_rule") for r in rows(FILE, "rule") if r.text("from_rule", "")}
    result = []
    for finding in findings:
        source = weighed.get(_key(sources.get(finding.rule, ""), finding))
        contour = weighed.get(("contour-axial", finding.level, None))
        if finding.is_known and source is not None:
            result.append(_translated(finding, source))
        elif finding.is_known and contour is not None and finding.rule.endswith("-axial"):
            result.append(_followed(finding, contour))
        else:
            result.append(finding)
    return tuple(result)


def _key(rule: str, finding: Finding) -> _Key:
    return rule, finding.level, finding.side


def _translated(finding: Finding, source: Finding) -> Finding:
    """The class that the source's grade stands for, with its probabilities summed."""
    classes = row(FILE, "rule", finding.rule).texts("crosswalk")
    shares = dict.fromkeys(finding.scale.grades, 0.0)
    for name, share in zip(classes, (source.probabilities or {}).values(), strict=True):
        shares[name] += share
    return replace(
        finding,
        grade=classes[source.rank],
        probabilities=shares,
        certainty=_lower(finding, source),
        borderline=source.borderline,
        detail=source.detail,
        opinion=finding.opinion,
    )


def _followed(finding: Finding, contour: Finding) -> Finding:
    """A herniation or bulge as the contour has it, where the two are not compatible."""
    if finding.condition is Condition.DISC_HERNIATION:
        grade = "present" if contour.grade in HERNIATED else "absent"
    elif finding.condition is Condition.DISC_BULGE and contour.grade in {"normal", "bulge"}:
        grade = "present" if contour.grade == "bulge" else "absent"
    else:
        return finding
    if grade == finding.grade:
        return finding
    words = row(FILE, "probability", "weighed").text("followed").format(contour=contour.grade)
    return replace(finding, grade=grade, certainty=_lower(finding, contour), detail=words)


def _lower(first: Finding, second: Finding) -> Certainty:
    return max(first.certainty, second.certainty, key=CERTAINTIES.index)
