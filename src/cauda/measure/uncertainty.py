"""How far a measurement may be off: one formula, and the factors that were fitted to phantoms.

The half-width of the 90 % interval of a quantity ``q`` is::

    sqrt( (edge * blur)^2 + (slices * change)^2 + model^2 + (relative * value)^2 )

with ``blur`` the change of the value when every surface it rests on moves independently by the
distance between its 0.25 and 0.75 iso-surfaces (wide where the network, or a thick slice, is
unsure), ``change`` the difference between the two slices nearest to the plane of measurement
(what partial coverage can hide), ``model`` and ``relative`` what the definition itself costs.

The factors were first set on exact segmentations, then all those of a quantity were multiplied by
the 90th percentile of ``|error| / half-width`` over phantoms run through a network. A bias left by
the network is thus inside the interval, not subtracted. Last fitted on 24 phantoms (seeds from
500000; sagittal 0.3.0, axial 0.1.0) where the intervals held less than 85 or more than 95 % of the
truths; base, dome and apex of a displaced disc rest on nine of them. Other weights need a new look
at "90 % interval holds" in::

    python scripts/error_budget.py --first-seed 500024 --count 16
"""

from __future__ import annotations

import math
from dataclasses import dataclass

from cauda.vocab import Plane, Quantity

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


_Q = Quantity

FACTORS: dict[Quantity, Factors] = {
    _Q.DISC_HEIGHT_ANTERIOR: Factors(edge=0.81, slices=0.67, model=0.41),
    _Q.DISC_HEIGHT_MIDDLE: Factors(edge=0.64, slices=0.53, model=0.32),
    _Q.DISC_HEIGHT_POSTERIOR: Factors(edge=0.62, slices=0.52, model=0.31),
    _Q.DISC_HEIGHT_INDEX: Factors(edge=0.94, slices=0.79, model=0.024),
    _Q.DISC_DEPTH: Factors(edge=0.92, slices=0.77, model=0.92),
    _Q.DISPLACEMENT: Factors(edge=1.13, slices=0.57, model=0.94),
    _Q.DISPLACEMENT_EXTENT: Factors(edge=2.4, slices=0.71, model=2.4, relative=0.24),
    _Q.SAC_AP: Factors(edge=1.47, slices=0.74, model=0.74),
    _Q.SAC_AREA: Factors(edge=1.1, slices=0.53, model=7.9, relative=0.13),
    _Q.SAC_RATIO: Factors(edge=1.1, slices=0.0, model=0.053, relative=0.13),
    _Q.FORAMEN_HEIGHT: Factors(edge=0.7, slices=0.58, model=0.7),
    _Q.FORAMEN_WIDTH: Factors(edge=0.7, slices=0.58, model=0.46),
    _Q.FORAMEN_AREA: Factors(edge=0.62, slices=0.62, model=4.9, relative=0.037),
    _Q.SLIP: Factors(edge=0.65, slices=0.54, model=0.44),
    _Q.SLIP_PERCENT: Factors(edge=0.66, slices=0.55, model=1.3),
    _Q.SEGMENTAL_ANGLE: Factors(edge=0.77, slices=0.77, model=1.5),
    _Q.LORDOSIS: Factors(edge=1.4, slices=1.4, model=4.2),
    _Q.NUCLEUS_SIGNAL: Factors(edge=0.6, slices=0.42, model=0.03, relative=0.21),
    _Q.VERTEBRA_HEIGHT_ANTERIOR: Factors(edge=0.74, slices=0.62, model=0.37),
    _Q.VERTEBRA_HEIGHT_MIDDLE: Factors(edge=0.56, slices=0.46, model=0.28),
    _Q.VERTEBRA_HEIGHT_POSTERIOR: Factors(edge=0.71, slices=0.59, model=0.36),
    _Q.DISC_HEIGHT_DABBS: Factors(edge=0.8, slices=0.6, model=0.35),
    _Q.DISC_HEIGHT_FARFAN: Factors(edge=0.8, slices=0.6, model=0.025),
    _Q.DISC_VOLUME: Factors(edge=0.74, slices=0.37, model=222.0, relative=0.074),
    _Q.MIGRATION_CRANIAL: Factors(edge=1.67, slices=0.5, model=1.67),
    _Q.MIGRATION_CAUDAL: Factors(edge=1.67, slices=0.5, model=1.67),
    _Q.FORAMEN_FAT_ANTERIOR: Factors(edge=1.8, slices=0.9, model=0.54),
    _Q.FORAMEN_FAT_POSTERIOR: Factors(edge=0.69, slices=0.34, model=0.21),
    _Q.FORAMEN_FAT_SUPERIOR: Factors(edge=1.0, slices=0.5, model=0.3),
    _Q.FORAMEN_FAT_INFERIOR: Factors(edge=1.4, slices=0.71, model=0.43),
    _Q.FORAMEN_ROOT_AREA: Factors(edge=0.77, slices=0.77, model=6.5),
    _Q.SACRAL_SLOPE: Factors(edge=1.4, slices=1.0, model=3.0),
    _Q.NUCLEUS_HETEROGENEITY: Factors(edge=1.6, slices=0.8, model=0.13),
    _Q.NUCLEUS_ANNULUS: Factors(edge=1.0, slices=0.5, model=0.3, relative=0.2),
    _Q.ENDPLATE_T1: Factors(edge=1.4, slices=0.72, model=0.14),
    _Q.ENDPLATE_T2: Factors(edge=1.0, slices=0.5, model=0.15),
    _Q.VERTEBRA_WEDGE: Factors(edge=0.69, slices=0.55, model=0.017),
    _Q.DISPLACEMENT_APEX: Factors(edge=0.0, slices=0.6, model=2.0),
    _Q.BONY_CANAL_AP: Factors(edge=1.0, slices=0.5, model=2.0),
    _Q.CSF_FRACTION: Factors(edge=1.0, slices=0.0, model=0.3),
}
"""Factors of every quantity read on sagittal slices."""

AXIAL_FACTORS: dict[Quantity, Factors] = {
    _Q.SAC_AREA: Factors(edge=0.74, slices=0.19, model=7.4, relative=0.056),
    _Q.SAC_AP: Factors(edge=1, slices=0.2, model=0.82),
    _Q.SAC_TRANSVERSE: Factors(edge=0.67, slices=0.13, model=0.53),
    _Q.SAC_PEDICLE_AREA: Factors(edge=0.71, slices=0.53, model=7.1, relative=0.071),
    _Q.SAC_RATIO: Factors(edge=0.63, slices=0.16, model=0.047, relative=0.063),
    _Q.BONY_CANAL_AP: Factors(edge=1.0, slices=0.3, model=0.6),
    _Q.BONY_CANAL_TRANSVERSE: Factors(edge=1.0, slices=0.3, model=1.0),
    _Q.CSF_FRACTION: Factors(edge=0.86, slices=0.0, model=0.43),
    _Q.ROOTLET_POSITION: Factors(edge=1.0, slices=0.0, model=0.08),
    _Q.EPIDURAL_FAT_AREA: Factors(edge=1.9, slices=0.0, model=9.5, relative=0.29),
    _Q.DISPLACEMENT_DEPTH: Factors(edge=1.4, slices=0.0, model=0.83),
    _Q.DISPLACEMENT_BASE: Factors(edge=7, slices=0.0, model=7),
    _Q.DISPLACEMENT_DOME: Factors(edge=7, slices=0.0, model=7),
    _Q.DISPLACEMENT_CIRCUMFERENCE: Factors(edge=1.1, slices=0.0, model=0.12),
    _Q.DISPLACEMENT_APEX: Factors(edge=3, slices=0.0, model=4.5),
    _Q.DISPLACEMENT_CANAL: Factors(edge=1.6, slices=0.0, model=0.065),
    _Q.DISPLACEMENT_FACET_LINE: Factors(edge=1.5, slices=0.0, model=0.15),
    _Q.DISPLACEMENT_ZONE: Factors(edge=1.0, slices=0.0, model=0.1),
    _Q.FACET_DISTANCE: Factors(edge=3.4, slices=0.0, model=3.4),
    _Q.RECESS_HEIGHT: Factors(edge=1.0, slices=0.1, model=0.7),
    _Q.RECESS_ANGLE: Factors(edge=1.0, slices=0.0, model=4.0),
    _Q.RECESS_AREA: Factors(edge=0.75, slices=0.075, model=3, relative=0.038),
    _Q.ROOT_DISC_GAP: Factors(edge=1.4, slices=0.0, model=0.96),
}
"""The same for axial slices."""


def half_width(
    quantity: Quantity, value: float, spread: Spread, plane: Plane = Plane.SAGITTAL
) -> float:
    """Half-width of the 90 % interval, in the unit of the quantity.

    Parameters
    ----------
    quantity : Quantity
    value : float
    spread : Spread
        NaN parts count as 0; the model term always remains.
    plane : Plane
        Of the slices it was read on.
    """
    factors = (AXIAL_FACTORS if plane is Plane.AXIAL else FACTORS)[quantity]
    terms = (
        factors.edge * spread.blur,
        factors.slices * spread.change,
        factors.model,
        factors.relative * value,
    )
    return math.sqrt(sum(t * t for t in terms if math.isfinite(t)))
