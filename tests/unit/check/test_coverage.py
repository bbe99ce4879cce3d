"""Coverage: levels, sacrum, slices, foramina."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cauda.check import coverage
from cauda.vocab import Condition, Level, Side


def ids(limits):
    return [(x.id, x.level, x.side) for x in limits]


def test_a_whole_spine_is_not_cut(make_scene):
    assert not list(coverage.cut_levels(make_scene()))


@pytest.mark.parametrize("edge", ["top", "front"])
def test_a_disc_at_the_image_edge_is_withheld(make_scene, make_boxes, edge):
    labels = make_boxes()
    if edge == "top":
        labels[:, 15:45, 195:210] = 105
    else:
        labels[:, 0:45, 156:164] = 105
    (limit,) = coverage.cut_levels(make_scene(labels=labels))
    assert (limit.id, limit.effect, limit.level) == ("level-cut", "withhold", Level.L1_L2)


def test_a_disc_cut_in_one_series_but_whole_in_another_is_kept(
    make_scene, make_boxes, change_spine
):
    labels = make_boxes()
    cut = labels.copy()
    cut[:, 15:45, 195:210] = 105
    scene = change_spine(make_scene(), instances={"sag_t1": cut, "sag_t2": labels})
    assert not list(coverage.cut_levels(scene))


def test_a_partial_neighbor_only_lowers(make_scene, change_spine):
    scene = make_scene()
    *others, top = scene.spine.levels
    scene = change_spine(scene, levels=(*others, replace(top, is_partial=True)))
    (limit,) = coverage.cut_levels(scene)
    assert (limit.id, limit.effect, limit.level) == ("neighbor-cut", "lower", Level.L1_L2)


def test_a_missing_sacrum_is_said(make_scene, change_spine):
    scene = make_scene()
    assert not list(coverage.no_sacrum(scene))
    scene = change_spine(scene, vertebrae=scene.spine.vertebrae[1:])
    assert ids(coverage.no_sacrum(scene)) == [("no-sacrum", None, None)]


def test_a_single_slice_shows_no_area_foramen_or_side(make_scene):
    withheld, lowered = coverage.one_slice(make_scene(slices=1))
    assert withheld.effect == "withhold"
    assert set(withheld.conditions) == {
        Condition.CANAL_STENOSIS,
        Condition.SUBARTICULAR_STENOSIS,
        Condition.ROOT_COMPROMISE,
        Condition.FORAMINAL_STENOSIS,
    }
    assert lowered.effect == "lower"
    assert Condition.DISC_NARROWING not in lowered.conditions
    assert not list(coverage.one_slice(make_scene()))
    assert not list(coverage.foramina(make_scene(slices=1)))


def test_foramina_within_the_stack_are_covered(make_scene):
    assert not list(coverage.foramina(make_scene()))


@pytest.mark.parametrize("side", list(Side))
def test_a_stack_that_ends_early_withholds_that_side_only(make_scene, make_boxes, side):
    labels = make_boxes()
    labels[labels > 300] = 0
    scene = make_scene(labels=labels)
    (segmentation,) = scene.segmentations
    matrix = segmentation.space.matrix
    matrix[0, 3] += -16.0 if side == Side.LEFT else 16.0
    shifted = replace(segmentation.space, affine=tuple(map(tuple, matrix.tolist())))
    scene = replace(scene, segmentations=(replace(segmentation, space=shifted),))
    limits = list(coverage.foramina(scene))
    assert [x.side for x in limits] == [side] * 5
    assert {x.id for x in limits} == {"foramen-not-covered"}
    assert {x.effect for x in limits} == {"withhold"}
    assert "12 mm" in limits[0].reason


@pytest.mark.parametrize("side", list(Side))
def test_a_foramen_in_the_last_slice_is_cut(make_scene, make_boxes, side):
    labels = make_boxes()
    last, own, offset = (-1, 11, 200) if side == Side.LEFT else (0, 3, 300)
    labels[last][labels[own] == 102 + offset] = 102 + offset
    (limit,) = coverage.foramina(make_scene(labels=labels))
    assert (limit.id, limit.effect) == ("foramen-cut", "lower")
    assert (limit.level, limit.side) == (Level.L4_L5, side)
