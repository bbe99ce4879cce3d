"""Metal, a missing arch: what forbids a grade, and what must not."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cauda.check import artifacts
from cauda.records.spine import ARCH_OFFSET
from cauda.vocab import STRUCTURES, Condition, Level, Structure

MIDDLE = 7
"""The midsagittal slice of the spine of boxes."""


def changed(scene, signal=None, arches=None):
    """The scene with another signal, and with arches behind the canal where named."""
    (segmentation,) = scene.segmentations
    if signal is not None:
        segmentation = replace(segmentation, signal=signal)
    instances = np.array(scene.spine.instances["sag_t2"])
    if arches is not None:
        probabilities = np.array(segmentation.probabilities)
        for n in arches:
            block = np.s_[MIDDLE - 2 : MIDDLE + 3, 61:68, 32 + 34 * n : 50 + 34 * n]
            instances[block] = 2 + n + ARCH_OFFSET
            probabilities[(slice(None), *block)] = 0.0
            probabilities[(STRUCTURES.index(Structure.ARCH), *block)] = 1.0
        segmentation = replace(segmentation, probabilities=probabilities)
    spine = replace(scene.spine, instances={"sag_t2": instances})
    return replace(scene, segmentations=(segmentation,), spine=spine)


def with_void(scene, size):
    """A black cube of ``size`` voxels in the body of L4."""
    signal = np.array(scene.segmentations[0].signal)
    signal[MIDDLE - 1 : MIDDLE + 2, 25 : 25 + size, 66 : 66 + size] = 0.0
    return changed(scene, signal)


def test_a_large_void_withholds_the_levels_beside_it_and_no_others(make_scene):
    found = list(artifacts.metal(with_void(make_scene(), 16)))
    assert {x.level for x in found} == {Level.L4_L5, Level.L3_L4}
    assert {x.effect for x in found} == {"withhold"}


@pytest.mark.parametrize("size", [0, 3])
def test_no_void_or_a_thin_dark_spot_is_no_metal(make_scene, size):
    assert not list(artifacts.metal(with_void(make_scene(), size)))


def test_a_dark_canal_as_on_t1_is_no_metal(make_scene):
    scene = make_scene()
    (segmentation,) = scene.segmentations
    signal = np.array(segmentation.signal)
    signal[segmentation.probability(Structure.SAC) > 0.5] = 0.0
    assert not list(artifacts.metal(changed(scene, signal)))


@pytest.mark.parametrize(("instances", "levels"), [(("sag_t2", "sag_t1"), 0), (("sag_t2",), 2)])
def test_a_void_that_another_contrast_in_place_does_not_show_is_no_metal(
    make_scene, instances, levels
):
    scene, plain = with_void(make_scene(), 16), make_scene().segmentations[0]
    spine = replace(scene.spine, instances=dict.fromkeys(instances, np.zeros(1)))
    both = (*scene.segmentations, replace(plain, series="sag_t1"))
    found = list(artifacts.metal(replace(scene, segmentations=both, spine=spine)))
    assert len(found) == levels


def test_a_void_on_every_contrast_is_metal(make_scene):
    scene = with_void(make_scene(), 16)
    spine = replace(scene.spine, instances=dict.fromkeys(("sag_t2", "sag_t1"), np.zeros(1)))
    both = (*scene.segmentations, replace(scene.segmentations[0], series="sag_t1"))
    assert len(list(artifacts.metal(replace(scene, segmentations=both, spine=spine)))) == 2


def test_the_volume_of_a_void_is_that_of_its_voxels(make_scene):
    scene = with_void(make_scene(), 16)
    total = artifacts.void_mm3(scene.segmentations[0]).sum()
    assert total == pytest.approx(3 * 16 * 16 * 4.0, rel=0.15)


def test_a_missing_arch_withholds_stenosis_beside_it_but_not_the_disc(make_scene):
    found = list(artifacts.missing_arch(changed(make_scene(), arches=(0, 2, 3, 4))))
    assert {x.level for x in found} == {Level.L4_L5, Level.L3_L4}
    assert all(x.applies(Condition.CANAL_STENOSIS, x.level, None) for x in found)
    assert not any(x.applies(Condition.DISC_DEGENERATION, x.level, None) for x in found)


def test_arches_that_are_all_there_are_no_finding(make_scene):
    assert not list(artifacts.missing_arch(changed(make_scene(), arches=range(5))))


def test_where_no_arch_is_seen_at_all_nothing_is_said_of_one(make_scene):
    assert not list(artifacts.missing_arch(changed(make_scene(), arches=())))
