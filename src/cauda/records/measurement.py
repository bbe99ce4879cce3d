"""What the measure stage gives: one number with its error and where it was read."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Protocol

from cauda.records.basic import Point
from cauda.vocab import Level, Plane, Quantity, Side, Vertebra, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number with its unit in its quantity, its error and where it was read.

    Parameters
    ----------
    id : str
        ``<level or vertebra>/<quantity>[/<zone>][/<side>]/<series>``, unique in an analysis.
    quantity : Quantity
    level : Level or None
        None for measurements of a vertebra or of the whole spine.
    vertebra : Vertebra or None
    side : Side or None
    value : float
    uncertainty : float
        Half-width of the 90 % interval, same unit.
    method : str
        Method id, explained in ``docs/concepts/measurements.md``.
    series : str
    slice : int or None
        Index along the slice axis of the segmentation grid where it was read: I (R to L) of a
        sagittal one, K (upward) of an axial one.
    preferred : bool
        Whether this is the series to quote for this quantity.
    segment_lps : tuple of Point
        The points that draw it (two for a line, more for an outline), for the evidence picture.
    estimated : bool
        True where the images cannot show it fully (an area from a sagittal stack).
    plane : Plane
        Of the slices it was read on: a threshold made for one plane is not applied to another.
    zone : Zone or None
        For quantities given zone by zone.
    apart : str
        Why an axial value stands apart from the sagittal ones, as a clause; empty where it fits.
        Such a value is preferred only where no other series shows the quantity.
    reference : mapping or None
        What to compare the value with: kind, mean, sd, n, level, z, is_far, source.
    """

    id: str
    quantity: Quantity
    level: Level | None
    value: float
    uncertainty: float
    method: str
    series: str
    slice: int | None = None
    vertebra: Vertebra | None = None
    side: Side | None = None
    preferred: bool = True
    segment_lps: tuple[Point, ...] = ()
    estimated: bool = False
    plane: Plane = Plane.SAGITTAL
    zone: Zone | None = None
    apart: str = ""
    reference: Mapping[str, str | float | bool | None] | None = field(default=None, compare=False)

    @property
    def unit(self) -> str:
        """UCUM unit of the quantity."""
        return self.quantity.unit


class Uncertain(Protocol):
    """What has the half-width of its 90 % interval: a measurement, or a document's row of one."""

    @property
    def uncertainty(self) -> float:
        """Half-width of the 90 % interval, same unit."""


def error_of_difference(one: Uncertain, other: Uncertain) -> float:
    """Half-width of the 90 % interval of the difference of two independent readings.

    It is the root of the sum of both squared half-widths, as the variances of independent errors
    add up, and so never less than either: what differs by no more may be the same.
    """
    return math.hypot(one.uncertainty, other.uncertainty)
