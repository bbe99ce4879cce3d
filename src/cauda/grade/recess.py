"""Decisions about the lateral recess and the root that passes it, from axial images."""

from __future__ import annotations

from cauda.grade.causes import causes
from cauda.grade.rules import Case, Verdict
from cauda.vocab import Quantity


def bartynski(case: Case) -> Verdict:
    """0 to 3: narrowed, the root altered, nothing left, by height, angle and contact."""
    height = case.values[Quantity.RECESS_HEIGHT]
    closed, definite, narrow = case.cuts["recess-height"]
    words = _size_words(case)
    if height < closed:
        return Verdict("3", words + causes(case))
    if height < definite or (height < narrow and touches(case)):
        return Verdict("2", words + causes(case))
    if height < narrow or _is_acute(case):
        return Verdict("1", words + causes(case))
    return Verdict("0", words)


def _size_words(case: Case) -> str:
    words = case.say("size", height=case.values[Quantity.RECESS_HEIGHT])
    angle = case.values.get(Quantity.RECESS_ANGLE)
    words += "" if angle is None else case.say("angle", angle=angle)
    if not case.has(Quantity.ROOT_DISC_GAP):
        words += case.say("no_root")
    return words


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
