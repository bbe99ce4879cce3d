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
    assert "changed by net-1" in apart.detail
    assert "disagrees" not in apart.detail, "it decided"


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
    ("depth_mm", "up_mm", "expected"),
    [
        # Slices through the disc do not show what sagittal ones show behind the vertebra.
        (0.5, 9.0, "sequestration"),
        (6.0, 9.0, "extrusion"),
        (6.0, 0.0, "normal"),
    ],
)
def test_no_opinion_undoes_what_its_images_do_not_show(
    make_spine, make_measurement, depth_mm, up_mm, expected
):
    axial = {"uncertainty": 0.5, "plane": Plane.AXIAL}
    measured = (
        make_measurement(Quantity.DISPLACEMENT_DEPTH, LEVEL, depth_mm, None, **axial),
        make_measurement(Quantity.DISPLACEMENT_CIRCUMFERENCE, LEVEL, 0.1, None, **axial),
        make_measurement(Quantity.DISPLACEMENT, LEVEL, 6.0, None, uncertainty=0.5),
        make_measurement(Quantity.DISPLACEMENT_EXTENT, LEVEL, 14.0, None, uncertainty=0.5),
        make_measurement(Quantity.DISC_HEIGHT_POSTERIOR, LEVEL, 6.0, None, uncertainty=0.5),
        make_measurement(Quantity.MIGRATION_CRANIAL, LEVEL, up_mm, None, uncertainty=0.5),
        make_measurement(Quantity.DISPLACEMENT_APEX, LEVEL, -6.0, None, uncertainty=0.5),
    )
    # Its place is worth nothing either: it sees no herniation, and says left.
    sure = opinion(
        (0.99, 0.0, 0.01, 0.0, 0.0, 0.0),
        side=None,
        condition=Condition.DISC_CONTOUR,
        scale=Scale.FARDON,
        zone=Zone.SUBARTICULAR,
        apex_side=Side.LEFT,
        zone_probability=0.4,
    )
    found = next(
        f
        for f in grade(make_spine(), measured, (), (sure,))
        if (f.level, f.condition) == (LEVEL, Condition.DISC_CONTOUR)
    )
    assert found.grade == expected
    assert found.opinion is not None
    assert found.side is None
    assert found.apex_side is (None if expected == "normal" else Side.RIGHT)


@pytest.mark.parametrize(
    ("seen", "zone", "sureness", "expected"),
    [
        (Side.RIGHT, Zone.SUBARTICULAR, 0.9, (Zone.SUBARTICULAR, Side.RIGHT, "")),
        (Side.RIGHT, Zone.FORAMINAL, 0.9, (Zone.FORAMINAL, Side.RIGHT, "seen as foraminal")),
        (Side.RIGHT, Zone.FORAMINAL, 0.5, (Zone.SUBARTICULAR, Side.RIGHT, "seen as foraminal")),
        (Side.LEFT, Zone.SUBARTICULAR, 0.9, (Zone.SUBARTICULAR, None, "the sides contradict")),
        (None, Zone.CENTRAL, 0.9, (Zone.SUBARTICULAR, Side.RIGHT, "seen as central")),
    ],
)
def test_a_seen_place_beside_one_measured_on_the_right(
    make_spine, make_normal, make_measurement, seen, zone, sureness, expected
):
    """A sure zone of the same side replaces it; another side leaves none; the middle only words."""
    found = _contour(make_spine, make_normal, make_measurement, _seen(seen, zone, sureness))
    where, side, words = expected
    assert (found.zone, found.side) == (where, side)
    assert words in found.detail


@pytest.mark.parametrize(
    ("seen", "zone", "expected"),
    [
        (Side.RIGHT, Zone.FORAMINAL, (Zone.FORAMINAL, Side.RIGHT)),
        (None, Zone.CENTRAL, (None, Side.RIGHT)),
        (Side.LEFT, Zone.FORAMINAL, (None, None)),
    ],
)
def test_a_seen_zone_fills_in_where_none_was_measured(
    make_spine, make_normal, make_measurement, seen, zone, expected
):
    """The apex lies on the right; no zone was measured."""
    said = _seen(seen, zone, 0.9)
    found = _contour(make_spine, make_normal, make_measurement, said, has_zone=False)
    assert (found.zone, found.side) == expected


def test_herniation_bulge_and_contour_agree(make_spine, make_normal, make_measurement):
    """A measured protrusion that the images do not show is absent on every scale."""
    said = opinion(
        (0.97, 0.0, 0.03, 0.0, 0.0, 0.0),
        side=None,
        condition=Condition.DISC_CONTOUR,
        scale=Scale.FARDON,
    )
    measured = _displaced(make_measurement, has_zone=True)
    found = {
        f.condition: f
        for f in grade(make_spine(), (*make_normal(DISPLACEMENT=5.0), *measured), (), (said,))
        if f.level == LEVEL
    }
    contour = found[Condition.DISC_CONTOUR]
    present = contour.grade in {"protrusion", "extrusion", "sequestration"}
    assert found[Condition.DISC_HERNIATION].grade == ("present" if present else "absent")
    assert contour.certainty == "low"


def test_classes_follow_from_the_weighed_grade(make_spine, make_measurement):
    measured = make_measurement(
        Quantity.RECESS_HEIGHT, LEVEL, 5.0, Side.LEFT, uncertainty=0.5, plane=Plane.AXIAL
    )
    said = opinion((0.0, 0.03, 0.07, 0.9))
    other = opinion((0.9, 0.05, 0.05), scale=Scale.RSNA)
    found = {
        f.scale: f
        for f in grade(make_spine(), (measured,), (), (said, other))
        if (f.level, f.side, f.condition) == (LEVEL, Side.LEFT, Condition.SUBARTICULAR_STENOSIS)
    }
    ranks = {scale: f.rank for scale, f in found.items()}
    assert ranks[Scale.RSNA] == max(ranks[Scale.BARTYNSKI] - 1, 0) > 0
    assert sum(found[Scale.RSNA].probabilities.values()) == pytest.approx(1.0)


def test_an_uncovered_disc_stays_unsettled(make_spine, make_normal, make_measurement):
    measured = _displaced(make_measurement, has_zone=False)
    said = _seen(Side.RIGHT, Zone.SUBARTICULAR, 0.9)
    present = opinion(
        (0.0, 1.0), side=None, condition=Condition.DISC_HERNIATION, scale=Scale.PRESENCE
    )
    found = {
        f.condition: f
        for f in grade(make_spine(), (*make_normal(SLIP=6.0), *measured), (), (said, present))
        if f.level == LEVEL
    }
    assert found[Condition.DISC_CONTOUR].grade == "displaced"
    assert found[Condition.DISC_HERNIATION].grade == UNKNOWN


def _displaced(make_measurement, *, has_zone):
    values = {
        Quantity.DISPLACEMENT_DEPTH: 6.0,
        Quantity.DISPLACEMENT_CIRCUMFERENCE: 0.12,
        Quantity.DISPLACEMENT_BASE: 10.0,
        Quantity.DISPLACEMENT_DOME: 8.0,
        Quantity.DISPLACEMENT_APEX: -5.0,
    }
    measured = [make_measurement(q, LEVEL, v, plane=Plane.AXIAL) for q, v in values.items()]
    zone = {"plane": Plane.AXIAL, "zone": Zone.SUBARTICULAR}
    if has_zone:
        measured.append(
            make_measurement(Quantity.DISPLACEMENT_ZONE, LEVEL, 0.9, Side.RIGHT, **zone)
        )
    return measured


def _seen(side, zone, sureness):
    return opinion(
        (0.0, 0.0, 0.0, 1.0, 0.0, 0.0),
        side=None,
        condition=Condition.DISC_CONTOUR,
        scale=Scale.FARDON,
        zone=zone,
        apex_side=side,
        zone_probability=sureness,
    )


def _contour(make_spine, make_normal, make_measurement, said, *, has_zone=True):
    measured = _displaced(make_measurement, has_zone=has_zone)
    return next(
        f
        for f in grade(make_spine(), (*make_normal(DISPLACEMENT=5.0), *measured), (), (said,))
        if (f.level, f.condition) == (LEVEL, Condition.DISC_CONTOUR)
    )
