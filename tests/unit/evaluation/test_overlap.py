import math

import numpy as np
import pytest

from cauda.evaluation.overlap import bootstrap_interval, dice, score, surface_distances_mm


def box(lower, upper, shape=(6, 30, 30)):
    mask = np.zeros(shape, dtype=bool)
    mask[tuple(slice(a, b) for a, b in zip(lower, upper, strict=True))] = True
    return mask


def test_equal_masks_are_perfect():
    mask = box((1, 5, 5), (5, 20, 20))
    found = score(mask, mask, (4.0, 0.5, 0.5))
    assert (found.dice, found.assd_mm, found.hd95_mm) == (1.0, 0.0, 0.0)


def test_half_overlap():
    assert dice(box((0, 0, 0), (6, 10, 10)), box((0, 5, 0), (6, 15, 10))) == pytest.approx(0.5)


def test_distances_are_in_mm_along_each_axis():
    wall = box((0, 10, 0), (6, 11, 30))
    moved = box((0, 14, 0), (6, 15, 30))
    assert surface_distances_mm(wall, moved, (4.0, 0.5, 0.5)) == pytest.approx(2.0)
    assert score(wall, moved, (4.0, 0.5, 0.5)).hd95_mm == pytest.approx(2.0)


def test_one_stray_voxel_hurts_the_mean_less_than_the_worst_distance():
    truth = box((0, 2, 2), (6, 12, 12))
    predicted = truth.copy()
    predicted[3, 28, 28] = True
    distances = surface_distances_mm(truth, predicted, (1.0, 1.0, 1.0))
    found = score(truth, predicted, (1.0, 1.0, 1.0))
    assert distances.max() > 20
    assert 0 < found.assd_mm < 0.2
    assert found.hd95_mm == 0


def test_empty_masks():
    nothing, something = box((0, 0, 0), (0, 0, 0)), box((0, 0, 0), (2, 2, 2))
    assert math.isnan(dice(nothing, nothing))
    assert dice(nothing, something) == 0
    assert math.isnan(score(something, nothing, (1.0, 1.0, 1.0)).assd_mm)


def test_interval_covers_the_mean_and_narrows_with_more_patients():
    few = list(np.random.default_rng(0).normal(0.9, 0.02, 6))
    many = few * 20
    low, high = bootstrap_interval(few)
    assert low < np.mean(few) < high
    closer = bootstrap_interval(many)
    assert closer[1] - closer[0] < (high - low) / 3
    assert bootstrap_interval([*few, math.nan]) == (low, high)
    assert math.isnan(bootstrap_interval([math.nan])[0])
