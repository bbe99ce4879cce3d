"""Codes mean what they say: standard ones are in the dictionary, private ones fit and differ."""

from __future__ import annotations

import pytest
from pydicom.sr._concepts_dict import concepts

from cauda.knowledge import row, rows
from cauda.records import Part
from cauda.report.dicom.codes import (
    grade_code,
    property_type,
    quantity_code,
    region,
    scale_code,
)
from cauda.vocab import Condition, Level, Quantity, Scale, Side, Structure, Vertebra

TABLES = ("vertebrae", "discs", "levels", "sides", "categories", "regions", "structures")
TRAPS = {"280734009", "75782005", "18545000", "280401006"}


@pytest.mark.parametrize("table", TABLES)
def test_standard_codes_are_in_the_dictionary(table):
    known = {
        scheme: {code for meanings in concepts[scheme].values() for code in meanings}
        for scheme in ("SCT", "DCM")
    }
    for found in rows("codes.toml", table):
        scheme, value = found.text("scheme"), found.text("value")
        assert scheme == "private" or value in known[scheme], found.place
        assert value not in TRAPS


def test_every_word_has_a_private_code_of_its_own():
    for kind, members in (("quantities", Quantity), ("conditions", Condition), ("scales", Scale)):
        values = row("codes.toml", "private", kind)["values"]
        assert set(values) >= {m.value for m in members}, set(members) - set(values)
        assert len(set(values.values())) == len(values)


def test_values_and_meanings_fit():
    made = [quantity_code(q) for q in Quantity]
    made += [scale_code(c, s) for c in Condition for s in Scale]
    made += [grade_code(s, g, "a rather long explanation " * 3) for s in Scale for g in s.grades]
    assert all(len(c.value) <= 16 and 0 < len(c.meaning) <= 64 for c in made)
    assert len({c.value for c in made}) == len(made)


@pytest.mark.parametrize(
    ("part", "code", "place"),
    [
        (Part(number=1, structure=Structure.BODY, vertebra=Vertebra.L5), "49668003", "122496007"),
        (Part(number=1, structure=Structure.DISC, level=Level.L5_S1), "715056000", "243927000"),
        (
            Part(number=1, structure=Structure.FORAMEN, level=Level.L4_L5, side=Side.LEFT),
            "A03",
            "243923001",
        ),
        (Part(number=1, structure=Structure.DISC, level=Level.L5_L6), "A01", "122496007"),
        (
            Part(number=1, structure=Structure.DISC, level=Level.L5_S1, is_name_certain=False),
            "A01",
            "122496007",
        ),
        (
            Part(number=1, structure=Structure.BODY, vertebra=Vertebra.L5, is_name_certain=False),
            "51282000",
            "122496007",
        ),
    ],
)
def test_an_uncertain_or_uncoded_name_gets_no_level_code(part, code, place):
    assert (property_type(part).value, region(part).value) == (code, place)
