"""The safety rules on tiers, numbering, red flags and wording, one test each."""

from __future__ import annotations

import re

import pytest

from cauda.knowledge import CITABLE, rows
from cauda.records import AxialSlice, Conus, Finding, Numbering, Relation, Spine
from cauda.relate import relate
from cauda.vocab import UNKNOWN, Condition, Level, Root, Scale, Side, Zone

C = Condition


def spine(state: str = "conventional", *, count: int | None = 5, flags=(), axial=True) -> Spine:
    slices = [
        AxialSlice(series="ax", slice=i, level=lv, angle_deg=0.0, distance_mm=0.0)
        for i, lv in enumerate(Level)
    ]
    return Spine(
        vertebrae=(),
        levels=(),
        numbering=Numbering(state=state, reasons=(), lumbar_count=count, flags=flags),
        conus=Conus(level=None, tip_lps=None, reason="not needed here"),
        instances={},
        axial_slices=tuple(slices) if axial else (),
    )


def finding(condition: Condition, level: str, scale: Scale, grade: str, **fields) -> Finding:
    side = fields.get("side")
    id_ = "/".join(filter(None, (level, condition.value, side and side.value, scale.value)))
    return Finding(
        id=id_, condition=condition, level=Level(level), scale=scale, grade=grade, rule="test",
        certainty=fields.pop("certainty", "high"), **fields,
    )  # fmt: skip


def recess(level: str = "L5-S1", grade: str = "3", side: Side = Side.LEFT, **fields) -> Finding:
    return finding(C.SUBARTICULAR_STENOSIS, level, Scale.BARTYNSKI, grade, side=side, **fields)


def foramen(level: str = "L5-S1", grade: str = "3", side: Side = Side.LEFT, **fields) -> Finding:
    return finding(C.FORAMINAL_STENOSIS, level, Scale.LEE_FORAMEN, grade, side=side, **fields)


def canal(level: str, grade: str) -> Finding:
    return finding(C.CANAL_STENOSIS, level, Scale.LEE_CANAL, grade)


def tiers(relation: Relation) -> dict[tuple[str, str], int]:
    return {(k.root.value, k.side.value): k.tier for k in relation.roots}


# 14.1 and 14.2: the imaging flag comes from a grade, never from an area or a diameter


@pytest.mark.parametrize(
    ("scale", "grade", "raised"),
    [
        (Scale.LEE_CANAL, "3", True),
        (Scale.LEE_CANAL, "2", False),
        (Scale.SCHIZAS, "C", True),
        (Scale.SCHIZAS, "D", True),
        (Scale.SCHIZAS, "B", False),
        (Scale.RSNA, "severe", True),
        (Scale.RSNA, "moderate", False),
    ],
)
def test_14_1_imaging_flag_from_the_grade(scale: Scale, grade: str, raised: bool) -> None:
    relation = relate((finding(C.CANAL_STENOSIS, "L2-L3", scale, grade),), spine())
    flags = [f for f in relation.red_flags if f.tier == "imaging"]
    assert bool(flags) is raised
    if raised:
        assert "at L2-L3." in flags[0].text
        assert flags[0].triggers == (f"L2-L3/canal_stenosis/{scale.value}",)


def test_14_1_severe_foramen_or_recess_raises_no_imaging_flag() -> None:
    relation = relate((foramen(), recess()), spine())
    assert "imaging" not in {f.tier for f in relation.red_flags}


def test_14_2_central_compression_at_the_cord_speaks_of_foot_bladder_and_bowel() -> None:
    link = relate((canal("T12-L1", "3"),), spine()).roots[0]
    assert link.root is Root.CAUDA
    assert any("cord or conus" in note for note in link.notes)
    assert "bladder and bowel" in " ".join(link.associated.weakness)


@pytest.mark.parametrize("level", ["L1-L2", "L2-L3", "L3-L4"])
def test_14_2_isolated_exiting_upper_roots_are_listed_but_predict_nothing(level: str) -> None:
    (link,) = relate((foramen(level),), spine()).roots
    assert link.root in (Root.L1, Root.L2, Root.L3)
    assert any("predicts nothing in the foot" in note for note in link.notes)
    assert "no foot symptom" in " ".join(link.associated.sensation)


# 14.5: numbering


@pytest.mark.parametrize("state", ["verified", "conventional"])
def test_14_5_sure_or_conventional_numbering_widens_nothing(state: str) -> None:
    assert tiers(relate((recess(),), spine(state))) == {("S1", "left"): 3}


@pytest.mark.parametrize(
    "uncertain",
    [
        spine("uncertain"),
        spine("conventional", count=6),
        spine("verified", count=4),
        spine("conventional", flags=("lstv",)),
    ],
)
def test_14_5_uncertain_numbering_widens_by_one_and_caps_at_possible(uncertain: Spine) -> None:
    relation = relate((foramen("L5-S1", "3"),), uncertain)
    assert tiers(relation) == {("L4", "left"): 1, ("L5", "left"): 1, ("S1", "left"): 1}
    widened = {k.root.value: k.widened for k in relation.roots}
    assert widened == {"L4": True, "L5": False, "S1": True}
    assert all(any("numbering is uncertain" in n for n in k.notes) for k in relation.roots)


def test_14_5_uncertain_numbering_keeps_the_cauda_link() -> None:
    relation = relate((canal("L4-L5", "3"),), spine("uncertain"))
    assert tiers(relation) == {("cauda equina", "right"): 1, ("cauda equina", "left"): 1}


def test_relative_levels_name_no_root_but_say_so() -> None:
    relation = relate((recess("D1"), canal("D2", "3")), spine("uncertain", count=None))
    assert {k.root for k in relation.roots} == {Root.CAUDA}
    assert any("Lateral recess, left at D1" in line for line in relation.not_assessed)


def test_transitional_levels_carry_the_conflict() -> None:
    relation = relate((recess("L5-L6"),), spine("uncertain", count=6))
    assert set(tiers(relation)) == {("L5", "left"), ("S1", "left"), ("S2", "left")}
    assert any("reports conflict" in note for note in relation.roots[0].notes)


# 14.6: tiers


@pytest.mark.parametrize(("grade", "tier"), [("0", None), ("1", 1), ("2", 2), ("3", 3)])
def test_14_6_tier_follows_the_grade(grade: str, tier: int | None) -> None:
    found = tiers(relate((recess(grade=grade),), spine()))
    assert found == ({("S1", "left"): tier} if tier else {})


@pytest.mark.parametrize(("grade", "tier"), [("1", 1), ("2", 1), ("3", 2)])
def test_14_6_sagittal_only_lowers_the_recess_never_below_possible(grade: str, tier: int) -> None:
    assert tiers(relate((recess(grade=grade),), spine(axial=False))) == {("S1", "left"): tier}
    said = recess(grade=grade, detail="Sagittal-only estimate")
    assert tiers(relate((said,), spine())) == {("S1", "left"): tier}


def test_14_6_sagittal_only_does_not_lower_the_foramen() -> None:
    assert tiers(relate((foramen(),), spine(axial=False))) == {("L5", "left"): 3}


def test_14_6_low_certainty_lowers_one_tier_and_says_so() -> None:
    (link,) = relate((foramen(certainty="low"),), spine()).roots
    assert link.tier == 2
    assert any("low certainty" in note for note in link.notes)


@pytest.mark.parametrize(
    "alone",
    [
        finding(C.DISC_BULGE, "L4-L5", Scale.PRESENCE, "present"),
        finding(C.DISC_CONTOUR, "L4-L5", Scale.FARDON, "bulge"),
        finding(C.DISC_CONTOUR, "L4-L5", Scale.FARDON, "displaced"),
        finding(C.DISC_NARROWING, "L4-L5", Scale.PRESENCE, "present"),
        finding(C.SPONDYLOLISTHESIS, "L4-L5", Scale.PRESENCE, "present"),
        finding(C.SPONDYLOLISTHESIS, "L4-L5", Scale.MEYERDING, "II"),
        finding(C.DISC_DEGENERATION, "L4-L5", Scale.PFIRRMANN, "V"),
        finding(C.ENDPLATE_CHANGE, "L4-L5", Scale.MODIC, "1"),
    ],
)
def test_14_6_bulge_narrowing_or_slip_alone_links_no_root(alone: Finding) -> None:
    assert relate((alone,), spine()).roots == ()


def test_14_6_a_small_central_protrusion_is_not_the_cauda() -> None:
    hernia = finding(C.DISC_HERNIATION, "L4-L5", Scale.PRESENCE, "present", zone=Zone.CENTRAL)
    alone = relate((hernia,), spine())
    assert alone.roots == ()
    assert any("contact with the passing roots" in line for line in alone.not_assessed)
    touching = tiers(relate((hernia, canal("L4-L5", "1")), spine()))
    assert touching == {("L5", "right"): 1, ("L5", "left"): 1}


def test_contact_on_one_side_links_that_side_only() -> None:
    hernia = finding(C.DISC_HERNIATION, "L4-L5", Scale.PRESENCE, "present", zone=Zone.CENTRAL)
    touch = finding(C.ROOT_COMPROMISE, "L4-L5", Scale.ROOT_CONTACT, "1", side=Side.RIGHT)
    assert tiers(relate((hernia, touch), spine())) == {("L5", "right"): 1}


def test_an_undecided_side_lists_both_and_says_so() -> None:
    hernia = finding(C.DISC_HERNIATION, "L5-S1", Scale.PRESENCE, "present", detail="sagittal only")
    relation = relate((hernia,), spine())
    assert tiers(relation) == {("S1", "right"): 1, ("S1", "left"): 1}
    assert all(any("not decided" in n for n in k.notes) for k in relation.roots)
    clear = recess("L5-S1", "0", Side.RIGHT)
    assert tiers(relate((hernia, clear), spine())) == {("S1", "left"): 1}


def test_mild_central_stenosis_leaves_out_a_side_whose_recess_is_clear() -> None:
    mild, left = canal("L5-S1", "1"), recess("L5-S1", "2", Side.LEFT)
    right = recess("L5-S1", "0", Side.RIGHT)
    assert tiers(relate((mild,), spine())) == {("S1", "right"): 1, ("S1", "left"): 1}
    assert tiers(relate((mild, left, right), spine())) == {("S1", "left"): 2}
    clear = (right, recess("L5-S1", "0", Side.LEFT))
    assert tiers(relate((mild, *clear), spine())) == {("S1", "right"): 1, ("S1", "left"): 1}


def test_a_fragment_above_the_disc_reaches_the_exiting_root_too() -> None:
    hernia = finding(
        C.DISC_HERNIATION, "L4-L5", Scale.PRESENCE, "present",
        zone=Zone.SUBARTICULAR, side=Side.LEFT, migration="cranial",
    )  # fmt: skip
    assert tiers(relate((hernia,), spine())) == {("L4", "left"): 1, ("L5", "left"): 1}


def test_14_6_tier_3_wording() -> None:
    (link,) = relate((recess(),), spine()).roots
    assert link.tier_text == "marked compromise; may be relevant if symptoms match"


def test_several_findings_make_one_link_with_the_strongest_first() -> None:
    weak, strong = recess("L4-L5", "1", Side.RIGHT), foramen("L5-S1", "3", Side.RIGHT)
    (link,) = relate((weak, strong), spine()).roots
    assert (link.root, link.tier, link.level) == (Root.L5, 3, Level.L5_S1)
    assert link.because == (strong.id, weak.id)


# 14.7 and 14.8: wording


def test_14_8_the_emergency_text_stands_first_and_was_not_asked() -> None:
    relation = relate((canal("L4-L5", "3"),), spine())
    first = relation.red_flags[0]
    assert (first.tier, first.answered, first.triggers) == ("emergency", "not asked", ())
    for word in ("Bladder or bowel", "sexual", "fever", "injury", "both legs", "Do not wait"):
        assert word in first.text
    assert {f.answered for f in relation.red_flags} == {"not asked"}


FORBIDDEN = re.compile(
    r"no emergency|not an emergency|nothing to worry|reassur|explained by|harmless|you have\b", re.I
)


@pytest.mark.parametrize(
    ("file", "table"),
    [
        ("red_flags.toml", "texts"), ("relate_wording.toml", "wording"),
        ("roots.toml", "associated"),
        ("root_gaps.toml", "wording"), ("zone_roots.toml", "notes"),
        ("evidence.toml", "evidence"), ("differentials.toml", "differentials"),
    ],
)  # fmt: skip
def test_14_7_no_fixed_text_reassures_or_explains_away(file: str, table: str) -> None:
    for row in rows(file, table):
        texts = [
            t
            for field in row.values
            for t in row.texts(field)
            if isinstance(row.values[field], str | tuple)
        ]
        assert not FORBIDDEN.search(" ".join(texts)), row.place


# Unknown is never none


def test_an_unknown_finding_is_not_assessed_never_none() -> None:
    unknown = Finding(
        id="x", condition=C.SUBARTICULAR_STENOSIS, level=Level.L4_L5, scale=Scale.BARTYNSKI,
        grade=UNKNOWN, rule="test", certainty="low", side=Side.LEFT,
        reason_unknown="no axial slice covers this disc",
    )  # fmt: skip
    relation = relate((unknown,), spine())
    assert relation.roots == ()
    wanted = "Lateral recess at L4-L5 left: not assessed. No axial slice covers this disc."
    assert wanted in relation.not_assessed


def test_what_no_finding_speaks_of_is_not_assessed_either() -> None:
    lines = relate((canal("L4-L5", "0"),), spine()).not_assessed
    assert any(line.startswith("Foramen at L1-L2 right and left, L2-L3") for line in lines)
    central = next(line for line in lines if line.startswith("Central canal"))
    assert "L4-L5" not in central
    assert "L5-S1" in central


# 14.14 and base rates


def test_14_14_no_age_no_decade() -> None:
    assert relate((), spine()).base_rates == ()


@pytest.mark.parametrize(
    ("age", "said", "unsaid"),
    [
        (55, ("degeneration in 80 %", "bulge in 60 %", "protrusion in 36 %", "slip"), ()),
        (40, ("degeneration in 68 %",), ("spondylolisthesis",)),
        (65, ("spondylolisthesis in 23 %",), ("degeneration", "bulge")),
        (72, (), ("in",)),
        (85, ("degeneration in 96 %", "protrusion in 43 %"), ("spondylolisthesis",)),
        (17, (), ("in",)),
    ],
)
def test_base_rates_print_only_figures_that_were_read(age: float, said, unsaid) -> None:
    slip = finding(C.SPONDYLOLISTHESIS, "L4-L5", Scale.PRESENCE, "present")
    text = " ".join(relate((slip,), spine(), age_years=age).base_rates)
    said = tuple("spondylolisthesis in 14 %" if s == "slip" else s for s in said)
    for part in said:
        assert part in text
    for part in unsaid:
        assert part not in text


def test_remembered_or_chosen_figures_never_stand_in_evidence() -> None:
    shown = " ".join(relate((recess(), foramen()), spine()).roots[0].evidence)
    for row in rows("evidence.toml", "evidence"):
        if row.evidence not in CITABLE:
            assert row.text("text") not in shown
    assert "(" in shown


def test_every_other_cause_is_always_listed_with_its_test() -> None:
    causes = relate((), spine()).other_causes
    assert len(causes) >= 12
    assert all("Told apart by:" in cause for cause in causes)
