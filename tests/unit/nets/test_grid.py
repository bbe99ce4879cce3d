import itertools

import numpy as np
import pytest

from cauda.errors import GeometryError
from cauda.geometry import Space
from cauda.nets.grid import NEIGHBOR_MM, Layout, network_input, segment_series, working_signal
from cauda.records import Series, Volume
from cauda.vocab import STRUCTURES, Contrast, Plane

LAYOUT = Layout(pixel_mm=0.75, multiple=16)
OBLIQUE = np.array(
    [[0.08, -0.03, 0.996], [0.996, 0.04, -0.079], [-0.037, 0.999, 0.033]],
)


def series(voxels, space, slice_axis=2):
    return Series(
        key="sag_t2",
        plane=Plane.SAGITTAL,
        contrast=Contrast.T2,
        volume=Volume(voxels=voxels, space=space, slice_axis=slice_axis),
        used=True,
        reason="made for a test",
    )


def sagittal_space(shape=(50, 60, 5), spacing=(0.6, 0.5, 4.0)):
    axes, _ = np.linalg.qr(OBLIQUE)
    axes *= np.sign(np.sum(axes * OBLIQUE, axis=0))
    matrix = np.eye(4)
    matrix[:3, :3] = axes * np.asarray(spacing)
    matrix[:3, 3] = (-8.0, 12.0, 30.0)
    return Space.from_matrix(shape, matrix, "1.2.3")


def coordinates(space):
    return space.to_lps(np.stack(np.indices(space.shape), axis=-1))


def test_every_pixel_keeps_its_place_in_the_patient():
    space = sagittal_space()
    weights = np.array([0.3, -1.0, 0.7])
    signal, grid = working_signal(series(coordinates(space) @ weights, space), 0.75)
    inner = (slice(None), slice(2, -2), slice(2, -2))
    assert signal[inner] == pytest.approx((coordinates(grid) @ weights)[inner], abs=1e-3)


@pytest.mark.parametrize("lean_deg", [0.0, 40.0, 50.0, 64.0])
def test_axial_slices_along_a_steep_disc_stay_slices(lean_deg):
    lean = np.deg2rad(lean_deg)
    matrix = np.eye(4)
    matrix[:3, 1] = 0.6 * np.asarray([0.0, np.cos(lean), np.sin(lean)])
    matrix[:3, 2] = 4.4 * np.asarray([0.0, -np.sin(lean), np.cos(lean)])
    matrix[0, 0] = 0.6
    space = Space.from_matrix((40, 50, 5), matrix, "1.2.3")
    ramp = np.broadcast_to(np.arange(5.0), space.shape)
    signal, grid = working_signal(series(ramp, space), 0.6, Plane.AXIAL)
    assert grid.shape == (40, 50, 5)
    assert signal[20, 25] == pytest.approx(np.arange(5.0))
    assert grid.directions[:, 2] == pytest.approx(space.directions[:, 2])


def test_slices_of_another_plane_are_refused():
    space = Space.from_matrix((5, 40, 50), np.diag([4.4, 0.6, 0.6, 1.0]), "1.2.3")
    with pytest.raises(GeometryError, match="not axial"):
        working_signal(series(np.zeros(space.shape), space, 0), 0.6, Plane.AXIAL)


def test_slice_planes_are_kept_and_pixels_become_isotropic():
    space = sagittal_space()
    _, grid = working_signal(series(np.zeros(space.shape), space), 0.75)
    assert grid.spacing_mm == pytest.approx((4.0, 0.75, 0.75))
    assert grid.shape == (5, 40, 40)
    assert grid.frame_of_reference == "1.2.3"
    across = space.directions[:, 2]
    old = sorted(float(p @ across) for p in coordinates(space)[0, 0])
    new = sorted(float(p @ across) for p in coordinates(grid)[:, 0, 0])
    assert new == pytest.approx(old)


@pytest.mark.parametrize(
    ("order", "flips"),
    list(itertools.product([(0, 1, 2), (2, 0, 1), (1, 2, 0)], [(), (0,), (1, 2), (0, 1, 2)])),
)
def test_storage_order_does_not_matter(order, flips):
    space = sagittal_space()
    voxels = np.random.default_rng(0).random(space.shape)
    expected, grid = working_signal(series(voxels, space), 0.75)
    matrix = space.matrix
    moved = voxels
    for axis in flips:
        matrix[:3, 3] += matrix[:3, axis] * (voxels.shape[axis] - 1)
        matrix[:3, axis] *= -1
        moved = np.flip(moved, axis)
    moved = np.transpose(moved, order)
    stored = Space.from_matrix(moved.shape, matrix[:, [*order, 3]], "1.2.3")
    signal, again = working_signal(series(moved, stored, order.index(2)), 0.75)
    assert signal == pytest.approx(expected, abs=1e-5)
    assert again.matrix == pytest.approx(grid.matrix)


def test_an_axial_series_is_refused():
    space = Space.from_matrix((8, 8, 8), np.diag([1.0, 1.0, 4.0, 1.0]))
    with pytest.raises(GeometryError, match="not sagittal"):
        working_signal(series(np.zeros(space.shape), space), 0.75)


def test_a_series_without_pixels_is_refused():
    empty = Series(
        key="x",
        plane=Plane.SAGITTAL,
        contrast=Contrast.T2,
        volume=None,
        used=False,
        reason="set aside",
    )
    with pytest.raises(GeometryError, match="no pixels"):
        working_signal(empty, 0.75)


@pytest.mark.parametrize(("spacing", "step"), [(4.4, 1), (3.0, 1), (1.0, 3), (1.5, 2)])
def test_neighbors_are_taken_at_the_distance_trained_on(spacing, step):
    assert round(NEIGHBOR_MM / spacing) in {step, 0, 1}
    signal = np.random.default_rng(0).random((9, 16, 16)).astype(np.float32)
    stacked = np.concatenate(list(network_input(signal, spacing, LAYOUT)))
    assert stacked.shape == (9, 3, 16, 16)
    for n in range(9):
        right, left = n - step, n + step
        assert (stacked[n, 0] == stacked[right if right >= 0 else n, 1]).all()
        assert (stacked[n, 2] == stacked[left if left < 9 else n, 1]).all()


def test_a_single_slice_is_its_own_neighbor():
    signal = np.random.default_rng(0).random((1, 20, 30))
    (batch,) = network_input(signal, 4.0, LAYOUT)
    assert batch.shape == (1, 3, 32, 32)
    assert (batch[0, 0] == batch[0, 1]).all()
    assert (batch[0, 2] == batch[0, 1]).all()


def bright_is_disc(batch):
    """Stand in for a network with one that can be checked by hand: bright means disc."""
    bright = (batch[:, 1] > 1).astype(np.float32)
    out = np.zeros((len(batch), len(STRUCTURES), *batch.shape[2:]), dtype=np.float32)
    out[:, 0], out[:, 3] = 1 - bright, bright
    return out


@pytest.mark.parametrize("batch", [1, 2, 4])
def test_probabilities_lie_on_the_signal_they_came_from(batch):
    space = sagittal_space()
    voxels = np.zeros(space.shape)
    voxels[10:20, 30:45, 1:3] = 100.0
    layout = Layout(pixel_mm=0.75, multiple=16, batch=batch)
    found = segment_series(series(voxels, space), bright_is_disc, layout, "by-hand")
    assert found.probabilities.shape == (9, *found.space.shape)
    assert found.contrast is Contrast.T2
    assert ((found.probabilities[3] > 0.5) == (found.signal > 60)).mean() > 0.99
    disc = coordinates(found.space)[found.probabilities[3] > 0.5].mean(axis=0)
    assert disc == pytest.approx(coordinates(space)[voxels > 0].mean(axis=0), abs=0.4)
