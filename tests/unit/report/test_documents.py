from __future__ import annotations

import csv
import io
import json
import re
from dataclasses import replace
from html.parser import HTMLParser

import pytest
from rich.console import Console

from cauda.errors import UsageError
from cauda.records import Limit
from cauda.report import (
    measurements_csv,
    report_html,
    report_text,
    terminal_summary,
    write_reports,
)
from cauda.report.summary import summary_html
from cauda.vocab import Level

SECTIONS = (
    "technique",
    "comparison",
    "numbering",
    "alignment",
    "conus",
    "levels",
    "impression",
    "roots",
    "not-assessed",
    "limits",
    "measurements",
    "rules",
    "provenance",
)
HEADINGS = (
    "RED FLAGS",
    "TECHNIQUE",
    "QUALITY",
    "COVERAGE",
    "COMPARISON",
    "NUMBERING",
    "ALIGNMENT",
    "CONUS",
    "LEVEL BY LEVEL",
    "IMPRESSION",
    "NERVE ROOTS",
    "NOT ASSESSED",
    "LIMITS",
    "PROVENANCE",
)
VOID = {"meta", "img", "br", "link", "input", "hr"}


class Balance(HTMLParser):
    """Collects tags that are not closed in order."""

    def __init__(self) -> None:
        super().__init__()
        self.open: list[str] = []
        self.faults: list[str] = []
        self.images: list[dict[str, str | None]] = []

    def handle_starttag(self, tag, attrs):
        if tag == "img":
            self.images.append(dict(attrs))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag, attrs):
        pass

    def handle_endtag(self, tag):
        if not self.open or self.open.pop() != tag:
            self.faults.append(tag)


@pytest.fixture(scope="module")
def page(analysis, pictures) -> str:
    return report_html(analysis, pictures)


def plain(page: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", page))


def test_sections_stand_in_the_clinical_order(page):
    places = [page.index(f'<section id="{name}"') for name in SECTIONS]
    assert places == sorted(places)
    assert page.index("RESEARCH USE ONLY") < page.index("Red flags") < places[0]


def test_the_page_is_well_formed_and_every_picture_has_words(page):
    parser = Balance()
    parser.feed(page)
    assert parser.faults == []
    assert parser.open == []
    assert parser.images
    assert all(image["alt"] for image in parser.images)


def test_the_page_needs_nothing_from_outside_and_is_small(page):
    without_pictures = re.sub(r"data:image/jpeg;base64,[A-Za-z0-9+/=]+", "", page)
    addresses = re.findall(r'(?:src|href|url)\s*[=(]\s*"?([^")\s>]+)', without_pictures)
    assert all(a.startswith("#") or a == '"' or not a.startswith("http") for a in addresses)
    assert "<script" not in page
    assert len(page) < 3_000_000


def test_neither_page_nor_text_nor_table_holds_identifiers(page, analysis):
    for document in (page, report_text(analysis), measurements_csv(analysis)):
        for secret in ("Doe^Jane", "SECRET-7", "1.2.3.4.5"):
            assert secret not in document


def test_texts_from_outside_are_escaped(analysis):
    bad = Limit(id="x", effect="note", reason="<script>alert(1)</script>")
    page = report_html(replace(analysis, limits=(bad,)), pictures=())
    assert "<script>" not in page
    assert "&lt;script&gt;" in page


def test_both_say_every_reason_grade_rule_and_flag(page, analysis):
    said = plain(page).replace("&#39;", "'")
    text = re.sub(r"\s+", " ", report_text(analysis))
    for document in (said, text):
        for finding in analysis.findings:
            assert (finding.reason_unknown or finding.rule) in document
        for flag in analysis.relation.red_flags:
            assert flag.text in document
        assert "not asked" in document
        for line in (*analysis.impression, *analysis.relation.base_rates):
            assert line.rstrip(".") in document
        assert "Disc material behind the line joining" in document
        assert "5.2 ± 0.6 mm" in document


@pytest.mark.parametrize("state", ["verified", "conventional", "uncertain"])
def test_the_three_states_of_numbering_are_said(analysis, state):
    numbering = replace(analysis.spine.numbering, state=state, alternate="L4-L5 would be L5-S1")
    spine = replace(analysis.spine, numbering=numbering)
    changed = replace(analysis, spine=spine)
    for document in (report_html(changed, pictures=()), report_text(changed)):
        assert f"{state.capitalize()}: " in document
        assert "L4-L5 would be L5-S1." in document


def test_an_unknown_conus_gives_its_reason(analysis):
    conus = replace(analysis.spine.conus, level=None, reason="above the images")
    changed = replace(analysis, spine=replace(analysis.spine, conus=conus))
    for document in (report_html(changed, pictures=()), report_text(changed)):
        assert "Not assessed: above the images" in document


def test_an_analysis_that_found_nothing_still_reports(analysis):
    spine = replace(analysis.spine, levels=(), vertebrae=(), axial_slices=(), instances={})
    relation = replace(analysis.relation, roots=(), red_flags=(), base_rates=(), other_causes=())
    empty = replace(
        analysis,
        segmentations=(),
        spine=spine,
        measurements=(),
        findings=(),
        limits=(),
        relation=relation,
        impression=(),
        not_assessed=(),
    )
    page, text = report_html(empty), report_text(empty)
    for document in (page, text):
        assert "root cause is not excluded" in document
        assert "Not asked" in document or "not asked" in document
        assert document.count("Not assessed: no grade was given.") >= 5 * 6


def test_text_is_narrow_and_in_order(analysis):
    text = report_text(analysis)
    assert max(map(len, text.splitlines())) <= 100
    places = [text.index(f"\n{heading}") for heading in HEADINGS]
    assert places == sorted(places)
    assert "None" not in text


def test_csv_has_a_row_a_measurement_and_the_value_in_its_unit(analysis):
    rows = list(csv.DictReader(io.StringIO(measurements_csv(analysis))))
    assert [r["id"] for r in rows] == [m.id for m in analysis.measurements]
    row = next(r for r in rows if r["id"] == "L5-S1/sac_area_mm2/sag_t2")
    assert (row["value_mm2"], row["value_mm"], row["estimated"]) == ("160.00", "", "yes")


def test_the_terminal_names_both_levels_the_roots_and_the_report(analysis, tmp_path):
    console = Console(width=120, record=True, file=io.StringIO())
    console.print(terminal_summary(analysis, tmp_path / "report.html"))
    shown = re.sub(r"\s+", " ", console.export_text())
    for word in ("L4-L5", "L5-S1", "S1 left", "L4 right", "not asked", "Severe foraminal"):
        assert word in shown
    assert "report.html" in shown
    assert "L1-L2" not in shown


def test_the_chosen_documents_are_written_whole(analysis, pictures, tmp_path):
    written = write_reports(analysis, tmp_path / "out", ("json", "html", "txt", "csv"))
    names = [p.relative_to(tmp_path / "out").as_posix() for p in written]
    assert names[:4] == ["analysis.json", "report.html", "report.txt", "measurements.csv"]
    assert set(names[4:]) == {f"figures/{p.name}.png" for p in pictures}
    assert sorted(p for p in (tmp_path / "out").rglob("*") if p.is_file()) == sorted(written)
    document = json.loads(written[0].read_text(encoding="utf-8"))
    assert [lv["name"] for lv in document["levels"]][-1] == Level.L5_S1
    assert "SECRET-7" not in written[0].read_text(encoding="utf-8")


def test_identifiers_are_written_only_on_request(analysis, tmp_path):
    (path,) = write_reports(analysis, tmp_path, ("json",), keep_identifiers=True)
    assert "SECRET-7" in path.read_text(encoding="utf-8")


def test_an_unknown_format_writes_nothing(analysis, tmp_path):
    with pytest.raises(UsageError, match="'pdfx'"):
        write_reports(analysis, tmp_path / "out", ("json", "pdfx"))
    assert not (tmp_path / "out").exists()


def test_series_of_one_kind_are_counted_not_listed(analysis):
    (shown,) = [s for s in analysis.study.used if s.key == "ax_t2"]
    twice = (*analysis.study.series, replace(shown, key="ax_t2_2"))
    page = summary_html(replace(analysis, study=replace(analysis.study, series=twice)))
    assert "axial T2 (2 series)" in page
    assert "axial T2, axial T2" not in page
