"""The impression: worst first, one line a level, no contradiction, and what was not assessed."""

from __future__ import annotations

import re

from cauda.grade import grade
from cauda.grade.impression import impression, level_line, not_assessed
from cauda.records import Limit
from cauda.vocab import Condition, Level, Quantity, Side


def with_changes(measurements, make_measurement, *changes):
    changed = {m.id: m for m in (make_measurement(*change) for change in changes)}
    return tuple(changed.get(m.id, m) for m in measurements)


def lines(make_spine, make_normal, make_measurement, *changes):
    spine = make_spine()
    findings = grade(spine, with_changes(make_normal(), make_measurement, *changes), ())
    return impression(findings, spine)


def test_a_normal_spine_is_not_called_normal(make_spine, make_normal, make_measurement):
    (line,) = lines(make_spine, make_normal, make_measurement)
    assert "Nothing abnormal among what was graded at L1-L2 to L5-S1" in line
    assert "not assessed" in line


def test_the_worst_level_comes_first(make_spine, make_normal, make_measurement):
    found = lines(
        make_spine,
        make_normal,
        make_measurement,
        (Quantity.DISPLACEMENT, Level.L5_S1, 3.0),
        (Quantity.SAC_RATIO, Level.L2_L3, 0.2),
        (Quantity.SAC_AREA, Level.L2_L3, 40.0),
    )
    assert [line[:5] for line in found] == ["L2-L3", "L5-S1"]
    assert "severe canal stenosis" in found[0]


def test_the_lowest_two_levels_come_first_among_equals(make_spine, make_normal, make_measurement):
    found = lines(
        make_spine,
        make_normal,
        make_measurement,
        *((Quantity.DISPLACEMENT, level, 3.0) for level in (Level.L1_L2, Level.L3_L4)),
        *((Quantity.DISPLACEMENT, level, 3.0) for level in (Level.L4_L5, Level.L5_S1)),
    )
    assert [line[:5] for line in found] == ["L5-S1", "L4-L5", "L3-L4", "L1-L2"]


def test_one_line_a_disc_never_three(make_spine, make_normal, make_measurement):
    found = lines(
        make_spine,
        make_normal,
        make_measurement,
        (Quantity.DISPLACEMENT, Level.L5_S1, 6.0),
        (Quantity.DISPLACEMENT_EXTENT, Level.L5_S1, 14.0),
        (Quantity.DISC_HEIGHT_INDEX, Level.L5_S1, 0.1),
        (Quantity.NUCLEUS_SIGNAL, Level.L5_S1, 0.1),
    )
    (line,) = found
    assert "disc herniation (extrusion by the sagittal rule" in line
    assert "disc narrowing" in line
    assert "Pfirrmann V" in line
    assert "bulge" not in line
    assert "displacement" not in line


def test_displacement_alone_is_called_neither_bulge_nor_herniation(
    make_spine, make_normal, make_measurement
):
    (line,) = lines(
        make_spine, make_normal, make_measurement, (Quantity.DISPLACEMENT, Level.L4_L5, 3.0)
    )
    assert line.startswith("L4-L5: disc displacement (3.0 mm behind the vertebral line")
    assert "not separable" in line


def test_the_side_is_said_once_and_rightly(make_spine, make_normal, make_measurement):
    (line,) = lines(
        make_spine,
        make_normal,
        make_measurement,
        (Quantity.FORAMEN_WIDTH, Level.L5_S1, 2.0, Side.LEFT),
        (Quantity.FORAMEN_HEIGHT, Level.L5_S1, 12.0, Side.LEFT),
    )
    assert "moderate left foraminal stenosis (Lee 2" in line
    assert "right" not in line


def test_mild_narrowing_of_low_certainty_does_not_bury_the_rest(make_spine, make_normal):
    spine = make_spine()
    findings = grade(spine, make_normal(SAC_RATIO=0.72), ())
    assert level_line(findings, Level.L4_L5).startswith("L4-L5: mild canal stenosis")
    limits = tuple(Limit(id=i, effect="lower", reason="Poor.") for i in "ab")
    assert level_line(grade(spine, make_normal(SAC_RATIO=0.72), limits), Level.L4_L5) == ""


def test_uncertain_numbering_is_said_first(make_spine, make_normal):
    spine = make_spine(state="uncertain", reasons=("no sacrum in view",))
    first, *_ = impression(grade(spine, make_normal(), ()), spine)
    assert "Level names are uncertain (no sacrum in view)" in first


def test_nothing_graded_is_said(make_spine):
    spine = make_spine(())
    assert impression(grade(spine, (), ()), spine) == (
        "No level could be graded; see what was not assessed.",
    )


def test_a_level_without_anything_abnormal_has_no_line(make_spine, make_normal):
    assert level_line(grade(make_spine(), make_normal(), ()), Level.L4_L5) == ""


def test_not_assessed_names_what_is_never_looked_at(make_spine, make_normal):
    said = " ".join(not_assessed(grade(make_spine(), make_normal(), ())))
    for words in ("Marrow", "Cord signal", "aorta", "kidneys", "pelvis", "Paraspinal", "infection"):
        assert words in said


def test_not_assessed_says_each_reason_once_with_its_levels(make_spine, make_normal):
    said = not_assessed(grade(make_spine(), make_normal(), ()))
    recess = [line for line in said if line.startswith("Subarticular")]
    assert recess == [
        "Subarticular stenosis, right and left, L1-L2 to L5-S1: "
        "needs axial images that show the lateral recess."
    ]
    assert [line for line in said if "Schizas" in line] == [
        "Canal stenosis on the scale Schizas 2010, L1-L2 to L5-S1: "
        "needs axial T2 images at the disc that show the rootlets."
    ]


def test_not_assessed_names_one_side_where_only_one_is_unknown(make_spine, make_normal):
    limit = Limit(
        id="foramen-not-covered",
        effect="withhold",
        reason="The slices end there.",
        level=Level.L4_L5,
        side=Side.LEFT,
        conditions=(Condition.FORAMINAL_STENOSIS,),
    )
    said = not_assessed(grade(make_spine(), make_normal(), (limit,)))
    assert "Foraminal stenosis, left, L4-L5: The slices end there." in said


def test_a_level_out_of_view_is_one_line(make_spine, make_normal):
    lower = (Level.L5_S1, Level.L4_L5, Level.L3_L4)
    said = not_assessed(grade(make_spine(lower), make_normal(lower), ()))
    assert said[0] == "Everything, L1-L2, L2-L3: not in the field of view."
    assert not any(re.search(r"L1-L2", line) for line in said[1:])
