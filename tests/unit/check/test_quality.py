"""Noise, blur, contrast and confidence."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from scipy import ndimage

from cauda.check import quality
from cauda.vocab import Condition


def with_signal(scene, signal):
    (segmentation,) = scene.segmentations
    return replace(scene, segmentations=(replace(segmentation, signal=signal),))


@pytest.mark.parametrize("sigma", [3.0, 10.0, 30.0])
def test_the_noise_of_the_bodies_is_found(make_scene, sigma):
    (segmentation,) = make_scene(noise=sigma).segmentations
    assert quality.signal_to_noise(segmentation) == pytest.approx(300 / sigma, rel=0.1)


@pytest.mark.parametrize(("sigma", "effect"), [(10.0, None), (60.0, "lower"), (150.0, "withhold")])
def test_noise_lowers_then_withholds(make_scene, sigma, effect):
    found = [x for x in quality.signal_quality(make_scene(noise=sigma)) if x.id == "noise"]
    assert [x.effect for x in found] == ([effect] if effect else [])


@pytest.mark.parametrize(("blur_mm", "effect"), [(0.5, None), (2.5, "lower"), (6.0, "withhold")])
def test_blur_lowers_then_withholds(make_scene, blur_mm, effect):
    scene = make_scene(noise=0.0)
    signal = ndimage.gaussian_filter(scene.segmentations[0].signal, (0, blur_mm, blur_mm))
    found = [x for x in quality.signal_quality(with_signal(scene, signal)) if x.id == "blur"]
    assert [x.effect for x in found] == ([effect] if effect else [])


def test_a_flat_image_has_little_contrast(make_scene):
    scene = make_scene(noise=0.0)
    flat = 1000 + 0.1 * np.asarray(scene.segmentations[0].signal)
    ids = [x.id for x in quality.signal_quality(with_signal(scene, flat))]
    assert ids == ["low-contrast"]


def test_a_constant_image_is_not_divided_by_zero(make_scene):
    scene = make_scene()
    blank = with_signal(scene, np.zeros(scene.segmentations[0].space.shape))
    assert [x.id for x in quality.signal_quality(blank)] == []
    (segmentation,) = blank.segmentations
    assert quality.edge_width_mm(segmentation) == 0.0


def test_a_fault_counts_only_for_what_rests_on_that_series(make_scene):
    scene = make_scene(noise=60.0)
    (limit, *_) = quality.signal_quality(scene)
    assert Condition.CANAL_STENOSIS in limit.conditions
    assert Condition.FORAMINAL_STENOSIS not in limit.conditions
    assert not list(quality.signal_quality(replace(scene, measurements=())))


@pytest.mark.parametrize(("sure", "effect"), [(0.95, None), (0.7, "lower"), (0.5, "withhold")])
def test_an_unsure_segmentation_lowers_then_withholds(make_scene, sure, effect):
    scene = make_scene()
    (segmentation,) = scene.segmentations
    own = segmentation.probabilities
    mixed = sure * own + (1 - sure) * np.roll(own, 1, axis=0)
    scene = replace(scene, segmentations=(replace(segmentation, probabilities=mixed),))
    limits = list(quality.confidence(scene))
    assert [x.effect for x in limits] == ([effect] * 5 if effect else [])
    assert len({x.level for x in limits}) == len(limits)
