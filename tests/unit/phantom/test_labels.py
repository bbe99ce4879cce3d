"""Painted structures and instances: what lies where, sides, mirror images, torch."""

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.phantom import instance_labels, landmarks, mirrored, structure_labels
from cauda.phantom.grid import Grid
from cauda.phantom.materials import structure_table
from cauda.phantom.paint import paint
from cauda.phantom.segmentation import probabilities
from cauda.vocab import STRUCTURES, Level, Structure, Vertebra

ROUNDING_SHARE = 2e-4
"""Voxels that may fall on the other side of a surface by rounding."""


def at(anatomy, point) -> Structure:
    matrix = np.eye(4)
    matrix[:3, 3] = point
    label = structure_labels(anatomy, Space.from_matrix((1, 1, 1), matrix))[0, 0, 0]
    return STRUCTURES[label]


def test_landmarks_lie_in_what_they_name(healthy):
    places = landmarks(healthy)
    for vertebra in (Vertebra.L1, Vertebra.L3, Vertebra.L5, Vertebra.T12):
        assert at(healthy, places.bodies[vertebra]) is Structure.BODY
    assert at(healthy, places.bodies[Vertebra.S1]) is Structure.SACRUM
    for level in (Level.L1_L2, Level.L4_L5, Level.L5_S1):
        assert at(healthy, places.discs[level]) is Structure.DISC


def test_the_cord_ends_at_the_conus(healthy):
    x, y, z = landmarks(healthy).conus_lps
    assert at(healthy, (x, y + 0.5, z + 12.0)) is Structure.CORD
    assert at(healthy, (x, y + 0.5, z - 4.0)) is Structure.SAC


def test_every_structure_is_painted_in_a_plausible_amount(healthy, sagittal):
    labels = structure_labels(healthy, sagittal)
    volumes_ml = {
        s: (labels == n).sum() * sagittal.voxel_mm3 / 1000 for n, s in enumerate(STRUCTURES)
    }
    assert 100 < volumes_ml[Structure.BODY] < 400
    assert 20 < volumes_ml[Structure.DISC] < 120
    assert 20 < volumes_ml[Structure.SAC] < 70
    assert 4 < volumes_ml[Structure.FORAMEN] < 60
    assert all(volumes_ml[s] > 0.3 for s in STRUCTURES)


def test_instances_follow_the_conventions(healthy, sagittal):
    labels = instance_labels(healthy, sagittal)
    structures = structure_labels(healthy, sagittal)
    assert ((labels == 0) == (structures == 0)).all()
    assert (structures[labels == 1] == STRUCTURES.index(Structure.SACRUM)).all()
    x = sagittal.to_lps(np.argwhere(labels == 302))[:, 0]
    assert (x > 0).all()
    assert x.size > 0
    x = sagittal.to_lps(np.argwhere(labels == 402))[:, 0]
    assert (x < 0).all()
    assert x.size > 0
    assert {1, 2, 3, 50, 51, 101, 102, 202, 301, 401} <= set(np.unique(labels).tolist())
    lowest = sagittal.to_lps(np.argwhere(labels == 101))[:, 2].mean()
    assert lowest == pytest.approx(landmarks(healthy).discs[Level.L5_S1][2], abs=3.0)


def test_a_left_extrusion_adds_disc_at_positive_x_only(healthy, ill, sagittal):
    before, after = structure_labels(healthy, sagittal), structure_labels(ill, sagittal)
    disc = STRUCTURES.index(Structure.DISC)
    added = sagittal.to_lps(np.argwhere((after == disc) & (before != disc)))
    assert len(added) > 0
    assert added[:, 0].min() >= -4.0
    assert added[:, 0].mean() > 3.0
    changed = sagittal.to_lps(np.argwhere(after != before))
    low, high = landmarks(ill).discs[Level.L5_S1][2], landmarks(ill).discs[Level.L4_L5][2]
    assert changed[:, 2].min() > low - 30
    assert changed[:, 2].max() < high + 30
    right = changed[changed[:, 0] < -4.0]
    assert right[:, 2].min() > (low + high) / 2 - 15


def test_the_mirror_image_of_a_spine_has_mirrored_labels(ill, sagittal):
    labels = structure_labels(ill, sagittal)
    image = structure_labels(mirrored(ill), sagittal)
    assert (labels[::-1] != image).mean() < ROUNDING_SHARE
    assert (labels != image).mean() > 10 * ROUNDING_SHARE
    assert mirrored(mirrored(ill)) == ill


def test_moving_the_grid_moves_the_labels(ill, sagittal):
    matrix = sagittal.matrix.copy()
    matrix[:3, 3] += sagittal.matrix[:3, :3] @ [2, 3, 5]
    moved = Space.from_matrix((9, 90, 170), matrix)
    part = structure_labels(ill, sagittal)[2:, 3:93, 5:175]
    assert (part != structure_labels(ill, moved)).mean() < ROUNDING_SHARE


def test_probabilities_sum_to_one_and_agree_with_the_labels(healthy, sagittal):
    shares = probabilities(healthy, sagittal, (1, 2, 2))
    assert np.allclose(shares.sum(axis=0), 1.0)
    certain = shares.max(axis=0) == 1.0
    labels = structure_labels(healthy, sagittal)
    agree = shares.argmax(axis=0)[certain] == labels[certain]
    assert agree.mean() > 0.998


def test_painting_near_a_level_equals_painting_all(ill):
    n = ill.disc_index(Level.L4_L5)
    matrix = np.diag([2.0, 1.0, 1.0, 1.0])
    matrix[:3, 3] = np.array(ill.discs[n].origin_lps) - [20.0, 20.0, 10.0]
    grid = Grid.of(Space.from_matrix((21, 60, 20), matrix))
    everything = paint(ill, grid, with_surroundings=False)
    near = paint(ill, grid, with_surroundings=False, segments=range(n - 1, n + 3))
    assert (everything == near).all()


def test_torch_paints_the_same(ill, sagittal):
    torch = pytest.importorskip("torch")
    sagittal = Space.from_matrix((3, *sagittal.shape[1:]), sagittal.matrix)
    with_numpy = paint(ill, Grid.of(sagittal))
    with_torch = paint(ill, Grid.of(sagittal, xp=torch)).numpy()
    table = structure_table(ill)
    assert (table[with_numpy] != table[with_torch]).mean() < ROUNDING_SHARE
    assert (with_numpy != with_torch).mean() < 10 * ROUNDING_SHARE
