"""How far a measurement may be off: one formula, and the factors that were fitted to phantoms.

The half-width of the 90 % interval of a quantity ``q`` is::

    sqrt( (edge * blur)^2 + (slices * change)^2 + model^2 + (relative * value)^2 )

with ``blur`` the change of the value when every surface it rests on moves independently by the
distance between its 0.25 and 0.75 iso-surfaces (wide where the network, or a thick slice, is
unsure), ``change`` the difference between the two slices nearest to the plane of measurement
(what partial coverage can hide), ``model`` and ``relative`` what the definition itself costs.
Blur is never taken below :data:`PIXEL_SHARE` of a pixel: no edge is known better.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cauda.vocab import Quantity

PIXEL_SHARE = 0.5
"""Least blur in pixels: what linear interpolation gives for a perfectly sharp edge."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Factors:
    """Weights of the error terms of one quantity.

    Parameters
    ----------
    edge, slices, relative : float
        Without unit.
    model : float
        In the unit of the quantity.
    """

    edge: float
    slices: float
    model: float
    relative: float = 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Spread:
    """What is known about the error of one reading, in the unit of its quantity.

    Parameters
    ----------
    blur : float
        See the module's formula.
    change : float
        Difference between the values on the two nearest slices; 0 where only one shows it.
    """

    blur: float
    change: float = 0.0


_HEIGHT = Factors(edge=0.6, slices=0.5, model=0.3)
_Q = Quantity

FACTORS: dict[Quantity, Factors] = {
    _Q.DISC_HEIGHT_ANTERIOR: _HEIGHT,
    _Q.DISC_HEIGHT_MIDDLE: _HEIGHT,
    _Q.DISC_HEIGHT_POSTERIOR: _HEIGHT,
    _Q.DISC_HEIGHT_INDEX: Factors(edge=0.6, slices=0.5, model=0.015),
    _Q.DISC_DEPTH: Factors(edge=0.6, slices=0.5, model=0.6),
    _Q.DISPLACEMENT: Factors(edge=0.6, slices=0.3, model=0.5),
    _Q.DISPLACEMENT_EXTENT: Factors(edge=1.0, slices=0.3, model=1.0, relative=0.1),
    _Q.SAC_AP: Factors(edge=0.6, slices=0.3, model=0.3),
    _Q.SAC_AREA: Factors(edge=0.4, slices=0.2, model=3.0, relative=0.05),
    _Q.SAC_RATIO: Factors(edge=0.4, slices=0.0, model=0.02, relative=0.05),
    _Q.FORAMEN_HEIGHT: Factors(edge=0.6, slices=0.5, model=0.6),
    _Q.FORAMEN_WIDTH: Factors(edge=0.6, slices=0.5, model=0.4),
    _Q.FORAMEN_AREA: Factors(edge=0.5, slices=0.5, model=4.0, relative=0.03),
    _Q.SLIP: Factors(edge=0.6, slices=0.5, model=0.4),
    _Q.SLIP_PERCENT: Factors(edge=0.6, slices=0.5, model=1.2),
    _Q.SEGMENTAL_ANGLE: Factors(edge=0.5, slices=0.5, model=1.0),
    _Q.LORDOSIS: Factors(edge=0.5, slices=0.5, model=1.5),
    _Q.NUCLEUS_SIGNAL: Factors(edge=1.0, slices=0.7, model=0.05, relative=0.35),
    _Q.VERTEBRA_HEIGHT_ANTERIOR: _HEIGHT,
    _Q.VERTEBRA_HEIGHT_MIDDLE: _HEIGHT,
    _Q.VERTEBRA_HEIGHT_POSTERIOR: _HEIGHT,
}
"""Factors of every quantity."""


def half_width(quantity: Quantity, value: float, spread: Spread) -> float:
    """Half-width of the 90 % interval, in the unit of the quantity.

    Parameters
    ----------
    quantity : Quantity
    value : float
    spread : Spread
        NaN parts count as 0; the model term always remains.
    """
    factors = FACTORS[quantity]
    terms = (
        factors.edge * spread.blur,
        factors.slices * spread.change,
        factors.model,
        factors.relative * value,
    )
    return math.sqrt(sum(t * t for t in terms if math.isfinite(t)))
