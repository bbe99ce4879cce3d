"""A row without source, tag or unit must not load."""

from __future__ import annotations

import pytest

from cauda.errors import KnowledgeError
from cauda.knowledge import rows
from cauda.knowledge.table import Row, read_rows

GOOD = {"id": "a", "source": "Fardon 2014", "evidence": "read", "value": 3.0, "unit": "mm"}


def _read(**changes: object) -> Row:
    fields = {k: v for k, v in (GOOD | changes).items() if v is not None}
    return read_rows({"t": [fields]}, "some.toml", "t")[0]


def test_a_complete_row_loads() -> None:
    row = _read(levels=["L4-L5"], weights={"L5": 3})
    assert (row.id, row.source, row.evidence, row.unit) == ("a", "Fardon 2014", "read", "mm")
    assert row.number("value") == 3.0
    assert row.texts("levels") == ("L4-L5",)
    assert row.weights("weights") == {"L5": 3.0}


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"source": None}, "lacks a source"),
        ({"source": "  "}, "lacks a source"),
        ({"evidence": None}, "evidence is None"),
        ({"evidence": "rumor"}, "use one of read"),
        ({"unit": None}, "number without a unit"),
        ({"unit": None, "value": "x", "deep": {"v": [1]}}, "number without a unit"),
        ({"id": None}, "needs an id"),
    ],
)
def test_an_incomplete_row_is_refused_by_name(changes: dict[str, object], message: str) -> None:
    with pytest.raises(KnowledgeError, match=message) as caught:
        _read(**changes)
    assert "some.toml [t]" in str(caught.value)


def test_text_and_truth_values_need_no_unit() -> None:
    assert _read(unit=None, value="three", flag=True).values["flag"] is True


def test_a_table_of_tables_takes_its_names_as_ids() -> None:
    fields = {k: v for k, v in GOOD.items() if k != "id"}
    assert [r.id for r in read_rows({"t": {"x": fields, "y": fields}}, "f", "t")] == ["x", "y"]


def test_an_id_is_used_once() -> None:
    with pytest.raises(KnowledgeError, match="more than once"):
        read_rows({"t": [GOOD, GOOD]}, "some.toml", "t")


@pytest.mark.parametrize("field", ["structure", "plane", "level"])
def test_a_threshold_names_what_it_applies_to(field: str) -> None:
    scope = {"structure": "thecal sac", "plane": "axial", "level": ["L4-L5"]}
    assert read_rows({"t": [GOOD | scope]}, "thresholds.toml", "t")
    with pytest.raises(KnowledgeError, match=field):
        read_rows(
            {"t": [GOOD | {k: v for k, v in scope.items() if k != field}]}, "thresholds.toml", "t"
        )


def test_a_row_for_the_bony_canal_is_refused_for_the_sac() -> None:
    row = _read(structure="bony canal", level=["L3-L4", "L4-L5"])
    row.expect(structure="bony canal", level="L4-L5")
    with pytest.raises(KnowledgeError, match="not for thecal sac"):
        row.expect(structure="thecal sac")
    with pytest.raises(KnowledgeError, match="not for L5-S1"):
        row.expect(level="L5-S1")


def test_absent_files_and_tables_are_named() -> None:
    with pytest.raises(KnowledgeError, match=r"no file 'nothing\.toml'"):
        rows("nothing.toml", "t")
    with pytest.raises(KnowledgeError, match=r"no table \[u\]"):
        read_rows({"t": [GOOD]}, "some.toml", "u")


def test_values_cannot_be_changed() -> None:
    row = _read(weights={"L5": 3}, levels=["L4-L5"])
    with pytest.raises(TypeError):
        row.values["weights"]["L5"] = 0
    assert isinstance(row.values["levels"], tuple)
