"""The learners as plain numbers give what the libraries that fitted them give."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.nets.calibration import Calibration, grade_probabilities, logit


def _table(count=200, features=6, seed=0):
    rng = np.random.default_rng(seed)
    table = rng.normal(size=(count, features)).astype(np.float32)
    outputs = np.stack([table[:, 0] > 0, table[:, 0] + table[:, 1] > 1], axis=1)
    return table, outputs.astype(np.float32), rng


def test_a_forest_learns_and_sends_nan_where_the_library_does():
    ensemble = pytest.importorskip("sklearn.ensemble")
    from cauda.training.graders import forests

    table, outputs, rng = _table()
    table[rng.random(table.shape) < 0.2] = np.nan
    forest = forests.fit_forest(table, outputs, seed=3)
    weight = np.maximum(outputs.std(axis=0), 0.05) ** -forests.RARITY
    model = ensemble.ExtraTreesRegressor(
        n_estimators=forests.TREES,
        min_samples_leaf=forests.LEAST_LEAF,
        max_features=forests.FEATURES,
        random_state=3,
    ).fit(table, outputs * weight)
    expected = model.predict(table) / weight
    assert forest(table) == pytest.approx(expected, abs=0.5 / 255 + 0.004)
    assert len(forest(table[:0])) == 0


def test_a_kernel_regression_tells_new_rows_by_their_likeness():
    kernels = pytest.importorskip("cauda.training.graders.kernels")

    table, outputs, rng = _table(count=400)
    signals = rng.random((400, 2, 80, 48)).astype(np.float32)
    table[rng.random(table.shape) < 0.1] = np.nan
    kernel = kernels.fit_kernel(table[:300], signals[:300], outputs[:300])
    found = kernel(table[300:], signals[300:])
    known = np.isfinite(table[300:, 0]) & (np.abs(table[300:, 0]) > 0.3)
    assert (found[known, 0] > 0.5).tolist() == pytest.approx(outputs[300:][known, 0], abs=1)
    assert np.mean((found[known, 0] > 0.5) == (outputs[300:][known, 0] > 0.5)) > 0.8


def test_a_far_stranger_gets_the_base_rate():
    kernels = pytest.importorskip("cauda.training.graders.kernels")
    table, outputs, rng = _table()
    signals = rng.random((200, 2, 80, 48)).astype(np.float32)
    kernel = kernels.fit_kernel(table, signals, outputs)
    assert np.isfinite(kernel(np.full((1, 6), np.nan, np.float32), signals[:1] * np.nan)).all()


@pytest.mark.parametrize("share", [1.0, 0.5, 0.0])
def test_an_identity_calibration_keeps_probabilities(share):
    same = Calibration(share=share, slope=1.0, offsets=(0.0,))
    given = np.array([[0.1], [0.5], [0.93]])
    assert same(given, given)[:, 1:] == pytest.approx(given)


def test_probabilities_of_grades_never_fall_below_zero():
    crossed = np.array([[0.2, 0.6, 0.1], [0.9, 0.8, 0.7]])
    found = grade_probabilities(crossed)
    assert found.sum(axis=1) == pytest.approx([1.0, 1.0])
    assert (found >= 0).all()
    assert found[1] == pytest.approx([0.1, 0.1, 0.1, 0.7])


def test_no_learner_is_believed_without_limit():
    assert np.isfinite(logit(np.array([-0.3, 0.0, 1.0, 1.7]))).all()
