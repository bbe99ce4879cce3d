from __future__ import annotations

import json
import math
from types import MappingProxyType

import jsonschema
import pytest
from pydantic import ValidationError

from cauda.records import (
    Analysis,
    Conus,
    Finding,
    Measurement,
    Numbering,
    Provenance,
    Relation,
    Series,
    Spine,
    Study,
)
from cauda.schema import (
    AnalysisDocument,
    json_schema_text,
    shipped_json_schema,
    to_document,
    truth_document,
)
from cauda.vocab import (
    GRADED_LEVELS,
    UNKNOWN,
    Condition,
    Contrast,
    Level,
    Plane,
    Quantity,
    Scale,
    Side,
    Vertebra,
)

PATIENT, UID = "Doe^Jane", "1.2.3.4.5.6"


def measurement(value: float = 9.87654, **changes) -> Measurement:
    fields = {
        "id": "L4-L5/sac_ap_mm/sag_t2",
        "quantity": Quantity.SAC_AP,
        "level": Level.L4_L5,
        "value": value,
        "uncertainty": 0.61234,
        "method": "m",
        "series": "sag_t2",
    }
    return Measurement(**(fields | changes))


def finding(**changes) -> Finding:
    fields = {
        "id": "L4-L5/foraminal_stenosis/left/Lee",
        "condition": Condition.FORAMINAL_STENOSIS,
        "level": Level.L4_L5,
        "scale": Scale.LEE_FORAMEN,
        "grade": "2",
        "rule": "r",
        "certainty": "moderate",
        "side": Side.LEFT,
        "probabilities": {"0": 1 / 3, "1": 1 / 3, "2": 1 / 3, "3": 0.0},
    }
    return Finding(**(fields | changes))


def analysis(**changes) -> Analysis:
    series = Series(
        key="sag_t2",
        plane=Plane.SAGITTAL,
        contrast=Contrast.T2,
        volume=None,
        used=False,
        reason="kept",
        headers=({"0020000E": {"vr": "UI", "Value": [UID]}},),
    )
    spine = Spine(
        vertebrae=(),
        levels=(),
        numbering=Numbering(state="conventional", reasons=("counted",), lumbar_count=5),
        conus=Conus(level=None, tip_lps=None, reason="above the field of view"),
        instances=MappingProxyType({}),
    )
    fields = {
        "study": Study(series=(series,), identifiers=MappingProxyType({"name": PATIENT})),
        "segmentations": (),
        "spine": spine,
        "measurements": (measurement(),),
        "limits": (),
        "findings": (finding(),),
        "relation": Relation(roots=(), red_flags=(), base_rates=(), other_causes=()),
        "impression": ("one",),
        "not_assessed": (),
        "provenance": Provenance(
            version="0", bundle="b", bundle_sha256="c", created="d", settings=MappingProxyType({})
        ),
    }
    return Analysis(**(fields | changes))


def test_shipped_schema_is_the_one_the_models_make():
    assert json.loads(json_schema_text()) == shipped_json_schema(), (
        "write cauda.schema.json_schema_text() to src/cauda/schema/analysis.schema.json"
    )


@pytest.mark.parametrize("keep", [False, True])
def test_document_satisfies_the_shipped_schema(keep):
    document = to_document(analysis(), keep_identifiers=keep)
    jsonschema.validate(json.loads(document.model_dump_json()), shipped_json_schema())


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("review_status",), "reviewed"),
        (("schema_version",), "2.0"),
        (("numbering", "state"), "sure"),
        (("levels", 0, "name"), "L9-L10"),
    ],
)
def test_shipped_schema_refuses_what_is_wrong(path, value):
    document = json.loads(to_document(analysis()).model_dump_json())
    place = document
    for key in path[:-1]:
        place = place[key]
    place[path[-1]] = value
    with pytest.raises(jsonschema.ValidationError):
        jsonschema.validate(document, shipped_json_schema())


def test_identifiers_stay_out_unless_asked_for():
    assert PATIENT not in to_document(analysis()).model_dump_json()
    assert UID not in to_document(analysis()).model_dump_json()
    kept = to_document(analysis(), keep_identifiers=True).model_dump_json()
    assert PATIENT in kept
    assert UID in kept


def test_round_trip_through_json_changes_nothing():
    document = to_document(analysis())
    assert AnalysisDocument.model_validate_json(document.model_dump_json()) == document


def test_numbers_are_rounded_and_probabilities_still_sum_to_one():
    level = next(lv for lv in to_document(analysis()).levels if lv.name is Level.L4_L5)
    assert (level.measurements[0].value, level.measurements[0].uncertainty) == (9.88, 0.61)
    assert level.measurements[0].unit == "mm"
    assert sum(level.findings[0].probabilities.values()) == pytest.approx(1, abs=0.005)


@pytest.mark.parametrize("bad", [math.nan, math.inf])
def test_a_number_that_is_none_is_refused(bad):
    with pytest.raises(ValidationError, match="finite"):
        to_document(analysis(measurements=(measurement(bad),)))


def test_every_graded_level_is_listed_from_above():
    names = [lv.name for lv in to_document(analysis()).levels]
    assert names == list(GRADED_LEVELS)


def test_unknown_keeps_its_reason():
    unknown = finding(grade=UNKNOWN, reason_unknown="not covered", probabilities=None)
    document = to_document(analysis(findings=(unknown,)))
    row = next(f for lv in document.levels for f in lv.findings)
    assert (row.grade, row.reason_unknown) == (UNKNOWN, "not covered")


def test_alignment_holds_preferred_slips_and_angles_only():
    rows = (
        measurement(id="a", quantity=Quantity.SLIP),
        measurement(id="b", quantity=Quantity.SLIP, preferred=False),
        measurement(id="c", quantity=Quantity.LORDOSIS, level=None),
        measurement(id="d"),
    )
    assert [m.id for m in to_document(analysis(measurements=rows)).alignment] == ["a", "c"]


def test_truth_needs_measurements_and_findings_only():
    height = measurement(
        id="L4/h", quantity=Quantity.VERTEBRA_HEIGHT_MIDDLE, level=None, vertebra=Vertebra.L4
    )
    document = truth_document((measurement(), height), (finding(),))
    assert [lv.name for lv in document.levels] == [Level.L4_L5]
    assert [v.name for v in document.vertebrae] == [Vertebra.L4]
    jsonschema.validate(json.loads(document.model_dump_json()), shipped_json_schema())
