"""Coded words of DICOM results: SNOMED CT where the dictionary has it, else the private scheme."""

from __future__ import annotations

from collections.abc import Mapping

from highdicom.sr import CodedConcept
from pydicom.dataset import Dataset

from cauda.errors import KnowledgeError
from cauda.knowledge import Row, row, rows
from cauda.records import Part
from cauda.report.words import condition_name, quantity_name
from cauda.vocab import Condition, Level, Quantity, Scale, Side, Structure, Vertebra

FILE = "codes.toml"
PRIVATE = "private"
MEANING_MAX = 64
"""Characters of a Code Meaning (VR LO)."""
GRADE_MAX = 12
"""Characters of a grade that a Code Value (VR SH, 16) has room for after its scale's code."""


def concept(table: str, id_: str) -> CodedConcept:
    """The code of one row of ``codes.toml``."""
    found = row(FILE, table, id_)
    return _concept(found.text("scheme"), found.text("value"), found.text("meaning"))


def region(part: Part) -> CodedConcept:
    """Where a part lies: the level of its disc, or the lumbar spine where no level is certain."""
    if part.level is not None and part.is_name_certain and _has("levels", part.level):
        return concept("levels", part.level)
    return concept("regions", "spine")


def property_type(part: Part) -> CodedConcept:
    """What a part is: by name where the name is certain and has a code, else by kind."""
    if part.vertebra is not None and part.is_name_certain and _has("vertebrae", part.vertebra):
        return concept("vertebrae", part.vertebra)
    is_disc = part.structure is Structure.DISC and part.level is not None
    if is_disc and part.is_name_certain and _has("discs", str(part.level)):
        return concept("discs", str(part.level))
    return concept("structures", part.structure)


def level_site(level: Level | None, *, is_certain: bool) -> CodedConcept:
    """The finding site of a level: its position where the name is certain and has a code."""
    if level is not None and is_certain and _has("levels", level):
        return concept("levels", level)
    return concept("regions", "spine")


def vertebra_site(vertebra: Vertebra, *, is_certain: bool) -> CodedConcept:
    """The finding site of a vertebra, by name where the name is certain and has a code."""
    if is_certain and _has("vertebrae", vertebra):
        return concept("vertebrae", vertebra)
    return concept("structures", Structure.BODY)


def side_code(side: Side) -> CodedConcept:
    """Left or right of the patient."""
    return concept("sides", side)


def quantity_code(quantity: Quantity) -> CodedConcept:
    """The private code of a quantity, worded as in the reports."""
    return _private("quantities", quantity, quantity_name(quantity))


def scale_code(condition: Condition, scale: Scale) -> CodedConcept:
    """The private code of a condition on a scale."""
    value = f"{_value('conditions', condition)}-{_value('scales', scale)}"
    return _concept(PRIVATE, value, f"{condition_name(condition)}, {scale}")


def grade_code(scale: Scale, grade: str, words: str) -> CodedConcept:
    """The private code of a grade; its meaning is the grade and what it says in words."""
    value = f"{_value('scales', scale)}-{grade[:GRADE_MAX]}"
    return _concept(PRIVATE, value, f"{grade}: {words}")


def method_code(method: str) -> CodedConcept:
    """The private code of a measurement method; its id is its meaning too."""
    return _concept(PRIVATE, method, method)


def coding_schemes() -> list[Dataset]:
    """Items of the Coding Scheme Identification Sequence that declare the private scheme."""
    found = row(FILE, "schemes", PRIVATE)
    item = Dataset()
    item.CodingSchemeDesignator = found.text("designator")
    item.CodingSchemeName = found.text("name")
    item.CodingSchemeVersion = found.text("version")
    item.CodingSchemeResponsibleOrganization = found.text("organization")
    return [item]


def _private(kind: str, member: str, meaning: str) -> CodedConcept:
    return _concept(PRIVATE, _value(kind, member), meaning)


def _value(kind: str, member: str) -> str:
    found: Row = row(FILE, PRIVATE, kind)
    values = found["values"]
    if not isinstance(values, Mapping) or member not in values:
        msg = f"{found.place}: has no code for {member!r}; give it the next free one."
        raise KnowledgeError(msg)
    return str(values[member])


def _concept(scheme: str, value: str, meaning: str) -> CodedConcept:
    designator = row(FILE, "schemes", scheme).text("designator")
    return CodedConcept(value, designator, _short(meaning))


def _short(meaning: str) -> str:
    """Cut at a word so that it fits a Code Meaning."""
    if len(meaning) <= MEANING_MAX:
        return meaning
    return meaning[: MEANING_MAX - 3].rsplit(" ", 1)[0].rstrip(" ,;:(") + "..."


def _has(table: str, id_: str) -> bool:
    return any(found.id == id_ for found in rows(FILE, table))
