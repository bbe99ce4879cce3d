"""Only a bright band of fluid before bright fat is called T2; all else stays unknown."""

from __future__ import annotations

import ast
import csv

import numpy as np
import pytest
from PIL import Image

from cauda.geometry import Space
from cauda.load.appearance import looks_like_t2
from cauda.records import Volume

BACKWARD = np.array([[4.0, 0, 0, 0], [0, 1, 0, 0], [0, 0, -1, 0], [0, 0, 0, 1]])


def sagittal(fluid, fat, *, muscle=0.3, flip=False):
    """(slices, back, down) at 1 mm: muscle, a band of fluid, skin fat, air."""
    picture = np.full((160, 200), muscle)
    picture[90:104] = fluid
    picture[135:152] = fat
    picture[152:] = 0
    noise = np.random.default_rng(0).normal(0, 0.01, (3, 160, 200))
    voxels = np.abs(picture[None] + noise) * 1000
    matrix = BACKWARD.copy()
    if flip:
        voxels, matrix[1] = voxels[:, ::-1], (0, -1, 0, 159)
    return Volume(voxels=voxels, space=Space.from_matrix(voxels.shape, matrix))


@pytest.mark.parametrize(
    ("fluid", "fat", "is_t2"),
    [
        (1.0, 0.9, True),
        (0.12, 0.9, False),  # T1: dark fluid
        (1.0, 0.1, False),  # STIR: dark fat
        (0.32, 0.9, False),  # no band
    ],
)
@pytest.mark.parametrize("flip", [False, True])
def test_look(fluid, fat, is_t2, flip):
    assert looks_like_t2(sagittal(fluid, fat, flip=flip)) is is_t2


def test_a_tiny_or_empty_volume_decides_nothing():
    space = Space.from_matrix((3, 20, 20), BACKWARD)
    assert not looks_like_t2(Volume(voxels=np.ones((3, 20, 20)), space=space))
    space = Space.from_matrix((3, 200, 200), BACKWARD)
    assert not looks_like_t2(Volume(voxels=np.zeros((3, 200, 200)), space=space))


@pytest.mark.slow
def test_no_real_t1_is_called_t2(real_data):
    table = real_data / "spider_tables" / "overview.csv"
    with table.open(newline="") as stream:
        spacing = {
            r["new_file_name"]: ast.literal_eval(r["PixelSpacing"])[0]
            for r in csv.DictReader(stream)
        }
    found = {}
    for path in sorted((real_data / "spider_midsagittal").glob("*.png"))[::5]:
        voxels = np.asarray(Image.open(path).convert("L"), dtype=float).T[None]
        mm = float(spacing[path.stem])
        matrix = BACKWARD @ np.diag((1, mm, mm, 1))
        volume = Volume(voxels=voxels, space=Space.from_matrix(voxels.shape, matrix))
        found[path.stem] = looks_like_t2(volume)
    assert not [name for name, is_t2 in found.items() if is_t2 and name.endswith("_t1")]
    assert sum(found.values()) >= 5
