"""Crops to learn from: true grades, sides, shards that do not depend on who draws them."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cauda.nets.crop_questions import CANAL_TASK, FORAMEN_TASK, PLACES, mirrored_place
from cauda.phantom import draw_anatomy
from cauda.phantom.anatomy import Lesion, LesionKind
from cauda.phantom.axial_detail import paint_joints
from cauda.phantom.truth_grades import bartynski
from cauda.phantom.truth_state import recess_state
from cauda.training.crops import canals, foramina, shards
from cauda.training.crops.sample import UNTOLD
from cauda.vocab import Level, Side, Zone


def test_foramina_come_with_one_grade_each():
    samples = list(foramina.draw(np.random.default_rng(3)))
    assert len(samples) > 2
    for sample in samples:
        assert sample.crop.shape == FORAMEN_TASK.box.shape
        assert sample.crop.min() == 0
        assert sample.crop.max() == 255
        assert 0 <= sample.left[0] <= 3


def test_canals_come_with_the_grades_of_both_sides():
    samples = list(canals.draw(np.random.default_rng(4)))
    assert 4 <= len(samples) <= 6
    for sample in samples:
        assert sample.crop.shape == CANAL_TASK.box.shape
        (recess_l, canal_l, contour_l, place_l), (recess_r, canal_r, contour_r, place_r) = (
            sample.left,
            sample.right,
        )
        assert {recess_l, recess_r} <= {0, 1, 2, 3}
        assert (canal_l, contour_l) == (canal_r, contour_r)
        assert canal_l in {UNTOLD, 0, 1, 2, 3}
        assert mirrored_place(place_l) == place_r < PLACES
        assert (place_l > 0) == (contour_l > 2)


@pytest.mark.parametrize("side", [Side.LEFT, Side.RIGHT])
def test_a_herniation_of_one_side_narrows_that_recess_in_truth(side):
    lesion = Lesion(
        kind=LesionKind.EXTRUSION,
        level=Level.L4_L5,
        size_mm=8.0,
        side=side,
        zone=Zone.SUBARTICULAR,
    )
    spine = draw_anatomy(np.random.default_rng(5), lesions=(lesion,))
    n = next(n for n, d in enumerate(spine.discs) if d.level is Level.L4_L5)
    grades = {
        s: bartynski(recess_state(spine, n, s), recess_state(spine.plain, n, s))
        for s in (Side.LEFT, Side.RIGHT)
    }
    assert grades[side] >= 2 > grades[side.opposite]


def test_painted_joints_count_in_the_truth_of_a_recess():
    """Large joints leave less free area than the same spine without them."""
    spine = draw_anatomy(np.random.default_rng(6), lesions=())
    n = spine.sacral_count
    wide = replace(
        spine, segments=tuple(replace(s, facet_mm=2.2 * s.facet_mm) for s in spine.segments)
    )

    def joints(canvas):
        paint_joints(canvas, wide, n, np.random.default_rng(7))

    plain, joined = (recess_state(spine, n, Side.LEFT, detail) for detail in (None, joints))
    assert joined.free_mm2 < plain.free_mm2


def test_a_shard_depends_on_seed_and_number_alone(tmp_path, monkeypatch):
    monkeypatch.setattr(shards, "SPINES", 1)
    first = shards.write_shard(tmp_path / "a", 2, foramina.draw, 11)
    second = shards.write_shard(tmp_path / "b", 2, foramina.draw, 11)
    other = shards.write_shard(tmp_path / "b", 2, foramina.draw, 12)
    assert other == second, "a shard that is there is not drawn again"
    for one, two in zip(shards.read_shards([first]), shards.read_shards([second]), strict=True):
        np.testing.assert_array_equal(one, two)
    crops, left, _ = shards.read_shards([first, second])
    assert len(crops) == len(left) == 2 * len(shards.read_shards([first])[0])
