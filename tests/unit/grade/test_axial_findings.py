"""Axial and sagittal measurements together: which rule decides, where a herniation lies."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cauda.grade import grade
from cauda.grade.impression import impression
from cauda.records import Opinion
from cauda.vocab import UNKNOWN, Condition, Level, Plane, Quantity, Scale, Side, Zone

LEVEL = Level.L5_S1
HERNIATION = {
    Quantity.DISPLACEMENT_DEPTH: 6.0,
    Quantity.DISPLACEMENT_CIRCUMFERENCE: 0.12,
    Quantity.DISPLACEMENT_BASE: 10.0,
    Quantity.DISPLACEMENT_DOME: 8.0,
    Quantity.DISPLACEMENT_APEX: -5.0,
    Quantity.DISPLACEMENT_CANAL: 0.4,
    Quantity.DISPLACEMENT_FACET_LINE: 0.6,
    Quantity.FACET_DISTANCE: 14.0,
}
SHARES = {
    (Zone.SUBARTICULAR, Side.RIGHT): 0.7,
    (Zone.CENTRAL, None): 0.25,
    (Zone.FORAMINAL, Side.RIGHT): 0.05,
}


@pytest.fixture
def axial(make_measurement):
    """Axial measurements of the level, with zones."""

    def build(shares=SHARES, **changed):
        values = {q: changed.get(q.name, v) for q, v in HERNIATION.items()}
        found = [
            replace(
                make_measurement(q, LEVEL, v, plane=Plane.AXIAL),
                id=f"{LEVEL}/{q}/ax_t2",
                series="ax_t2",
            )
            for q, v in values.items()
        ]
        zones = [
            make_measurement(
                Quantity.DISPLACEMENT_ZONE, LEVEL, v, side, plane=Plane.AXIAL, zone=zone
            )
            for (zone, side), v in shares.items()
        ]
        return (*found, *zones)

    return build


def at(findings, condition, scale=None, side=None):
    (found,) = [
        f
        for f in findings
        if (f.level, f.condition) == (LEVEL, condition)
        and (scale is None or f.scale is scale)
        and (side is None or f.side is side)
    ]
    return found


def test_a_herniation_has_its_kind_zone_side_size_and_msu_class(make_spine, make_normal, axial):
    findings = grade(make_spine(), (*make_normal(DISPLACEMENT=5.0), *axial()), ())
    contour = at(findings, Condition.DISC_CONTOUR)
    assert (contour.grade, contour.zone, contour.side) == (
        "protrusion",
        Zone.SUBARTICULAR,
        Side.RIGHT,
    )
    assert contour.detail.startswith("mainly right subarticular, also central")
    assert "foraminal" not in contour.detail
    assert "moderate, 40 % of the canal" in contour.detail
    assert contour.detail.endswith("MSU 2-B")
    assert at(findings, Condition.DISC_HERNIATION).grade == "present"
    assert at(findings, Condition.DISC_HERNIATION).side is Side.RIGHT
    assert at(findings, Condition.DISC_BULGE).grade == "absent"
    assert contour.validation == "synthetic"


def test_mirrored_measurements_give_the_other_side(make_spine, make_normal, axial):
    flipped = {(zone, side and side.opposite): v for (zone, side), v in SHARES.items()}
    findings = grade(make_spine(), (*make_normal(), *axial(flipped, DISPLACEMENT_APEX=5.0)), ())
    contour = at(findings, Condition.DISC_CONTOUR)
    assert (contour.side, contour.zone) == (Side.LEFT, Zone.SUBARTICULAR)
    assert contour.detail.endswith("MSU 2-B")


@pytest.mark.parametrize(
    ("apex", "letters"), [(0.0, "A"), (3.5, "AB"), (-3.5, "AB"), (5.0, "B"), (8.0, "C")]
)
def test_msu_zones_are_quarters_of_the_facet_line(make_spine, make_normal, axial, apex, letters):
    findings = grade(make_spine(), (*make_normal(), *axial(DISPLACEMENT_APEX=apex)), ())
    assert at(findings, Condition.DISC_CONTOUR).detail.endswith(f"MSU 2-{letters}")


def test_without_borders_the_zone_is_untold_and_the_side_is_that_of_the_apex(
    make_spine, make_normal, axial
):
    findings = grade(make_spine(), (*make_normal(), *axial({})), ())
    contour = at(findings, Condition.DISC_CONTOUR)
    assert (contour.zone, contour.side) == (None, Side.RIGHT)
    assert "zones not told" in contour.detail
    near = grade(make_spine(), (*make_normal(), *axial({}, DISPLACEMENT_APEX=1.0)), ())
    assert at(near, Condition.DISC_CONTOUR).side is None


def test_a_slip_uncovers_the_disc(make_spine, make_normal, axial):
    findings = grade(make_spine(), (*make_normal(SLIP=5.0), *axial()), ())
    assert at(findings, Condition.DISC_CONTOUR).grade == "displaced"
    assert at(findings, Condition.DISC_CONTOUR).zone is None
    assert at(findings, Condition.DISC_BULGE).grade == UNKNOWN
    assert at(findings, Condition.DISC_HERNIATION).grade == UNKNOWN


@pytest.mark.parametrize(
    ("sagittal", "contour", "bulge", "herniation"),
    [
        ({"DISPLACEMENT": 0.5}, "normal", "absent", "absent"),
        ({"DISPLACEMENT": 5.0}, "displaced", UNKNOWN, UNKNOWN),
        ({"DISPLACEMENT": 5.0, "DISPLACEMENT_EXTENT": 18.0}, "extrusion", UNKNOWN, "present"),
        ({"DISPLACEMENT": 5.0, "SLIP": 5.0}, "normal", "absent", "absent"),
    ],
)
def test_what_only_sagittal_images_show_is_not_called_normal(
    make_spine, make_normal, axial, sagittal, contour, bulge, herniation
):
    kept = axial({}, DISPLACEMENT_DEPTH=0.5, DISPLACEMENT_CIRCUMFERENCE=0.1)
    findings = grade(make_spine(), (*make_normal(**sagittal), *kept), ())
    sure = grade(make_spine(), (*make_normal(DISPLACEMENT=0.5), *kept), ())
    assert at(findings, Condition.DISC_CONTOUR).grade == contour
    assert at(findings, Condition.DISC_BULGE).grade == bulge
    assert at(findings, Condition.DISC_HERNIATION).grade == herniation
    if sagittal["DISPLACEMENT"] > 2.0:
        assert "axial outline kept" in at(findings, Condition.DISC_CONTOUR).detail
        certainties = [at(f, Condition.DISC_CONTOUR).certainty for f in (findings, sure)]
        assert certainties[0] != certainties[1]


@pytest.mark.parametrize(
    ("sagittal_mm", "apex_mm", "is_doubtful"),
    [(0.3, -3.0, True), (0.3, 3.0, True), (5.0, -3.0, False), (0.3, -20.0, False)],
)
def test_what_only_axial_images_show_in_the_canal_is_doubtful(
    make_spine, make_normal, axial, sagittal_mm, apex_mm, is_doubtful
):
    shown = axial(DISPLACEMENT_APEX=apex_mm)
    findings = grade(make_spine(), (*make_normal(DISPLACEMENT=sagittal_mm), *shown), ())
    agreed = grade(make_spine(), (*make_normal(DISPLACEMENT=6.0), *shown), ())
    contour, sure = (at(f, Condition.DISC_CONTOUR) for f in (findings, agreed))
    assert contour.grade == sure.grade == "protrusion"
    assert ("sagittal images show only 0.3 mm" in contour.detail) is is_doubtful
    assert (contour.certainty != sure.certainty) is is_doubtful


def test_levels_without_axial_slices_keep_the_sagittal_rules(make_spine, make_normal, axial):
    findings = grade(make_spine(), (*make_normal(), *axial()), ())
    rules = {f.level: f.rule for f in findings if f.condition is Condition.DISC_CONTOUR}
    assert rules[LEVEL] == "contour-axial"
    assert rules[Level.L4_L5] == "contour-sagittal"


def test_the_impression_names_the_kind_and_place_once(make_spine, make_normal, axial):
    findings = grade(make_spine(), (*make_normal(), *axial()), ())
    (line,) = [ln for ln in impression(findings, make_spine()) if ln.startswith("L5-S1")]
    assert line.startswith("L5-S1: right subarticular disc protrusion (MSU 2-B")
    assert "herniation" not in line


@pytest.mark.parametrize("value", [1.0, 1.9, 2.4, 3.2, 6.0])
def test_classes_of_the_challenge_have_probabilities_that_sum_to_one(
    make_spine, make_normal, make_measurement, value
):
    recess = make_measurement(
        Quantity.RECESS_HEIGHT, LEVEL, value, Side.LEFT, uncertainty=0.7, plane=Plane.AXIAL
    )
    findings = grade(make_spine(), (*make_normal(), recess), ())
    for found in findings:
        if found.scale is Scale.RSNA and found.is_known:
            assert found.probabilities is not None
            assert sum(found.probabilities.values()) == pytest.approx(1.0)
            assert min(found.probabilities.values()) >= 0.02
    own = at(findings, Condition.SUBARTICULAR_STENOSIS, Scale.RSNA, Side.LEFT)
    assert own.grade == max(own.probabilities, key=own.probabilities.get)


def test_the_mass_beyond_a_cut_is_that_of_the_normal_distribution(
    make_spine, make_normal, make_measurement
):
    # 2.0 mm is the cut between normal/mild and moderate; 1.645 deviations of 0.7/1.645 above it
    recess = make_measurement(
        Quantity.RECESS_HEIGHT, LEVEL, 2.7, Side.LEFT, uncertainty=0.7, plane=Plane.AXIAL
    )
    findings = grade(make_spine(), (*make_normal(), recess), ())
    own = at(findings, Condition.SUBARTICULAR_STENOSIS, Scale.RSNA, Side.LEFT)
    assert own.probabilities["moderate"] == pytest.approx(0.02 + 0.94 * 0.05, abs=0.01)


@pytest.mark.parametrize(
    ("validation", "present", "certainty"),
    [("real", 0.9, "moderate"), ("real", 0.6, "low"), ("none", 0.9, "low")],
)
def test_an_opinion_tested_on_patients_stands_for_unread_endplates(
    make_spine, make_normal, validation, present, certainty
):
    learned = Opinion(
        condition=Condition.ENDPLATE_CHANGE,
        scale=Scale.PRESENCE,
        level=LEVEL,
        probabilities={"absent": 1 - present, "present": present},
        grader="net-1",
        validation=validation,
    )
    found = at(
        grade(make_spine(), make_normal(), (), (learned,)),
        Condition.ENDPLATE_CHANGE,
        Scale.PRESENCE,
    )
    assert (found.grade, found.certainty, found.validation) == ("present", certainty, validation)
    assert found.rule == "learned:net-1"
