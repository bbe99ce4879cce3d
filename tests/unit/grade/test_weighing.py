"""What was measured, weighed against a learned grader that saw the same images."""

from __future__ import annotations

import pytest

from cauda.grade import grade
from cauda.grade.catalog import catalog
from cauda.grade.weighing import middle
from cauda.records import Opinion
from cauda.vocab import UNKNOWN, Condition, Level, Plane, Quantity, Scale, Side, Zone

LEVEL = Level.L5_S1


def opinion(grades, *, side=Side.LEFT, plane=Plane.AXIAL, validation="synthetic", **changed):
    about = {"condition": Condition.SUBARTICULAR_STENOSIS, "scale": Scale.BARTYNSKI} | changed
    return Opinion(
        level=LEVEL,
        probabilities=dict(zip(about["scale"].grades, grades, strict=True)),
        grader="net-1",
        side=side,
        plane=plane,
        validation=validation,
        **about,
    )


@pytest.fixture
def recess(make_spine, make_measurement):
    """The recess of a height, graded beside opinions."""

    def build(height_mm, *opinions):
        measured = make_measurement(
            Quantity.RECESS_HEIGHT, LEVEL, height_mm, Side.LEFT, uncertainty=0.5, plane=Plane.AXIAL
        )
        return next(
            f
            for f in grade(make_spine(), (measured,), (), opinions)
            if (f.level, f.side, f.scale) == (LEVEL, Side.LEFT, Scale.BARTYNSKI)
        )

    return build


def test_a_sure_opinion_changes_the_grade_and_the_measured_one_stays_in_words(recess):
    alone = recess(5.0)
    found = recess(5.0, opinion((0.02, 0.02, 0.94, 0.02)))
    assert (alone.grade, found.grade) == ("0", "2")
    assert "by measurement alone 0" in found.detail
    assert "net-1" in found.detail
    assert found.opinion is not None
    assert found.because == alone.because


def test_the_middle_of_the_mass_is_given_not_an_end():
    shares = {"0": 0.35, "1": 0.25, "2": 0.0, "3": 0.4}
    assert middle(Scale.BARTYNSKI, shares) == "1"
    assert middle(Scale.BARTYNSKI, {"0": 0.5, "1": 0.0, "2": 0.0, "3": 0.5}) == "0"
    assert middle(Scale.BARTYNSKI, {"0": 0.0, "1": 0.0, "2": 0.1, "3": 0.89}) == "3"


def test_two_grades_apart_lower_the_certainty(recess):
    agreed = recess(5.0, opinion((0.94, 0.02, 0.02, 0.02)))
    apart = recess(5.0, opinion((0.02, 0.02, 0.94, 0.02)))
    assert (agreed.certainty, apart.certainty) == ("moderate", "low")
    assert "disagrees" in apart.detail


def test_an_unsure_opinion_leaves_the_measured_grade(recess):
    found = recess(5.0, opinion((0.4, 0.3, 0.3, 0.0)))
    assert found.grade == "0"
    assert "by measurement alone" not in found.detail


@pytest.mark.parametrize(
    "other", [{"plane": Plane.SAGITTAL}, {"side": Side.RIGHT}], ids=["other images", "other side"]
)
def test_only_an_opinion_on_the_same_images_and_side_weighs(recess, other):
    assert recess(5.0, opinion((0.0, 0.0, 0.0, 1.0), **other)).grade == "0"


def test_without_a_measurement_a_synthetic_opinion_grades_no_recess(make_spine):
    found = next(
        f
        for f in grade(make_spine(), (), (), (opinion((0.0, 0.0, 0.0, 1.0)),))
        if (f.level, f.side, f.scale) == (LEVEL, Side.LEFT, Scale.BARTYNSKI)
    )
    assert found.grade == UNKNOWN
    assert found.opinion is not None


def test_weights_are_shares_and_only_rules_of_the_images_seen_have_one():
    weighed = [rule for rule in catalog() if rule.opinion_weight]
    assert {rule.condition for rule in weighed} >= {
        Condition.SUBARTICULAR_STENOSIS,
        Condition.FORAMINAL_STENOSIS,
    }
    assert all(0 < rule.opinion_weight < 1 for rule in weighed)
    planes = {rule.condition: rule.plane for rule in weighed}
    assert planes[Condition.FORAMINAL_STENOSIS] is Plane.SAGITTAL
    assert planes[Condition.SUBARTICULAR_STENOSIS] is Plane.AXIAL


@pytest.mark.parametrize(
    ("seen", "side"), [(Side.RIGHT, Side.RIGHT), (Side.LEFT, None), (None, None)]
)
def test_sides_that_contradict_each_other_are_not_told(
    make_spine, make_normal, make_measurement, seen, side
):
    """Measured on the right: seen there, on the left, or in the middle."""
    values = {
        Quantity.DISPLACEMENT_DEPTH: 6.0,
        Quantity.DISPLACEMENT_CIRCUMFERENCE: 0.12,
        Quantity.DISPLACEMENT_BASE: 10.0,
        Quantity.DISPLACEMENT_DOME: 8.0,
        Quantity.DISPLACEMENT_APEX: -5.0,
    }
    measured = [make_measurement(q, LEVEL, v, plane=Plane.AXIAL) for q, v in values.items()]
    measured.append(
        make_measurement(
            Quantity.DISPLACEMENT_ZONE,
            LEVEL,
            0.9,
            Side.RIGHT,
            plane=Plane.AXIAL,
            zone=Zone.SUBARTICULAR,
        )
    )
    said = opinion(
        (0.0, 0.0, 0.0, 1.0, 0.0, 0.0),
        side=None,
        condition=Condition.DISC_CONTOUR,
        scale=Scale.FARDON,
        zone=Zone.SUBARTICULAR if seen else Zone.CENTRAL,
        apex_side=seen,
    )
    found = next(
        f
        for f in grade(make_spine(), (*make_normal(DISPLACEMENT=5.0), *measured), (), (said,))
        if (f.level, f.condition) == (LEVEL, Condition.DISC_CONTOUR)
    )
    assert found.side is side
    assert found.zone is (Zone.SUBARTICULAR if seen else Zone.CENTRAL)
    assert ("the sides contradict" in found.detail) is (seen is Side.LEFT)
    assert ("seen as central" in found.detail) is (seen is None)
