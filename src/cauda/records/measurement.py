"""What the measure stage gives: one number with its error and where it was read."""

from __future__ import annotations

from dataclasses import dataclass

from cauda.records.basic import Point
from cauda.vocab import Level, Quantity, Side, Vertebra


@dataclass(frozen=True, slots=True, kw_only=True)
class Measurement:
    """One number with its unit in its quantity, its error and where it was read.

    Parameters
    ----------
    id : str
        ``<level or vertebra>/<quantity>[/<side>]/<series>``, unique in an analysis.
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
        Index along axis I of the segmentation grid (R to L) where it was read.
    preferred : bool
        Whether this is the series to quote for this quantity.
    segment_lps : tuple of Point
        The points that draw it (two for a line, more for an outline), for the evidence picture.
    estimated : bool
        True where the images cannot show it fully (an area from a sagittal stack).
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

    @property
    def unit(self) -> str:
        """UCUM unit of the quantity."""
        return self.quantity.unit
