"""Crops: where they look, how they are mirrored, and when there are none."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.geometry import Frame, Space
from cauda.nets.crop_questions import (
    FORAMEN_TASK,
    TASKS,
    Task,
    graded,
    mirrored_place,
    placed,
)
from cauda.nets.crops import CANAL, FORAMEN, Box, cut
from cauda.vocab import Side

FRAME = Frame(
    origin_lps=(3.0, -4.0, 10.0),
    left_lps=(1.0, 0.0, 0.0),
    posterior_lps=(0.0, 1.0, 0.0),
    up_lps=(0.0, 0.0, 1.0),
)
SHAPE = (90, 70, 60)


def _space() -> Space:
    matrix = np.eye(4)
    matrix[:3, 3] = (-42.0, -24.0, -20.0)
    return Space.from_matrix(SHAPE, matrix)


def _points(space: Space) -> np.ndarray:
    return FRAME.to_local(space.to_lps(np.moveaxis(np.indices(SHAPE), 0, -1)))


@pytest.mark.parametrize("box", [FORAMEN, CANAL])
@pytest.mark.parametrize("side", list(Side)[:2])
def test_the_asked_side_comes_first(box: Box, side: Side) -> None:
    """A ramp toward the left rises along x' of the left crop and falls along that of the right."""
    space = _space()
    crop = cut(_points(space)[..., 0], space, FRAME, side, box)
    assert crop is not None
    assert crop.shape == box.shape
    along_x = crop.mean(axis=(1, 2)) if box is FORAMEN else crop.mean(axis=(0, 2))
    inner = along_x[2:-2] if box is CANAL else along_x  # both ends are clipped
    assert np.all(np.diff(inner) * (1 if side is Side.LEFT else -1) > 0)


@pytest.mark.parametrize("box", [FORAMEN, CANAL])
def test_rows_run_posterior_and_foramina_upward(box: Box) -> None:
    space = _space()
    posterior = cut(_points(space)[..., 1], space, FRAME, Side.RIGHT, box)
    up = cut(_points(space)[..., 2], space, FRAME, Side.RIGHT, box)
    assert posterior is not None
    assert up is not None
    axis = 1 if box is FORAMEN else 2
    assert np.all(np.diff(posterior, axis=axis) > 0)
    if box is FORAMEN:
        assert np.all(np.diff(up, axis=2) > 0)


def test_a_mirrored_patient_gives_the_same_crop_of_the_other_side() -> None:
    rng = np.random.default_rng(1)
    voxels, space = rng.random(SHAPE), _space()
    matrix = space.matrix.copy()
    matrix[0] *= -1
    mirrored = Space.from_matrix(SHAPE, matrix)
    x, y, z = FRAME.origin_lps
    turned = Frame(
        origin_lps=(-x, y, z),
        left_lps=FRAME.left_lps,
        posterior_lps=FRAME.posterior_lps,
        up_lps=FRAME.up_lps,
    )
    for box in (FORAMEN, CANAL):
        left = cut(voxels, space, FRAME, Side.LEFT, box)
        right = cut(voxels, mirrored, turned, Side.RIGHT, box)
        np.testing.assert_allclose(left, right, atol=1e-5)


def test_no_crop_where_the_series_does_not_reach_or_shows_nothing() -> None:
    space, voxels = _space(), np.random.default_rng(2).random(SHAPE)
    far = Frame(
        origin_lps=(120.0, 0.0, 0.0),
        left_lps=FRAME.left_lps,
        posterior_lps=FRAME.posterior_lps,
        up_lps=FRAME.up_lps,
    )
    assert cut(voxels, space, far, Side.LEFT, FORAMEN) is None
    assert cut(np.ones(SHAPE), space, FRAME, Side.LEFT, FORAMEN) is None


@pytest.mark.parametrize("task", TASKS, ids=lambda t: t.name)
def test_every_output_has_one_question(task: Task) -> None:
    columns = [task.columns(q.name) for q in task.questions]
    columns += [task.columns("place")] if task.has_place else []
    taken = [n for c in columns for n in range(c.start, c.stop)]
    assert taken == list(range(task.outputs))


def test_a_question_that_is_not_asked_has_no_outputs() -> None:
    with pytest.raises(KeyError, match="not asked"):
        FORAMEN_TASK.columns("place")


def test_probabilities_sum_to_one_and_grow_sharper_with_the_slope() -> None:
    logits = np.array([[2.0, -1.0, 0.5], [0.1, 0.2, -3.0]])
    for slope in (0.5, 2.0):
        np.testing.assert_allclose(graded(logits, slope).sum(axis=1), 1.0)
        np.testing.assert_allclose(placed(logits, slope).sum(axis=1), 1.0)
    assert graded(logits, 2.0)[0].max() > graded(logits, 0.5)[0].max()


def test_a_place_mirrored_twice_is_itself() -> None:
    turned = [mirrored_place(n) for n in range(8)]
    assert turned == [0, 1, 5, 6, 7, 2, 3, 4]
    assert [mirrored_place(n) for n in turned] == list(range(8))
