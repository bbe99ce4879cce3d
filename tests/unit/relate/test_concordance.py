"""Complaint against findings: fixed words, side by side, and no tier ever moved."""

from __future__ import annotations

import json

import pytest

from cauda.errors import UsageError
from cauda.records import AxialSlice, Conus, Finding, Numbering, Spine
from cauda.relate import read_symptoms, relate
from cauda.vocab import Condition, Level, Scale, Side

SPINE = Spine(
    vertebrae=(),
    levels=(),
    instances={},
    numbering=Numbering(state="conventional", reasons=(), lumbar_count=5),
    conus=Conus(level=None, tip_lps=None, reason="not needed here"),
    axial_slices=tuple(
        AxialSlice(series="ax", slice=i, level=lv, angle_deg=0.0, distance_mm=0.0)
        for i, lv in enumerate(Level)
    ),
)


def recess(level: str, side: Side, grade: str = "2") -> Finding:
    return Finding(
        id=f"{level}/recess/{side}", condition=Condition.SUBARTICULAR_STENOSIS,
        level=Level(level), scale=Scale.BARTYNSKI, grade=grade, rule="test", certainty="high",
        side=side,
    )  # fmt: skip


def canal(level: str) -> Finding:
    return Finding(
        id=f"{level}/canal", condition=Condition.CANAL_STENOSIS, level=Level(level),
        scale=Scale.LEE_CANAL, grade="2", rule="test", certainty="high",
    )  # fmt: skip


def held(text: str, *findings: Finding) -> list[dict]:
    symptoms = relate(findings, SPINE, symptoms=read_symptoms(text)).symptoms
    return [c for c in symptoms["concordance"] if "outer foot" in c["clue"]]


LEFT_S1 = recess("L5-S1", Side.LEFT)


@pytest.mark.parametrize(
    ("text", "findings", "verdict", "words"),
    [
        ("numb outer left foot", [LEFT_S1], "compatible", "compatible with S1 left at L5-S1"),
        ("numb outer right foot", [LEFT_S1], "discordant", "on the other side"),
        ("numb outer left foot", [recess("L4-L5", Side.LEFT)], "atypical", "not excluded"),
        ("numb outer left foot", [], "no_match", "a root cause is not excluded"),
        ("numb outer left foot", [recess("L2-L3", Side.LEFT)], "no_match", "not excluded"),
        ("numb outer left foot", [canal("L3-L4")], "compatible", "cauda equina left at L3-L4"),
        ("numb outer foot", [LEFT_S1], "compatible", "side of the complaint not stated"),
    ],
)
def test_the_verdict_and_its_words(text: str, findings, verdict: str, words: str) -> None:
    (found,) = held(text, *findings)
    assert found["verdict"] == verdict
    assert words in found["text"]
    assert "explained by" not in found["text"]
    assert found["because"] == ((findings[0].id,) if verdict != "no_match" else ())


def test_central_stenosis_below_a_root_does_not_reach_it() -> None:
    relation = relate(
        (canal("L5-S1"),), SPINE, symptoms=read_symptoms("cannot lift my left big toe")
    )
    toe = next(c for c in relation.symptoms["concordance"] if "big toe" in c["clue"])
    assert toe["verdict"] == "no_match"


def test_both_sides_are_held_apart() -> None:
    right, left = held("numb outer foot on both sides", LEFT_S1)
    assert (right["side"], right["verdict"]) == ("right", "discordant")
    assert (left["side"], left["verdict"]) == ("left", "compatible")


def test_a_finding_without_a_matching_symptom_is_said() -> None:
    other = recess("L4-L5", Side.RIGHT)
    symptoms = relate((LEFT_S1, other), SPINE, symptoms=read_symptoms("numb outer left foot"))
    (line,) = symptoms.symptoms["unmatched_findings"]
    assert line.startswith("L5 right at L4-L5")


def test_symptoms_never_change_roots_tiers_or_base_rates() -> None:
    findings = (LEFT_S1, canal("L3-L4"))
    alone = relate(findings, SPINE, age_years=52)
    told = relate(findings, SPINE, age_years=52, symptoms=read_symptoms("numb outer left foot"))
    assert alone.roots == told.roots
    assert alone.base_rates == told.base_rates
    assert alone.symptoms is None


def test_red_flags_of_the_complaint_stand_before_the_scan() -> None:
    relation = relate(
        (LEFT_S1,), SPINE, symptoms=read_symptoms("numb left foot, cannot pass urine")
    )
    first = relation.red_flags[0]
    assert first.tier == "emergency"
    assert first.triggers == ("bladder: bladder change",)
    assert {f.answered for f in relation.red_flags}.isdisjoint({"none", "no", ""})


def test_the_answer_is_plain_json_and_can_be_given_again() -> None:
    given = read_symptoms("numb outer left foot at night, zeppelin")
    assert given["unread"] == ["zeppelin"]
    first = relate((LEFT_S1,), SPINE, symptoms=given).symptoms
    again = relate((LEFT_S1,), SPINE, symptoms=json.loads(json.dumps(first))).symptoms
    assert again == first


def test_fields_and_words_come_to_the_same() -> None:
    fields = {"symptoms": [{"site": ["outer_foot"], "quality": ["numb"], "side": "left"}]}
    by_field = relate((LEFT_S1,), SPINE, symptoms=fields).symptoms
    by_words = relate((LEFT_S1,), SPINE, symptoms={"text": "numb outer left foot"}).symptoms
    assert by_field["concordance"] == by_words["concordance"]
    assert [c["id"] for c in by_field["candidates"]] == [c["id"] for c in by_words["candidates"]]


@pytest.mark.parametrize(
    ("symptoms", "message"),
    [
        ({"complaint": "numb"}, "give 'text', 'symptoms' or 'mentions'"),
        ({"symptoms": [{"place": ["toe"]}]}, "Unknown field 'place'"),
        ({"symptoms": [{"site": ["elbow"]}]}, "Unknown symptom 'elbow'"),
        ({"symptoms": [{"site": ["toes"], "side": "port"}]}, "'port' is not allowed"),
        ({"symptoms": [{"weakness": {"inversion": 7}}]}, "from 0 to 5"),
        ({"text": "numb left foot", "side": "right"}, "says left, but the side given is right"),
    ],
)
def test_what_cannot_be_understood_is_refused(symptoms: dict, message: str) -> None:
    with pytest.raises(UsageError, match=message):
        relate((), SPINE, symptoms=symptoms)
