"""The FHIR bundle is valid R4, preliminary, and tells nobody's name unless asked to."""

from __future__ import annotations

import json
import warnings

import pytest

from cauda.report.fhir import fhir_bundle

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    bundle_model = pytest.importorskip("fhir.resources.R4B.bundle")


def resources(analysis, kind, **options):
    bundle = json.loads(fhir_bundle(analysis, **options))
    found = [e["resource"] for e in bundle["entry"]]
    return [r for r in found if r["resourceType"] == kind]


def test_it_is_valid_r4(analysis):
    made = bundle_model.Bundle.model_validate_json(fhir_bundle(analysis))
    assert len(made.entry) > 20


def test_every_number_and_reason_is_there(analysis):
    found = resources(analysis, "Observation")
    values = sorted(o["valueQuantity"]["value"] for o in found if "valueQuantity" in o)
    assert values == sorted(m.value for m in analysis.measurements if m.preferred)
    absent = [o["dataAbsentReason"]["text"] for o in found if "dataAbsentReason" in o]
    assert absent == [f.reason_unknown for f in analysis.findings if not f.is_known]


def test_everything_is_preliminary_and_links_resolve(analysis):
    bundle = json.loads(fhir_bundle(analysis))
    urls = {e["fullUrl"] for e in bundle["entry"]}
    text = json.dumps(bundle)
    (report,) = resources(analysis, "DiagnosticReport")
    assert report["status"] == "preliminary"
    assert {o["status"] for o in resources(analysis, "Observation")} == {"preliminary"}
    assert {r["reference"] for r in report["result"]} <= urls
    assert "RESEARCH USE ONLY" in text


def test_the_symptom_map_goes_only_when_asked_for(analysis):
    told = analysis.relation.roots[0].associated.sensation[0]
    for asked in (False, True):
        (report,) = resources(analysis, "DiagnosticReport", with_symptoms=asked)
        assert (told in report["conclusion"]) is asked


def test_the_same_analysis_gives_the_same_bundle(analysis):
    assert fhir_bundle(analysis) == fhir_bundle(analysis)
