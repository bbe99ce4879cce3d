"""Decisions about the lateral recess and the root that passes it, from axial images."""

from __future__ import annotations

from cauda.grade.causes import causes
from cauda.grade.rules import Case, Verdict
from cauda.grade.thresholds import Derived
from cauda.vocab import Quantity


def bartynski(case: Case) -> Verdict:
    """0 to 3: narrowed, the root altered, nothing left, by height, angle, area and contact."""
    height = case.values[Quantity.RECESS_HEIGHT]
    closed, definite, low = case.cuts["recess-height"]
    least, half, small = case.cuts["recess-share"]
    share = case.values.get(Derived.RECESS_SHARE, 1.0)
    words = _size_words(case)
    if height < closed or share < least:
        return Verdict("3", words + causes(case))
    is_narrow = height < low or share < small or _is_acute(case)
    if height < definite or share < half or (is_narrow and touches(case)):
        return Verdict("2", words + causes(case))
    return Verdict("1" if is_narrow else "0", words + (causes(case) if is_narrow else ""))


def _size_words(case: Case) -> str:
    words = case.say("size", height=case.values[Quantity.RECESS_HEIGHT])
    if case.has(Quantity.RECESS_ANGLE):
        words += case.say("angle", angle=case.values[Quantity.RECESS_ANGLE])
    if case.has(Derived.RECESS_SHARE):
        words += case.say("share", percent=100 * case.values[Derived.RECESS_SHARE])
    return words if case.has(Quantity.ROOT_DISC_GAP) else words + case.say("no_root")


def _is_acute(case: Case) -> bool:
    angle = case.values.get(Quantity.RECESS_ANGLE)
    return angle is not None and angle < case.cut("recess-angle")


def touches(case: Case) -> bool:
    """Whether the disc reaches the root; not so where the root was not resolved."""
    gap = case.values.get(Quantity.ROOT_DISC_GAP)
    return gap is not None and gap < case.cut("root-contact")


def root(case: Case) -> Verdict:
    """0 to 3: fat between, contact, then what room the recess leaves to a touched root."""
    words = case.say("gap", gap=max(case.values[Quantity.ROOT_DISC_GAP], 0.0))
    if not touches(case):
        return Verdict("0", words)
    height = case.values.get(Quantity.RECESS_HEIGHT)
    if height is None:
        return Verdict("1", words + case.say("no_height"), is_doubtful=True)
    _, definite, narrow = case.cuts["recess-height"]
    grade = 1 + (height < narrow) + (height < definite)
    return Verdict(str(grade), words + case.say("height", height=height))
