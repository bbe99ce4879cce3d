"""Written presentations: the first cause, every emergency, few false alarms, never a wrong side."""

from __future__ import annotations

import sys
import tomllib
from functools import cache
from pathlib import Path

import pytest

from cauda.relate import explain_symptom, read

HERE = Path(__file__).parent
NAMES = ("", "_second", "_third", "_fourth", "_fresh", "_fresh_second", "_fresh_third")
FILES = tuple(f"vignettes{name}.toml" for name in NAMES)
FLOORS = {
    "vignettes_held_out.toml": (24, 14, 0),
    "vignettes_fresh_fourth.toml": (20, 20, 1),
}
"""First causes and emergencies at least, false emergencies at most: the first set was never used
to change a rule, the second hardly; their first scores are in docs/concepts/symptoms.md."""
HELD_OUT = [v for name in FLOORS for v in tomllib.loads((HERE / name).read_text())["vignettes"]]
SETS = {name: tomllib.loads((HERE / name).read_text())["vignettes"] for name in FILES}
EVERY = [vignette for name in FILES for vignette in SETS[name]]

SECTION_11 = [
    "bladder", "bowel", "saddle", "bilateral_deficit", "sexual_dysfunction", "sudden_onset",
    "bilateral_new", "fever_with_back_pain", "sepsis_or_iv_drugs", "trauma_with_deficit",
    "cancer_with_new_deficit", "upper_motor_neuron_or_sensory_level",
    "recent_spinal_procedure_or_anticoagulation_with_deficit",
    "sudden_back_or_abdominal_pain_with_collapse", "cold_pale_pulseless_foot",
    "ascending_weakness",
]  # fmt: skip


@cache
def explained(text: str):
    return explain_symptom(read(text))


def tier(text: str) -> str:
    flags = explained(text).red_flags
    return next((flag.tier for flag in flags if flag.triggers), "")


def first_cause(text: str) -> str:
    candidates = explained(text).candidates
    return candidates[0].id if candidates else ""


@pytest.mark.parametrize("name", FILES)
def test_the_first_cause_is_the_intended_one_in_nine_of_ten(name: str) -> None:
    asked = [v for v in SETS[name] if v["cause"]]
    missed = [
        (v["id"], first_cause(v["text"])) for v in asked if first_cause(v["text"]) != v["cause"]
    ]
    sys.stdout.write(f"{name}: {len(asked) - len(missed)} of {len(asked)} first causes\n")
    assert len(missed) <= 0.1 * len(asked), missed


def test_every_emergency_is_raised() -> None:
    asked = [v for v in EVERY if v["flag"] == "emergency"]
    assert [(v["id"], v["why"]) for v in asked if tier(v["text"]) != "emergency"] == []


def test_every_urgent_case_is_raised_at_least_so() -> None:
    asked = [v for v in EVERY if v["flag"] == "urgent"]
    assert [v["id"] for v in asked if tier(v["text"]) not in ("urgent", "emergency")] == []


def test_benign_look_alikes_are_seldom_called_emergencies() -> None:
    benign = [v for v in EVERY if v["group"] == "benign"]
    false = [v["id"] for v in benign if tier(v["text"]) == "emergency"]
    sys.stdout.write(f"{len(false)} false emergencies among {len(benign)} look-alikes\n")
    assert len(benign) >= 20
    assert len(false) <= 0.1 * len(benign), false


def test_no_side_is_wrong_or_invented() -> None:
    every = [*EVERY, *HELD_OUT]
    assert [
        v["id"] for v in every if explained(v["text"]).complaint.side not in ("", v["side"])
    ] == []


@pytest.mark.parametrize("name", FLOORS)
def test_on_words_nobody_wrote_it_for_the_reader_keeps_its_score(name: str) -> None:
    """Some emergencies stay unread, which is why the questions are always asked."""
    unseen = tomllib.loads((HERE / name).read_text())["vignettes"]
    causes, emergencies, false = FLOORS[name]
    assert sum(first_cause(v["text"]) == v["cause"] for v in unseen if v["cause"]) >= causes
    raised = [v for v in unseen if tier(v["text"]) == "emergency"]
    assert sum(v["flag"] == "emergency" for v in raised) >= emergencies
    assert sum(v["group"] == "benign" for v in raised) <= false


def test_what_was_not_recognized_is_asked_and_never_called_absent() -> None:
    for vignette in [*EVERY, *HELD_OUT]:
        answer = explained(vignette["text"])
        first = answer.red_flags[0]
        assert first.tier == "emergency", vignette["id"]
        assert "Seek emergency medical care now" in first.text, vignette["id"]
        assert first.triggers or "not asked" in first.answered, vignette["id"]
        assert answer.questions, vignette["id"]


def test_sides_are_seldom_missed() -> None:
    sided = [v for v in EVERY if v["side"]]
    missed = [v["id"] for v in sided if not explained(v["text"]).complaint.side]
    assert len(missed) <= 0.05 * len(sided), missed


def test_swapping_the_words_left_and_right_swaps_only_the_side() -> None:
    other = {"left": "right", "right": "left", "both": "both", "": ""}
    swap = str.maketrans({"\x00": "right", "\x01": "left"})
    for v in SETS["vignettes.toml"]:
        mirrored = v["text"].replace("Left", "left").replace("Right", "right")
        mirrored = mirrored.replace("left", "\x00").replace("right", "\x01").translate(swap)
        assert explained(mirrored).complaint.side == other[explained(v["text"]).complaint.side], v[
            "id"
        ]
        assert first_cause(mirrored) == first_cause(v["text"]), v["id"]
        assert tier(mirrored) == tier(v["text"]), v["id"]


def test_the_emergency_vignettes_raise_every_trigger() -> None:
    raised = {
        trigger.partition(":")[0]
        for v in EVERY
        if v["group"] == "emergency"
        for trigger in explained(v["text"]).red_flags[0].triggers
    }
    assert raised >= {*SECTION_11, "rapidly_worsening_foot_drop"}


def test_there_are_enough_of_each_kind() -> None:
    groups = [v["group"] for v in SETS["vignettes.toml"]]
    assert len(groups) >= 120
    for group in ("negation", "emergency", "peripheral", "benign"):
        assert groups.count(group) >= 20, group
    ids = [v["id"] for v in EVERY]
    assert len(ids) == len(set(ids))
