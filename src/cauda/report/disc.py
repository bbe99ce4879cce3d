"""One line a disc: contour, bulge and herniation are composed so that they never contradict."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from cauda.records import Finding
from cauda.report import words
from cauda.vocab import Condition

_HERNIAE = (Condition.DISC_HERNIATION, Condition.DISC_BULGE)
_SHAPES = (Condition.DISC_CONTOUR, *_HERNIAE)

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
    text = "; ".join(part.rstrip(".") for part in parts)
    return f"{text[:1].upper()}{text[1:]}."


def _shape(by: ByCondition) -> list[str]:
    """What lies behind the disc space: displaced and herniated, or nothing seen, once."""
    contour = by.get(Condition.DISC_CONTOUR)
    present = [by[c] for c in _HERNIAE if c in by and by[c].rank > 0]
    parts = []
    if contour is not None and contour.rank > 0:
        parts.append(_with_detail(words.grade_words(contour), contour))
    parts += [_with_detail(f"{words.condition_name(f.condition)} present", f) for f in present]
    absent = [by[c] for c in _SHAPES if c in by and by[c].rank == 0]
    if present and contour is not None and contour.rank == 0:
        parts.append(
            "the contour rule sees no displacement, so the two disagree: review the images"
        )
    elif absent and not parts:
        names = " or ".join(words.condition_name(f.condition) for f in absent)
        why = absent[0].detail or "not seen; lateral zones not covered"
        parts.append(f"{names.replace('contour', 'displacement')} {why}")
    return parts


def _with_detail(text: str, finding: Finding) -> str:
    return f"{text}: {finding.detail}" if finding.detail else text


def _height(by: ByCondition) -> list[str]:
    finding = by.get(Condition.DISC_NARROWING)
    if finding is None or not finding.is_known:
        return []
    detail = f" ({finding.detail})" if finding.detail else ""
    return [f"{'height reduced' if finding.rank > 0 else 'height not reduced'}{detail}"]


def _signal(by: ByCondition) -> list[str]:
    finding = by.get(Condition.DISC_DEGENERATION)
    if finding is None or not finding.is_known:
        return []
    return [f"Pfirrmann {finding.grade}, {words.grade_words(finding)}"]


def _unknown(by: ByCondition) -> list[str]:
    """Names by reason; bulge and herniation are left to the list where displacement says it."""
    contour = by.get(Condition.DISC_CONTOUR)
    is_told = contour is not None and contour.rank > 0
    reasons: dict[str, list[str]] = {}
    for condition, finding in by.items():
        if not finding.is_known and not (is_told and condition in _HERNIAE):
            reasons.setdefault(finding.reason_unknown, []).append(words.condition_name(condition))
    return [f"{', '.join(names)} not assessed: {why}" for why, names in reasons.items()]
