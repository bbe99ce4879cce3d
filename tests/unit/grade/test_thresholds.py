"""A cut belongs to one structure, plane and level, and has a source."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType

import pytest

from cauda.errors import KnowledgeError
from cauda.grade.catalog import catalog
from cauda.grade.rules import build, require_scope
from cauda.grade.thresholds import (
    BONY_CANAL,
    FILE,
    LATERAL_RECESS,
    Derived,
    bind,
    structure_of,
    unit_of,
)
from cauda.knowledge import row, rows
from cauda.vocab import Level, Plane, Quantity, Structure


def changed(row_, **fields):
    values = MappingProxyType({**row_.values, **fields})
    return replace(row_, values=values)


def cut(id_):
    return row(FILE, "threshold", id_)


def test_the_bony_canal_never_grades_the_sac():
    bony = changed(cut("bony-canal-ap"), quantity="sac_ap_mm")
    with pytest.raises(KnowledgeError, match="structure bony canal, not for thecal sac"):
        bind(bony, Plane.SAGITTAL)


def test_the_cut_of_the_bony_canal_is_its_own_and_no_rule_uses_it():
    assert bind(cut("bony-canal-ap"), Plane.SAGITTAL).quantity is Quantity.BONY_CANAL_AP
    assert structure_of(Quantity.BONY_CANAL_AP) != structure_of(Quantity.SAC_AP)
    assert all(t.id != "bony-canal-ap" for rule in catalog() for t in rule.thresholds)


@pytest.mark.parametrize(
    ("fields", "message"),
    [
        ({"structure": "foramen"}, "for structure foramen, not for thecal sac"),
        ({"plane": "axial"}, "for plane axial, not for sagittal"),
        ({"level": "L9-L10"}, "unknown levels"),
        ({"value": (2.0, 1.0)}, "must increase"),
        ({"value": (1.0, 1.0)}, "must increase"),
        ({"quantity": "sac_width_mm"}, "not measured"),
        ({"quantity": "sac_area_mm2"}, "is in 'mm'"),
    ],
)
def test_a_row_used_for_something_else_is_refused(fields, message):
    with pytest.raises(KnowledgeError, match=message):
        bind(changed(cut("sac-ap-support"), **fields), Plane.SAGITTAL)


def test_a_rule_with_a_cut_of_another_structure_fails_to_load():
    rule = row(FILE, "rule", "slip-presence")
    stolen = changed(rule, thresholds=("sac-ap-support",))
    with pytest.raises(KnowledgeError, match="structure"):
        build(stolen, catalog()[0].decide)


def test_a_rule_with_a_cut_of_another_quantity_fails_to_load():
    rule = row(FILE, "rule", "lee-canal-ratio")
    area = bind(cut("sac-area-support"), Plane.SAGITTAL)
    with pytest.raises(KnowledgeError, match="sac-area-support"):
        require_scope(rule, (Quantity.SAC_AP,), area)


def test_a_rule_of_another_plane_cannot_use_sagittal_cuts():
    rule = changed(row(FILE, "rule", "slip-presence"), plane="axial")
    with pytest.raises(KnowledgeError, match="plane sagittal, not for axial"):
        build(rule, catalog()[0].decide)


@pytest.mark.parametrize("field", ["condition", "scale", "certainty", "validation"])
def test_a_rule_outside_the_vocabulary_fails_to_load(field):
    rule = changed(row(FILE, "rule", "slip-presence"), **{field: "nonsense"})
    with pytest.raises(KnowledgeError, match="nonsense"):
        build(rule, catalog()[0].decide)


def test_the_sac_area_has_no_cut_at_the_lumbosacral_disc():
    area = bind(cut("sac-area-support"), Plane.SAGITTAL)
    assert area.holds_at(Level.L4_L5)
    assert not area.holds_at(Level.L5_S1)
    assert not area.holds_at(Level.D1)


@pytest.mark.parametrize("table", ["threshold", "rule", "place", "check", "plausible"])
def test_every_row_is_cited_and_scoped(table):
    for found in rows(FILE, table):
        assert len(found.source) >= len("Chosen here"), found.place
        assert found.texts("structure")
        assert found.texts("plane")
        assert found.texts("level")


def test_no_rule_applies_the_bony_canal_or_the_fluid_that_phantoms_are_built_with():
    used = {t.id for rule in catalog() for t in rule.thresholds}
    assert {r.id for r in rows(FILE, "threshold")} - used == {"bony-canal-ap", "csf-fraction"}


@pytest.mark.parametrize("quantity", [*Quantity, *Derived])
def test_every_quantity_has_a_structure_and_a_unit(quantity):
    assert structure_of(quantity) in {*Structure, BONY_CANAL, LATERAL_RECESS}
    assert unit_of(quantity)


def test_chosen_numbers_say_so():
    for found in rows(FILE, "threshold"):
        if "chosen here" in found.source.lower():
            assert found.evidence == "design", found.place
