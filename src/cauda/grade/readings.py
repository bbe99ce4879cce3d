"""What was measured at one level and side, as the rules read it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, isfinite

from cauda.grade.thresholds import Derived, Readable
from cauda.records import LevelInstance, Measurement
from cauda.vocab import Level, Quantity, Side

REACH = 2
"""Discs this many levels away, up or down, are compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value with its error and the measurements it came from."""

    value: float
    uncertainty: float
    because: tuple[str, ...]
    is_estimated: bool = False


Readings = Mapping[Readable, Reading]


def readings_at(measurements: Sequence[Measurement], level: Level) -> dict[Readable, Reading]:
    """Preferred measurements of the level that have no side."""
    return {m.quantity: _reading(m) for m in preferred(measurements, level, None)}


def readings_of_side(
    measurements: Sequence[Measurement], level: Level, side: Side
) -> dict[Readable, Reading]:
    """Preferred measurements of one side of the level."""
    return {m.quantity: _reading(m) for m in preferred(measurements, level, side)}


def preferred(
    measurements: Sequence[Measurement], level: Level, side: Side | None
) -> list[Measurement]:
    """Of that level and side; a value that is not a number would pass every cut unseen."""
    return [
        m
        for m in measurements
        if m.level == level and m.side == side and m.preferred and isfinite(m.value)
    ]


def _reading(found: Measurement) -> Reading:
    return Reading(
        value=found.value,
        uncertainty=found.uncertainty,
        because=(found.id,),
        is_estimated=found.estimated,
    )


def height_shares(
    measurements: Sequence[Measurement], levels: Sequence[LevelInstance]
) -> dict[Level, Reading]:
    """Each disc's height index over the mean of the two tallest discs within two levels.

    Two references, the tallest, so that one narrowed neighbor does not hide a narrowed disc.
    Levels with fewer than two measured neighbors are left out.
    """
    indices = {
        m.level: _reading(m)
        for m in measurements
        if m.quantity == Quantity.DISC_HEIGHT_INDEX and m.preferred and 0 < m.value < inf
    }
    shares = {}
    for place, level in enumerate(levels):
        near = [*levels[max(0, place - REACH) : place], *levels[place + 1 : place + 1 + REACH]]
        measured = [indices[n.name] for n in near if n.name in indices]
        if level.name in indices and len(measured) >= 2:
            tallest = sorted(measured, key=lambda r: r.value, reverse=True)[:2]
            shares[level.name] = _share(indices[level.name], tallest)
    return shares


def _share(own: Reading, references: Sequence[Reading]) -> Reading:
    """``own`` over the mean of two references; relative errors add in quadrature."""
    first, second = references
    mean = (first.value + second.value) / 2
    mean_error = hypot(first.uncertainty, second.uncertainty) / 2
    error = hypot(own.uncertainty, own.value / mean * mean_error) / mean
    return Reading(
        value=own.value / mean,
        uncertainty=error,
        because=(*own.because, *first.because, *second.because),
    )


def with_share(readings: dict[Readable, Reading], share: Reading | None) -> Readings:
    """The readings with the height share, where there is one."""
    return readings if share is None else {**readings, Derived.HEIGHT_SHARE: share}
