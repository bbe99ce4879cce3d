"""An axial sac that cannot be the sagittal one is reported apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cauda.measure.axial.doubt import doubted
from cauda.records import Measurement
from cauda.vocab import Level, Plane, Quantity


def measured(quantity: Quantity, value: float, error: float, plane: Plane) -> Measurement:
    """One value of a level, from the only series of its plane."""
    return Measurement(
        id=f"L4-L5/{quantity}/{plane}",
        quantity=quantity,
        level=Level.L4_L5,
        value=value,
        uncertainty=error,
        method="any",
        series=str(plane),
        plane=plane,
    )


def shown(area: float, ap: float) -> tuple[Measurement, ...]:
    """An axial sac beside a sagittal one of 200 mm2 and 13 mm."""
    return (
        measured(Quantity.SAC_AREA, 200.0, 20.0, Plane.SAGITTAL),
        measured(Quantity.SAC_AP, 13.0, 1.5, Plane.SAGITTAL),
        measured(Quantity.SAC_AREA, area, 15.0, Plane.AXIAL),
        measured(Quantity.SAC_AP, ap, 1.0, Plane.AXIAL),
        measured(Quantity.CSF_FRACTION, 0.5, 0.1, Plane.AXIAL),
        measured(Quantity.RECESS_HEIGHT, 5.0, 1.0, Plane.AXIAL),
    )


@pytest.mark.parametrize(
    ("area", "ap", "apart"),
    [
        (190.0, 12.5, set()),
        (120.0, 9.0, set()),  # A smaller sac is what axial slices are for.
        (80.0, 12.0, set()),  # Crowded from the sides: the diameter agrees.
        (80.0, 7.0, {Quantity.SAC_AREA, Quantity.SAC_AP, Quantity.CSF_FRACTION}),
        (260.0, 14.0, {Quantity.SAC_AREA, Quantity.SAC_AP}),
    ],
)
def test_what_stands_apart(area: float, ap: float, apart: set[Quantity]) -> None:
    found = shown(area, ap)
    told = [doubted(m, found) for m in found]
    assert {m.quantity for m in told if m.apart} == apart
    assert all(m.plane is Plane.AXIAL for m in told if m.apart)


def test_a_narrow_sac_on_both_planes_is_believed() -> None:
    """Stenosis that the sagittal slices show as well is no torn outline."""
    narrow = tuple(
        replace(m, value=6.5) if m.id == "L4-L5/sac_ap_mm/sagittal" else m for m in shown(60.0, 6.0)
    )
    assert not any(doubted(m, narrow).apart for m in narrow)


def test_words_say_both_sizes() -> None:
    found = shown(40.0, 5.0)
    assert "far smaller (40 mm2) than on the sagittal images (200 mm2)" in (
        doubted(found[2], found).apart
    )


def test_without_a_sagittal_sac_nothing_is_doubted() -> None:
    found = tuple(m for m in shown(40.0, 5.0) if m.plane is Plane.AXIAL)
    assert not any(doubted(m, found).apart for m in found)
