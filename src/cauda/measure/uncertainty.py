"""How far a measurement may be off: one formula, and the factors that were fitted to phantoms.

The half-width of the 90 % interval of a quantity ``q`` is::

    sqrt( (edge * blur)^2 + (slices * change)^2 + model^2 + (relative * value)^2 )

with ``blur`` the change of the value when every surface it rests on moves independently by the
distance between its 0.25 and 0.75 iso-surfaces (wide where the network, or a thick slice, is
unsure), ``change`` the difference between the two slices nearest to the plane of measurement
(what partial coverage can hide), ``model`` and ``relative`` what the definition itself costs.

The factors were first set on exact segmentations, then all those of a quantity were multiplied by
the 90th percentile of ``|error| / half-width`` over phantoms run through a network. A bias left by
the network is thus inside the interval, not subtracted. Last fitted on 37 phantoms (seeds from
800000; sagittal 0.4.1, axial 0.2.0) where the intervals held less than 86 or more than 95 % of the
truths, and none narrowed by more than four tenths: patients are harder than phantoms, and where
most readings are exact (no migration, fat all round) an interval of any sensible width holds more.
Base, dome and apex of a displaced disc rest on few. Other weights need a new look at "90 % interval
holds" in::

    python scripts/error_budget.py --first-seed 800000 --count 37
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
    _Q.DISC_HEIGHT_ANTERIOR: Factors(edge=0.57, slices=0.47, model=0.29),
    _Q.DISC_HEIGHT_MIDDLE: Factors(edge=0.51, slices=0.42, model=0.25),
    _Q.DISC_HEIGHT_POSTERIOR: Factors(edge=0.62, slices=0.52, model=0.31),
    _Q.DISC_HEIGHT_INDEX: Factors(edge=0.66, slices=0.55, model=0.017),
    _Q.DISC_DEPTH: Factors(edge=1.0, slices=0.86, model=1.0),
    _Q.DISPLACEMENT: Factors(edge=0.81, slices=0.41, model=0.68),
    _Q.DISPLACEMENT_EXTENT: Factors(edge=1.9, slices=0.57, model=1.9, relative=0.19),
    _Q.SAC_AP: Factors(edge=1.47, slices=0.74, model=0.74),
    _Q.SAC_AREA: Factors(edge=1.1, slices=0.53, model=7.9, relative=0.13),
    _Q.SAC_RATIO: Factors(edge=0.84, slices=0.0, model=0.04, relative=0.099),
    _Q.FORAMEN_HEIGHT: Factors(edge=0.59, slices=0.49, model=0.59),
    _Q.FORAMEN_WIDTH: Factors(edge=0.7, slices=0.58, model=0.46),
    _Q.FORAMEN_AREA: Factors(edge=0.62, slices=0.62, model=4.9, relative=0.037),
    _Q.SLIP: Factors(edge=0.55, slices=0.46, model=0.37),
    _Q.SLIP_PERCENT: Factors(edge=0.56, slices=0.47, model=1.1),
    _Q.SEGMENTAL_ANGLE: Factors(edge=0.65, slices=0.65, model=1.2),
    _Q.LORDOSIS: Factors(edge=0.69, slices=0.69, model=2.0),
    _Q.NUCLEUS_SIGNAL: Factors(edge=0.6, slices=0.42, model=0.03, relative=0.21),
    _Q.VERTEBRA_HEIGHT_ANTERIOR: Factors(edge=0.57, slices=0.48, model=0.28),
    _Q.VERTEBRA_HEIGHT_MIDDLE: Factors(edge=0.4, slices=0.33, model=0.2),
    _Q.VERTEBRA_HEIGHT_POSTERIOR: Factors(edge=0.53, slices=0.44, model=0.27),
    _Q.DISC_HEIGHT_DABBS: Factors(edge=0.63, slices=0.46, model=0.27),
    _Q.DISC_HEIGHT_FARFAN: Factors(edge=0.68, slices=0.52, model=0.021),
    _Q.DISC_VOLUME: Factors(edge=0.62, slices=0.31, model=186.0, relative=0.062),
    _Q.MIGRATION_CRANIAL: Factors(edge=0.84, slices=0.24, model=0.84),
    _Q.MIGRATION_CAUDAL: Factors(edge=0.84, slices=0.24, model=0.84),
    _Q.FORAMEN_FAT_ANTERIOR: Factors(edge=0.91, slices=0.44, model=0.27),
    _Q.FORAMEN_FAT_POSTERIOR: Factors(edge=0.55, slices=0.27, model=0.17),
    _Q.FORAMEN_FAT_SUPERIOR: Factors(edge=0.78, slices=0.39, model=0.23),
    _Q.FORAMEN_FAT_INFERIOR: Factors(edge=0.69, slices=0.35, model=0.21),
    _Q.FORAMEN_ROOT_AREA: Factors(edge=0.63, slices=0.63, model=5.3),
    _Q.SACRAL_SLOPE: Factors(edge=0.98, slices=0.7, model=2.1),
    _Q.NUCLEUS_HETEROGENEITY: Factors(edge=1.6, slices=0.8, model=0.13),
    _Q.NUCLEUS_ANNULUS: Factors(edge=1.0, slices=0.52, model=0.31, relative=0.21),
    _Q.ENDPLATE_T1: Factors(edge=1.4, slices=0.72, model=0.14),
    _Q.ENDPLATE_T2: Factors(edge=1.0, slices=0.5, model=0.15),
    _Q.VERTEBRA_WEDGE: Factors(edge=0.69, slices=0.55, model=0.017),
    _Q.DISPLACEMENT_APEX: Factors(edge=0.0, slices=0.6, model=2.0),
    _Q.BONY_CANAL_AP: Factors(edge=0.83, slices=0.42, model=1.7),
    _Q.CSF_FRACTION: Factors(edge=0.78, slices=0.0, model=0.23),
}
"""Factors of every quantity read on sagittal slices."""

AXIAL_FACTORS: dict[Quantity, Factors] = {
    _Q.SAC_AREA: Factors(edge=0.86, slices=0.22, model=8.6, relative=0.065),
    _Q.SAC_AP: Factors(edge=1.2, slices=0.24, model=1.0),
    _Q.SAC_TRANSVERSE: Factors(edge=0.73, slices=0.14, model=0.58),
    _Q.SAC_PEDICLE_AREA: Factors(edge=0.63, slices=0.47, model=6.3, relative=0.063),
    _Q.SAC_RATIO: Factors(edge=0.63, slices=0.16, model=0.047, relative=0.063),
    _Q.BONY_CANAL_AP: Factors(edge=1.0, slices=0.3, model=0.6),
    _Q.BONY_CANAL_TRANSVERSE: Factors(edge=1.0, slices=0.3, model=1.0),
    _Q.CSF_FRACTION: Factors(edge=0.36, slices=0.0, model=0.18),
    _Q.ROOTLET_POSITION: Factors(edge=1.0, slices=0.0, model=0.084),
    _Q.EPIDURAL_FAT_AREA: Factors(edge=1.9, slices=0.0, model=9.5, relative=0.29),
    _Q.DISPLACEMENT_DEPTH: Factors(edge=1.2, slices=0.0, model=0.68),
    _Q.DISPLACEMENT_BASE: Factors(edge=8.0, slices=0.0, model=8.0),
    _Q.DISPLACEMENT_DOME: Factors(edge=7, slices=0.0, model=7),
    _Q.DISPLACEMENT_CIRCUMFERENCE: Factors(edge=1.1, slices=0.0, model=0.12),
    _Q.DISPLACEMENT_APEX: Factors(edge=3, slices=0.0, model=4.5),
    _Q.DISPLACEMENT_CANAL: Factors(edge=1.7, slices=0.0, model=0.069),
    _Q.DISPLACEMENT_FACET_LINE: Factors(edge=1.7, slices=0.0, model=0.17),
    _Q.DISPLACEMENT_ZONE: Factors(edge=1.0, slices=0.0, model=0.1),
    _Q.FACET_DISTANCE: Factors(edge=2.7, slices=0.0, model=2.7),
    _Q.RECESS_HEIGHT: Factors(edge=1.0, slices=0.1, model=0.7),
    _Q.RECESS_ANGLE: Factors(edge=1.0, slices=0.0, model=4.0),
    _Q.RECESS_AREA: Factors(edge=0.63, slices=0.063, model=2.5, relative=0.032),
    _Q.ROOT_DISC_GAP: Factors(edge=1.1, slices=0.0, model=0.74),
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
