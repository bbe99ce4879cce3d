"""What narrows a canal, recess or foramen, as far as it was measured at the level."""

from __future__ import annotations

from cauda.grade.rules import Case
from cauda.vocab import Quantity


def is_displaced(case: Case) -> bool:
    """Whether disc material lies behind the vertebral line by more than is told from noise."""
    found = case.values.get(Quantity.DISPLACEMENT, 0.0)
    return found >= case.cut("displacement-detect")


def is_slipped(case: Case) -> bool:
    """Whether the level slips, either way, by more than is told from noise."""
    return abs(case.values.get(Quantity.SLIP, 0.0)) >= case.cut("slip-detect")


def is_low(case: Case) -> bool:
    """Whether the disc is so low at its back that the foramen above it is."""
    if "posterior-height-foramen" not in case.cuts or not case.has(Quantity.DISC_HEIGHT_POSTERIOR):
        return False
    return case.values[Quantity.DISC_HEIGHT_POSTERIOR] <= case.cut("posterior-height-foramen")


def causes(case: Case) -> str:
    """Displaced disc, low disc or slip, in words; empty where none was measured."""
    found = []
    if is_displaced(case):
        found.append("disc displacement")
    if is_low(case):
        found.append("low disc")
    if is_slipped(case):
        found.append("slip")
    return f"; with {', '.join(found)}" if found else ""
