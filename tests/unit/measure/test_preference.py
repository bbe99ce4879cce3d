"""Which of several measurements of one thing a report states."""

from __future__ import annotations

import pytest

from cauda.measure.preference import DENT_MM, LARGEST_GAP_MM, with_preferred
from cauda.records import Measurement
from cauda.vocab import Contrast, Level, Plane, Quantity

CONTRASTS = {"sag_t1": Contrast.T1, "sag_t2": Contrast.T2, "ax_t2": Contrast.T2}


def of(series: str, value: float, quantity: Quantity, apart: str = "") -> Measurement:
    return Measurement(
        id=f"L4-L5/{quantity}/{series}",
        quantity=quantity,
        level=Level.L4_L5,
        value=value,
        uncertainty=1.0,
        method="test",
        series=series,
        plane=Plane.AXIAL if series == "ax_t2" else Plane.SAGITTAL,
        apart=apart,
    )


def stated(*found: Measurement) -> str:
    chosen = [m.series for m in with_preferred(found, CONTRASTS) if m.preferred]
    assert len(chosen) == 1
    return chosen[0]


@pytest.mark.parametrize(
    ("t1", "t2", "axial", "expected"),
    [
        (12.0, 12.5, 12.0, "sag_t1"),
        (12.0, 12.1 + LARGEST_GAP_MM, 14.0, "sag_t2"),
        # A dent between the sagittal slices shows on the axial ones only.
        (12.0, 12.5, 11.9 - DENT_MM, "ax_t2"),
        (12.0, 12.5, 12.1 - DENT_MM, "sag_t1"),
        # A wider axial sac is no dent.
        (12.0, 12.5, 16.0, "sag_t1"),
    ],
)
def test_a_diameter_is_stated_of_the_plane_that_shows_the_dent(t1, t2, axial, expected):
    sac = Quantity.SAC_AP
    found = [of("sag_t1", t1, sac), of("sag_t2", t2, sac), of("ax_t2", axial, sac)]
    assert stated(*found) == expected
    assert stated(*reversed(found)) == expected


def test_an_axial_diameter_that_stands_apart_is_not_stated():
    sac = Quantity.SAC_AP
    assert stated(of("sag_t1", 12.0, sac), of("ax_t2", 5.0, sac, apart="torn")) == "sag_t1"


@pytest.mark.parametrize(
    ("quantity", "expected"),
    [
        (Quantity.SAC_AREA, "ax_t2"),
        (Quantity.CSF_FRACTION, "ax_t2"),
        (Quantity.BONY_CANAL_AP, "sag_t2"),
        (Quantity.FORAMEN_HEIGHT, "sag_t1"),
    ],
)
def test_every_quantity_has_its_plane_and_contrast(quantity, expected):
    assert stated(*(of(series, 10.0, quantity) for series in CONTRASTS)) == expected
