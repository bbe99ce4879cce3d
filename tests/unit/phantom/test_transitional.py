"""Four and six lumbar vertebrae look like transitions; spines of five stay as they were."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.phantom import draw_anatomy, structure_labels
from cauda.phantom.transitional import SACRALIZED_DISC_MM, SQUARED, transitional
from cauda.vocab import STRUCTURES, Structure

SEEDS = range(12)


def drawn(seed, count):
    return draw_anatomy(np.random.default_rng(seed), lumbar_count=count, lesions=())


@pytest.mark.parametrize("seed", SEEDS)
def test_five_lumbar_vertebrae_are_left_alone(seed):
    anatomy = drawn(seed, 5)
    assert transitional(anatomy) is anatomy
    assert {s.taper for s in anatomy.segments} == {0.25}
    assert {(d.remnant, d.is_formed) for d in anatomy.discs} == {(0.7, False)}


def test_a_five_lumbar_spine_is_painted_as_it_was_before_there_were_others():
    anatomy = drawn(12, 5)
    matrix = np.diag([4.0, 1.5, 1.5, 1.0])
    matrix[:3, 3] = (-10.0, -60.0, -130.0)
    labels = structure_labels(anatomy, Space.from_matrix((6, 90, 160), matrix, "1.2"))
    counts = np.bincount(labels.ravel(), minlength=len(STRUCTURES))
    known = [56961, 12102, 3606, 4592, 3950, 132, 4999, 58, 0]
    np.testing.assert_allclose(counts, known, atol=3)


@pytest.mark.parametrize("seed", SEEDS)
def test_a_sacralized_segment_is_squared_above_a_formed_disc(seed):
    anatomy = drawn(seed, 4)
    first = anatomy.sacral_count - 1
    top, second, disc = anatomy.segments[first], anatomy.segments[first - 1], anatomy.discs[3]
    assert 1 / SQUARED[1] <= 1 - top.taper <= 1 / SQUARED[0]
    assert second.depth_mm == pytest.approx(top.depth_mm * (1 - top.taper), rel=0.031)
    assert SACRALIZED_DISC_MM[0] <= disc.height_mm <= SACRALIZED_DISC_MM[1]
    assert disc.remnant >= 0.7
    assert disc.is_fused


@pytest.mark.parametrize("seed", SEEDS)
def test_a_lumbarized_segment_stands_straight_on_a_low_disc_and_a_small_sacrum(seed):
    anatomy = drawn(seed, 6)
    first = anatomy.sacral_count - 1
    sacrum, free, fifth = anatomy.segments[first : first + 3]
    assert sacrum.depth_mm < fifth.depth_mm
    assert abs(free.wedge_deg) < abs(fifth.wedge_deg)
    lowest, above = anatomy.discs[first : first + 2]
    assert lowest.wedge_deg < above.wedge_deg
    assert not lowest.is_fused


@pytest.mark.parametrize("count", [4, 6])
def test_the_shape_comes_from_the_seed_and_from_nothing_else(count):
    assert drawn(3, count) == drawn(3, count)
    anatomy = drawn(3, count)
    other = transitional(replace(anatomy, seed=anatomy.seed + 1))
    assert other.segments != anatomy.segments
    assert other.sac == anatomy.sac


def test_a_formed_remnant_has_a_nucleus_that_counts_as_sacrum():
    spines = [drawn(seed, 4) for seed in SEEDS]
    assert {a.discs[a.sacral_count - 2].is_formed for a in spines} == {True, False}
    anatomy = next(a for a in spines if a.discs[a.sacral_count - 2].is_formed)
    disc = anatomy.discs[anatomy.sacral_count - 2]
    matrix = np.eye(4)
    matrix[:3, 3] = disc.origin_lps
    (label,) = structure_labels(anatomy, Space.from_matrix((1, 1, 1), matrix, "1.2")).ravel()
    assert STRUCTURES[label] is Structure.SACRUM
