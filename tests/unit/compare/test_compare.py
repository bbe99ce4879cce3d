"""What counts as a change since the prior study, and what is not compared at all."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from cauda.compare import compare
from cauda.errors import InputError
from cauda.records import Measurement, Numbering
from cauda.schema import AnalysisDocument, read_document
from cauda.schema.rows import (
    LevelRow,
    MeasurementRow,
    NumberingRow,
    ProvenanceRow,
    VertebraRow,
)
from cauda.vocab import Level, Quantity, Side, Vertebra

SHA = "a" * 64
FIVE = Numbering(state="conventional", reasons=(), lumbar_count=5)


def height(value: float = 8.0, uncertainty: float = 0.6, **changes: Any) -> Measurement:
    found = Measurement(
        id="L4-L5/disc_height_posterior_mm/sag_t2",
        quantity=Quantity.DISC_HEIGHT_POSTERIOR,
        level=Level.L4_L5,
        value=value,
        uncertainty=uncertainty,
        method="disc-height-three-point",
        series="sag_t2",
    )
    return replace(found, **changes)


def document(*measurements: Measurement, numbering: Numbering = FIVE) -> AnalysisDocument:
    rows = tuple(MeasurementRow.model_validate(m) for m in measurements)
    return AnalysisDocument(
        provenance=ProvenanceRow(
            version="1", bundle="b", bundle_sha256=SHA, created="2026-01-01", settings={}
        ),
        numbering=NumberingRow.model_validate(numbering),
        levels=(
            LevelRow(
                name=Level.L4_L5,
                measurements=tuple(r for r in rows if r.id.startswith("L4-L5")),
            ),
        ),
        vertebrae=(
            VertebraRow(
                name=Vertebra.L4, measurements=tuple(r for r in rows if r.id.startswith("L4/"))
            ),
        ),
    )


@pytest.mark.parametrize(
    ("before", "after", "errors", "is_beyond"),
    [
        (8.0, 8.0, (0.6, 0.6), False),
        (8.0, 7.2, (0.6, 0.6), False),
        (8.0, 7.0, (0.6, 0.6), True),
        (8.0, 9.0, (0.6, 0.6), True),
        (8.0, 7.0, (0.6, 1.1), False),
        (8.0, 7.0, (1.1, 0.6), False),
    ],
)
def test_a_change_exceeds_both_uncertainties(
    before: float, after: float, errors: tuple[float, float], *, is_beyond: bool
) -> None:
    found = compare([height(after, errors[1])], FIVE, document(height(before, errors[0])), SHA)
    assert [(c.before, c.after) for c in found.changes] == [(before, after)]
    assert found.changes[0].is_beyond_uncertainty is is_beyond
    assert not found.not_compared


def test_the_series_may_have_another_key_but_place_and_side_may_not_differ() -> None:
    other_key = height(id="L4-L5/disc_height_posterior_mm/sag_t2_2", series="sag_t2_2")
    assert compare([height()], FIVE, document(other_key), SHA).changes
    left = height(id="L4-L5/foramen_height_mm/left/s", quantity=Quantity.FORAMEN_HEIGHT)
    right = replace(left, id="L4-L5/foramen_height_mm/right/s", side=Side.RIGHT)
    assert not compare([left], FIVE, document(right), SHA).changes


def test_a_vertebra_is_compared_with_itself() -> None:
    body = height(
        id="L4/vertebra_height_middle_mm/sag_t2",
        quantity=Quantity.VERTEBRA_HEIGHT_MIDDLE,
        level=None,
        vertebra=Vertebra.L4,
    )
    found = compare([replace(body, value=20.0)], FIVE, document(body), SHA)
    assert [c.measurement for c in found.changes] == ["L4/vertebra_height_middle_mm"]


@pytest.mark.parametrize(
    "now",
    [
        Numbering(state="uncertain", reasons=("no sacrum",), lumbar_count=None),
        Numbering(state="conventional", reasons=(), lumbar_count=6),
    ],
)
def test_levels_that_may_be_shifted_are_not_compared(now: Numbering) -> None:
    found = compare([height(6.0)], now, document(height(8.0)), SHA)
    assert not found.changes
    assert "Not compared" in found.not_compared[0]


def test_another_method_or_network_is_said() -> None:
    by_area = height(method="disc-height-area")
    found = compare([height()], FIVE, document(by_area), SHA)
    assert not found.changes
    assert found.not_compared[0].startswith("1 measurements")
    assert (
        "other network weights"
        in compare([height()], FIVE, document(height()), "b").not_compared[0]
    )


def test_what_is_not_preferred_is_left_out() -> None:
    assert not compare([height(preferred=False)], FIVE, document(height()), SHA).changes
    assert not compare([height()], FIVE, document(height(preferred=False)), SHA).changes


def test_a_document_is_read_back_and_anything_else_is_refused(tmp_path: Path) -> None:
    good, bad = tmp_path / "analysis.json", tmp_path / "other.json"
    good.write_text(document(height()).model_dump_json())
    bad.write_text('{"levels": 3}')
    assert read_document(good) == document(height())
    with pytest.raises(InputError, match=r"other.json is no analysis.json"):
        read_document(bad)
    with pytest.raises(InputError, match="cannot be read"):
        read_document(tmp_path / "absent.json")
