"""What follows from other readings of the same slices: mean and relative heights, wedges."""

from __future__ import annotations

from collections.abc import Iterable

from cauda.measure.reading import Reading
from cauda.measure.uncertainty import Spread
from cauda.vocab import Quantity


def derived_heights(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Dabbs' height and Farfan's ratio of a disc.

    Parameters
    ----------
    readings : iterable of Reading
        Holding anterior and posterior height and depth; without all three nothing is derived.
    """
    found = {r.quantity: r for r in readings}
    front = found.get(Quantity.DISC_HEIGHT_ANTERIOR)
    back = found.get(Quantity.DISC_HEIGHT_POSTERIOR)
    depth = found.get(Quantity.DISC_DEPTH)
    if front is None or back is None or depth is None or depth.value <= 0:
        return ()
    total = front.value + back.value
    spread = _mean_spread(front, back)
    points = (*front.points_lps, *back.points_lps)
    return (
        Reading(
            quantity=Quantity.DISC_HEIGHT_DABBS,
            value=total / 2,
            method="disc-height-dabbs",
            slice=front.slice,
            points_lps=points,
            spread=spread,
        ),
        Reading(
            quantity=Quantity.DISC_HEIGHT_FARFAN,
            value=total / depth.value,
            method="disc-height-farfan",
            slice=front.slice,
            points_lps=(*points, *depth.points_lps),
            spread=_scaled(spread, 2 / depth.value),
        ),
    )


def vertebra_wedge(readings: Iterable[Reading]) -> tuple[Reading, ...]:
    """Anterior over posterior height of a vertebra; nothing without both."""
    found = {r.quantity: r for r in readings}
    front = found.get(Quantity.VERTEBRA_HEIGHT_ANTERIOR)
    back = found.get(Quantity.VERTEBRA_HEIGHT_POSTERIOR)
    if front is None or back is None or back.value <= 0:
        return ()
    reading = Reading(
        quantity=Quantity.VERTEBRA_WEDGE,
        value=front.value / back.value,
        method="vertebra-wedge",
        slice=front.slice,
        points_lps=(*front.points_lps, *back.points_lps),
        spread=_scaled(_mean_spread(front, back), 2**0.5 / back.value),
    )
    return (reading,)


def _mean_spread(first: Reading, second: Reading) -> Spread:
    """Spread of the mean of two readings whose edges err apart and whose slices err together."""
    return Spread(
        blur=(first.spread.blur**2 + second.spread.blur**2) ** 0.5 / 2,
        change=(first.spread.change + second.spread.change) / 2,
    )


def _scaled(spread: Spread, factor: float) -> Spread:
    return Spread(blur=spread.blur * factor, change=spread.change * factor)
