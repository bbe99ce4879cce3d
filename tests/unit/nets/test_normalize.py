import numpy as np
import pytest

from cauda.nets.normalize import standardize, unit_range


@pytest.fixture
def plane():
    return np.random.default_rng(0).gamma(2.0, 50.0, (40, 60))


def test_gain_and_offset_of_the_scanner_do_not_matter(plane):
    assert standardize(3.7 * plane + 120) == pytest.approx(standardize(plane), abs=1e-4)


def test_standardized_slice_has_mean_zero_and_spread_one(plane):
    scaled = standardize(plane)
    assert scaled.dtype == np.float32
    assert scaled.mean() == pytest.approx(0, abs=1e-5)
    assert scaled.std() == pytest.approx(1, abs=1e-5)


def test_one_bright_voxel_changes_next_to_nothing(plane):
    spoiled = plane.copy()
    spoiled[3, 3] = 1e6
    change = np.abs(unit_range(spoiled) - unit_range(plane))
    assert np.delete(change, 3 * 60 + 3).max() < 0.02


def test_a_constant_slice_becomes_zeros():
    assert not standardize(np.full((8, 8), 7.0)).any()
    assert not unit_range(np.full((8, 8), 7.0)).any()
