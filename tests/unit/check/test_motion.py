"""Slices that do not fit their neighbors."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from cauda.check import check, motion
from cauda.vocab import Condition

PIXELS_MM = (0.75, 0.75)


def stack(slices=9, drift_px=0.0, noise=0.0, shape=(200, 240)):
    """A smooth picture on every slice, drifting evenly from one to the next."""
    rng = np.random.default_rng(3)
    picture = ndimage.gaussian_filter(rng.random(shape), 3) * 1000
    planes = [ndimage.shift(picture, (n * drift_px, 0), mode="nearest") for n in range(slices)]
    return np.stack(planes) + rng.normal(0, noise, (slices, *picture.shape))


def moved(planes, offsets_mm):
    """Slices by number, moved by (posterior, superior) mm."""
    result = np.array(planes)
    for n, offset in offsets_mm.items():
        result[n] = ndimage.shift(planes[n], np.divide(offset, PIXELS_MM), mode="nearest")
    return result


@pytest.mark.parametrize("drift_px", [0.0, 1.0, 2.5])
def test_an_oblique_stack_does_not_jump(drift_px):
    assert motion.largest_jump_mm(stack(drift_px=drift_px), PIXELS_MM) < 0.3


@pytest.mark.parametrize("offset", [(2.0, 0.0), (0.0, -3.0), (-3.0, 4.0)])
def test_one_slice_that_moved_is_measured(offset):
    jump_mm = motion.largest_jump_mm(moved(stack(), {4: offset}), PIXELS_MM)
    assert jump_mm == pytest.approx(np.hypot(*offset), abs=0.3)


def test_every_second_slice_that_moved_is_measured():
    planes = moved(stack(), dict.fromkeys(range(1, 9, 2), (3.0, 1.0)))
    assert motion.largest_jump_mm(planes, PIXELS_MM) == pytest.approx(np.hypot(3, 1), abs=0.3)


def test_a_step_within_the_stack_counts_half():
    planes = moved(stack(), dict.fromkeys(range(5, 9), (4.0, 0.0)))
    assert motion.largest_jump_mm(planes, PIXELS_MM) == pytest.approx(2.0, abs=0.3)


def test_turning_the_stack_over_changes_nothing():
    planes = moved(stack(noise=5.0), {2: (2.0, -1.0), 6: (-3.0, 0.5)})
    jump_mm = motion.largest_jump_mm(planes, PIXELS_MM)
    assert motion.largest_jump_mm(planes[::-1], PIXELS_MM) == pytest.approx(jump_mm, abs=0.05)


@pytest.mark.parametrize("planes", [stack()[:2], np.zeros((5, 60, 60)), np.ones((0, 60, 60))])
def test_what_cannot_be_told_is_no_jump(planes):
    assert motion.largest_jump_mm(planes, PIXELS_MM) == 0.0


def with_moved_slices(scene, voxels, which):
    """The scene, its images those of :func:`stack` with some slices moved back."""
    (segmentation,) = scene.segmentations
    slices, *shape = segmentation.space.shape
    signal = stack(slices, shape=shape)
    signal[which] = np.roll(signal[which], voxels, axis=1 - isinstance(which, int))
    return replace(scene, segmentations=(replace(segmentation, signal=signal),))


@pytest.mark.parametrize(
    ("voxels", "effect"), [(0, None), (1, None), (2, "lower"), (3, "lower"), (6, "withhold")]
)
def test_moved_slices_lower_then_withhold_what_rests_on_them(make_scene, voxels, effect):
    scene = with_moved_slices(make_scene(), voxels, slice(1, None, 2))
    limits = list(motion.moved_slices(scene))
    assert [x.effect for x in limits] == ([effect] if effect else [])
    for limit in limits:
        assert Condition.CANAL_STENOSIS in limit.conditions
        assert Condition.FORAMINAL_STENOSIS not in limit.conditions
        assert f"{voxels} mm" in limit.reason


def test_a_series_that_no_grade_rests_on_is_not_judged(make_scene):
    scene = with_moved_slices(make_scene(), 6, 7)
    assert list(motion.moved_slices(scene))
    assert not list(motion.moved_slices(replace(scene, measurements=())))


def test_the_limit_is_among_those_of_the_check_stage(make_scene):
    scene = with_moved_slices(make_scene(), 5, 7)
    limits = check(scene.study, scene.segmentations, scene.spine, scene.measurements)
    assert "slices-moved" in {x.id for x in limits}
