"""One line a disc: contour, bulge and herniation are composed so that they never contradict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cauda.records import Finding
from cauda.report import words
from cauda.vocab import HERNIATED, Condition

_HERNIAE = (Condition.DISC_HERNIATION, Condition.DISC_BULGE)
_SHORT = {
    Condition.DISC_CONTOUR: "displacement",
    Condition.DISC_BULGE: "bulge",
    Condition.DISC_HERNIATION: "herniation",
}

ByCondition = Mapping[Condition, Finding]


def disc_sentence(findings: Sequence[Finding]) -> str:
    """Compose one sentence from all the findings of one disc.

    Returns
    -------
    str
        Such as ``Posterior disc displacement: 5.2 mm behind ...; height reduced; Pfirrmann IV ...``
    """
    by = {f.condition: f for f in findings}
    parts = [*_shape(by), *_height(by), *_signal(by), *_unknown(by)]
    # two findings often carry the same remark (side, missing axial images): it is said once
    clauses = dict.fromkeys(c for part in parts for c in part.rstrip(".").split("; "))
    return words.sentence("; ".join(clauses))


def disc_word(findings: Sequence[Finding]) -> str:
    """The most telling shape of a disc in one word, for the summary table; empty if none."""
    by = {f.condition: f for f in findings if f.rank > 0}
    told = {
        Condition.DISC_HERNIATION: _herniation_word(by),
        Condition.DISC_BULGE: "bulge",
        Condition.DISC_CONTOUR: by[Condition.DISC_CONTOUR].grade
        if Condition.DISC_CONTOUR in by
        else "",
        Condition.DISC_NARROWING: "narrowed",
    }
    return next((word for condition, word in told.items() if condition in by), "")


def _herniation_word(by: ByCondition) -> str:
    """The contour's own word where axial images gave one."""
    contour = by.get(Condition.DISC_CONTOUR)
    is_told = contour is not None and contour.grade in HERNIATED
    return contour.grade if contour is not None and is_told else "herniation"


def _shape(by: ByCondition) -> list[str]:
    """What lies behind the disc space: displaced and herniated, or nothing seen, once."""
    contour = by.get(Condition.DISC_CONTOUR)
    present = [
        by[c] for c in _HERNIAE if c in by and by[c].rank > 0 and not _is_told_by(contour, c)
    ]
    parts = []
    if contour is not None and contour.rank > 0:
        parts.append(_with_detail(words.grade_words(contour), contour))
    parts += [_with_detail(f"{words.condition_name(f.condition)} present", f) for f in present]
    absent = [by[c] for c in _SHORT if c in by and by[c].rank == 0]
    if present and contour is not None and contour.rank == 0:
        parts.append(
            "the contour rule sees no displacement, so the two disagree: review the images"
        )
    elif absent and not parts:
        names = [_SHORT[f.condition] for f in absent]
        joined = " or ".join([", ".join(names[:-1]), names[-1]] if names[1:] else names)
        why = absent[0].detail or "not seen; lateral zones not covered"
        parts.append(f"disc {joined} {why}")
    return parts


def _is_told_by(contour: Finding | None, condition: Condition) -> bool:
    """Whether the contour's own word already says that the disc bulges or is herniated."""
    shapes = ("bulge",) if condition is Condition.DISC_BULGE else HERNIATED
    return contour is not None and contour.grade in shapes


def _with_detail(text: str, finding: Finding) -> str:
    return f"{text}: {finding.detail}" if finding.detail else text


def _height(by: ByCondition) -> list[str]:
    finding = by.get(Condition.DISC_NARROWING)
    if finding is None or not finding.is_known:
        return []
    detail = f" ({finding.detail})" if finding.detail else ""
    word = "height reduced" if finding.rank > 0 else "height not reduced"
    return [f"{word}{detail}{_learned(finding)}"]


def _signal(by: ByCondition) -> list[str]:
    finding = by.get(Condition.DISC_DEGENERATION)
    if finding is None or not finding.is_known:
        return []
    learned = _learned(finding)
    return [f"Pfirrmann {finding.grade}, {words.grade_words(finding)}{learned}"]


def _learned(finding: Finding) -> str:
    """What a grader tested on patients says beside the rule: its likeliest grade."""
    opinion = finding.opinion
    if opinion is None or opinion.validation != "real" or finding.rule.startswith("learned:"):
        return ""
    grade = max(opinion.probabilities, key=lambda g: opinion.probabilities[g])
    return f" (learned grader: {grade}, {100 * opinion.probabilities[grade]:.0f} %)"


def _unknown(by: ByCondition) -> list[str]:
    """Names by reason; bulge and herniation are left to the list where displacement says it."""
    contour = by.get(Condition.DISC_CONTOUR)
    is_told = contour is not None and contour.rank > 0
    reasons: dict[str, list[str]] = {}
    for condition, finding in by.items():
        if not finding.is_known and not (is_told and condition in _HERNIAE):
            reasons.setdefault(finding.reason_unknown, []).append(words.condition_name(condition))
    return [f"{', '.join(names)} not assessed: {why}" for why, names in reasons.items()]
