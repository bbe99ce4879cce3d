"""Both directions of the explanation, as records and as lines."""

from __future__ import annotations

import subprocess
import sys

import pytest

from cauda.relate import Symptom, complaint_of, explain_finding, explain_symptom, read, with_side
from cauda.relate.explain_text import place_lines, symptom_lines
from cauda.vocab import Level, Root, Side, Zone


def test_a_place_names_root_side_and_what_to_expect() -> None:
    explanation = explain_finding(Level.L5_S1, Zone.SUBARTICULAR, Side.LEFT)
    (reached,) = explanation.reached
    assert (reached.root, reached.side, reached.reaches_foot) == (Root.S1, Side.LEFT, True)
    assert "outer border of the foot" in reached.associated.sensation[0]
    lines = place_lines(explanation)
    assert lines[0].startswith("EMERGENCY (not asked)")
    assert any(line.strip() == "S1 root, left" for line in lines)


def test_a_central_place_speaks_of_every_passing_root() -> None:
    explanation = explain_finding(Level.L4_L5, Zone.CENTRAL)
    assert {(r.root, r.side) for r in explanation.reached} == {
        (Root.L5, Side.LEFT), (Root.L5, Side.RIGHT)
    }  # fmt: skip
    assert any("L5 to S4" in note and "bladder" in note for note in explanation.notes)


@pytest.mark.parametrize(
    ("level", "zone"), [(Level.D1, Zone.FORAMINAL), (Level.L4_L5, Zone.ANTERIOR)]
)
def test_a_place_without_a_root_says_so(level: Level, zone: Zone) -> None:
    explanation = explain_finding(level, zone, Side.LEFT)
    assert explanation.reached == ()
    assert any("No leg root" in note for note in explanation.notes)


def test_upper_roots_are_named_but_reach_no_foot() -> None:
    (reached,) = explain_finding(Level.L2_L3, Zone.FORAMINAL, Side.RIGHT).reached
    assert (reached.root, reached.reaches_foot) == (Root.L2, False)


def test_candidates_come_with_levels_clues_and_a_test() -> None:
    explanation = explain_symptom(read("numb outer left foot, no back pain, normal ankle jerk"))
    sural = explanation.candidates[0]
    assert (sural.id, sural.kind, sural.levels) == ("sural", "other", ())
    assert "ankle jerk is normal" in sural.speaks_for
    assert "S1" not in [c.id for c in explanation.candidates]


def test_what_speaks_against_a_root_is_shown() -> None:
    explanation = explain_symptom(read("numb outer left foot and heel, no back pain"))
    s1 = next(c for c in explanation.candidates if c.id == "S1")
    assert "no back pain" in s1.speaks_against


def test_among_roots_a_calf_or_toe_cramp_lists_s1_first() -> None:
    roots = [c for c in explain_symptom(read("night toe cramps")).candidates if c.kind == "root"]
    assert [c.id for c in roots] == ["S1", "L5"]
    assert roots[0].levels == ("L5-S1 recess",)


def test_open_questions_shrink_with_answers_but_never_vanish() -> None:
    silent = explain_symptom(read("numb foot")).questions
    denied = explain_symptom(read("numb foot, no bladder or bowel trouble")).questions
    assert len(silent) - len(denied) == 2
    assert denied


def test_lines_put_red_flags_first_then_the_reading_and_list_unread_words() -> None:
    lines = symptom_lines(explain_symptom(read("numb zeppelin foot, cannot pass urine")))
    assert lines[0].startswith("EMERGENCY (reported")
    assert lines[1] == "  ! bladder change"
    assert any("Words not read: zeppelin" in line for line in lines)
    text = "\n".join(lines)
    assert "explained by" not in text
    assert text.endswith("A qualified person must examine the patient.")


def test_nothing_read_excludes_nothing() -> None:
    text = "\n".join(symptom_lines(explain_symptom(read("zeppelin"))))
    assert "a root cause is not excluded" in text
    assert "not asked" in text


def test_a_side_given_apart_is_taken_for_limbs_only() -> None:
    complaint = with_side(read("night toe cramps and a bladder change"), "right")
    sides = {m.concept: m.side for m in complaint.mentions}
    assert (sides["cramp"], sides["bladder"]) == ("right", "")


def test_structured_weakness_raises_the_urgent_flag() -> None:
    weak = Symptom(side="left", weakness={"dorsiflexion": 2}, reflex={"ankle_jerk": "normal"})
    explanation = explain_symptom(complaint_of([weak]))
    triggers = {f.tier: f.triggers for f in explanation.red_flags}["urgent"]
    assert any(t.startswith("mrc_le_3") for t in triggers)
    assert explanation.candidates[0].id in ("L5", "peroneal")


@pytest.mark.parametrize(
    ("first", "second"),
    [("numb outer left foot", "numb outer right foot"), ("left foot drop", "right foot drop")],
)
def test_sides_do_not_change_what_is_ranked(first: str, second: str) -> None:
    ids = [[c.id for c in explain_symptom(read(t)).candidates] for t in (first, second)]
    assert ids[0] == ids[1]


def test_explaining_needs_no_imaging_library() -> None:
    code = (
        "import sys; from cauda.relate import explain_symptom, read; explain_symptom(read('numb'));"
        "print([m for m in ('torch', 'scipy', 'pydantic', 'SimpleITK') if m in sys.modules])"
    )
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert out.stdout.strip() == "[]"
