"""Displaced disc material belongs to exactly one disc: the one it hangs on, else the nearest."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.locate.discs import disc_numbers
from cauda.locate.view import view
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Structure

SPACE = Space.from_matrix((9, 70, 110), np.diag([4.0, 0.75, 0.75, 1.0]), "1.2")
LOW_MM, HIGH_MM = 20.0, 56.0
"""Heights of the two discs' planes; they end behind at y = 35 mm."""


def numbers(*extra):
    """Two flat discs, 36 mm apart, with boxes of more disc; the number at every voxel."""
    points = SPACE.to_lps(np.moveaxis(np.indices(SPACE.shape), 0, -1))
    x, y, z = np.moveaxis(points, -1, 0)
    disc = (y > 3) & (y < 35) & ((np.abs(z - LOW_MM) < 4) | (np.abs(z - HIGH_MM) < 4))
    for y_mm, z_mm in extra:
        disc |= (np.abs(x - 16) < 5) & (y > y_mm[0]) & (y < y_mm[1]) & (z > z_mm[0]) & (z < z_mm[1])
    values = np.zeros((len(STRUCTURES), *SPACE.shape), np.float32)
    values[STRUCTURES.index(Structure.DISC)] = disc
    values[0] = ~disc
    seen = view(
        Segmentation(
            series="s", probabilities=values, space=SPACE, signal=values[0], bundle="truth"
        )
    )
    voxels = np.argwhere(seen.mask(Structure.DISC))
    at = seen.space.to_lps(voxels)
    away = [np.abs(at[:, 2] - z_mm) for z_mm in (LOW_MM, HIGH_MM)]
    across = np.hypot(at[:, 0] - 16, at[:, 1] - 19)
    return at, disc_numbers(seen, away, [across, across])


def given(at, found, y_mm, z_mm):
    """The numbers that occur in a box."""
    inside = (np.abs(at[:, 0] - 16) < 5) & (at[:, 1] > y_mm[0]) & (at[:, 1] < y_mm[1])
    return set(found[inside & (at[:, 2] > z_mm[0]) & (at[:, 2] < z_mm[1])].tolist())


def test_each_disc_is_whole():
    at, found = numbers()
    assert (found == np.where(at[:, 2] < 38, 1, 2)).all()


def test_an_extrusion_stays_with_the_disc_it_hangs_on_however_far_it_migrates():
    at, found = numbers(((34, 42), (17, 50)))
    assert given(at, found, (37, 42), (16, 51)) == {1}
    assert given(at, found, (3, 34), (52, 60)) == {2}


@pytest.mark.parametrize(("z_mm", "owner"), [((28, 34), 1), ((42, 48), 2)])
def test_a_free_fragment_goes_to_the_nearest_disc(z_mm, owner):
    at, found = numbers(((38, 44), z_mm))
    assert given(at, found, (38, 44), z_mm) == {owner}


def test_specks_and_remote_material_belong_to_none():
    at, found = numbers(((38, 39), (29, 30)), ((38, 44), (77, 82)))
    assert given(at, found, (37, 45), (28, 31)) <= {0}
    assert given(at, found, (38, 44), (77, 82)) == {0}
