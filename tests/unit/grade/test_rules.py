"""Each rule on a table of values, and its monotony."""

from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from cauda.grade.catalog import catalog
from cauda.grade.certainty import case_of, is_borderline
from cauda.grade.readings import Reading
from cauda.grade.thresholds import Derived, readable
from cauda.vocab import GRADED_LEVELS, UNKNOWN, Level, Quantity

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
}


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
        ("contour-sagittal", {"disp": 0.99}, "normal"),
        ("contour-sagittal", {"disp": 1.0}, "displaced"),
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
        ("pfirrmann-signal", {"signal": 0.30, "share": 1.0}, "II"),
        ("pfirrmann-signal", {"signal": 0.20, "share": 1.0}, "III"),
        ("pfirrmann-signal", {"signal": 0.13, "share": 1.0}, "III"),
        ("pfirrmann-signal", {"signal": 0.12, "share": 1.0}, "IV"),
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
        ("schizas", {}, UNKNOWN),
        ("bartynski", {}, UNKNOWN),
        ("rsna-subarticular", {}, UNKNOWN),
        ("root-contact", {}, UNKNOWN),
        ("modic", {}, UNKNOWN),
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
    assert is_borderline(rule, case, rule.decide(case)) is borderline


BETTER_IS_HIGHER = {"share", "signal", "ratio", "area", "ap", "fh", "fw", "fa", "post"}
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
}
NAMES = {quantity: name for name, quantity in SHORT.items()}
MEASURED = [
    (rule.id, NAMES[q]) for rule in catalog() if rule.needs for q in rule.reads if q in NAMES
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
    assert proved == {rule.id for rule in catalog() if rule.needs}
    assert all(readable(q.value) == q for rule in catalog() for q in rule.reads)
