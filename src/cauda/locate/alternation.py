"""Body, disc, body, disc: where along the centerline one vertebra ends and the next begins.

A disc that the probabilities show is *seen*; one that only the spacing of its neighbors demands
(collapsed, fused or missed) is inferred, and every inferred one is said in a reason, since a
wrong one would shift every name above it.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from cauda.locate.centerline import STEP_MM
from cauda.locate.peaks import peaks
from cauda.locate.profile import Profile

USUAL_PITCH_MM = 35.0
"""Disc-to-disc distance assumed where fewer than two discs are seen."""
PITCH_RANGE_MM = (18.0, 50.0)
"""Distances outside this do not count when the usual distance of this spine is taken."""
LEAST_DISC = 0.12
"""A peak of mean disc probability below this is noise."""
PLAIN_DISC = 0.3
"""A peak above this that is nevertheless not counted makes the count doubtful."""
LEAST_BONE = 0.25
"""Mean bone probability beside a disc from which that neighbor is taken as present."""
SHORT, LONG = 0.5, 1.6
"""Shares of the usual distance: closer peaks may be one disc, wider gaps hide another."""
TOO_SHORT = 0.3
"""Share of the usual distance below which two peaks are one disc whatever lies between."""
WEAK = 0.5
"""A peak lower than this share of the usual peak must fit the spacing to be believed."""
LARGEST_GAP_MM = 20.0
"""A gap of background up to this long may be a lost disc."""
LEAST_SPAN = 0.75
"""A disc that lies oddly close to both neighbors must reach over this share of the depth."""
CLOSE = 0.7
"""Discs nearer than this share of the usual distance lie oddly close."""
SACRAL_CAP = 0.6
"""Bone named body on top of the sacrum, shorter than this share, is the sacrum's own end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Separator:
    """A disc's place: index on the centerline, and whether the disc itself is seen."""

    index: int
    is_seen: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Alternation:
    """The order of the column.

    Parameters
    ----------
    separators : tuple of Separator
        From below; one fewer than the bones (vertebrae and, lowest, perhaps the sacrum).
    has_sacrum : bool
        Whether the lowest bone is the sacrum.
    reasons : tuple of str
        What was inferred.
    """

    separators: tuple[Separator, ...]
    has_sacrum: bool
    reasons: tuple[str, ...]


def alternation(found: Profile) -> Alternation:
    """Find the discs along the curve and what bounds the column below and above."""
    places = _peaks(found)
    mobile = [p for p in places if not _is_within_sacrum(found, p) and _has_body(found, p)]
    pitch = _pitch(mobile)
    distinct = _without_doubles(found, mobile, pitch)
    ignored = any(found.disc[p] > PLAIN_DISC for p in set(mobile) - set(distinct))
    mobile = distinct
    pitch = _pitch(mobile)
    mobile, has_sacrum, reasons = _closed_below(found, mobile, pitch)
    mobile = _closed_above(found, mobile)
    separators = _with_inferred(found, mobile, pitch, has_sacrum)
    reasons += _doubts(found, separators, pitch)
    if ignored:
        reasons += ("A disc-like structure close to another was not counted as a disc.",)
    return Alternation(
        separators=separators,
        has_sacrum=has_sacrum,
        reasons=reasons,
    )


def _doubts(found: Profile, separators: tuple[Separator, ...], pitch: float) -> tuple[str, ...]:
    """Reasons why the count along the column may be wrong."""
    reasons = []
    hidden = sum(not s.is_seen for s in separators)
    if hidden:
        reasons.append(
            f"{hidden} disc(s) could not be seen and were placed by the spacing of the others; "
            "the count of the vertebrae is not sure."
        )
    between = [(a.index, b.index) for a, b in pairwise(separators)]
    if any(found.body[a:b].max() < LEAST_BONE for a, b in between):
        reasons.append("A vertebral body between two discs could not be seen.")
    if any((b - a) * STEP_MM < SHORT * pitch for a, b in between):
        reasons.append("Two discs lie unusually close together; one of them may not be a disc.")
    return tuple(reasons)


def _peaks(found: Profile) -> list[int]:
    curve = np.pad(found.disc, 1)
    places = peaks(curve, height=LEAST_DISC, prominence=LEAST_DISC, distance=8 / STEP_MM)
    return [place - 1 for place in places]


def _is_within_sacrum(found: Profile, peak: int) -> bool:
    above = found.mean(found.sacrum, peak, 5, 15)
    return above > LEAST_BONE and above > found.mean(found.body, peak, 5, 15)


def _has_body(found: Profile, peak: int) -> bool:
    above = found.mean(found.body, peak, 5, 15)
    below = found.mean(found.body + found.sacrum, peak, -15, -5)
    return max(above, below) > LEAST_BONE


def _pitch(mobile: list[int]) -> float:
    """Median disc-to-disc distance, mm."""
    gaps = np.diff(mobile) * STEP_MM
    usual = gaps[(gaps > PITCH_RANGE_MM[0]) & (gaps < PITCH_RANGE_MM[1])]
    return float(np.median(usual)) if usual.size else USUAL_PITCH_MM


def _without_doubles(found: Profile, mobile: list[int], pitch: float) -> list[int]:
    """Drop peaks that are part of a neighboring disc, or a blob inside a body."""
    kept = [p for p in mobile if not _is_blob(found, mobile, p, pitch)]
    while True:
        doubles = [pair for pair in pairwise(kept) if _is_double(found, pair, pitch)]
        if not doubles:
            return kept
        lower, upper = min(doubles, key=lambda pair: pair[1] - pair[0])
        kept.remove(min((lower, upper), key=lambda p: found.mean(found.disc, p, -6, 6)))


def _is_blob(found: Profile, mobile: list[int], peak: int, pitch: float) -> bool:
    """Whether a peak lies oddly close to its neighbors and is too weak or too short for a disc."""
    gaps = [abs(peak - other) * STEP_MM / pitch for other in mobile if other != peak]
    if not gaps or min(gaps) > CLOSE:
        return False
    usual = float(np.median(found.disc[mobile]))
    return bool(found.disc[peak] < WEAK * usual or found.disc_span[peak] < LEAST_SPAN)


def _is_double(found: Profile, pair: tuple[int, int], pitch: float) -> bool:
    lower, upper = pair
    gap = (upper - lower) * STEP_MM / pitch
    bone = float((found.body + found.sacrum)[lower:upper].max())
    return gap < TOO_SHORT or (gap < SHORT and bone < 0.5)


def _closed_below(
    found: Profile, mobile: list[int], pitch: float
) -> tuple[list[int], bool, tuple[str, ...]]:
    """Decide what the lowest bone is; a disc with nothing below it is no level."""
    lowest = mobile[0] if mobile else int(np.argmax(found.body))
    body = found.mean(found.body, lowest, -20, -4)
    sacrum = found.mean(found.sacrum, lowest, -20, -4)
    if mobile and sacrum >= LEAST_BONE and sacrum >= body:
        return mobile, True, ()
    if mobile and body < LEAST_BONE:
        return _closed_below(found, mobile[1:], pitch) if len(mobile) > 1 else ([], False, ())
    border = _sacral_border(found, lowest)
    if border is None:
        return mobile, False, ()
    if mobile and (lowest - border) * STEP_MM < SACRAL_CAP * pitch:
        return mobile, True, ("The upper end of the sacrum was partly taken for a vertebra.",)
    return [border, *mobile], True, ("No disc was seen between the sacrum and the bone above it.",)


def _sacral_border(found: Profile, start: int) -> int | None:
    """Going down from ``start`` through bone, or a short gap in it: where the sacrum begins."""
    gap_mm = 0.0
    for index in range(start - round(4 / STEP_MM), -1, -1):
        if found.sacrum_around[index] > LEAST_BONE:
            return index + round(gap_mm / STEP_MM / 2)
        is_empty = found.body[index] + found.sacrum[index] + found.disc[index] < 0.1
        gap_mm = gap_mm + STEP_MM if is_empty else 0.0
        if gap_mm > LARGEST_GAP_MM:
            return None
    return None


def _closed_above(found: Profile, mobile: list[int]) -> list[int]:
    """Drop an uppermost disc that has no vertebra above it."""
    kept = list(mobile)
    while kept and found.mean(found.body, kept[-1], 3, 9) < LEAST_BONE:
        kept.pop()
    return kept


def _with_inferred(
    found: Profile, mobile: list[int], pitch: float, has_sacrum: bool
) -> tuple[Separator, ...]:
    """Add discs where the bone between two, or beyond the outermost, is too long."""
    result = {i: bool(found.disc[i] >= LEAST_DISC) for i in mobile}
    for lower, upper in pairwise(mobile):
        result.update(_hidden(found, lower, upper, pitch))
    if mobile:
        top = _end_of_bone(found, mobile[-1], 1)
        result.update(_hidden(found, mobile[-1], top, pitch))
    if mobile and not has_sacrum:
        bottom = _end_of_bone(found, mobile[0], -1)
        result.update(_hidden(found, bottom, mobile[0], pitch))
    return tuple(Separator(index=i, is_seen=result[i]) for i in sorted(result))


def _hidden(found: Profile, lower: int, upper: int, pitch: float) -> dict[int, bool]:
    """Places of discs hidden between two indices, each with whether a trace of it is seen."""
    length = (upper - lower) * STEP_MM / pitch
    if length <= LONG:
        return {}
    count = round(length)
    places = np.linspace(lower, upper, count + 1)[1:-1]
    return {_best_trace(found, round(place), pitch): False for place in places}


def _best_trace(found: Profile, place: int, pitch: float) -> int:
    """Near a place, where disc is likeliest or, without any, bone least so."""
    reach = round(0.25 * pitch / STEP_MM)
    window = slice(max(place - reach, 0), place + reach + 1)
    disc, bone = found.disc[window], (found.body + found.sacrum)[window]
    trace = disc - 0.5 * bone
    distance = np.abs(np.arange(len(trace)) - len(trace) // 2)
    return window.start + int(np.argmax(trace - 0.002 * distance))


def _end_of_bone(found: Profile, start: int, step: int) -> int:
    """Last index with bone, going on from a disc."""
    index = start + step * round(6 / STEP_MM)
    while 0 <= index < len(found.body) and found.body[index] > LEAST_BONE:
        index += step
    return index - step
