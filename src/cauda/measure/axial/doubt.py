"""Axial sacs that contradict the sagittal ones: what rests on them is reported apart."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from cauda.records import Measurement, error_of_difference
from cauda.vocab import Plane, Quantity

__all__ = ["doubted"]

LEAST_SHARE = 0.5
"""Share of the sagittal area below which an axial one needs a flattened sac to be believed."""

_SAC_SIZES = (
    Quantity.SAC_AREA,
    Quantity.SAC_AP,
    Quantity.SAC_TRANSVERSE,
    Quantity.SAC_RATIO,
)
_IN_SAC = (
    *_SAC_SIZES,
    Quantity.CSF_FRACTION,
    Quantity.ROOTLET_POSITION,
    Quantity.EPIDURAL_FAT_AREA,
)
"""What rests on the sac's outline on the slice of its least area."""


def doubted(measurement: Measurement, found: Sequence[Measurement]) -> Measurement:
    """What rests on the sac of an axial series that cannot be the one sagittal slices show.

    The least section over the window cannot exceed the one in the disc plane, which sagittal
    slices estimate, by more than both errors: then its sizes stand apart. Nor can it be less than
    half of that where the sagittal slices, over the same window, show the diameter kept: then the
    axial outline is torn, and what was read inside it stands apart too.

    Parameters
    ----------
    measurement : Measurement
    found : sequence of Measurement
        Of every series, this one among them.
    """
    if measurement.plane is not Plane.AXIAL or measurement.quantity not in _IN_SAC:
        return measurement
    at_level = [m for m in found if m.level == measurement.level]
    own = {m.quantity: m for m in at_level if m.series == measurement.series}
    area, others = own.get(Quantity.SAC_AREA), _sagittal(at_level, Quantity.SAC_AREA)
    if area is None or area.apart or not others:
        return measurement
    other = max(others, key=lambda m: m.value)
    if area.value - other.value > error_of_difference(area, other):
        if measurement.quantity not in _SAC_SIZES:
            return measurement
        words = f"the sac looks larger ({area.value:.0f} mm2) than on the sagittal images"
        return replace(measurement, apart=words)
    if area.value < LEAST_SHARE * other.value and _is_flatter(own, at_level):
        words = (
            f"the sac looks far smaller ({area.value:.0f} mm2) than on the sagittal images "
            f"({other.value:.0f} mm2)"
        )
        return replace(measurement, apart=words)
    return measurement


def _is_flatter(own: Mapping[Quantity, Measurement], at_level: Sequence[Measurement]) -> bool:
    """Whether an axial sac is flatter than on every sagittal series by more than both errors."""
    axial = own.get(Quantity.SAC_AP)
    others = _sagittal(at_level, Quantity.SAC_AP)
    return (
        axial is not None
        and bool(others)
        and all(m.value - axial.value > error_of_difference(m, axial) for m in others)
    )


def _sagittal(found: Sequence[Measurement], quantity: Quantity) -> list[Measurement]:
    return [m for m in found if m.quantity is quantity and m.plane is Plane.SAGITTAL]
