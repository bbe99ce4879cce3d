"""Decisions about the canal: from the sac's area on sagittal, from its fluid on axial images."""

from __future__ import annotations

from cauda.grade.causes import causes
from cauda.grade.rules import Case, Verdict
from cauda.grade.thresholds import Derived
from cauda.vocab import UNKNOWN, Quantity


def by_ratio(case: Case) -> Verdict:
    """Lee 0-3 by the share of the sac that is left; 2 and 3 need a small sac as well."""
    ratio = case.values[Quantity.SAC_RATIO]
    alone = _rank(case, ratio)
    supported = _supported(case)
    if alone >= 2 and supported is None:
        return Verdict(UNKNOWN, case.say("unsupported", percent=100 * ratio))
    grade = min(alone, max(1, supported or 0))
    words = case.say("share", percent=100 * ratio)
    if grade < alone:
        words += case.say("held")
    if grade < 2 and supported == 3 and case.has(Quantity.SAC_AREA):
        small = case.say("small", area=case.values[Quantity.SAC_AREA])
        return Verdict(str(grade), words + small, is_doubtful=True)
    return Verdict(str(grade), words + (causes(case) if grade else ""))


def _rank(case: Case, ratio: float) -> int:
    """Grade that the ratio alone would give."""
    severe, moderate = case.cuts["sac-ratio-crowded"]
    mild = case.first_cut("sac-ratio-mild", "sac-ratio-mild-lumbosacral")
    return sum(ratio < limit for limit in (mild, moderate, severe))


def _supported(case: Case) -> int | None:
    """Highest grade that the size of the sac at the disc supports; None where it is unknown."""
    diameter = case.values.get(Quantity.SAC_AP)
    is_shallow = None if diameter is None else diameter < case.cut("sac-ap-support")
    if "sac-area-support" not in case.cuts or not case.has(Quantity.SAC_AREA):
        return None if is_shallow is None else 1 + 2 * is_shallow
    severe, moderate = case.cuts["sac-area-support"]
    area = case.values[Quantity.SAC_AREA]
    return 3 if area < severe else 1 + (area < moderate or is_shallow is True)


def by_fluid(case: Case) -> Verdict:
    """Lee 0-3 by the least fluid left between the rootlets; an open sac holds 2 and 3 back."""
    own, fluid = case.values[Quantity.CSF_FRACTION], _least_fluid(case)
    grade = sum(fluid < limit for limit in case.cuts["csf-fraction-read"])
    words = case.say("fluid", percent=100 * fluid)
    words += case.say("beside_words", percent=100 * own) if fluid < own else ""
    words += _area_words(case)
    ratio = case.values.get(Quantity.SAC_RATIO)
    if grade > 1 and ratio is not None and ratio >= case.cut("sac-ratio-open"):
        return Verdict("1", words + case.say("held", percent=100 * ratio), is_doubtful=True)
    is_small = grade < 2 and _is_small(case)
    return Verdict(
        str(grade),
        words + (case.say("small") if is_small else "") + (causes(case) if grade else ""),
        is_doubtful=is_small,
    )


def _least_fluid(case: Case) -> float:
    """The share of fluid on the plane that shows less of it."""
    own = case.values[Quantity.CSF_FRACTION]
    return min(own, case.values.get(Derived.FLUID_BESIDE, own))


def _area_words(case: Case) -> str:
    area = case.values.get(Quantity.SAC_AREA)
    return "" if area is None else case.say("area", area=area)


def _is_small(case: Case) -> bool:
    """Whether the sac is below the area at which nerve tissue is pressed; said, never graded."""
    if "sac-area-axial" not in case.cuts or not case.has(Quantity.SAC_AREA):
        return False
    return case.values[Quantity.SAC_AREA] < case.cuts["sac-area-axial"][0]


def schizas(case: Case) -> Verdict:
    """A to D by the fluid in sight, the rootlets' place and the fat behind the sac."""
    fluid = _least_fluid(case)
    none_left, little, half = case.cuts["csf-fraction-read"]
    words = case.say("fluid", percent=100 * fluid)
    if fluid >= half:
        return Verdict("A1", words + case.say("a1_or_a2"))
    if fluid >= little:
        is_dorsal = case.values[Quantity.ROOTLET_POSITION] >= case.cut("rootlets-dorsal")
        return Verdict("A3" if is_dorsal else "A4", words)
    if fluid >= none_left:
        return Verdict("B", words)
    return _without_fluid(case, words)


def _without_fluid(case: Case, words: str) -> Verdict:
    """C or D: only the fat behind the sac tells them apart, least safely above the sacrum."""
    is_lumbosacral = "posterior-fat" not in case.cuts
    if is_lumbosacral or not case.has(Quantity.EPIDURAL_FAT_AREA):
        return Verdict("C", words + case.say("no_fat_read"), is_doubtful=True)
    has_fat = case.values[Quantity.EPIDURAL_FAT_AREA] >= case.cut("posterior-fat")
    return Verdict("C" if has_fat else "D", words)
