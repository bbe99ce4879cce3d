"""Located and measured on an exact segmentation, a phantom gives its own truth back."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import replace

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.locate import locate
from cauda.measure import measure
from cauda.phantom import draw_anatomy, truth, truth_segmentation
from cauda.records import Study
from cauda.vocab import Contrast, Level, Quantity

GOALS = {
    Quantity.DISC_HEIGHT_ANTERIOR: 0.4,
    Quantity.DISC_HEIGHT_MIDDLE: 0.4,
    Quantity.DISC_HEIGHT_POSTERIOR: 0.4,
    Quantity.SAC_AP: 0.5,
    Quantity.SLIP: 0.5,
    Quantity.DISPLACEMENT: 0.6,
    Quantity.FORAMEN_HEIGHT: 1.0,
    Quantity.FORAMEN_AREA: 20.0,
    Quantity.SAC_AREA: 15.0,
}
"""Mean absolute error allowed at 4 mm slices and 0.7 mm pixels."""


@pytest.mark.slow
def test_error_against_the_phantoms_truth():
    anatomy = draw_anatomy(np.random.default_rng(1000))
    centers = np.array([s.origin_lps for s in anatomy.segments if s.name[0] in "LS"])
    low = centers.min(axis=0) - np.array([0, 34, 18])
    high = centers.max(axis=0) + np.array([0, 50, 30])
    matrix = np.diag([4.0, 0.7, 0.7, 1.0])
    matrix[:3, 3] = [centers[:, 0].mean() - 39.0, low[1], low[2]]
    shape = (20, int((high[1] - low[1]) / 0.7), int((high[2] - low[2]) / 0.7))
    space = Space.from_matrix(shape, matrix, "1.2.3")
    exact = truth_segmentation(anatomy, space, "sag_t2", subsamples=(1, 2, 2))
    segmentation = replace(exact, contrast=Contrast.T2)
    spine = locate((segmentation,), Study(series=()))
    found = {m.id.rsplit("/", 1)[0]: m for m in measure(spine, [segmentation])}
    known, _ = truth(anatomy, levels=[Level.L4_L5, Level.L5_S1])
    errors = defaultdict(list)
    for expected in (m for m in known if m.level is not None and m.quantity in GOALS):
        errors[expected.quantity].append(
            found[expected.id.rsplit("/", 1)[0]].value - expected.value
        )
    for quantity, goal in GOALS.items():
        assert np.abs(errors[quantity]).mean() <= goal, (quantity, errors[quantity])
