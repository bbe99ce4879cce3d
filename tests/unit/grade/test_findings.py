"""Findings of a whole spine: complete, honest about what is unknown, and blind to the side."""

from __future__ import annotations

from dataclasses import replace
from itertools import product

import pytest

from cauda.grade import catalog, grade, levels_to_grade
from cauda.records import Limit, Opinion
from cauda.vocab import GRADED_LEVELS, UNKNOWN, Condition, Level, Quantity, Scale, Side

SIDED = {
    Condition.SUBARTICULAR_STENOSIS,
    Condition.ROOT_COMPROMISE,
    Condition.FORAMINAL_STENOSIS,
}


def at(findings, level, condition, scale=None, side=None):
    (found,) = [
        f
        for f in findings
        if (f.level, f.condition, f.side) == (level, condition, side)
        and (scale is None or f.scale == scale)
    ]
    return found


def test_one_finding_per_level_condition_side_and_scale(make_spine, make_normal):
    findings = grade(make_spine(), make_normal(), ())
    keys = [(f.level, f.condition, f.side, f.scale) for f in findings]
    wanted = {
        (level, rule.condition, side, rule.scale)
        for level, rule in product(GRADED_LEVELS, catalog())
        for side in (tuple(Side) if rule.condition in SIDED else (None,))
    }
    assert set(keys) == wanted
    assert len(keys) == len(wanted) == 22 * 5
    assert len({f.id for f in findings}) == len(findings)
    assert {f.condition for f in findings} == set(Condition)


def test_a_normal_spine_has_no_abnormal_grade(make_spine, make_normal):
    findings = grade(make_spine(), make_normal(), ())
    assert {f.rank for f in findings if f.is_known} == {0}


def test_levels_run_from_above_and_right_comes_before_left(make_spine, make_normal):
    findings = grade(make_spine(), make_normal(), ())
    assert tuple(dict.fromkeys(f.level for f in findings)) == GRADED_LEVELS
    sides = [f.side for f in findings if f.condition == Condition.ROOT_COMPROMISE]
    assert sides == [Side.RIGHT, Side.LEFT] * 5


def test_every_finding_names_its_measurements_and_its_rule(make_spine, make_normal):
    measured = make_normal()
    ids = {m.id for m in measured}
    rules = {rule.id for rule in catalog()}
    for finding in grade(make_spine(), measured, ()):
        assert set(finding.because) <= ids
        assert finding.rule in rules
        assert finding.because or not finding.is_known


def test_a_foramen_rests_on_its_own_side_only(make_spine, make_normal):
    found = at(
        grade(make_spine(), make_normal(), ()),
        Level.L5_S1,
        Condition.FORAMINAL_STENOSIS,
        Scale.LEE_FORAMEN,
        Side.RIGHT,
    )
    assert any("/right/" in id_ for id_ in found.because)
    assert not any("/left/" in id_ for id_ in found.because)


def mirrored(measurements):
    return tuple(
        replace(m, side=m.side.opposite, id=m.id.replace(m.side, m.side.opposite)) if m.side else m
        for m in measurements
    )


def test_mirroring_the_measurements_swaps_the_sides_and_nothing_else(
    make_spine, make_normal, make_measurement
):
    spine = make_spine()
    narrow = make_measurement(Quantity.FORAMEN_WIDTH, Level.L5_S1, 1.5, Side.LEFT)
    measured = tuple(narrow if m.id == narrow.id else m for m in make_normal())
    plain = {f.id: f for f in grade(spine, measured, ())}
    assert at(
        plain.values(), Level.L5_S1, Condition.FORAMINAL_STENOSIS, Scale.LEE_FORAMEN, Side.LEFT
    ).rank
    for found in grade(spine, mirrored(measured), ()):
        other_id = found.id
        if found.side:
            other_id = found.id.replace(found.side, found.side.opposite)
        other = plain[other_id]
        assert (found.grade, found.certainty, found.borderline, found.detail) == (
            other.grade,
            other.certainty,
            other.borderline,
            other.detail,
        )


def test_a_level_out_of_view_is_unknown_and_says_so(make_spine, make_normal):
    lower = (Level.L5_S1, Level.L4_L5, Level.L3_L4)
    findings = grade(make_spine(lower), make_normal(lower), ())
    unseen = [f for f in findings if f.level in (Level.L1_L2, Level.L2_L3)]
    assert len(unseen) == 2 * 22
    assert {f.reason_unknown for f in unseen} == {"not in the field of view"}
    assert {f.grade for f in unseen} == {UNKNOWN}


@pytest.mark.parametrize(
    ("levels", "extra", "reason"),
    [
        ((Level.D1, Level.D2, Level.D3), (Level.D3, Level.D2, Level.D1), "could not be named"),
        ((Level.L6_S1, Level.L5_L6, Level.L4_L5), (Level.L5_L6, Level.L6_S1), "see L5-L6 and"),
        ((Level.L4_S1, Level.L3_L4), (Level.L4_S1,), "see L4-S1"),
    ],
)
def test_spines_counted_otherwise_keep_their_own_levels(
    make_spine, make_normal, levels, extra, reason
):
    spine = make_spine(levels, state="uncertain")
    assert levels_to_grade(spine) == (*GRADED_LEVELS, *extra)
    findings = grade(spine, make_normal(levels), ())
    assert at(findings, extra[0], Condition.SPONDYLOLISTHESIS, Scale.PRESENCE).grade == "absent"
    assert reason in at(findings, Level.L5_S1, Condition.DISC_BULGE).reason_unknown


def test_nothing_measured_is_unknown_with_a_reason_everywhere(make_spine):
    findings = grade(make_spine(), (), ())
    assert len(findings) == 22 * 5
    assert all(f.grade == UNKNOWN and f.reason_unknown and f.certainty == "low" for f in findings)


def test_a_value_that_is_no_number_is_not_graded(make_spine, make_normal):
    findings = grade(make_spine(), make_normal(DISPLACEMENT=float("nan")), ())
    assert at(findings, Level.L4_L5, Condition.DISC_CONTOUR).grade == UNKNOWN


def test_only_preferred_measurements_are_read(make_spine, make_normal, make_measurement):
    other = make_measurement(Quantity.SLIP, Level.L4_L5, 9.0, preferred=False)
    findings = grade(make_spine(), (other, *make_normal()), ())
    assert at(findings, Level.L4_L5, Condition.SPONDYLOLISTHESIS, Scale.PRESENCE).rank == 0


def test_a_withheld_grade_gives_the_reason_and_still_shows_the_measurement(make_spine, make_normal):
    limit = Limit(
        id="cord-in-slice",
        effect="withhold",
        reason="The cord is there.",
        level=Level.L1_L2,
        conditions=(Condition.CANAL_STENOSIS,),
    )
    findings = grade(make_spine(), make_normal(SAC_RATIO=0.2, SAC_AREA=30.0), (limit,))
    withheld = at(findings, Level.L1_L2, Condition.CANAL_STENOSIS, Scale.LEE_CANAL)
    assert withheld.grade == UNKNOWN
    assert withheld.reason_unknown == "The cord is there."
    assert "sac_area_mm2 30.00" in withheld.detail
    assert at(findings, Level.L2_L3, Condition.CANAL_STENOSIS, Scale.LEE_CANAL).grade == "3"
    assert at(findings, Level.L1_L2, Condition.DISC_CONTOUR).is_known


def test_a_limit_of_one_side_spares_the_other(make_spine, make_normal):
    limit = Limit(id="x", effect="withhold", reason="No.", level=Level.L4_L5, side=Side.LEFT)
    findings = grade(make_spine(), make_normal(), (limit,))
    left, right = (
        at(findings, Level.L4_L5, Condition.FORAMINAL_STENOSIS, Scale.LEE_FORAMEN, side)
        for side in Side
    )
    assert not left.is_known
    assert right.is_known
    assert at(findings, Level.L4_L5, Condition.DISC_CONTOUR).is_known


def test_each_limit_that_lowers_takes_one_step(make_spine, make_normal):
    def certainty(*limits):
        findings = grade(make_spine(), make_normal(), limits)
        return at(findings, Level.L4_L5, Condition.SPONDYLOLISTHESIS, Scale.PRESENCE).certainty

    first, second, third = (Limit(id=i, effect="lower", reason="r") for i in "abc")
    note = Limit(id="n", effect="note", reason="r")
    assert certainty(note) == "high"
    assert certainty(first) == certainty(first, replace(first, level=Level.L4_L5)) == "moderate"
    assert certainty(first, second) == certainty(first, second, third) == "low"


def test_borderline_lowers_the_certainty(make_spine, make_measurement):
    def slip(value):
        measured = (make_measurement(Quantity.SLIP, Level.L4_L5, value, uncertainty=0.5),)
        found = at(
            grade(make_spine(), measured, ()),
            Level.L4_L5,
            Condition.SPONDYLOLISTHESIS,
            Scale.PRESENCE,
        )
        return found.grade, found.borderline, found.certainty

    assert slip(2.0) == ("absent", False, "high")
    assert slip(2.8) == ("absent", True, "moderate")
    assert slip(3.2) == ("present", True, "moderate")
    assert slip(4.0) == ("present", False, "high")


def test_an_estimate_from_few_slices_lowers_the_certainty(make_spine, make_measurement):
    measured = tuple(
        make_measurement(q, Level.L4_L5, v, estimated=True)
        for q, v in ((Quantity.SAC_RATIO, 0.95), (Quantity.SAC_AREA, 180.0))
    )
    found = at(
        grade(make_spine(), measured, ()),
        Level.L4_L5,
        Condition.CANAL_STENOSIS,
        Scale.LEE_CANAL,
    )
    assert (found.grade, found.certainty) == ("0", "low")


def test_one_narrow_disc_is_found_beside_another(make_spine, make_measurement):
    heights = {
        Level.L5_S1: 0.15,
        Level.L4_L5: 0.20,
        Level.L3_L4: 0.34,
        Level.L2_L3: 0.33,
        Level.L1_L2: 0.30,
    }
    measured = tuple(
        make_measurement(Quantity.DISC_HEIGHT_INDEX, lv, h) for lv, h in heights.items()
    )
    findings = grade(make_spine(), measured, ())
    grades = {f.level: f.grade for f in findings if f.condition == Condition.DISC_NARROWING}
    assert grades == {
        Level.L5_S1: "present",
        Level.L4_L5: "present",
        Level.L3_L4: "absent",
        Level.L2_L3: "absent",
        Level.L1_L2: "absent",
    }


def test_one_disc_alone_has_nothing_to_be_compared_with(make_spine, make_measurement):
    measured = (make_measurement(Quantity.DISC_HEIGHT_INDEX, Level.L5_S1, 0.1),)
    findings = grade(make_spine(), measured, ())
    found = at(findings, Level.L5_S1, Condition.DISC_NARROWING)
    assert not found.is_known
    assert "fewer than two" in found.reason_unknown


def opinion(condition, scale, probabilities, level=Level.L5_S1):
    return Opinion(
        condition=condition, scale=scale, level=level, probabilities=probabilities, grader="net-1"
    )


def test_an_opinion_is_kept_beside_the_rule(make_spine, make_normal):
    agreeing = opinion(Condition.DISC_DEGENERATION, Scale.PFIRRMANN, {"I": 0.4, "II": 0.6})
    findings = grade(make_spine(), make_normal(), (), (agreeing,))
    found = at(findings, Level.L5_S1, Condition.DISC_DEGENERATION)
    assert found.opinion is agreeing
    assert (found.grade, found.certainty, found.probabilities) == ("I", "moderate", None)
    assert at(findings, Level.L4_L5, Condition.DISC_DEGENERATION).opinion is None


def test_disagreement_by_more_than_one_grade_lowers_and_is_said(make_spine, make_normal):
    dissent = opinion(Condition.DISC_DEGENERATION, Scale.PFIRRMANN, {"IV": 0.9, "I": 0.1})
    findings = grade(make_spine(), make_normal(), (), (dissent,))
    found = at(findings, Level.L5_S1, Condition.DISC_DEGENERATION)
    assert (found.grade, found.certainty) == ("I", "low")
    assert "net-1 disagrees: IV" in found.detail


def test_a_learned_bulge_stands_where_the_rule_cannot_decide(make_spine, make_normal):
    learned = opinion(Condition.DISC_BULGE, Scale.PRESENCE, {"absent": 0.2, "present": 0.8})
    findings = grade(make_spine(), make_normal(DISPLACEMENT=3.0), (), (learned,))
    found = at(findings, Level.L5_S1, Condition.DISC_BULGE)
    assert (found.grade, found.rule, found.certainty) == ("present", "learned:net-1", "low")
    assert found.probabilities == {"absent": 0.2, "present": 0.8}
    assert "sagittal only" in found.detail
    assert at(findings, Level.L4_L5, Condition.DISC_BULGE).grade == UNKNOWN


def test_a_learned_grade_never_overrides_what_was_withheld(make_spine, make_normal):
    learned = opinion(Condition.DISC_BULGE, Scale.PRESENCE, {"absent": 0.2, "present": 0.8})
    limit = Limit(id="x", effect="withhold", reason="No.")
    findings = grade(make_spine(), make_normal(DISPLACEMENT=3.0), (limit,), (learned,))
    found = at(findings, Level.L5_S1, Condition.DISC_BULGE)
    assert found.grade == UNKNOWN
    assert found.opinion is learned


def test_axial_grades_are_unknown_and_nothing_claims_to_be_tested_on_patients(
    make_spine, make_normal
):
    for found in grade(make_spine(), make_normal(), ()):
        assert found.validation in ("none", "synthetic")
        if found.condition in (Condition.SUBARTICULAR_STENOSIS, Condition.ROOT_COMPROMISE):
            assert "needs axial" in found.reason_unknown
