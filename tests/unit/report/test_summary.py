from __future__ import annotations

import html
import re
import sys
import xml.etree.ElementTree as ET
from dataclasses import replace
from functools import cache
from itertools import pairwise

import pytest

from cauda.errors import UsageError
from cauda.knowledge import rows
from cauda.records import Finding, RootLink
from cauda.relate import read_symptoms, relate
from cauda.report import pdf, summary_html, write_reports
from cauda.report.feet import feet_svg, view_svg
from cauda.report.footshape import VIEWS
from cauda.report.summary_reading import reading_grade
from cauda.report.summary_roots import root_views, silent_roots
from cauda.report.summary_said import said
from cauda.report.summary_symptoms import reported
from cauda.settings import FORMATS, Settings
from cauda.vocab import Condition, Level, Root, Scale, Side, Zone

COMPLAINT = (
    "numb outer foot and little toe on the left, night cramps in the left calf, "
    "top of right foot tingles, no fever, frobnication"
)
EMERGENCY = "numb between the legs since yesterday, cannot lift my left foot"
NEVER = (
    "explained by", "no emergency", "nothing to worry", "not serious", "harmless", "all clear",
    "reassur", "rule out the", "surgery is", "you should take", "exercise", "physiotherapy",
    "recommended",
)  # fmt: skip


def finding(level, condition, scale, grade, side=None, zone=None):
    parts = [level.value, condition.value, *([side.value] if side else []), scale.value]
    return Finding(
        id="/".join(parts), condition=condition, level=level, scale=scale, grade=grade,
        rule="r", certainty="moderate", side=side, zone=zone,
    )  # fmt: skip


def foramen(level, side, grade):
    kind = Condition.FORAMINAL_STENOSIS
    return finding(level, kind, Scale.LEE_FORAMEN, grade, side, Zone.FORAMINAL)


def recess(level, side, grade):
    kind = Condition.SUBARTICULAR_STENOSIS
    return finding(level, kind, Scale.BARTYNSKI, grade, side, Zone.SUBARTICULAR)


MANY = (
    recess(Level.L4_L5, Side.RIGHT, "2"),
    recess(Level.L5_S1, Side.LEFT, "3"),
    recess(Level.L5_S1, Side.RIGHT, "1"),
    foramen(Level.L2_L3, Side.LEFT, "1"),
    foramen(Level.L3_L4, Side.RIGHT, "1"),
    finding(
        Level.L4_L5, Condition.CANAL_STENOSIS, Scale.LEE_CANAL, "3", zone=Zone.CENTRAL
    ),
)  # fmt: skip


@pytest.fixture(scope="session")
def made(analysis):
    @cache
    def make(complaint=None, extra=None, *, age=52.0, uncertain=False):
        findings = analysis.findings
        if extra is not None:
            ids = {f.id for f in extra}
            findings = (*(f for f in findings if f.id not in ids), *extra)
        spine = analysis.spine
        if uncertain:
            spine = replace(
                spine, numbering=replace(spine.numbering, state="uncertain", lumbar_count=6)
            )
        symptoms = read_symptoms(complaint) if complaint else None
        relation = relate(findings, spine, age_years=age, symptoms=symptoms)
        study = replace(analysis.study, age_years=age)
        return replace(analysis, study=study, findings=findings, spine=spine, relation=relation)

    return make


def visible(page: str) -> str:
    page = re.sub(r"<(style|svg|title)\b.*?</\1>", "", page, flags=re.DOTALL)
    page = re.sub(r"\s+", " ", page)
    page = re.sub(r"</(p|li|h\d|dt|dd|td|th|tr|article)>", "\n", page)
    return html.unescape(re.sub(r"<[^>]+>", "", page))


def section(page: str, id_: str) -> str:
    return visible(page.split(f'id="{id_}"', 1)[1].split("</section>", 1)[0])


AUDIENCES = ("clinician", "patient")
CASES = [(None, None, False), (COMPLAINT, None, False), (EMERGENCY, MANY, False),
         (None, (), True), (None, MANY, True)]  # fmt: skip


@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("case", CASES, ids=["plain", "told", "emergency", "uncertain", "many"])
def test_no_page_reassures_advises_or_names_the_patient(made, audience, case):
    complaint, extra, uncertain = case
    page = summary_html(made(complaint, extra, uncertain=uncertain), audience)
    text = visible(page).lower()
    assert not [words for words in NEVER if words in text]
    for secret in ("SECRET-7", "Doe", "1.2.3.4.5"):
        assert secret not in page
    assert "src=" not in page
    assert "http" not in re.sub(r'xmlns="[^"]+"', "", page)


@pytest.mark.parametrize("audience", AUDIENCES)
def test_the_research_line_stands_on_the_page_and_below_every_printed_one(made, audience):
    page = summary_html(made(), audience)
    line = re.search(r'@bottom-left \{ content: "(FOR RESEARCH ONLY|RESEARCH USE ONLY)', page)
    assert line
    assert visible(page).lower().count("research") >= 2


@pytest.mark.parametrize("audience", AUDIENCES)
def test_headings_go_down_step_by_step_and_red_flags_come_first(made, audience):
    page = summary_html(made(COMPLAINT), audience)
    levels = [int(n) for n in re.findall(r"<h(\d)", page)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b - a <= 1 for a, b in pairwise(levels))
    assert re.findall(r'<h2 id="([\w-]+)"', page)[0] == "flags"


def test_every_emergency_question_reads_not_asked_until_someone_asked(made):
    page = summary_html(made())
    flags = section(page, "flags")
    asked = {r.text("question") for r in rows("red_flags.toml", "triggers")
             if r.text("tier") == "emergency"}  # fmt: skip
    assert all(question in flags for question in asked)
    assert flags.count("not asked") == 3
    assert "Not asked:" in flags
    assert "Reported" not in flags


def test_what_was_reported_and_denied_is_told_apart(made):
    flags = section(summary_html(made(f"{EMERGENCY}, no fever")), "flags")
    reported_line = next(
        line for line in flags.splitlines() if line.strip().startswith("Reported:")
    )
    assert "between the legs" in reported_line
    assert "Raised by: saddle numbness" in flags


def test_roots_stand_once_l5_and_s1_first_with_both_sides(made):
    analysis = made(extra=MANY)
    names = [view.name for view in root_views(analysis)]
    assert names[:2] == ["L5", "S1"]
    assert len(names) == len(set(names))
    s1 = root_views(analysis)[1]
    assert [(line.side, line.tier) for line in s1.sides] == [("right", 1), ("left", 3)]
    assert silent_roots(analysis.relation.roots) == "L2 left, L3 right"


def test_a_root_alike_on_both_sides_takes_one_line(made):
    cauda = next(v for v in root_views(made(extra=MANY)) if v.name == "Cauda equina")
    assert [line.side for line in cauda.sides] == ["right and left"]


def test_swapping_sides_swaps_the_page(made):
    def swapped(link: RootLink) -> RootLink:
        return replace(link, side=link.side.opposite)

    analysis = made(extra=MANY)
    links = tuple(swapped(k) for k in analysis.relation.roots)
    mirror = replace(analysis, relation=replace(analysis.relation, roots=links))
    before = {(v.name, s.side, s.tier) for v in root_views(analysis) for s in v.sides}
    after = {(v.name, s.side, s.tier) for v in root_views(mirror) for s in v.sides}
    turn = {"left": "right", "right": "left", "right and left": "right and left"}
    assert after == {(name, turn[side], tier) for name, side, tier in before}


def test_nothing_remembered_or_chosen_here_stands_without_its_mark(made):
    for view in root_views(made(extra=MANY)):
        root = view.name if view.name != "Cauda equina" else "cauda equina"
        held = [r for r in rows("roots.toml", "associated") if r.text("root") == root]
        citable = {t for r in held if r.is_citable for t in r.texts("texts")}
        for _, texts in view.expect:
            assert all(bool(s.source) == (s.text in citable) for s in texts)
    page = summary_html(made(extra=MANY))
    assert page.count('href="#dagger"') > 5
    assert 'id="dagger"' in page


def test_a_remembered_figure_is_left_out():
    pad = next(r for r in rows("differentials.toml", "differentials") if r.id == "pad")
    assert not pad.is_citable
    assert said(pad.text("test"), pad).text == "foot pulses and ankle-brachial index"


def test_every_source_number_leads_to_a_source(made):
    page = summary_html(made(COMPLAINT, MANY))
    cited = {int(n) for n in re.findall(r'href="#source-(\d+)"', page)}
    listed = {int(n) for n in re.findall(r'id="source-(\d+)"', page)}
    assert cited == listed
    assert cited == set(range(1, len(cited) + 1))


def test_only_uncertain_numbering_widens_and_the_page_says_so(made):
    sure, unsure = (summary_html(made(extra=MANY, uncertain=u)) for u in (False, True))
    assert "neighboring roots are listed too" not in sure
    assert "neighboring roots are listed too" in unsure
    assert "may be off by one level" in unsure
    assert {
        line.tier for v in root_views(made(extra=MANY, uncertain=True)) for line in v.sides
    } == {1}


def test_symptoms_are_compared_in_the_fixed_words(made):
    told = section(summary_html(made(COMPLAINT)), "symptoms")
    assert "compatible with" in told
    assert "Words not read: frobnication" in told
    assert "no fever" in told
    silent = section(summary_html(made()), "symptoms")
    assert "nothing was compared" in silent
    assert "compatible" not in silent


def test_no_age_gives_no_base_rate(made):
    assert "In people around" not in summary_html(made(age=None))
    assert "In people around 50" in summary_html(made())
    assert "Of 100 people of about 50 years" in summary_html(made(), "patient")
    assert "age is not known" in summary_html(made(age=None), "patient")


@pytest.mark.parametrize(
    ("complaint", "side", "regions"),
    [
        ("numb outer foot on the left", Side.LEFT, {"lateral_border"}),
        ("tingling on the top of my right foot", Side.RIGHT, {"dorsum"}),
        ("my toes cramp at night on the left", Side.LEFT, {"toe1_dorsal", "toe5_plantar"}),
    ],
)
def test_reported_sites_are_marked_on_their_own_side_only(complaint, side, regions):
    marked = reported(read_symptoms(complaint))
    assert regions <= set(marked[side])
    assert not marked[side.opposite]


def test_no_side_is_marked_where_none_was_said(made):
    assert not any(reported(read_symptoms("numb outer foot")).values())
    assert "Without a side" in summary_html(made("numb outer foot"))


@pytest.mark.parametrize("view", VIEWS, ids=lambda v: v.name)
def test_each_view_has_right_at_the_left_its_marks_and_its_words(made, view):
    links = made(extra=MANY).relation.roots
    svg = view_svg(view, links, {Side.LEFT: ("heel", "dorsum"), Side.RIGHT: ()})
    tree = ET.fromstring(svg)
    heads = [t for t in tree.iter() if t.get("class") == "foot-side"]
    assert [t.text for t in heads] == ["R", "L"]
    assert float(heads[0].get("x")) < float(heads[1].get("x"))
    marks = [p for p in tree.iter() if p.get("class") == "reported"]
    drawn = {r.id for r in view.regions} & {"heel", "dorsum"}
    assert len(marks) == len(drawn)
    assert "Reported on the left: heel" in svg


def test_no_two_drawings_of_a_page_share_an_id(made):
    page = summary_html(made(COMPLAINT, MANY))
    ids = re.findall(r'\bid="([^"]+)"', page)
    assert len(ids) == len(set(ids))


def test_the_whole_drawing_spells_out_its_sign_for_the_cauda(made):
    assert "CE: cauda equina" in feet_svg(made(extra=MANY).relation.roots)
    one = (replace(made().relation.roots[0], root=Root.S1),)
    assert "CE" not in feet_svg(one)


@pytest.mark.parametrize("case", CASES, ids=["plain", "told", "emergency", "uncertain", "many"])
def test_the_patients_page_asks_for_at_most_eight_years_of_school(made, case):
    complaint, extra, uncertain = case
    text = visible(summary_html(made(complaint, extra, uncertain=uncertain), "patient"))
    assert reading_grade(text) <= 8
    # fragments of lists make a text look easier than it is, so whole sentences are held to it too
    whole = "\n".join(line for line in text.splitlines() if len(line.split()) >= 6)
    assert reading_grade(whole) <= 8


def test_every_cause_root_and_gap_has_plain_words():
    for table, file, own in (("causes", "differentials.toml", "differentials"),
                             ("unseen", "not_assessed.toml", "standing")):  # fmt: skip
        assert {r.id for r in rows("summary.toml", table)} == {r.id for r in rows(file, own)}
    nerves = {r.id for r in rows("summary.toml", "nerves")}
    assert nerves == {r.id for r in rows("roots.toml", "roots")} - {"L1", "L2", "L3"}
    common = {r.id for r in rows("summary.toml", "common")}
    assert {r.text("name") for r in rows("base_rates.toml", "base_rates")} <= common


@pytest.mark.slow
def test_both_pages_come_as_pdf(made, tmp_path):
    pytest.importorskip("weasyprint")
    written = write_reports(made(COMPLAINT), tmp_path, ("summary", "pdf"))
    assert [p.name for p in written] == ["summary.html", "summary.pdf", "report.pdf"]
    assert all((tmp_path / f"{n}.pdf").read_bytes()[:5] == b"%PDF-" for n in ("summary", "report"))


@pytest.mark.slow
@pytest.mark.parametrize("audience", AUDIENCES)
@pytest.mark.parametrize("case", CASES, ids=["plain", "told", "emergency", "uncertain", "many"])
def test_no_summary_takes_more_than_two_sheets(made, audience, case):
    weasyprint = pytest.importorskip("weasyprint")
    complaint, extra, uncertain = case
    page = summary_html(made(complaint, extra, uncertain=uncertain), audience)
    assert len(weasyprint.HTML(string=page).render().pages) <= 2


def test_without_weasyprint_the_pdf_is_left_out_with_a_message(made, tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "weasyprint", None)
    messages: list[str] = []
    written = write_reports(made(), tmp_path, ("summary", "pdf"), tell=messages.append)
    assert [p.name for p in written] == ["summary.html"]
    assert len(messages) == 1
    assert "cauda[pdf]" in messages[0]


def test_a_page_that_points_outside_itself_gets_no_pdf():
    fetching = pytest.importorskip("weasyprint.urls").FatalURLFetchingError
    with pytest.raises(fetching, match="file"):
        pdf.pdf_bytes('<img src="file:///etc/hostname" alt="">')


def test_settings_know_the_formats_and_audiences():
    assert {"summary", "pdf"} <= set(FORMATS)
    with pytest.raises(UsageError, match="nurse"):
        Settings(audience="nurse")
