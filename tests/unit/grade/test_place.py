"""Side in words and migration of displaced disc material."""

from __future__ import annotations

import pytest

from cauda.grade import grade
from cauda.records import Opinion
from cauda.vocab import Condition, Level, Quantity, Scale

LEVEL = Level.L4_L5
HEIGHT = 35.0


def findings(make_spine, make_normal, make_measurement, x_mm=0.0, low=-8.0, high=8.0):
    """A disc 7 mm high at z = 35 with an extrusion drawn at ``x_mm`` from ``low`` to ``high``."""
    drawn = (
        make_measurement(
            Quantity.DISPLACEMENT,
            LEVEL,
            6.0,
            segment_lps=((x_mm, 15.0, HEIGHT), (x_mm, 21.0, HEIGHT)),
        ),
        make_measurement(Quantity.DISPLACEMENT_APEX, LEVEL, x_mm),
        make_measurement(
            Quantity.DISPLACEMENT_EXTENT,
            LEVEL,
            high - low,
            segment_lps=((x_mm, 16.0, HEIGHT + low), (x_mm, 16.0, HEIGHT + high)),
        ),
    )
    ids = {m.id for m in drawn}
    measured = (*drawn, *(m for m in make_normal() if m.id not in ids))
    return {f.condition: f for f in grade(make_spine(), measured, ()) if f.level == LEVEL}


@pytest.mark.parametrize(
    ("x_mm", "words"),
    [
        (8.0, "deepest 8 mm left of the midline"),
        (-8.0, "deepest 8 mm right of the midline"),
        (4.0, "deepest near the midline"),
        (-4.0, "deepest near the midline"),
    ],
)
def test_the_side_of_the_deepest_point_is_the_patients(
    make_spine, make_normal, make_measurement, x_mm, words
):
    found = findings(make_spine, make_normal, make_measurement, x_mm=x_mm)
    for condition in (Condition.DISC_CONTOUR, Condition.DISC_HERNIATION):
        assert words in found[condition].detail
        assert "sagittal only" in found[condition].detail
    assert "midline" not in found[Condition.DISC_DEGENERATION].detail


@pytest.mark.parametrize(
    ("low", "high", "migration"),
    [(-8.0, 8.0, None), (-3.0, 12.0, "cranial"), (-12.0, 3.0, "caudal"), (-7.0, 8.0, None)],
)
def test_migration_is_where_the_material_passes_the_disc_by_more(
    make_spine, make_normal, make_measurement, low, high, migration
):
    found = findings(make_spine, make_normal, make_measurement, low=low, high=high)
    assert found[Condition.DISC_HERNIATION].grade == "present"
    assert found[Condition.DISC_HERNIATION].migration == migration
    assert found[Condition.DISC_CONTOUR].migration is None


def test_undrawn_material_has_no_side(make_spine, make_normal):
    found = grade(make_spine(), make_normal(DISPLACEMENT=6.0), ())
    assert not any("midline" in f.detail for f in found)


@pytest.mark.parametrize(
    ("x_mm", "side"), [(8.0, "left"), (-8.0, "right"), (4.0, None), (-4.0, None)]
)
def test_a_deep_displacement_clearly_beside_the_midline_has_a_side_to_look_at(
    make_spine, make_normal, make_measurement, x_mm, side
):
    found = findings(make_spine, make_normal, make_measurement, x_mm=x_mm)
    contour = found[Condition.DISC_CONTOUR]
    assert contour.apex_side == side
    assert contour.side is None
    assert found[Condition.DISC_HERNIATION].apex_side is None


@pytest.mark.parametrize(("depth_mm", "is_believed"), [(1.5, True), (2.9, True), (4.7, False)])
def test_a_learned_absence_is_not_believed_of_a_disc_that_stands_back_far(
    make_spine, make_normal, depth_mm, is_believed
):
    opinions = [
        Opinion(
            condition=condition,
            scale=Scale.PRESENCE,
            level=LEVEL,
            probabilities={"absent": 0.97, "present": 0.03},
            grader="test grader",
            validation="real",
        )
        for condition in (Condition.DISC_BULGE, Condition.DISC_HERNIATION)
    ]
    found = {
        f.condition: f
        for f in grade(make_spine(), make_normal(DISPLACEMENT=depth_mm), (), opinions)
        if f.level == LEVEL and f.scale == Scale.PRESENCE
    }
    bulge = found[Condition.DISC_BULGE]
    assert bulge.is_known is is_believed
    assert is_believed or "saw the midline alone" in bulge.reason_unknown
    assert bulge.opinion is not None
