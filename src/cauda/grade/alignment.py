"""Decisions about slips."""

from __future__ import annotations

from cauda.grade.causes import is_slipped
from cauda.grade.rules import Case, Verdict
from cauda.vocab import UNKNOWN, Quantity


def presence(case: Case) -> Verdict:
    """Present where the step reaches the limit, with its direction, mm and share."""
    slip_mm = case.values[Quantity.SLIP]
    if not is_slipped(case):
        return Verdict("absent", case.say("absent"))
    direction = "anterolisthesis" if slip_mm > 0 else "retrolisthesis"
    percent = case.values.get(Quantity.SLIP_PERCENT)
    share = "" if percent is None else f" ({abs(percent):.0f} %)"
    return Verdict(
        "present", case.say("present", direction=direction, mm=abs(slip_mm), share=share)
    )


def meyerding(case: Case) -> Verdict:
    """Quarters of the lower endplate, for forward slips only."""
    slip_mm, percent = case.values[Quantity.SLIP], case.values[Quantity.SLIP_PERCENT]
    if not is_slipped(case):
        return Verdict("0", case.say("absent"))
    if slip_mm < 0:
        return Verdict(UNKNOWN, case.say("backward"))
    grade = ("I", "II", "III", "IV", "V")[
        sum(percent > limit for limit in case.cuts["slip-meyerding"])
    ]
    return Verdict(grade, case.say("present", mm=slip_mm, percent=percent))
