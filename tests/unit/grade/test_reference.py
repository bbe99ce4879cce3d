"""What a value is compared with: never called normal, no z-score from a few."""

from __future__ import annotations

import pytest

from cauda.grade.reference import FEWEST, PUBLISHED, with_references
from cauda.knowledge import rows
from cauda.vocab import Level, Plane, Quantity


def reference(found, age=50.0, sex="F"):
    (same,) = with_references((found,), age_years=age, sex=sex)
    assert same == found
    return same.reference


@pytest.mark.parametrize(
    ("value", "z", "is_far"), [(151.67, 0.0, False), (30.0, -2.3, True), (270.0, 2.2, True)]
)
def test_a_value_far_from_the_published_mean_is_marked(make_measurement, value, z, is_far):
    found = make_measurement(Quantity.SAC_AREA, Level.L4_L5, value, plane=Plane.AXIAL)
    seen = reference(found)
    assert (seen["z"], seen["is_far"], seen["n"]) == (z, is_far, 130)
    assert "normal" not in seen["kind"]


def test_a_number_of_one_plane_or_level_is_not_compared_with_another(make_measurement):
    sagittal = make_measurement(Quantity.SAC_AREA, Level.L4_L5, 100.0)
    other = make_measurement(Quantity.SAC_AREA, Level.L3_L4, 100.0, plane=Plane.AXIAL)
    published = {r.id for r in rows(PUBLISHED, "range") if r.text("level") == "L3-L4"}
    assert reference(sagittal) is None or reference(sagittal)["kind"] != "published"
    assert reference(other) is None or "sac-area-l45" not in published


def test_few_people_give_no_z_score_and_an_unknown_age_no_row_of_one_age(make_measurement):
    found = make_measurement(Quantity.DISC_DEPTH, Level.L4_L5, 20.0)
    seen = reference(found)
    assert seen["z"] is None or seen["n"] >= FEWEST
    unknown = reference(found, age=None)
    assert unknown is None or unknown["kind"] != "published"


def test_every_row_has_what_a_comparison_needs():
    for row in rows(PUBLISHED, "range", ("quantity", "plane", "level", "n")):
        assert row.unit == Quantity(row.text("quantity")).unit
        assert row.number("mean") > 0
        assert row.number("sd") >= 0
        assert row.text("level") in set(Level)
