"""Each rule on a table of values, and its monotony."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cauda.grade.catalog import catalog
from cauda.grade.certainty import case_of, is_borderline
from cauda.grade.readings import Reading
from cauda.grade.thresholds import Derived, readable
from cauda.vocab import GRADED_LEVELS, UNKNOWN, Level, Plane, Quantity

RULES = {rule.id: rule for rule in catalog()}

SHORT = {
    "disp": Quantity.DISPLACEMENT,
    "extent": Quantity.DISPLACEMENT_EXTENT,
    "post": Quantity.DISC_HEIGHT_POSTERIOR,
    "share": Derived.HEIGHT_SHARE,
    "signal": Quantity.NUCLEUS_SIGNAL,
    "ratio": Quantity.SAC_RATIO,
    "area": Quantity.SAC_AREA,
    "ap": Quantity.SAC_AP,
    "slip": Quantity.SLIP,
    "percent": Quantity.SLIP_PERCENT,
    "fh": Quantity.FORAMEN_HEIGHT,
    "fw": Quantity.FORAMEN_WIDTH,
    "fa": Quantity.FORAMEN_AREA,
    "depth": Quantity.DISPLACEMENT_DEPTH,
    "round": Quantity.DISPLACEMENT_CIRCUMFERENCE,
    "dome": Derived.DOME_SHARE,
    "canal": Quantity.DISPLACEMENT_CANAL,
    "up": Quantity.MIGRATION_CRANIAL,
    "down": Quantity.MIGRATION_CAUDAL,
    "fluid": Quantity.CSF_FRACTION,
    "sagittal": Derived.FLUID_BESIDE,
    "behind": Quantity.ROOTLET_POSITION,
    "fat": Quantity.EPIDURAL_FAT_AREA,
    "recess": Quantity.RECESS_HEIGHT,
    "angle": Quantity.RECESS_ANGLE,
    "room": Derived.RECESS_SHARE,
    "gap": Quantity.ROOT_DISC_GAP,
    "front": Quantity.FORAMEN_FAT_ANTERIOR,
    "back": Quantity.FORAMEN_FAT_POSTERIOR,
    "above": Quantity.FORAMEN_FAT_SUPERIOR,
    "below": Quantity.FORAMEN_FAT_INFERIOR,
    "root": Derived.ROOT_SHARE,
    "t1": Quantity.ENDPLATE_T1,
    "t2": Quantity.ENDPLATE_T2,
}
FAT = {"front": 1.0, "back": 1.0, "above": 1.0, "below": 1.0}
OUTLINE = {"depth": 3.0, "round": 0.1, "slip": 0.0}


def decide(rule_id, level=Level.L4_L5, uncertainty=0.0, **values):
    rule = RULES[rule_id]
    readings = {
        SHORT[name]: Reading(value=value, uncertainty=uncertainty, because=(name,))
        for name, value in values.items()
    }
    case = case_of(rule, level, readings)
    return rule.decide(case)


@pytest.mark.parametrize(
    ("rule_id", "values", "grade"),
    [
        ("contour-sagittal", {"disp": 0.0}, "normal"),
        ("contour-sagittal", {"disp": 1.99}, "normal"),
        ("contour-sagittal", {"disp": 2.0}, "displaced"),
        ("contour-sagittal", {"disp": 9.0, "slip": 0.0}, "displaced"),
        ("bulge-sagittal", {"disp": 0.5}, "absent"),
        ("bulge-sagittal", {"disp": 3.0}, UNKNOWN),
        ("herniation-sagittal", {"disp": 0.5}, "absent"),
        ("herniation-sagittal", {"disp": 4.0}, UNKNOWN),
        ("herniation-sagittal", {"disp": 4.0, "extent": 9.5, "post": 7.0, "slip": 0.0}, "present"),
        ("herniation-sagittal", {"disp": 4.0, "extent": 9.0, "post": 7.0, "slip": 0.0}, UNKNOWN),
        ("herniation-sagittal", {"disp": 4.0, "extent": 9.5, "post": 7.0, "slip": 3.5}, UNKNOWN),
        ("herniation-sagittal", {"disp": 4.0, "extent": 9.5, "post": 7.0, "slip": -3.5}, UNKNOWN),
        ("herniation-sagittal", {"disp": 0.5, "extent": 0.0, "post": 7.0, "slip": 3.5}, "absent"),
        ("narrowing-share", {"share": 0.71}, "absent"),
        ("narrowing-share", {"share": 0.70}, "present"),
        ("pfirrmann-signal", {"signal": 0.65, "share": 1.0}, "I"),
        ("pfirrmann-signal", {"signal": 0.47, "share": 1.0}, "II"),
        ("pfirrmann-signal", {"signal": 0.35, "share": 1.0}, "III"),
        ("pfirrmann-signal", {"signal": 0.24, "share": 1.0}, "III"),
        ("pfirrmann-signal", {"signal": 0.22, "share": 1.0}, "IV"),
        ("pfirrmann-signal", {"signal": 0.12, "share": 0.49}, "V"),
        ("pfirrmann-signal", {"signal": 0.65, "share": 0.4}, "I"),
        ("pfirrmann-signal", {"signal": 0.10}, "IV"),
        ("lee-canal-ratio", {"ratio": 0.9, "area": 170.0, "ap": 13.0}, "0"),
        ("lee-canal-ratio", {"ratio": 0.75, "area": 140.0, "ap": 12.0}, "0"),
        ("lee-canal-ratio", {"ratio": 0.74, "area": 140.0, "ap": 12.0}, "1"),
        ("lee-canal-ratio", {"ratio": 0.50, "area": 90.0, "ap": 9.0}, "2"),
        ("lee-canal-ratio", {"ratio": 0.50, "area": 70.0, "ap": 9.0}, "2"),
        ("lee-canal-ratio", {"ratio": 0.30, "area": 60.0, "ap": 6.0}, "3"),
        ("lee-canal-ratio", {"ratio": 0.30, "area": 90.0, "ap": 6.0}, "2"),
        ("lee-canal-ratio", {"ratio": 0.60, "area": 145.0, "ap": 11.0}, "1"),
        ("lee-canal-ratio", {"ratio": 0.60, "area": 145.0, "ap": 9.0}, "2"),
        ("lee-canal-ratio", {"ratio": 0.30, "area": 145.0, "ap": 9.0}, "2"),
        ("lee-canal-ratio", {"ratio": 0.95, "area": 60.0, "ap": 7.0}, "0"),
        ("lee-canal-ratio", {"ratio": 0.50}, UNKNOWN),
        ("lee-canal-ratio", {"ratio": 0.90}, "0"),
        ("rsna-canal", {"ratio": 0.70, "area": 140.0, "ap": 12.0}, "normal_mild"),
        ("rsna-canal", {"ratio": 0.50, "area": 90.0, "ap": 9.0}, "moderate"),
        ("rsna-canal", {"ratio": 0.30, "area": 60.0, "ap": 6.0}, "severe"),
        ("rsna-canal", {"ratio": 0.50}, UNKNOWN),
        ("lee-foramen-size", {"fw": 7.0, "fh": 19.0, "fa": 130.0, "post": 7.0}, "0"),
        ("lee-foramen-size", {"fw": 2.9, "fh": 19.0, "fa": 90.0, "post": 7.0}, "1"),
        ("lee-foramen-size", {"fw": 7.0, "fh": 15.0, "fa": 90.0, "post": 7.0}, "1"),
        ("lee-foramen-size", {"fw": 7.0, "fh": 19.0, "fa": 30.0, "post": 4.0}, "1"),
        ("lee-foramen-size", {"fw": 2.0, "fh": 14.0, "fa": 60.0, "post": 7.0}, "2"),
        ("lee-foramen-size", {"fw": 2.0, "fh": 14.0, "fa": 39.0, "post": 7.0}, "3"),
        ("lee-foramen-size", {"fw": 2.0, "fh": 14.0}, "2"),
        ("rsna-foramen", {"fw": 2.0, "fh": 14.0, "fa": 39.0}, "severe"),
        ("slip-presence", {"slip": 2.9}, "absent"),
        ("slip-presence", {"slip": 3.0}, "present"),
        ("slip-presence", {"slip": -3.0}, "present"),
        ("slip-meyerding", {"slip": 1.0, "percent": 3.0}, "0"),
        ("slip-meyerding", {"slip": 5.0, "percent": 15.0}, "I"),
        ("slip-meyerding", {"slip": 9.0, "percent": 25.0}, "I"),
        ("slip-meyerding", {"slip": 9.5, "percent": 26.0}, "II"),
        ("slip-meyerding", {"slip": 40.0, "percent": 110.0}, "V"),
        ("slip-meyerding", {"slip": -5.0, "percent": -15.0}, UNKNOWN),
        ("contour-axial", {**OUTLINE, "depth": 6.0, "round": 0.3}, "bulge"),
        ("contour-axial", {**OUTLINE, "depth": 6.0, "round": 0.3, "dome": 1.0}, "protrusion"),
        ("herniation-axial", {**OUTLINE, "depth": 6.0, "round": 0.3, "dome": 1.0}, "present"),
        ("contour-axial", {**OUTLINE, "depth": 1.9}, "normal"),
        ("contour-axial", {"depth": 0.9, "round": 0.0}, "normal"),
        ("contour-axial", {"depth": 0.9, "round": 0.0, "disp": 4.0}, "displaced"),
        ("contour-axial", {"depth": 0.9, "round": 0.0, "disp": 4.0, "slip": 4.0}, "normal"),
        ("contour-axial", {"depth": 0.9, "round": 0.0, "disp": 4.0, "up": 5.0}, "sequestration"),
        ("contour-axial", {"depth": 0.9, "round": 0.3, "disp": 4.0, "up": 5.0}, "sequestration"),
        ("contour-axial", {"depth": 0.9, "round": 0.0, "disp": 0.0, "down": 5.0}, "normal"),
        ("contour-axial", {"depth": 5.0, "round": 0.01, "disp": 4.0, "up": 9.0}, "sequestration"),
        ("contour-axial", {**OUTLINE, "round": 0.26}, "bulge"),
        ("contour-axial", {**OUTLINE, "round": 0.25}, "protrusion"),
        ("contour-axial", {**OUTLINE, "dome": 1.0}, "protrusion"),
        ("contour-axial", {**OUTLINE, "dome": 1.01}, "extrusion"),
        ("contour-axial", {**OUTLINE, "dome": 0.8, "extent": 9.5, "post": 7.0}, "extrusion"),
        ("contour-axial", {**OUTLINE, "round": 0.5, "dome": 1.3}, "extrusion"),
        ("contour-axial", {**OUTLINE, "round": 0.5, "slip": 3.0}, "displaced"),
        ("contour-axial", {**OUTLINE, "dome": 2.0, "slip": -3.0}, "displaced"),
        ("bulge-axial", {"depth": 0.5, "round": 0.0}, "absent"),
        ("bulge-axial", {"depth": 0.5, "round": 0.0, "disp": 4.0}, UNKNOWN),
        ("bulge-axial", OUTLINE, "absent"),
        ("bulge-axial", {**OUTLINE, "round": 0.4}, "present"),
        ("bulge-axial", {**OUTLINE, "round": 0.4, "slip": 4.0}, UNKNOWN),
        ("herniation-axial", {"depth": 0.5, "round": 0.0}, "absent"),
        ("herniation-axial", {"depth": 0.5, "round": 0.0, "disp": 4.0}, UNKNOWN),
        ("herniation-axial", {"depth": 0.5, "round": 0.0, "disp": 3.0, "up": 4.0}, "present"),
        ("herniation-axial", OUTLINE, "present"),
        ("herniation-axial", {**OUTLINE, "round": 0.4}, "absent"),
        ("herniation-axial", {**OUTLINE, "slip": 4.0}, UNKNOWN),
        ("lee-canal-fluid", {"fluid": 0.5}, "0"),
        ("lee-canal-fluid", {"fluid": 0.49}, "1"),
        ("lee-canal-fluid", {"fluid": 0.24, "ratio": 0.5}, "2"),
        ("lee-canal-fluid", {"fluid": 0.09, "ratio": 0.5}, "3"),
        ("lee-canal-fluid", {"fluid": 0.09, "ratio": 0.9}, "1"),
        ("lee-canal-fluid", {"fluid": 0.8, "area": 40.0}, "0"),
        ("lee-canal-fluid", {"fluid": 0.8, "sagittal": 0.3, "ratio": 0.5}, "2"),
        ("lee-canal-fluid", {"fluid": 0.3, "sagittal": 0.8, "ratio": 0.5}, "2"),
        ("rsna-canal-fluid", {"fluid": 0.24}, "moderate"),
        ("lee-canal-fluid-sagittal", {"fluid": 0.24, "ratio": 0.5}, "2"),
        ("lee-canal-fluid-sagittal", {"fluid": 0.24, "ratio": 0.9}, "1"),
        ("rsna-canal-fluid-sagittal", {"fluid": 0.09}, "severe"),
        ("schizas", {"fluid": 0.22, "behind": 0.5, "sagittal": 0.86}, "B"),
        ("schizas", {"fluid": 0.86, "behind": 0.5, "sagittal": 0.22}, "B"),
        ("schizas", {"fluid": 0.22, "behind": 0.5, "sagittal": 0.4}, "B"),
        ("schizas", {"fluid": 0.9, "behind": 0.5, "sagittal": 0.86}, "A1"),
        ("schizas", {"fluid": 0.6, "behind": 0.7}, "A1"),
        ("schizas", {"fluid": 0.4, "behind": 0.7}, "A3"),
        ("schizas", {"fluid": 0.4, "behind": 0.5}, "A4"),
        ("schizas", {"fluid": 0.2, "behind": 0.5}, "B"),
        ("schizas", {"fluid": 0.05, "behind": 0.5, "fat": 30.0}, "C"),
        ("schizas", {"fluid": 0.05, "behind": 0.5, "fat": 3.0}, "D"),
        ("schizas", {"fluid": 0.05, "behind": 0.5}, "C"),
        ("bartynski", {"recess": 5.0}, "0"),
        ("bartynski", {"recess": 5.0, "gap": 0.0}, "0"),
        ("bartynski", {"recess": 2.9}, "1"),
        ("bartynski", {"recess": 5.0, "angle": 29.0}, "1"),
        ("bartynski", {"recess": 5.0, "room": 0.7}, "1"),
        ("bartynski", {"recess": 5.0, "room": 0.49}, "2"),
        ("bartynski", {"recess": 2.9, "gap": 0.5}, "2"),
        ("bartynski", {"recess": 1.9}, "2"),
        ("bartynski", {"recess": 0.9}, "3"),
        ("bartynski", {"recess": 5.0, "room": 0.1}, "3"),
        ("rsna-subarticular", {"recess": 1.9}, "moderate"),
        ("root-contact", {"gap": 0.7, "recess": 1.0}, "0"),
        ("root-contact", {"gap": 0.6, "recess": 5.0}, "1"),
        ("root-contact", {"gap": 0.6}, "1"),
        ("root-contact", {"gap": 0.0, "recess": 2.9}, "2"),
        ("root-contact", {"gap": 0.0, "recess": 1.9}, "3"),
        ("lee-foramen-fat", FAT, "0"),
        ("lee-foramen-fat", {**FAT, "back": 0.2}, "0"),
        ("lee-foramen-fat", {**FAT, "back": 0.2, "front": 0.2}, "1"),
        ("lee-foramen-fat", {**FAT, "back": 0.2, "below": 0.2}, "1"),
        ("lee-foramen-fat", {**FAT, "back": 0.2, "front": 0.2, "root": 0.5}, "1"),
        ("lee-foramen-fat", {**dict.fromkeys(FAT, 0.2), "root": 0.8}, "2"),
        ("lee-foramen-fat", dict.fromkeys(FAT, 0.2), "2"),
        ("lee-foramen-fat", {**dict.fromkeys(FAT, 0.2), "root": 0.6}, "3"),
        ("lee-foramen-fat", {**dict.fromkeys(FAT, 0.2), "root": 0.6, "fa": 120.0}, "1"),
        ("lee-foramen-fat", {**dict.fromkeys(FAT, 0.2), "root": 0.6, "fa": 50.0}, "3"),
        ("rsna-foramen-fat", {**dict.fromkeys(FAT, 0.2), "root": 0.6}, "severe"),
        ("modic", {"t1": 1.0, "t2": 1.0}, "0"),
        ("modic", {"t1": 0.7, "t2": 1.4}, "1"),
        ("modic", {"t1": 1.4, "t2": 1.0}, "2"),
        ("modic", {"t1": 1.4, "t2": 1.4}, "2"),
        ("modic", {"t1": 0.7, "t2": 0.7}, "3"),
        ("modic", {"t1": 0.7, "t2": 1.0}, "0"),
        ("endplate-presence", {"t1": 0.7, "t2": 0.7}, "present"),
        ("endplate-presence", {"t1": 1.0, "t2": 1.0}, "absent"),
    ],
)
def test_grade(rule_id, values, grade):
    verdict = decide(rule_id, **values)
    assert verdict.grade == grade
    if grade == UNKNOWN:
        assert verdict.words


def test_no_severity_from_a_diameter_alone():
    assert Quantity.SAC_AP not in RULES["lee-canal-ratio"].needs
    assert decide("lee-canal-ratio", ratio=0.95, ap=4.0).grade == "0"
    assert decide("lee-canal-ratio", Level.L5_S1, ratio=0.95, ap=4.0, area=40.0).grade == "0"


def test_at_the_lumbosacral_disc_the_diameter_supports_and_the_area_does_not():
    assert decide("lee-canal-ratio", Level.L5_S1, ratio=0.3, area=60.0, ap=12.0).grade == "1"
    assert decide("lee-canal-ratio", Level.L5_S1, ratio=0.3, area=200.0, ap=8.0).grade == "3"
    assert decide("lee-canal-ratio", Level.L5_S1, ratio=0.3, area=60.0).grade == UNKNOWN


def test_the_lumbosacral_level_has_limits_of_its_own():
    sac = {"ratio": 0.72, "area": 140.0, "ap": 12.0}
    assert decide("lee-canal-ratio", Level.L4_L5, **sac).grade == "1"
    assert decide("lee-canal-ratio", Level.L5_S1, **sac).grade == "0"
    low = {"fw": 7.0, "fh": 14.0, "fa": 100.0, "post": 7.0}
    assert decide("lee-foramen-size", Level.L4_L5, **low).grade == "1"
    assert decide("lee-foramen-size", Level.L5_S1, **low).grade == "0"
    assert decide("lee-foramen-size", Level.L5_S1, **{**low, "fh": 12.0}).grade == "1"
    assert decide("lee-foramen-size", Level.L1_L2, **{**low, "post": 3.5}).grade == "0"


def test_every_rule_has_all_the_cuts_it_needs_at_every_level():
    values = {name: (low + high) / 2 for name, (low, high) in RANGES.items()}
    worst = {"ratio": 0.1, "fw": 0.5, "fh": 5.0, "disp": 5.0, "signal": 0.1, "share": 0.3}
    for level in (*GRADED_LEVELS, Level.L5_L6, Level.L6_S1, Level.L4_S1, Level.D1, Level.D9):
        for rule in RULES.values():
            for seen in (values, {**values, **worst}):
                read = {NAMES[q]: seen[NAMES[q]] for q in rule.reads if q in NAMES}
                assert decide(rule.id, level, **read).grade


def test_a_narrow_canal_throughout_is_said_and_doubted():
    verdict = decide("lee-canal-ratio", ratio=0.95, area=60.0, ap=8.0)
    assert "neighboring levels" in verdict.words
    assert verdict.is_doubtful


def test_the_extrusion_margin_grows_with_the_uncertainty():
    seen = {"disp": 4.0, "extent": 9.5, "post": 7.0, "slip": 0.0}
    assert decide("herniation-sagittal", uncertainty=2.4, **seen).grade == "present"
    assert decide("herniation-sagittal", uncertainty=2.6, **seen).grade == UNKNOWN


def test_a_slip_names_its_direction():
    assert "anterolisthesis 4.2 mm (13 %)" in decide("slip-presence", slip=4.2, percent=13.0).words
    assert "retrolisthesis 4.2 mm" in decide("slip-presence", slip=-4.2).words


def test_causes_are_named_where_they_were_measured():
    narrow = {"fw": 2.0, "fh": 14.0, "fa": 60.0}
    words = decide("lee-foramen-size", **narrow, post=3.0, disp=3.0, slip=4.0).words
    assert "with disc displacement, low disc, slip" in words
    assert "with" not in decide("lee-foramen-size", **narrow).words


@pytest.mark.parametrize(
    ("value", "borderline"), [(2.0, False), (2.7, True), (3.0, True), (3.4, True), (4.0, False)]
)
def test_borderline_where_the_cut_lies_within_the_uncertainty(value, borderline):
    rule = RULES["slip-presence"]
    reading = Reading(value=value, uncertainty=0.5, because=("x",))
    case = case_of(rule, Level.L4_L5, {Quantity.SLIP: reading})
    assert is_borderline(rule, Level.L4_L5, case, rule.decide(case)) is borderline


@pytest.mark.parametrize(
    ("value", "borderline"), [(0.88, False), (0.93, True), (1.05, True), (1.2, False)]
)
def test_a_dome_near_its_base_is_borderline_however_exact(value, borderline):
    rule = RULES["contour-axial"]
    seen = {**OUTLINE, "dome": value}
    readings = {
        SHORT[k]: Reading(value=v, uncertainty=0.0, because=("x",)) for k, v in seen.items()
    }
    case = case_of(rule, Level.L4_L5, readings)
    assert is_borderline(rule, Level.L4_L5, case, rule.decide(case)) is borderline


def test_uncovered_disc_is_tested_before_bulge():
    words = decide("contour-axial", depth=3.0, round=0.6, slip=5.0).words
    assert "uncovered by a slip of 5.0 mm" in words
    assert "no bulge" in words


def test_at_the_lumbosacral_disc_fat_tells_nothing_and_a_small_sac_is_not_small():
    none = {"fluid": 0.05, "behind": 0.5, "fat": 0.0}
    assert decide("schizas", Level.L4_L5, **none).grade == "D"
    lowest = decide("schizas", Level.L5_S1, **none)
    assert (lowest.grade, lowest.is_doubtful) == ("C", True)
    sac = {"fluid": 0.8, "area": 50.0}
    assert "small sac" in decide("lee-canal-fluid", Level.L4_L5, **sac).words
    assert "small sac" not in decide("lee-canal-fluid", Level.L5_S1, **sac).words


def test_axial_rules_read_sagittal_quantities_from_sagittal_images():
    rule = RULES["contour-axial"]
    assert rule.plane_of(Quantity.DISPLACEMENT_DEPTH) is Plane.AXIAL
    assert rule.plane_of(Quantity.SLIP) is Plane.SAGITTAL
    for other in RULES.values():
        for cut in other.thresholds:
            assert other.plane_of(cut.quantity).value in cut.row.texts("plane")


def test_an_area_near_its_cut_is_borderline_by_fifteen_square_millimeters():
    assert RULES["lee-canal-fluid"].margin(Quantity.SAC_AREA, Level.L4_L5) == 15.0
    assert RULES["lee-canal-fluid"].margin(Quantity.SAC_AREA, Level.L5_S1) == 0.0


BETTER_IS_HIGHER = {
    *("share", "signal", "ratio", "area", "ap", "fh", "fw", "fa", "post"),
    *("fluid", "sagittal", "fat", "recess", "angle", "room", "gap", "root", *FAT),
}
TWO_WAYS = {
    *("contour-axial", "bulge-axial", "herniation-axial", "schizas"),
    *("modic", "endplate-presence"),
}
"""Not ordered by one quantity alone: a wide displacement is a bulge, marrow changes both ways."""
RANGES = {
    "disp": (0.0, 15.0),
    "extent": (0.0, 30.0),
    "post": (1.0, 14.0),
    "share": (0.1, 1.4),
    "signal": (0.0, 1.2),
    "ratio": (0.05, 1.3),
    "area": (10.0, 300.0),
    "ap": (2.0, 20.0),
    "slip": (0.0, 40.0),
    "percent": (0.0, 120.0),
    "fh": (2.0, 25.0),
    "fw": (0.0, 10.0),
    "fa": (5.0, 250.0),
    "fluid": (0.0, 1.0),
    "recess": (0.0, 12.0),
    "angle": (5.0, 90.0),
    "room": (0.0, 1.2),
    "gap": (0.0, 6.0),
    "sagittal": (0.0, 1.0),
    "root": (0.1, 1.0),
    "depth": (0.0, 10.0),
    "round": (0.0, 1.0),
    "dome": (0.5, 2.0),
    "canal": (0.0, 1.0),
    "up": (0.0, 15.0),
    "down": (0.0, 15.0),
    "behind": (0.0, 1.0),
    "fat": (0.0, 60.0),
    "t1": (0.4, 1.8),
    "t2": (0.4, 1.8),
    **dict.fromkeys(FAT, (0.0, 1.0)),
}
NAMES = {quantity: name for name, quantity in SHORT.items()}
MEASURED = [
    (rule.id, NAMES[q])
    for rule in catalog()
    for q in rule.reads
    if q in NAMES and rule.id not in TWO_WAYS
]


def badness(rule_id, verdict):
    """Place of a grade from best to worst; an undecided presence lies between both answers."""
    grades = RULES[rule_id].scale.grades
    if verdict.grade != UNKNOWN:
        return float(grades.index(verdict.grade))
    return 0.5 if grades == ("absent", "present") else None


@pytest.mark.parametrize(("rule_id", "name"), MEASURED)
@given(data=st.data())
@settings(max_examples=25, deadline=None, database=None)
def test_grades_are_monotone_in_every_measurement(rule_id, name, data):
    rule = RULES[rule_id]
    values = {
        NAMES[q]: data.draw(st.floats(*RANGES[NAMES[q]]), label=NAMES[q])
        for q in rule.reads
        if q in NAMES
    }
    level = data.draw(st.sampled_from((Level.L4_L5, Level.L5_S1, Level.D1)))
    other = data.draw(st.floats(*RANGES[name]), label=f"other {name}")
    low, high = sorted((values[name], other))
    first = badness(rule_id, decide(rule_id, level, **{**values, name: low}))
    second = badness(rule_id, decide(rule_id, level, **{**values, name: high}))
    if first is None or second is None:
        return
    if rule_id == "herniation-sagittal" and name == "slip":
        assert second <= max(first, 0.5)  # a slip only ever takes "present" back to undecided
    elif name in BETTER_IS_HIGHER:
        assert second <= first
    else:
        assert first <= second


@given(slip=st.floats(0.0, 30.0), percent=st.floats(0.0, 100.0))
@settings(max_examples=25, deadline=None, database=None)
def test_a_slip_is_as_present_backward_as_forward(slip, percent):
    forward = decide("slip-presence", slip=slip, percent=percent).grade
    assert decide("slip-presence", slip=-slip, percent=-percent).grade == forward


def test_every_measured_rule_is_proved_monotone():
    proved = {rule_id for rule_id, _ in MEASURED}
    assert proved | TWO_WAYS == {rule.id for rule in catalog()}
    assert all(rule.needs for rule in catalog())
    assert all(readable(q.value) == q for rule in catalog() for q in rule.reads)
