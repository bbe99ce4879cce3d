"""The small tools of the measuring stage: surfaces between samples, curves, uncertainty."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.measure.curves import local_value, robust_polynomial
from cauda.measure.dura import inside_dura
from cauda.measure.sampling import between, blur_mm, change, runs
from cauda.measure.uncertainty import AXIAL_FACTORS, FACTORS, Spread, half_width
from cauda.vocab import Contrast, Plane, Quantity

AXIS = np.arange(-10.0, 10.01, 0.25)


def bump(low, high, blur=1.0):
    """A plateau whose surfaces lie at ``low`` and ``high``, with linear edges."""
    rise = np.clip((AXIS - low) / blur + 0.5, 0, 1)
    return np.minimum(rise, np.clip((high - AXIS) / blur + 0.5, 0, 1))


def test_surfaces_lie_between_the_samples():
    found = runs(np.array([bump(-3.13, 2.41)]), AXIS, 0.0)
    assert found[0] == pytest.approx([-3.13, 2.41], abs=1e-6)


def test_start_beside_the_run_finds_the_nearest():
    two = np.maximum(bump(-8.0, -5.0), bump(1.0, 4.0))
    assert runs(two[None], AXIS, 0.5)[0] == pytest.approx([1.0, 4.0], abs=1e-6)
    assert runs(two[None], AXIS, -4.0)[0] == pytest.approx([-8.0, -5.0], abs=1e-6)


def test_run_that_leaves_the_window_has_no_end():
    begin, end = runs(bump(2.0, 30.0)[None], AXIS, 5.0)[0]
    assert begin == pytest.approx(2.0)
    assert np.isnan(end)
    assert np.isnan(runs(np.zeros((1, len(AXIS))), AXIS, 0.0)).all()


def test_blur_is_the_distance_of_the_quarter_surfaces():
    assert blur_mm(np.array([bump(-3, 3, blur=2.0)]), AXIS, 0.0) == pytest.approx(1.0, abs=1e-6)


def test_between_leaves_unread_slices_out():
    assert between(np.array([-2.0, 2.0]), np.array([1.0, 3.0]), 1.0) == pytest.approx(2.5)
    assert between(np.array([-2.0, 2.0]), np.array([np.nan, 3.0]), -2.0) == 3.0
    assert np.isnan(between(np.array([0.0]), np.array([np.nan]), 0.0))


def test_change_compares_the_two_nearest_slices():
    x = np.array([-6.0, -2.0, 2.0, 6.0])
    assert change(x, np.array([9.0, 1.0, 3.0, 9.0])) == 2.0
    assert change(x, np.array([9.0, np.nan, 3.0, 5.0])) in (2.0, 6.0)
    assert change(x[:1], np.array([9.0])) == 0.0


def test_curve_ignores_a_lip():
    y = 0.02 * AXIS**2 - 0.3 * AXIS + 1
    lipped = np.where(AXIS > 8.0, y + 4.0, y)
    curve = robust_polynomial(AXIS, lipped, 2)
    assert curve is not None
    assert curve(9.5) == pytest.approx(0.02 * 9.5**2 - 0.3 * 9.5 + 1, abs=0.05)
    assert robust_polynomial(AXIS[:5], y[:5], 2) is None


def test_local_value_follows_the_slope():
    assert local_value(AXIS, 2 * AXIS + 1, 3.1, 1.5) == pytest.approx(7.2)
    assert np.isnan(local_value(AXIS, np.full_like(AXIS, np.nan), 3.1, 1.5))


@pytest.mark.parametrize("quantity", list(Quantity))
def test_every_quantity_has_factors_and_its_interval_grows_with_doubt(quantity):
    tables = {Plane.SAGITTAL: FACTORS, Plane.AXIAL: AXIAL_FACTORS}
    planes = [plane for plane, table in tables.items() if quantity in table]
    assert planes
    for plane in planes:
        factors = tables[plane][quantity]
        sharp = half_width(quantity, 10.0, Spread(blur=0.3), plane)
        unsure = half_width(quantity, 10.0, Spread(blur=2.0, change=5.0), plane)
        assert 0 < sharp < unsure
        assert half_width(quantity, 10.0, Spread(blur=float("nan")), plane) >= factors.model


@pytest.mark.parametrize(("contrast", "depth_mm"), [(Contrast.T1, 12.0), (Contrast.T2, 15.0)])
def test_fat_behind_the_dura_is_cut_off_where_t1_shows_it(contrast, depth_mm):
    """The network's sac is 15 mm deep; its last 3 mm are fat, bright on T1."""
    y_mm = np.arange(0.0, 30.0, 0.375)[:, None]
    sac = ((y_mm >= 6) & (y_mm < 21)) * np.ones((1, 20))
    signal = np.where((y_mm >= 18) & (y_mm < 24), 40.0, 10.0) * np.ones((1, 20))
    found = inside_dura(sac, signal, contrast)
    assert found.sum(axis=0) * 0.375 == pytest.approx(np.full(20, depth_mm), abs=0.4)


def test_sac_without_fat_keeps_the_networks_border():
    y_mm = np.arange(0.0, 30.0, 0.375)[:, None]
    sac = ((y_mm >= 6) & (y_mm < 21)) * np.ones((1, 20))
    found = inside_dura(sac, np.full_like(sac, 10.0), Contrast.T1)
    assert (found == sac).all()


def straight(borders):
    """A slice of steps along y': from each place on, its value; 30 mm deep, 20 samples high."""
    y_mm = np.arange(0.0, 30.0, 0.375)
    values = np.zeros_like(y_mm)
    for place, value in borders:
        values[y_mm >= place] = value
    return values[:, None] * np.ones((1, 20))


@pytest.mark.parametrize(
    ("contrast", "signal"),
    [
        (Contrast.T1, [(0, 30), (6, 10), (21, 40), (24, 20)]),
        (Contrast.T2, [(0, 10), (6, 60), (21, 10)]),
    ],
)
def test_border_that_stops_short_of_the_dura_is_moved_to_it(contrast, signal):
    """The network's sac ends 2 mm before CSF does."""
    sac = straight([(6, 1), (19, 0)])
    found = inside_dura(sac, straight(signal), contrast)
    assert found[:, 10].sum() * 0.375 == pytest.approx(15.0, abs=0.9)


def test_cord_is_not_taken_for_fat():
    """On T1 the cord is brighter than CSF, and no fat is seen behind the dura."""
    sac = straight([(6, 1), (21, 0)])
    signal = straight([(0, 9), (6, 10), (10, 19), (17, 10), (21, 9)])
    assert (inside_dura(sac, signal, Contrast.T1) == sac).all()


def test_partly_filled_slice_does_not_grow():
    sac = 0.8 * straight([(6, 1), (19, 0)])
    signal = straight([(0, 10), (6, 60), (21, 10)])
    assert (inside_dura(sac, signal, Contrast.T2) == sac).all()
