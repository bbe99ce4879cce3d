"""Zone, side and MSU class of a herniation that axial images show."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from math import isfinite

from cauda.grade.thresholds import FILE
from cauda.grade.weighing import HALF
from cauda.knowledge import row
from cauda.records import Finding, Measurement, Opinion
from cauda.vocab import HERNIATED, Condition, Level, Plane, Quantity, Side, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Share:
    """The part of a lesion's area in one zone; central has no side."""

    zone: Zone
    side: Side | None
    value: float


def is_herniation(finding: Finding) -> bool:
    """Whether the finding is about displaced material that has a place."""
    if finding.condition == Condition.DISC_HERNIATION:
        return finding.rank > 0
    return finding.condition == Condition.DISC_CONTOUR and finding.grade in HERNIATED


def zoned(finding: Finding, measurements: Sequence[Measurement]) -> Finding:
    """The herniation with its fullest zone, its side, every zone it fills, and its MSU class.

    Parameters
    ----------
    finding : Finding
        Decided on axial images.
    measurements : sequence of Measurement
        Shares of the zones, apex and facet line of the level.
    """
    seen = _axial(measurements, finding.level)
    shares = _shares(measurements, finding.level)
    apex = seen.get(Quantity.DISPLACEMENT_APEX)
    side = shares[0].side if shares else None
    words = _words(shares)
    if not shares and apex is not None:
        side = _apex_side(apex)
        words = row(FILE, "place", "zone-shares").text("unseen")
    msu = _msu(seen) if finding.condition == Condition.DISC_CONTOUR else ""
    detail = "; ".join(part for part in (words, finding.detail, msu) if part)
    zone = shares[0].zone if shares else None
    return beside_opinion(replace(finding, zone=zone, side=side, detail=detail))


def beside_opinion(finding: Finding) -> Finding:
    """The herniation beside the place that a learned grader saw on the images, where one did.

    A grader that sees no herniation on its images has no say in where one lies that others show.
    The seen zone fills in where none was measured. It replaces a measured one only if it is sure,
    lies beside the middle, and not on the other side; where the two differ the words say both. A
    measured side stays unless the seen one contradicts it: then none is given, as a wrong side is
    worse than none.
    """
    opinion = finding.opinion
    if opinion is None or opinion.zone is None or not _sees_one(opinion):
        return finding
    texts = row(FILE, "place", "zone-seen")
    seen_side, zone, words = opinion.apex_side, finding.zone, ""
    if zone is None and (seen_side or finding.side is None):
        zone = opinion.zone
    elif zone not in (None, opinion.zone):
        words = texts.text("differs").format(seen=opinion.zone, measured=zone)
        is_sure = opinion.zone_probability >= texts.number("value")
        zone = opinion.zone if is_sure and seen_side else zone
    side = finding.side or (None if zone is Zone.CENTRAL else seen_side)
    if None not in (finding.side, seen_side) and finding.side is not seen_side:
        words = texts.text("contradict").format(measured=finding.side, seen=seen_side)
        side, zone = None, finding.zone
    detail = "; ".join(part for part in (words, finding.detail) if part)
    return replace(finding, zone=zone, side=side, detail=detail)


def _sees_one(opinion: Opinion) -> bool:
    """Whether a herniation is the likelier of what the grader says, whatever its kind."""
    shares = opinion.probabilities
    return sum(shares.get(grade, 0.0) for grade in (*HERNIATED, "present")) >= HALF


def _axial(measurements: Sequence[Measurement], level: Level) -> dict[Quantity, Measurement]:
    own = [m for m in measurements if (m.level, m.plane) == (level, Plane.AXIAL)]
    ranked = sorted(own, key=lambda m: not m.preferred)
    found: dict[Quantity, Measurement] = {}
    for m in ranked:
        if m.zone is None and isfinite(m.value):
            found.setdefault(m.quantity, m)
    return found


def _shares(measurements: Sequence[Measurement], level: Level) -> list[Share]:
    """Every zone that holds enough of the lesion, the fullest first; of equals the inner one."""
    least = row(FILE, "place", "zone-shares").number("value")
    zones = list(Zone)
    found = [
        Share(zone=m.zone, side=m.side, value=m.value)
        for m in measurements
        if (m.quantity, m.level) == (Quantity.DISPLACEMENT_ZONE, level)
        and m.preferred
        and m.zone is not None
        and m.value >= least
    ]
    return sorted(found, key=lambda s: (-s.value, zones.index(s.zone)))


def _words(shares: Sequence[Share]) -> str:
    """``mainly left subarticular, also central``."""
    named = [" ".join([*([s.side.value] if s.side else []), s.zone.value]) for s in shares]
    if len(named) < 2:
        return "".join(named)
    return f"mainly {named[0]}, also {' and '.join(named[1:])}"


def _apex_side(apex: Measurement) -> Side | None:
    """The side of the deepest point, where it is clear."""
    least = row(FILE, "place", "zone-apex").number("value")
    if abs(apex.value) < max(least, apex.uncertainty):
        return None
    return Side.LEFT if apex.value > 0 else Side.RIGHT


def _msu(seen: dict[Quantity, Measurement]) -> str:
    """``MSU 2-AB``: size by the facet line, zone by its quarters; empty without them."""
    line = seen.get(Quantity.DISPLACEMENT_FACET_LINE)
    apex, width = seen.get(Quantity.DISPLACEMENT_APEX), seen.get(Quantity.FACET_DISTANCE)
    if line is None:
        return ""
    limits = row(FILE, "place", "msu-size").numbers("value")
    size = 1 + sum(line.value > limit for limit in limits)
    if apex is None or width is None or width.value <= 0:
        return f"MSU size {size}"
    return f"MSU {size}-{_letters(2 * abs(apex.value) / width.value)}"


def _letters(share: float) -> str:
    """A within the inner quarters of the facet line, B the outer ones, C beyond; AB between."""
    found = row(FILE, "place", "msu-zone")
    half, whole = found.numbers("value")
    if abs(share - half) <= found.number("margin"):
        return "AB"
    return "A" if share < half else "B" if share <= whole else "C"
