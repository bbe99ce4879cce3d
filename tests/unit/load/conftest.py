"""Small volumes of any orientation, with voxels that differ everywhere."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.records import Volume

AXES = {
    # columns i, rows j, slices k as LPS unit vectors
    "sagittal": ((0, 1, 0), (0, 0, -1), (-1, 0, 0)),
    "axial": ((1, 0, 0), (0, 1, 0), (0, 0, 1)),
    "coronal": ((1, 0, 0), (0, 0, -1), (0, 1, 0)),
}


def make_volume(
    plane="sagittal",
    shape=(36, 40, 5),
    spacing=(0.6, 0.7, 4.4),
    origin=(-30.0, -40.0, 50.0),
    lean_deg=0.0,
    seed=0,
):
    axes = np.array(AXES[plane], dtype=float).T
    a = math.radians(lean_deg)
    about_x = np.array([[1, 0, 0], [0, math.cos(a), -math.sin(a)], [0, math.sin(a), math.cos(a)]])
    matrix = np.eye(4)
    matrix[:3, :3] = (about_x @ axes) * np.array(spacing)
    matrix[:3, 3] = origin
    voxels = np.random.default_rng(seed).integers(0, 900, shape).astype(np.int16)
    return Volume(voxels=voxels, space=Space.from_matrix(shape, matrix))


@pytest.fixture(scope="session")
def volume() -> Callable[..., Volume]:
    return make_volume
