"""Which of several measurements of one thing a report states: one each is ``preferred``."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace

from cauda.measure.perineural import SIDES
from cauda.records import Measurement
from cauda.vocab import Contrast, Level, Plane, Quantity

__all__ = ["with_preferred"]

LARGEST_GAP_MM = 2.5
"""T1 and T2 may show the sac's diameter this much apart: T2 hides fat, T1 hides ligament. Where
they differ more they do not show the same thing."""

DENT_MM = 1.5
"""Sagittal slices, some 4 mm apart, pass by the deepest place of a dent that lies between or beside
them. Axial slices show it: a sac flatter there by more than this is stated. On 39 random phantoms
(seeds from 500040) it takes the mean error of the diameter from 0.48 to 0.41 mm."""

_FORAMINAL = (
    Quantity.FORAMEN_HEIGHT,
    Quantity.FORAMEN_WIDTH,
    Quantity.FORAMEN_AREA,
    Quantity.FORAMEN_ROOT_AREA,
    *SIDES,
)
_DURAL = (Quantity.SAC_AREA, Quantity.SAC_RATIO)
_AXIAL_FIRST = (Quantity.SAC_AREA, Quantity.CSF_FRACTION)
"""Of what both planes show, axial slices show this better; the rest stays with the sagittal ones,
for which the cuts of their ratios and diameters were made."""
_Where = tuple[Quantity, Level | None]
T2_FIRST = (Contrast.T2, Contrast.T1, Contrast.STIR, Contrast.UNKNOWN)
T1_FIRST = (Contrast.T1, Contrast.T2, Contrast.STIR, Contrast.UNKNOWN)


def with_preferred(
    found: Sequence[Measurement], contrasts: Mapping[str, Contrast]
) -> tuple[Measurement, ...]:
    """Mark the preferred one of each quantity, place and side.

    It is the axial one for the area of the sac where the series may be combined, and for its
    diameter where axial slices show a dent that sagittal ones pass by; else a sagittal one: of T1
    for the foramina (their reference plane), for the diameter of a sac that it shows much as T2
    does, because it shows the dura against fat, and for the area of one that it shows a little
    narrower; else of T2.

    Parameters
    ----------
    found : sequence of Measurement
    contrasts : mapping of str -> Contrast
        Of every series.
    """
    t1_first = _t1_first(found, contrasts)
    ranked = sorted(found, key=lambda m: _rank(m, contrasts[m.series], t1_first))
    best: dict[str, Measurement] = {}
    for candidate in ranked:
        best.setdefault(_place(candidate), candidate)
    best |= _dented(best, ranked)
    return tuple(replace(m, preferred=best[_place(m)].id == m.id) for m in found)


def _place(measurement: Measurement) -> str:
    """The id without its series."""
    return measurement.id.rsplit("/", 1)[0]


def _rank(
    measurement: Measurement, contrast: Contrast, t1_first: set[_Where]
) -> tuple[bool, bool, int, float]:
    """What may be combined first, then the better plane, contrast and error."""
    plane = Plane.AXIAL if measurement.quantity in _AXIAL_FIRST else Plane.SAGITTAL
    where = (measurement.quantity, measurement.level)
    order = T1_FIRST if measurement.quantity in _FORAMINAL or where in t1_first else T2_FIRST
    # Axial values differ by how their slices lie; the error tells. Sagittal ones keep their order.
    error = measurement.uncertainty if measurement.plane is Plane.AXIAL else 0.0
    return bool(measurement.apart), measurement.plane is not plane, order.index(contrast), error


def _t1_first(found: Iterable[Measurement], contrasts: Mapping[str, Contrast]) -> set[_Where]:
    """Where T1 is the better witness of the sac.

    T1 shows the dura against fat, so its diameter is taken wherever both contrasts agree. In areas
    both err upward, from slices that the sac fills in part: there the narrower sac is taken.
    """
    shown: dict[Level | None, dict[Contrast, float]] = {}
    for m in found:
        if m.quantity is Quantity.SAC_AP and m.plane is Plane.SAGITTAL:
            shown.setdefault(m.level, {}).setdefault(contrasts[m.series], m.value)
    gaps = {
        level: values[Contrast.T2] - values[Contrast.T1]
        for level, values in shown.items()
        if Contrast.T1 in values and Contrast.T2 in values
    }
    near = {level: gap for level, gap in gaps.items() if abs(gap) <= LARGEST_GAP_MM}
    narrower = {(quantity, level) for quantity in _DURAL for level, gap in near.items() if gap > 0}
    return narrower | {(Quantity.SAC_AP, level) for level in near}


def _dented(
    best: Mapping[str, Measurement], ranked: Sequence[Measurement]
) -> dict[str, Measurement]:
    """Axial diameters of sacs that are flatter there than the sagittal one that was best."""
    flatter: dict[str, Measurement] = {}
    for axial in ranked:
        if axial.quantity is not Quantity.SAC_AP or axial.plane is not Plane.AXIAL or axial.apart:
            continue
        other = best[_place(axial)]
        if other.plane is Plane.SAGITTAL and other.value - axial.value > DENT_MM:
            flatter.setdefault(_place(axial), axial)
    return flatter
