from __future__ import annotations

from dataclasses import replace

import pytest

from cauda.records import Finding
from cauda.report import words
from cauda.report.content import cited, focus_levels, level_names, level_views, used_rules
from cauda.report.disc import disc_sentence, disc_word
from cauda.report.rules import rule_text
from cauda.vocab import (
    GRADED_LEVELS,
    UNKNOWN,
    Condition,
    Level,
    Quantity,
    Scale,
    Side,
)

PLACES = ["Slip", "Disc", "Endplates", "Canal", "Recess R", "Recess L", "Foramen R", "Foramen L"]


def disc_finding(condition, grade, scale=Scale.PRESENCE, **more) -> Finding:
    return Finding(
        id=f"L4-L5/{condition.value}",
        condition=condition,
        level=Level.L4_L5,
        scale=scale,
        grade=grade,
        rule="r",
        certainty="moderate",
        **more,
    )


def contour(grade, **more) -> Finding:
    return disc_finding(Condition.DISC_CONTOUR, grade, Scale.FARDON, **more)


def herniation(grade, **more) -> Finding:
    return disc_finding(Condition.DISC_HERNIATION, grade, **more)


@pytest.mark.parametrize("scale", list(Scale))
def test_every_grade_has_words_and_a_severity(scale):
    for rank, grade in enumerate(scale.grades):
        found = Finding(
            id="x",
            condition=Condition.CANAL_STENOSIS,
            level=Level.L4_L5,
            scale=scale,
            grade=grade,
            rule="r",
            certainty="low",
        )
        assert words.grade_words(found)
        assert words.severity(found) != "unknown"
        assert rank > 0 or words.severity(found) == "normal"


@pytest.mark.parametrize("scale", list(Scale))
def test_severity_never_falls_with_the_grade(scale):
    ranks = [
        words.SEVERITIES.index(words.severity(disc_finding(Condition.CANAL_STENOSIS, grade, scale)))
        for grade in scale.grades
    ]
    assert ranks == sorted(ranks)


@pytest.mark.parametrize("quantity", list(Quantity))
def test_every_quantity_has_a_name_and_a_unit_sign(quantity):
    assert words.quantity_name(quantity)
    assert words.short_name(quantity)
    assert words.unit_sign(quantity.unit) is not None


@pytest.mark.parametrize("condition", list(Condition))
def test_every_condition_has_a_name(condition):
    assert words.condition_name(condition)


@pytest.mark.parametrize(
    ("value", "unit", "printed"),
    [(9.84, "mm", "9.8"), (-0.04, "mm", "0.0"), (-0.4, "%", "0"), (0.276, "1", "0.28")],
)
def test_numbers_are_printed_as_precisely_as_they_are_known(value, unit, printed):
    assert words.number(value, unit) == printed


@pytest.mark.parametrize(
    ("findings", "said", "word"),
    [
        ([contour("normal")], "Disc displacement not seen; lateral zones not covered.", ""),
        (
            [contour("normal"), herniation("absent")],
            "Disc displacement or herniation not seen; lateral zones not covered.",
            "",
        ),
        (
            [contour("displaced", detail="5 mm; axial needed"), herniation("present")],
            "Posterior disc displacement: 5 mm; axial needed; disc herniation present.",
            "herniation",
        ),
        (
            [contour("displaced", detail="5 mm"), herniation(UNKNOWN, reason_unknown="axial")],
            "Posterior disc displacement: 5 mm.",
            "displaced",
        ),
        (
            [contour(UNKNOWN, reason_unknown="not covered")],
            "Disc contour not assessed: not covered.",
            "",
        ),
        (
            [disc_finding(Condition.DISC_NARROWING, "present", detail="40 %")],
            "Height reduced (40 %).",
            "narrowed",
        ),
    ],
)
def test_a_disc_is_one_sentence(findings, said, word):
    assert disc_sentence(findings) == said
    assert disc_word(findings) == word


def test_a_disc_whose_graders_disagree_says_so():
    said = disc_sentence([contour("normal"), herniation("present")])
    assert "disagree: review the images" in said
    assert "not seen" not in said


@pytest.mark.parametrize(
    ("given", "printed"),
    [("area 129 mm2", "Area 129 mm²."), ("0.9 mm. ", "0.9 mm."), ("", "")],
)
def test_a_sentence_begins_ends_and_has_its_units(given, printed):
    assert words.sentence(given) == printed


def test_levels_run_from_above_and_places_in_report_order(analysis):
    views = level_views(analysis)
    assert [v.name for v in views] == list(GRADED_LEVELS)
    assert [line.place for line in views[-1].lines] == PLACES
    assert focus_levels(analysis) == (Level.L4_L5, Level.L5_S1)


def test_no_line_is_blank_and_unknown_gives_its_reason(analysis):
    for view in level_views(replace(analysis, findings=())):
        for line in view.lines:
            assert line.text.startswith("Not assessed: ")
    recess = next(ln for ln in level_views(analysis)[-1].lines if ln.place == "Recess R")
    assert recess.text == "Not assessed: the recess is not shown by sagittal images."
    assert recess.severity == "unknown"


def test_a_missing_level_says_so(analysis):
    spine = replace(
        analysis.spine, levels=tuple(lv for lv in analysis.spine.levels if lv.name != "L4-L5")
    )
    view = level_views(replace(analysis, spine=spine))[-2]
    assert view.note == "This level was not found in the images."


def test_sides_stay_on_their_side(analysis):
    lines = {ln.place: ln for v in level_views(analysis) if v.name == "L4-L5" for ln in v.lines}
    assert (lines["Foramen R"].severity, lines["Foramen L"].severity) == ("severe", "normal")
    swapped = replace(
        analysis,
        findings=tuple(
            replace(f, side=Side(f.side).opposite if f.side else None) for f in analysis.findings
        ),
    )
    lines = {ln.place: ln for v in level_views(swapped) if v.name == "L4-L5" for ln in v.lines}
    assert (lines["Foramen R"].severity, lines["Foramen L"].severity) == ("normal", "severe")


def test_grades_carry_rule_certainty_validation_and_measurements(analysis):
    disc = next(ln for ln in level_views(analysis)[-1].lines if ln.place == "Disc")
    item = next(i for i in disc.graded if i.scale == "Fardon 2014")
    assert item.rule == "contour-sagittal"
    assert item.rule_text.startswith("Disc material behind the line")
    assert item.note == "moderate certainty · borderline · tested on synthetic images only"
    assert disc.evidence == ("posterior displacement 5.2 ± 0.6 mm (sag_t2, slice 10 of 15)",)


def test_a_stenosis_without_a_cause_says_so(analysis):
    lines = {ln.place: ln for v in level_views(analysis) if v.name == "L4-L5" for ln in v.lines}
    assert lines["Foramen R"].text.endswith("cause not told from these images.")


def test_relative_levels_are_listed_from_above(analysis):
    names = {Level.L5_S1: Level.D1, Level.L4_L5: Level.D2}
    spine = replace(
        analysis.spine,
        levels=tuple(
            replace(lv, name=names[lv.name]) for lv in analysis.spine.levels if lv.name in names
        ),
    )
    findings = tuple(
        replace(f, level=names[f.level]) for f in analysis.findings if f.level in names
    )
    views = level_views(replace(analysis, spine=spine, findings=findings))
    assert [v.name for v in views] == [Level.D2, Level.D1]


def test_rules_are_listed_once_with_their_evidence_tag(analysis):
    ids = [id_ for id_, _ in used_rules(level_views(analysis))]
    assert len(ids) == len(set(ids))
    assert "Source (chosen by this project)" in rule_text("contour-sagittal")
    assert rule_text("no-such-rule") == ""


@pytest.mark.parametrize(
    ("lowest", "listed", "focus"),
    [
        (
            (Level.L6_S1, Level.L5_L6, Level.L4_L5),
            (*GRADED_LEVELS[:4], Level.L5_L6, Level.L6_S1),
            (Level.L4_L5, Level.L5_L6, Level.L6_S1),
        ),
        (
            (Level.L4_S1, Level.L3_L4),
            (*GRADED_LEVELS[:3], Level.L4_S1),
            (Level.L3_L4, Level.L4_S1),
        ),
    ],
)
def test_other_lumbar_counts_list_their_own_levels(analysis, lowest, listed, focus):
    levels = tuple(
        replace(lv, name=name) for lv, name in zip(analysis.spine.levels, lowest, strict=False)
    )
    findings = tuple(replace(f, level=lowest[0]) for f in analysis.findings[:1]) + tuple(
        replace(f, level=lowest[1]) for f in analysis.findings[:1]
    )
    changed = replace(analysis, spine=replace(analysis.spine, levels=levels), findings=findings)
    assert level_names(changed) == listed
    assert focus_levels(changed) == focus


def test_findings_are_cited_in_words(analysis):
    ids = [*analysis.relation.roots[1].because, "unheard-of"]
    assert cited(analysis, ids) == (
        "L4-L5 right foraminal stenosis (Lee 2010 (foramen): 3)",
        "unheard-of",
    )
