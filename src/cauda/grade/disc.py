"""Decisions about a disc: contour, bulge, herniation, narrowing, degeneration."""

from __future__ import annotations

from cauda.grade.causes import is_displaced, is_slipped
from cauda.grade.rules import Case, Verdict
from cauda.grade.thresholds import Derived
from cauda.vocab import UNKNOWN, Quantity


def contour(case: Case) -> Verdict:
    """Displaced or normal: all that one plane shows (clinical rule 1.3)."""
    if not is_displaced(case):
        return Verdict("normal", case.say("normal"))
    words = case.say("displaced", mm=case.values[Quantity.DISPLACEMENT])
    if is_slipped(case):
        return Verdict("displaced", words + case.say("uncovered"), is_doubtful=True)
    return Verdict("displaced", words)


def bulge(case: Case) -> Verdict:
    """Absent below the detection limit, else undecided: a bulge is an axial decision."""
    if not is_displaced(case):
        return Verdict("absent", case.say("absent"))
    return Verdict(UNKNOWN, case.say("undecided", mm=case.values[Quantity.DISPLACEMENT]))


def herniation(case: Case) -> Verdict:
    """Present where the sagittal extrusion rule holds, absent where nothing is displaced."""
    if not is_displaced(case):
        return Verdict("absent", case.say("absent"))
    if is_slipped(case):
        return Verdict(UNKNOWN, case.say("uncovered", slip=case.values[Quantity.SLIP]))
    if not is_extruded(case):
        return Verdict(UNKNOWN, case.say("undecided", mm=case.values[Quantity.DISPLACEMENT]))
    words = case.say(
        "present",
        extent=case.values[Quantity.DISPLACEMENT_EXTENT],
        height=case.values[Quantity.DISC_HEIGHT_POSTERIOR],
    )
    if case.has(Quantity.SLIP):
        return Verdict("present", words)
    return Verdict("present", words + case.say("slip_unmeasured"), is_doubtful=True)


def is_extruded(case: Case) -> bool:
    """Whether displaced material is higher than the disc space, in which its base must lie."""
    extent, height = Quantity.DISPLACEMENT_EXTENT, Quantity.DISC_HEIGHT_POSTERIOR
    if not case.has(extent, height):
        return False
    margin = max(case.cut("extrusion-margin"), case.uncertainties[extent])
    return case.values[extent] > case.values[height] + margin


def narrowing(case: Case) -> Verdict:
    """Present where the height is that much below the neighbors'."""
    share = case.values[Derived.HEIGHT_SHARE]
    words = case.say("share", percent=100 * share)
    return Verdict("present" if share <= case.cut("narrowing-share") else "absent", words)


def pfirrmann(case: Case) -> Verdict:
    """I to IV by signal; V where a dark disc has also collapsed."""
    signal = case.values[Quantity.NUCLEUS_SIGNAL]
    dark, grey, bright = case.cuts["nucleus-signal"]
    words = case.say("signal", percent=100 * signal)
    if signal > bright:
        return Verdict("I", words)
    if signal > grey:
        return Verdict("II", words)
    if signal >= dark:
        return Verdict("III", words)
    if not case.has(Derived.HEIGHT_SHARE):
        return Verdict("IV", words + case.say("no_share"), is_doubtful=True)
    is_collapsed = case.values[Derived.HEIGHT_SHARE] < case.cut("collapse-share")
    return Verdict("V" if is_collapsed else "IV", words)
