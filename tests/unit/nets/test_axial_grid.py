"""Axial series on the network's canonical axial grid."""

import itertools

import numpy as np
import pytest

from cauda.errors import GeometryError
from cauda.geometry import Space
from cauda.nets.grid import Layout, segment_series, working_signal
from cauda.records import Series, Volume
from cauda.vocab import AXIAL_STRUCTURES, Contrast, Plane, Structure

LAYOUT = Layout(pixel_mm=0.6, multiple=16, plane=Plane.AXIAL, structures=AXIAL_STRUCTURES)
TILT_DEG = 22.0


def series(voxels, space, slice_axis=2):
    return Series(
        key="ax_t2",
        plane=Plane.AXIAL,
        contrast=Contrast.T2,
        volume=Volume(voxels=voxels, space=space, slice_axis=slice_axis),
        used=True,
        reason="made for a test",
    )


def axial_space(shape=(60, 50, 4), spacing=(0.5, 0.5, 4.4)):
    """A stack angled as at L5-S1: its slices tilt forward."""
    c, s = np.cos(np.radians(TILT_DEG)), np.sin(np.radians(TILT_DEG))
    matrix = np.eye(4)
    matrix[:3, :3] = np.array([[1, 0, 0], [0, c, -s], [0, s, c]]) * spacing
    matrix[:3, 3] = (-15.0, -10.0, -60.0)
    return Space.from_matrix(shape, matrix, "1.2.3")


def coordinates(space):
    return space.to_lps(np.stack(np.indices(space.shape), axis=-1))


@pytest.mark.parametrize(
    ("order", "flips"),
    list(itertools.product([(0, 1, 2), (2, 0, 1), (1, 0, 2)], [(), (0,), (1, 2), (0, 1, 2)])),
)
def test_however_it_is_stored_pixels_keep_their_place_on_one_canonical_grid(order, flips):
    space = axial_space()
    weights = np.array([0.3, -1.0, 0.7])
    matrix, moved = space.matrix, coordinates(space) @ weights
    for axis in flips:
        matrix[:3, 3] += matrix[:3, axis] * (moved.shape[axis] - 1)
        matrix[:3, axis] *= -1
        moved = np.flip(moved, axis)
    moved = np.transpose(moved, order)
    stored = Space.from_matrix(moved.shape, matrix[:, [*order, 3]], "1.2.3")
    signal, grid = working_signal(series(moved, stored, order.index(2)), 0.6, Plane.AXIAL)
    assert grid.shape == (50, 42, 4)
    assert grid.spacing_mm == pytest.approx((0.6, 0.6, 4.4))
    assert (np.diag(grid.matrix[:3, :3]) > 0).all()
    inner = (slice(2, -2), slice(2, -2))
    assert signal[inner] == pytest.approx((coordinates(grid) @ weights)[inner], abs=1e-3)


def test_each_network_refuses_the_other_plane():
    space = axial_space()
    stack = series(np.zeros(space.shape), space)
    with pytest.raises(GeometryError, match="not sagittal"):
        working_signal(stack, 0.6)
    lying = Space.from_matrix((5, 40, 40), np.diag([4.0, 0.6, 0.6, 1.0]))
    with pytest.raises(GeometryError, match="not axial"):
        working_signal(series(np.zeros(lying.shape), lying, 0), 0.6, Plane.AXIAL)


def bright_is_fat(batch):
    """Stand in for a network with one that can be checked by hand: bright means epidural fat."""
    bright = (batch[:, 1] > 1).astype(np.float32)
    out = np.zeros((len(batch), len(AXIAL_STRUCTURES), *batch.shape[2:]), dtype=np.float32)
    out[:, 0], out[:, -1] = 1 - bright, bright
    return out


@pytest.mark.parametrize("crop", [None, 32, 500])
def test_probabilities_lie_on_the_signal_and_background_round_what_is_looked_at(crop):
    space = axial_space()
    voxels = np.zeros(space.shape)
    voxels[26:34, 22:30, 1:3] = 100.0
    layout = Layout(
        pixel_mm=0.6, multiple=16, plane=Plane.AXIAL, structures=AXIAL_STRUCTURES, crop=crop
    )
    found = segment_series(series(voxels, space), bright_is_fat, layout, "by-hand")
    assert (found.plane, found.structures) == (Plane.AXIAL, AXIAL_STRUCTURES)
    assert found.probabilities.shape == (10, 50, 42, 4)
    assert found.probabilities.sum(axis=0) == pytest.approx(1.0)
    fat = found.probability(Structure.EPIDURAL_FAT) > 0.5
    assert (fat == (found.signal > 60)).mean() > 0.99
    middle = coordinates(found.space)[fat].mean(axis=0)
    assert middle == pytest.approx(coordinates(space)[voxels > 0].mean(axis=0), abs=0.4)


def test_nothing_is_found_outside_what_is_looked_at():
    space = axial_space()
    voxels = np.zeros(space.shape)
    voxels[:6] = 100.0
    layout = Layout(
        pixel_mm=0.6, multiple=16, plane=Plane.AXIAL, structures=AXIAL_STRUCTURES, crop=32
    )
    found = segment_series(series(voxels, space), bright_is_fat, layout, "by-hand")
    assert found.probability(Structure.EPIDURAL_FAT).max() == 0
    assert found.probability(Structure.BACKGROUND).min() == 1
