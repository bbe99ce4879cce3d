"""A selective-risk curve from hand-made findings, and spoiled studies that stay studies."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cauda.evaluation.artifacts import ARTIFACTS
from cauda.evaluation.selective import WITHHELD, answers, curve
from cauda.geometry import Space
from cauda.records import Finding, Series, Study, Volume
from cauda.vocab import UNKNOWN, Condition, Contrast, Level, Plane, Scale

LEVELS = (Level.L5_S1, Level.L4_L5, Level.L3_L4, Level.L2_L3)


def finding(level, grade="absent", certainty="high"):
    return Finding(
        id=f"{level}/slip",
        condition=Condition.SPONDYLOLISTHESIS,
        level=level,
        scale=Scale.PRESENCE,
        grade=grade,
        rule="by hand",
        certainty=certainty,
        reason_unknown="withheld" if grade == UNKNOWN else "",
    )


def test_answers_carry_the_willingness_of_the_checked_and_the_error_of_the_unchecked_grade():
    truth = [finding(level) for level in LEVELS]
    unchecked = [finding(LEVELS[0]), *(finding(x, "present") for x in LEVELS[1:])]
    checked = [
        finding(LEVELS[0]),
        finding(LEVELS[1], "present", "low"),
        finding(LEVELS[2], UNKNOWN),
        finding(LEVELS[3], "present", "moderate"),
    ]
    found = answers(checked, unchecked, truth)
    assert [(a.rank, a.is_wrong) for a in found] == [
        (0, False),
        (2, True),
        (WITHHELD, True),
        (1, True),
    ]


def test_what_the_rules_could_not_grade_is_no_answer():
    blank = finding(LEVELS[0], UNKNOWN)
    assert not answers([blank], [blank], [finding(LEVELS[0])])


def test_the_curve_runs_from_the_surest_answers_to_all():
    truth = [finding(level) for level in LEVELS]
    unchecked = [finding(LEVELS[0]), finding(LEVELS[1]), finding(LEVELS[2], "present")]
    checked = [
        finding(LEVELS[0]),
        finding(LEVELS[1], certainty="low"),
        finding(LEVELS[2], UNKNOWN),
    ]
    points = {p.state: p for p in curve(answers(checked, unchecked, truth))}
    assert points["high"].answered == pytest.approx(1 / 3)
    assert points["low"].error == 0.0
    assert points["withheld"].error == pytest.approx(1 / 3)
    assert points["withheld"].error_here == 1.0
    assert np.isnan(points["moderate"].error_here)


def study():
    rng = np.random.default_rng(0)
    matrix = np.array([[0, 0, 4.0, -20], [1, 0, 0, -30], [0, -1, 0, 60], [0, 0, 0, 1.0]])
    voxels = 200 + 50 * rng.random((60, 120, 11))
    volume = Volume(voxels=voxels, space=Space.from_matrix(voxels.shape, matrix, "1.2"))
    one = Series(
        key="sag_t2",
        plane=Plane.SAGITTAL,
        contrast=Contrast.T2,
        volume=volume,
        used=True,
        reason="by hand",
    )
    return Study(series=(one, replace(one, key="sag_t1", contrast=Contrast.T1)))


@pytest.mark.parametrize("name", sorted(set(ARTIFACTS) - {"none"}))
def test_every_artifact_changes_the_image_and_keeps_the_study(name):
    before = study()
    after = ARTIFACTS[name](before, np.random.default_rng(1))
    assert [s.key for s in after.series] == [s.key for s in before.series]
    for old, new in zip(before.series, after.series, strict=True):
        assert new.volume.space.frame_of_reference == "1.2"
        same_shape = old.volume.voxels.shape == new.volume.voxels.shape
        assert not same_shape or not np.allclose(old.volume.voxels, new.volume.voxels)


def test_a_short_scan_keeps_the_lower_part_where_it_was_in_the_patient():
    before = study().series[0].volume
    after = ARTIFACTS["short scan"](study(), np.random.default_rng(1)).series[0].volume
    lowest = before.space.to_lps(np.array([0, before.space.shape[1] - 1, 0]))
    assert np.allclose(after.space.to_lps(np.array([0, after.space.shape[1] - 1, 0])), lowest)
    assert after.space.shape[1] == round(0.45 * before.space.shape[1])
    assert after.voxels[3, -1, 4] == before.voxels[3, -1, 4]
