"""Which disc a grade belongs to: the reader counted upward from the disc above the sacrum."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from cauda.training.graders.samples import Disc, Read
from cauda.training.graders.tables import Grades

LEAST_ROOM = 0.75
"""A disc more was graded than found: it lies on the picture's upper edge only where there is room
for it. With less room the reader began one disc lower than the pipeline did."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Pairing:
    """Discs with their grades.

    Parameters
    ----------
    pairs : tuple of (Disc, Grades)
    left_out : mapping of patient to str
        Why a patient's discs could not be paired.
    """

    pairs: tuple[tuple[Disc, Grades], ...]
    left_out: Mapping[str, str]


def pair(reads: Sequence[Read], grades: Sequence[Grades]) -> Pairing:
    """Give every disc its grade by the count from the sacrum.

    A patient whose counts contradict each other is left out whole: a grade on the wrong disc
    teaches and tests nothing.
    """
    graded = {(g.patient, g.number): g for g in grades}
    pairs: list[tuple[Disc, Grades]] = []
    left_out = {}
    for read in reads:
        count = sum(1 for patient, _ in graded if patient == read.patient)
        reason = miscounted(read, count)
        if reason:
            left_out[read.patient] = reason
            continue
        both = ((d, graded.get((d.patient, d.number))) for d in read.discs)
        pairs += [(d, g) for d, g in both if g is not None]
    return Pairing(pairs=tuple(pairs), left_out=left_out)


def miscounted(read: Read, graded: int) -> str:
    """Why the discs of a patient cannot be paired; empty where they can."""
    if not read.has_sacrum:
        return "no sacrum was found to count from"
    if abs(read.levels - graded) > 1:
        return f"{read.levels} discs were found and {graded} graded"
    if graded > read.levels and not read.room >= LEAST_ROOM:
        return f"one disc more was graded than found, with room for {read.room:.2f} above"
    return ""
