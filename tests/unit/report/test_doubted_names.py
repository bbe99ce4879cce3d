"""Where the count is in doubt, both names of a level stand in every result, and that it is so."""

from __future__ import annotations

import csv
import io
import json
from dataclasses import replace

import pytest

from cauda.report.content import cited, level_views
from cauda.report.dicom.groups import groups_of
from cauda.report.fhir import fhir_bundle
from cauda.report.html import report_html
from cauda.report.sheet import measurements_csv
from cauda.report.summary import summary_html
from cauda.report.text import report_text
from cauda.vocab import Level

OTHER = {
    Level.L5_S1: Level.L4_L5,
    Level.L4_L5: Level.L3_L4,
    Level.L3_L4: Level.L2_L3,
    Level.L2_L3: Level.L1_L2,
    Level.L1_L2: Level.T12_L1,
}


@pytest.fixture(scope="module")
def doubted(analysis):
    spine = analysis.spine
    numbering = replace(spine.numbering, state="uncertain", alternate="L5-S1 would be L4-L5.")
    levels = tuple(replace(lv, alternate=OTHER.get(lv.name)) for lv in spine.levels)
    return replace(analysis, spine=replace(spine, numbering=numbering, levels=levels))


@pytest.mark.parametrize(
    "render",
    [lambda a: report_html(a, pictures=()), report_text, summary_html, fhir_bundle],
    ids=["page", "text", "summary", "fhir"],
)
def test_every_document_carries_both_names(analysis, doubted, render):
    said = render(doubted)
    assert "L4-L5 (or L3-L4)" in said
    assert "L5-S1 would be L4-L5." in said
    assert "(or " not in render(analysis)


def test_the_patient_reads_both_names_and_that_they_are_in_doubt(analysis, doubted):
    page = summary_html(doubted, "patient")
    assert "At L4-L5 (or L3-L4)" in page
    assert 'class="numbering uncertain"' in page
    assert "(or " not in summary_html(analysis, "patient")


def test_the_table_has_the_other_name_in_a_column_of_its_own(analysis, doubted):
    for given, other in ((analysis, ""), (doubted, "L3-L4")):
        rows = csv.DictReader(io.StringIO(measurements_csv(given)))
        assert {r["alternate_level"] for r in rows if r["level"] == "L4-L5"} == {other}


def test_every_level_says_that_its_name_is_uncertain(analysis, doubted):
    assert all("name of this level is uncertain" in v.note for v in level_views(doubted))
    assert not any("uncertain" in v.note for v in level_views(analysis))


def test_a_cited_finding_has_both_names(doubted):
    (text,) = cited(doubted, [doubted.findings[0].id])
    assert text.startswith(f"{doubted.findings[0].level} (or {OTHER[doubted.findings[0].level]}) ")


def test_a_fhir_grade_says_so_and_has_no_code_for_its_place(analysis, doubted):
    for given, is_sure in ((analysis, True), (doubted, False)):
        entries = [e["resource"] for e in json.loads(fhir_bundle(given))["entry"]]
        graded = [r for r in entries if "valueCodeableConcept" in r]
        assert graded
        for one in graded:
            assert ("name of this level is uncertain" in one["note"][0]["text"]) is not is_sure
            assert ("coding" in one["bodySite"]) is is_sure


def test_a_group_of_the_structured_report_is_titled_with_both(analysis, doubted):
    titles = [g.title for g in groups_of(doubted) if g.level is Level.L5_S1]
    assert titles[0] == "L5-S1 (or L4-L5)"
    assert [g.name for g in groups_of(doubted)] == [g.name for g in groups_of(analysis)]
    assert all(g.title == g.name for g in groups_of(analysis))
