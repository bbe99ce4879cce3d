"""The lower end of S1 found in the signal, and what a transition there makes of the numbering."""

from __future__ import annotations

from dataclasses import replace
from functools import cache

import numpy as np
import pytest

from cauda.check import check
from cauda.grade import grade
from cauda.grade.impression import impression
from cauda.locate import locate
from cauda.locate.column import column
from cauda.locate.junction import junction
from cauda.locate.view import view
from cauda.measure import measure
from cauda.phantom import Lesion, LesionKind, draw_anatomy
from cauda.phantom.segmentation import truth_segmentation
from cauda.phantom.stacks import StudyPlan, sagittal_space
from cauda.records import Study
from cauda.relate import relate
from cauda.vocab import Level, Side, Zone

pytestmark = pytest.mark.slow

PLAN = StudyPlan(sagittal_slices=5, sagittal_matrix=230, sagittal_pixel_mm=1.0)
SEED = 6
LESION = Lesion(
    kind=LesionKind.EXTRUSION,
    level=Level.L3_L4,
    side=Side.LEFT,
    zone=Zone.SUBARTICULAR,
    size_mm=9.0,
)
POSSIBLE = 1
"""The highest tier that uncertain numbering leaves to a root."""


@cache
def segmented(count):
    anatomy = draw_anatomy(np.random.default_rng(SEED), lumbar_count=count, lesions=(LESION,))
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
    segmentations = (segmented(count)[1],)
    measured = measure(spine, segmentations)
    limits = check(Study(series=()), segmentations, spine, measured)
    assert any("transitional" in limit.reason or "lumbarized" in limit.reason for limit in limits)
    findings = grade(spine, measured, limits)
    first, *lines = impression(findings, spine)
    assert "verify the level before any procedure" in first
    assert lines
    assert all(f" (or {lowest}):" in line for line in lines if line.startswith("L5-S1"))
    assert all(" (or " in line.partition(": ")[0] for line in lines)
    known = [finding for finding in findings if finding.is_known]
    assert known
    assert "high" not in {finding.certainty for finding in known}
    relation = relate(findings, spine)
    assert relation.roots
    assert all(link.tier <= POSSIBLE for link in relation.roots)
    assert any(link.widened for link in relation.roots)


def test_five_lumbar_vertebrae_are_not_flagged():
    numbering = located(5).numbering
    assert (numbering.state, numbering.lumbar_count) == ("conventional", 5)
    assert not any("LSTV" in flag for flag in numbering.flags)
