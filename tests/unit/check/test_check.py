"""The checks together: what a sound study gets, and that every limit can be read."""

from __future__ import annotations

from dataclasses import replace

from cauda.check import CHECKS, check
from cauda.vocab import Quantity


def run(scene):
    return check(scene.study, scene.segmentations, scene.spine, scene.measurements)


def test_a_sound_study_is_only_told_of_posture_and_axial_images(make_scene):
    assert [x.id for x in run(make_scene())] == ["axial-not-measured", "supine"]


def test_nothing_at_all_withholds_everything(make_scene, change_spine):
    empty = change_spine(make_scene(), levels=(), vertebrae=(), instances={})
    limits = check(empty.study, (), empty.spine, ())
    (withheld,) = [x for x in limits if x.effect == "withhold"]
    assert withheld.id == "no-disc-found"
    assert not withheld.conditions
    assert withheld.level is None


def test_limits_are_sentences_and_not_repeated(make_scene, make_measurement):
    scene = make_scene()
    wrong = make_measurement(Quantity.SAC_AP, scene.spine.levels[0].name, 99.0)
    limits = run(replace(scene, measurements=(wrong, wrong)))
    assert len(set(limits)) == len(limits)
    assert all(x.reason[0].isupper() and x.reason.endswith(".") for x in limits)


def test_every_check_says_what_it_does():
    assert all(c.__doc__ for c in CHECKS)
    assert len({c.__name__ for c in CHECKS}) == len(CHECKS)
