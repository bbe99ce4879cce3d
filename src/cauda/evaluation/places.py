"""Names and sides against a phantom's true places: the errors that must not happen."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

import numpy as np

from cauda.evaluation.budget import Comparison
from cauda.records import LevelInstance, Measurement, Point
from cauda.vocab import Level, Side

MATCH_MM = 10.0
"""A level is named right if its center lies this near to the true disc of that name."""


def misnamed(levels: Iterable[LevelInstance], discs: Mapping[Level, Point]) -> tuple[Level, ...]:
    """The levels that lie elsewhere than the true disc of their name.

    Parameters
    ----------
    levels : iterable of LevelInstance
    discs : mapping of Level -> point
        LPS centers of the true discs.
    """
    return tuple(
        level.name
        for level in levels
        if level.name in discs
        and np.linalg.norm(np.subtract(level.frame.origin_lps, discs[level.name])) > MATCH_MM
    )


def sided(measured: Iterable[Measurement], discs: Mapping[Level, Point]) -> tuple[Measurement, ...]:
    """The measurements of one side whose place can be held against a true disc."""
    return tuple(m for m in measured if _leftward_mm(m, discs) is not None)


def on_other_side(
    measured: Iterable[Measurement], discs: Mapping[Level, Point]
) -> tuple[Measurement, ...]:
    """Those read on the other side of the true disc than their name says."""
    places = ((m, _leftward_mm(m, discs)) for m in measured)
    return tuple(m for m, x in places if x is not None and (x > 0) != (m.side is Side.LEFT))


def _leftward_mm(measurement: Measurement, discs: Mapping[Level, Point]) -> float | None:
    """How far left of the true disc one side's measurement was read; None where it is not told."""
    level, points = measurement.level, measurement.segment_lps
    if measurement.side is None or level is None or level not in discs or not points:
        return None
    return float(np.mean([p[0] for p in points])) - discs[level][0]


def side_errors(comparisons: Sequence[Comparison], margin: float) -> tuple[Comparison, ...]:
    """Values nearer to the other side's truth although the sides truly differ.

    Parameters
    ----------
    comparisons : sequence of Comparison
    margin : float
        Least true left-right difference, in the quantity's unit, that makes a swap decidable.
    """
    truth = {(c.quantity, c.level, c.plane, c.side): c.truth for c in comparisons if c.side}
    swapped = []
    for own in comparisons:
        if own.side is None:
            continue
        other = truth.get((own.quantity, own.level, own.plane, own.side.opposite))
        if other is None or abs(other - own.truth) < margin:
            continue
        if abs(own.measured - other) < abs(own.measured - own.truth):
            swapped.append(own)
    return tuple(swapped)


def exchanged(comparisons: Sequence[Comparison], margin: float) -> tuple[Comparison, ...]:
    """Values of both sides, each nearer to the other's truth: left was taken for right."""
    nearer = side_errors(comparisons, margin)
    sides = {(c.quantity, c.level, c.plane, c.side) for c in nearer}
    return tuple(
        c for c in nearer if c.side and (c.quantity, c.level, c.plane, c.side.opposite) in sides
    )
