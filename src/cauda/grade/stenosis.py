"""Decisions about the canal and the foramina, from sagittal images."""

from __future__ import annotations

from cauda.grade.disc import is_displaced, is_slipped
from cauda.grade.rules import Case, Verdict
from cauda.vocab import UNKNOWN, Quantity


def canal(case: Case) -> Verdict:
    """Lee 0-3 by the share of the sac that is left; 2 and 3 need a small sac as well."""
    ratio = case.values[Quantity.SAC_RATIO]
    by_ratio = _by_ratio(case, ratio)
    supported = _supported(case)
    if by_ratio >= 2 and supported is None:
        return Verdict(UNKNOWN, case.say("unsupported", percent=100 * ratio))
    grade = min(by_ratio, max(1, supported or 0))
    words = case.say("share", percent=100 * ratio)
    if grade < by_ratio:
        words += case.say("held")
    if grade < 2 and supported == 3 and case.has(Quantity.SAC_AREA):
        small = case.say("small", area=case.values[Quantity.SAC_AREA])
        return Verdict(str(grade), words + small, is_doubtful=True)
    return Verdict(str(grade), words + (causes(case) if grade else ""))


def _by_ratio(case: Case, ratio: float) -> int:
    """Grade that the ratio alone would give."""
    severe, moderate = case.cuts["sac-ratio-thirds"]
    mild = first_cut(case, "sac-ratio-mild", "sac-ratio-mild-lumbosacral")
    return sum(ratio < limit for limit in (mild, moderate, severe))


def first_cut(case: Case, *ids: str) -> float:
    """The limit of the first of those thresholds that was made for the level."""
    return case.cut(next(id_ for id_ in ids if id_ in case.cuts))


def _supported(case: Case) -> int | None:
    """Highest grade that the size of the sac at the disc supports; None where it is unknown."""
    diameter = case.values.get(Quantity.SAC_AP)
    is_shallow = None if diameter is None else diameter < case.cut("sac-ap-support")
    if "sac-area-support" not in case.cuts or not case.has(Quantity.SAC_AREA):
        return None if is_shallow is None else 1 + 2 * is_shallow
    severe, moderate = case.cuts["sac-area-support"]
    area = case.values[Quantity.SAC_AREA]
    return 3 if area < severe else 1 + (area < moderate or is_shallow is True)


def foramen(case: Case) -> Verdict:
    """Lee 0-3 by the directions in which the foramen is narrow."""
    width, height = case.values[Quantity.FORAMEN_WIDTH], case.values[Quantity.FORAMEN_HEIGHT]
    is_shallow = width < case.cut("foramen-width")
    limit_mm = first_cut(case, "foramen-height", "foramen-height-other")
    is_low = height <= limit_mm or _disc_is_low(case)
    words = case.say("size", width=width, height=height)
    if not (is_shallow or is_low):
        return Verdict("0", words)
    if not (is_shallow and is_low):
        return Verdict("1", words + causes(case))
    if not case.has(Quantity.FORAMEN_AREA):
        return Verdict("2", words + case.say("no_area") + causes(case), is_doubtful=True)
    is_closed = case.values[Quantity.FORAMEN_AREA] < case.cut("foramen-area-severe")
    return Verdict("3" if is_closed else "2", words + causes(case))


def _disc_is_low(case: Case) -> bool:
    if "posterior-height-foramen" not in case.cuts or not case.has(Quantity.DISC_HEIGHT_POSTERIOR):
        return False
    return case.values[Quantity.DISC_HEIGHT_POSTERIOR] <= case.cut("posterior-height-foramen")


def causes(case: Case) -> str:
    """What narrows it, as far as it was measured at this level: disc, disc height or slip."""
    found = []
    if is_displaced(case):
        found.append("disc displacement")
    if _disc_is_low(case):
        found.append("low disc")
    if is_slipped(case):
        found.append("slip")
    return f"; with {', '.join(found)}" if found else ""
