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
    limits = (case.cut("sac-ratio-mild"), moderate, severe)
    return sum(ratio < limit for limit in limits)


def _supported(case: Case) -> int | None:
    """Highest grade that the size of the sac at the disc supports; None where it is unknown."""
    if "sac-area-support" in case.cuts and case.has(Quantity.SAC_AREA):
        severe, moderate = case.cuts["sac-area-support"]
        area = case.values[Quantity.SAC_AREA]
        return 1 + (area < moderate) + (area < severe)
    if not case.has(Quantity.SAC_AP):
        return None
    return 3 if case.values[Quantity.SAC_AP] < case.cut("sac-ap-support") else 1


def foramen(case: Case) -> Verdict:
    """Lee 0-3 by the directions in which the foramen is narrow."""
    width, height = case.values[Quantity.FORAMEN_WIDTH], case.values[Quantity.FORAMEN_HEIGHT]
    is_shallow = width < case.cut("foramen-width")
    is_low = height <= case.cut("foramen-height") or _disc_is_low(case)
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
    height = case.values.get(Quantity.DISC_HEIGHT_POSTERIOR)
    return height is not None and height <= case.cut("posterior-height-foramen")


def causes(case: Case) -> str:
    """What narrows it, as far as it was measured at this level: disc, disc height or slip."""
    found = []
    if is_displaced(case):
        found.append("disc displacement")
    if "posterior-height-foramen" in case.cuts and _disc_is_low(case):
        found.append("low disc")
    if is_slipped(case):
        found.append("slip")
    return f"; with {', '.join(found)}" if found else ""
