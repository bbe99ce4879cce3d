"""A number on its way to becoming a measurement: it knows no level, series or id yet."""

from __future__ import annotations

from dataclasses import dataclass

from cauda.measure.uncertainty import Spread
from cauda.records import Point
from cauda.vocab import Quantity, Side, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """One value, read on one slice or between two.

    Parameters
    ----------
    quantity : Quantity
    value : float
        Finite; what could not be read is left out, not NaN.
    method : str
        Method id of ``docs/concepts/measurements.md``.
    slice : int
        Slice (I) it is drawn on: the nearest to the plane of measurement.
    points_lps : tuple of Point
    spread : Spread
    side : Side or None
    estimated : bool
    zone : Zone or None
    """

    quantity: Quantity
    value: float
    method: str
    slice: int
    points_lps: tuple[Point, ...]
    spread: Spread
    side: Side | None = None
    estimated: bool = False
    zone: Zone | None = None
