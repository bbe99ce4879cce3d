"""Every name that one table uses must exist in another, and every table must load."""

from __future__ import annotations

import re
import tomllib
from importlib.resources import files

import pytest

from cauda.errors import KnowledgeError
from cauda.knowledge import EVIDENCE, row, rows, wording
from cauda.relate.clues import named
from cauda.relate.explain import causes
from cauda.relate.phrases import FIELDS
from cauda.vocab import Condition, Level, Root, Scale, Zone

TABLES = [
    ("roots.toml", "roots"), ("roots.toml", "associated"), ("regions.toml", "regions"),
    ("zone_roots.toml", "levels"), ("zone_roots.toml", "zones"), ("zone_roots.toml", "severity"),
    ("zone_roots.toml", "tiers"), ("zone_roots.toml", "notes"), ("symptoms.toml", "clues"),
    ("red_flags.toml", "texts"), ("red_flags.toml", "imaging"), ("red_flags.toml", "triggers"),
    ("differentials.toml", "differentials"), ("base_rates.toml", "base_rates"),
    ("evidence.toml", "evidence"), ("lexicon.toml", "concepts"), ("lexicon.toml", "groups"),
    ("lexicon.toml", "words"), ("lexicon.toml", "families"), ("lexicon.toml", "abbreviations"),
    ("root_gaps.toml", "conditions"), ("root_gaps.toml", "wording"),
    ("relate_wording.toml", "wording"), ("relate_wording.toml", "reading_notes"),
]  # fmt: skip
RULES = [*rows("symptoms.toml", "clues"), *rows("red_flags.toml", "triggers")]


@pytest.mark.parametrize(("file", "table"), TABLES)
def test_every_row_of_every_table_loads(file: str, table: str) -> None:
    for found in rows(file, table):
        assert found.source
        assert found.evidence in EVIDENCE


def test_no_table_of_these_files_is_left_out() -> None:
    for file in {file for file, _ in TABLES}:
        document = tomllib.loads(files("cauda.knowledge").joinpath(file).read_text())
        assert set(document) == {table for f, table in TABLES if f == file}, file


@pytest.mark.parametrize("rule", RULES, ids=lambda r: f"{r.table}-{r.id}")
def test_conditions_name_concepts_that_the_reader_can_find(rule) -> None:
    tags = {"both", "left", "right", "new", "sudden", "worse", "rapid", "long", "stable"}
    tags |= {"severe", "night", "persistent"}
    for item in (*rule.texts("when"), *rule.texts("unless")):
        for alternative in item.split("|"):
            name, *said = alternative.lstrip("!=").split("@")
            assert named(name), f"{rule.place}: {name}"
            assert set(said) <= tags, f"{rule.place}: {alternative}"


def test_groups_name_concepts() -> None:
    known = {c.id for c in rows("lexicon.toml", "concepts")}
    for group in rows("lexicon.toml", "groups"):
        assert set(group.texts("members")) <= known, group.place
        assert group.id not in known


def test_weights_name_causes_and_every_cause_has_one() -> None:
    weighed = {
        cause for clue in rows("symptoms.toml", "clues") for cause in clue.weights("weights")
    }
    assert weighed == set(causes())


def test_roots_levels_zones_and_scales_are_of_the_vocabulary() -> None:
    assert {r.id for r in rows("roots.toml", "roots")} == {root.value for root in Root}
    assert {z.id for z in rows("zone_roots.toml", "zones")} == {zone.value for zone in Zone}
    assert {lv.id for lv in rows("zone_roots.toml", "levels")} <= {level.value for level in Level}
    for scale in rows("zone_roots.toml", "severity"):
        assert set(scale.weights("grades")) == set(Scale(scale.id).grades)
    conditions = {c.value for c in Condition}
    assert {c.id for c in rows("root_gaps.toml", "conditions")} <= conditions
    for cell in rows("base_rates.toml", "base_rates"):
        assert set(cell.texts("conditions")) <= conditions


def test_every_root_says_what_it_is_associated_with_in_known_regions() -> None:
    regions = {r.id for r in rows("regions.toml", "regions")}
    concepts = {c.id for c in rows("lexicon.toml", "concepts")}
    aspects = {(a.text("root"), a.text("aspect")) for a in rows("roots.toml", "associated")}
    for root in Root:
        assert (root.value, "sensation") in aspects
    for root in ("L4", "L5", "S1"):
        for aspect in ("sensation", "pain", "weakness", "reflex", "cramp", "gait"):
            assert (root, aspect) in aspects
    for found in rows("roots.toml", "associated"):
        assert set(found.texts("regions")) <= regions, found.place
    for found in rows("regions.toml", "regions"):
        assert set(found.texts("concepts")) <= concepts, found.place


def test_every_differential_of_the_clinical_list_is_there() -> None:
    listed = {"polyneuropathy", "pad", "tarsal_tunnel", "peroneal", "sural", "sciatic", "ms"}
    listed |= {"si_joint", "plantar_fasciitis", "local_foot", "plexus", "mnd"}
    assert listed <= {d.id for d in rows("differentials.toml", "differentials")}
    for found in rows("differentials.toml", "differentials"):
        assert found.text("clue")
        assert found.text("against")
        assert found.text("test")


NAMES = re.compile(r"\b(?:[LSC][1-6]|B12|HbA1c|MRC)\b")
SHOWN = ("text", "texts", "name", "clue", "against", "test", "says", "question", "summary")


@pytest.mark.parametrize(("file", "table"), TABLES)
def test_no_remembered_or_chosen_figure_stands_in_a_text_that_is_shown(file, table) -> None:
    if table in ("base_rates", "evidence", "concepts"):
        return
    for found in rows(file, table):
        shown = " ".join(text for field in SHOWN for text in found.texts(field))
        if not found.is_citable:
            assert not re.search(r"\d", NAMES.sub("", shown)), f"{found.place}: {shown}"


def test_a_phrase_belongs_to_one_concept_only() -> None:
    owners: dict[tuple[str, bool], str] = {}
    for concept in rows("lexicon.toml", "concepts"):
        for phrase in [p for field in FIELDS for p in concept.texts(field)]:
            key = (phrase, concept.text("kind") == "time")
            assert owners.setdefault(key, concept.id) == concept.id, phrase


def test_an_unknown_row_is_named_with_the_known_ones() -> None:
    with pytest.raises(KnowledgeError, match="has no row 'L9'"):
        row("roots.toml", "roots", "L9")
    assert "does not diagnose" in wording("intended_use")
