"""Levels at which the second answer of the network differs from the first."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cauda.check import check, consistency
from cauda.records import NOT_ASKED
from cauda.vocab import STRUCTURES, Level, Structure

DISC = STRUCTURES.index(Structure.DISC)
MIDDLE = (6, 7, 8)
LOWEST_DISC = 20


def asked_again(scene, shift=0, slices=MIDDLE):
    """The scene with the same answer again, but the lowest disc moved up by ``shift`` voxels."""
    (segmentation,) = scene.segmentations
    first = segmentation.probabilities.argmax(axis=0).astype(np.uint8)
    answer = np.where(first == DISC, 0, first)
    lowest = (scene.spine.instances["sag_t2"] == 101) & (first == DISC)
    answer[(first == DISC) & ~lowest] = DISC
    answer[np.roll(lowest, shift, axis=2)] = DISC
    second = np.full(first.shape, NOT_ASKED, np.uint8)
    second[list(slices)] = answer[list(slices)]
    return replace(scene, segmentations=(replace(segmentation, second=second),))


@pytest.mark.parametrize("shift", [0, 1, 2, 4, 8])
def test_agreement_is_the_share_of_the_disc_that_stays(make_scene, shift):
    scene = asked_again(make_scene(), shift)
    (segmentation,) = scene.segmentations
    found = consistency.agreements(segmentation, scene.spine.levels)
    assert found[0] == pytest.approx(1 - shift / 8)
    assert found[1:] == (1.0,) * 4


@pytest.mark.parametrize(("shift", "effect"), [(0, None), (1, None), (3, "lower"), (6, "withhold")])
def test_a_disc_that_moves_is_lowered_then_withheld(make_scene, shift, effect):
    limits = list(consistency.second_look(asked_again(make_scene(), shift)))
    assert [x.effect for x in limits] == ([effect] if effect else [])
    assert all(x.level is Level.L5_S1 for x in limits)
    assert all(x.level.value in x.reason for x in limits)


def test_a_disc_that_is_gone_the_second_time_is_withheld(make_scene):
    scene = make_scene()
    (segmentation,) = scene.segmentations
    second = np.full(segmentation.space.shape, NOT_ASKED, np.uint8)
    second[list(MIDDLE)] = 0
    scene = replace(scene, segmentations=(replace(segmentation, second=second),))
    limits = list(consistency.second_look(scene))
    assert {x.level for x in limits} == {level.name for level in scene.spine.levels}
    assert {x.effect for x in limits} == {"withhold"}


def test_nothing_is_said_where_the_network_was_asked_once(make_scene):
    scene = make_scene()
    assert scene.segmentations[0].second is None
    assert list(consistency.second_look(scene)) == []


def test_a_disc_outside_the_slices_asked_about_is_not_judged(make_scene):
    scene = asked_again(make_scene(), 6, slices=())
    assert list(consistency.second_look(scene)) == []


def test_a_series_that_no_grade_rests_on_is_not_judged(make_scene):
    scene = replace(asked_again(make_scene(), 6), measurements=())
    assert list(consistency.second_look(scene)) == []


def test_the_limit_is_among_those_of_the_check_stage(make_scene):
    scene = asked_again(make_scene(), 6)
    limits = check(scene.study, scene.segmentations, scene.spine, scene.measurements)
    assert "second-look" in {x.id for x in limits}
