"""The lower end of S1 found in the signal, and what a transition there makes of the numbering."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from cauda.grade import grade
from cauda.locate import locate
from cauda.locate.column import column
from cauda.locate.junction import junction
from cauda.locate.view import view
from cauda.measure import measure
from cauda.phantom import draw_anatomy
from cauda.phantom.segmentation import truth_segmentation
from cauda.phantom.stacks import StudyPlan, sagittal_space
from cauda.records import Study
from cauda.relate import relate
from cauda.vocab import Level

PLAN = StudyPlan(sagittal_slices=5, sagittal_matrix=256, sagittal_pixel_mm=1.0)


@cache
def segmented(count, seed=1):
    anatomy = draw_anatomy(np.random.default_rng(seed), lumbar_count=count)
    return anatomy, truth_segmentation(anatomy, sagittal_space(anatomy, PLAN, "1.2"), "sag_t2")


def located(count):
    return locate((segmented(count)[1],), Study(series=()))


def found(segmentation):
    return junction(column(segmentation, view(segmentation)))


@pytest.mark.parametrize("count", [4, 5, 6])
def test_the_lower_end_of_s1_lies_where_it_was_drawn(count):
    anatomy, segmentation = segmented(count)
    disc = anatomy.discs[anatomy.sacral_count - 2]
    away = np.array(disc.axes) @ (found(segmentation).point_lps - disc.origin_lps)
    assert abs(away[2]) < 3.0
    assert abs(away[1]) < 5.0


def test_a_taller_band_and_a_squarer_body_are_measured_as_such():
    plain, transitional = (found(segmented(count)[1]) for count in (5, 4))
    assert transitional.height_mm > plain.height_mm
    assert transitional.ratio < plain.ratio


def test_without_a_signal_there_is_no_junction():
    _, segmentation = segmented(5)
    assert found(replace(segmentation, signal=np.zeros_like(segmentation.signal))) is None


def test_bone_without_a_band_has_no_junction():
    _, segmentation = segmented(5)
    flat = np.full_like(segmentation.signal, 0.5)
    assert found(replace(segmentation, signal=flat)) is None


@pytest.mark.parametrize(
    ("count", "sign", "lowest"),
    [(4, "squared-s1", Level.L4_L5), (6, "flat-last-angle", Level.L6_S1)],
)
def test_a_transition_is_flagged_and_every_result_says_so(count, sign, lowest):
    spine = located(count)
    assert spine.numbering.state == "uncertain"
    assert f"LSTV sign: {sign}" in spine.numbering.flags
    assert spine.levels[0].alternate == lowest
    measured = measure(spine, (segmented(count)[1],))
    findings = grade(spine, measured, ())
    assert all(f.certainty != "high" for f in findings)
    relation = relate(findings, spine)
    assert all(link.tier <= 1 for link in relation.roots)
    assert any(link.widened for link in relation.roots)


def test_five_lumbar_vertebrae_are_not_flagged():
    numbering = located(5).numbering
    assert (numbering.state, numbering.lumbar_count) == ("conventional", 5)
    assert not any("LSTV" in flag for flag in numbering.flags)
