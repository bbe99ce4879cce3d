import csv
import io
import math

import pytest

from cauda.datasets.rsna import GradedLevel, GradedStudy
from cauda.errors import NothingFoundError, UsageError
from cauda.evaluation.rsna import (
    normalized,
    row_id,
    rsna_score,
    submission_csv,
    submission_rows,
    true_grades,
)
from cauda.evaluation.rsna_run import grade_studies, rsna_document
from cauda.records import Finding
from cauda.schema.challenge import CONDITIONS, LEVELS
from cauda.vocab import Condition, Level, Scale, Side

TRUTH = {
    "7_spinal_canal_stenosis_l1_l2": 0,
    "7_spinal_canal_stenosis_l4_l5": 2,
    "8_spinal_canal_stenosis_l4_l5": 1,
    "7_left_neural_foraminal_narrowing_l5_s1": 1,
    "8_right_neural_foraminal_narrowing_l5_s1": 0,
    "7_left_subarticular_stenosis_l4_l5": 2,
}
PREDICTED = {
    "7_spinal_canal_stenosis_l1_l2": (0.8, 0.1, 0.1),
    "7_spinal_canal_stenosis_l4_l5": (0.2, 0.3, 0.5),
    "8_spinal_canal_stenosis_l4_l5": (0.3, 0.6, 0.1),
    "7_left_neural_foraminal_narrowing_l5_s1": (0.5, 0.25, 0.25),
    "8_right_neural_foraminal_narrowing_l5_s1": (0.9, 0.05, 0.05),
    "7_left_subarticular_stenosis_l4_l5": (0.1, 0.1, 0.8),
}


def test_the_metric_is_pinned_by_hand():
    found = rsna_score(TRUTH, PREDICTED)
    canal = -(1 * math.log(0.8) + 4 * math.log(0.5) + 2 * math.log(0.6)) / 7
    foramen = -(2 * math.log(0.25) + 1 * math.log(0.9)) / 3
    recess = -math.log(0.8)
    # Study 7: severe, largest predicted 0.5, weight 4; study 8: not severe, 0.1, weight 2.
    any_severe = -(4 * math.log(0.5) + 2 * math.log(0.9)) / 6
    assert found.canal == pytest.approx(canal)
    assert found.foramen == pytest.approx(foramen)
    assert found.recess == pytest.approx(recess)
    assert found.any_severe == pytest.approx(any_severe)
    assert found.score == pytest.approx((canal + foramen + recess + any_severe) / 4)
    assert found.score == pytest.approx(0.56339755, abs=1e-8)


def test_certain_and_wrong_is_clipped_not_infinite():
    truth = {"7_spinal_canal_stenosis_l1_l2": 2}
    wrong = rsna_score(truth, {"7_spinal_canal_stenosis_l1_l2": (1, 0, 0)})
    assert wrong.canal == pytest.approx(36.04365338911715)
    assert rsna_score(truth, {"7_spinal_canal_stenosis_l1_l2": (0, 0, 1)}).canal < 1e-12


def test_rows_without_a_grade_change_nothing():
    more = PREDICTED | {"9_spinal_canal_stenosis_l1_l2": (0, 0, 1)}
    assert rsna_score(TRUTH, more) == rsna_score(TRUTH, PREDICTED)


@pytest.mark.parametrize(
    ("row", "message"),
    [
        ((0.8, 0.1, 0.2), "sums to 1.1, not 1; normalize it first"),
        ((4, 2, 2), "sums to 8, not 1"),
        ((1.1, -0.1, 0), "none negative"),
        ((math.nan, 0.5, 0.5), "finite"),
        ((0, 0, 0), "not all 0"),
        ((0.5, 0.5), "three finite numbers"),
    ],
)
def test_nothing_is_renormalized_silently(row, message):
    key = "7_spinal_canal_stenosis_l1_l2"
    with pytest.raises(UsageError, match=message):
        rsna_score(TRUTH, PREDICTED | {key: row})


def test_normalized_rows_are_accepted():
    scaled = {k: [3 * v for v in row] for k, row in PREDICTED.items()}
    assert rsna_score(TRUTH, normalized(scaled)).score == pytest.approx(
        rsna_score(TRUTH, PREDICTED).score
    )


def test_a_graded_row_must_be_predicted_and_grades_valid():
    key = "7_spinal_canal_stenosis_l1_l2"
    with pytest.raises(UsageError, match="graded but not predicted"):
        rsna_score(TRUTH, {k: v for k, v in PREDICTED.items() if k != key})
    with pytest.raises(UsageError, match="must be 0, 1 or 2"):
        rsna_score(TRUTH | {key: -1}, PREDICTED)


def finding(condition, level, side, grade, probabilities=None):
    return Finding(
        id=f"{level}/{condition}/{side}/{Scale.RSNA}",
        condition=condition,
        level=level,
        side=side,
        scale=Scale.RSNA,
        grade=grade,
        rule="test",
        certainty="high",
        probabilities=probabilities,
        reason_unknown="not seen" if grade == "UNKNOWN" else "",
    )


def test_a_submission_has_all_rows_on_the_patients_sides(tmp_path):
    chances = {"normal_mild": 0.2, "moderate": 0.5, "severe": 0.3}
    findings = [
        finding(Condition.CANAL_STENOSIS, Level.L4_L5, None, "severe"),
        finding(Condition.FORAMINAL_STENOSIS, Level.L5_S1, Side.LEFT, "moderate", chances),
        finding(Condition.SUBARTICULAR_STENOSIS, Level.L5_S1, Side.RIGHT, "UNKNOWN"),
    ]
    rows = submission_rows("42", findings, prior=(6, 3, 1), confidence=0.8)
    assert len(rows) == 25
    assert rows["42_spinal_canal_stenosis_l4_l5"] == pytest.approx((0.1, 0.1, 0.8))
    assert rows["42_left_neural_foraminal_narrowing_l5_s1"] == pytest.approx((0.2, 0.5, 0.3))
    assert rows["42_right_neural_foraminal_narrowing_l5_s1"] == pytest.approx((0.6, 0.3, 0.1))
    assert rows["42_right_subarticular_stenosis_l5_s1"] == pytest.approx((0.6, 0.3, 0.1))
    table = list(csv.reader(io.StringIO(submission_csv(rows))))
    assert table[0] == ["row_id", "normal_mild", "moderate", "severe"]
    assert table[1][0] == "42_spinal_canal_stenosis_l1_l2"
    assert all(sum(map(float, r[1:])) == pytest.approx(1, abs=2e-6) for r in table[1:])
    with pytest.raises(UsageError, match="between 1/3 and 1"):
        submission_rows("42", findings, prior=(1, 1, 1), confidence=0.2)


def test_true_grades_name_the_same_rows_as_a_submission(tmp_path):
    graded = tuple(
        GradedLevel(condition=c, side=s, level=level, grade="moderate" if s else None)
        for c, s in CONDITIONS.values()
        for level in LEVELS.values()
    )
    study = GradedStudy(id="42", folder=tmp_path, series={}, levels=graded)
    truth = true_grades([study])
    assert len(truth) == 20
    assert set(truth.values()) == {1}
    rows = submission_rows("42", (), prior=(1, 1, 1), confidence=1)
    assert set(truth) < set(rows)
    assert row_id("42", "spinal_canal_stenosis", "l1_l2") in rows


def test_a_study_that_cannot_be_used_costs_its_prior_and_is_named(tmp_path):
    def study(id_, grade):
        canal = GradedLevel(
            condition=Condition.CANAL_STENOSIS, side=None, level=Level.L4_L5, grade=grade
        )
        return GradedStudy(id=id_, folder=tmp_path, series={}, levels=(canal,))

    def findings_of(one):
        if one.id == "2":
            msg = "no sagittal series"
            raise NothingFoundError(msg)
        return [finding(Condition.CANAL_STENOSIS, Level.L4_L5, None, "severe")]

    run = grade_studies([study("1", "severe"), study("2", "normal_mild")], findings_of)
    assert run.left_out == (("2", "no sagittal series"),)
    assert (run.studies, len(run.rows), run.known) == (2, 50, 1)
    assert run.score.canal == pytest.approx(-(4 * math.log(0.7) + math.log(1 / 3)) / 5)
    document = rsna_document(run)
    assert document["log_loss"]["foramen"] is None
    assert document["left_out"] == [{"study": "2", "reason": "no sagittal series"}]
