"""Read a table of the knowledge base: facts as TOML rows, each with a source and an evidence tag.

A row is one of ``[[table]]`` with an ``id``, or one ``[table.<id>]``. Every row must hold

- ``source``: where it was read, or who chose it (never empty);
- ``evidence``: one of :data:`EVIDENCE`;
- ``unit``: where any of its values is a number (``"1"`` for counts, ratios and weights).

Anything else about a row is free. What breaks these rules raises
:class:`~cauda.errors.KnowledgeError`, naming the file, the table and the row.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from cauda.errors import KnowledgeError

EVIDENCE = ("read", "read-secondary", "from-memory", "design")
"""How a row is known: seen in the paper, seen in a text about it, remembered, or chosen here."""

CITABLE = ("read", "read-secondary")
"""The tags whose numbers may stand on a clinician's page as facts."""

_SCOPED = {"thresholds.toml": ("structure", "plane", "level")}
"""Files whose every row must also say these, since a threshold belongs to one of each."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Row:
    """One fact of the knowledge base.

    Parameters
    ----------
    file, table, id : str
        Where it stands.
    source : str
        Where it was read.
    evidence : str
        One of :data:`EVIDENCE`.
    unit : str
        Unit of its numbers; empty where it has none.
    values : mapping
        Every other field; lists are tuples and tables are read-only mappings.
    """

    file: str
    table: str
    id: str
    source: str
    evidence: str
    unit: str
    values: Mapping[str, Any]

    @property
    def place(self) -> str:
        """File, table and row, for messages."""
        return f"{self.file} [{self.table}] {self.id}"

    @property
    def is_citable(self) -> bool:
        """Whether its numbers may be shown to a clinician as a fact (read, read-secondary)."""
        return self.evidence in CITABLE

    def __getitem__(self, field: str) -> object:
        """The field's value; KnowledgeError where the row lacks it."""
        if field not in self.values:
            msg = f"{self.place}: has no {field!r}; it has {', '.join(sorted(self.values))}."
            raise KnowledgeError(msg)
        return self.values[field]

    def text(self, field: str, default: str | None = None) -> str:
        """The field as a string; ``default`` where it is absent and a default is given."""
        value = self[field] if default is None else self.values.get(field, default)
        if not isinstance(value, str):
            msg = f"{self.place}: {field} must be text, not {value!r}."
            raise KnowledgeError(msg)
        return value

    def number(self, field: str) -> float:
        """The field as a number in :attr:`unit`."""
        value = self[field]
        if isinstance(value, bool) or not isinstance(value, int | float):
            msg = f"{self.place}: {field} must be a number, not {value!r}."
            raise KnowledgeError(msg)
        return float(value)

    def numbers(self, field: str) -> tuple[float, ...]:
        """The field, a list of numbers, in :attr:`unit`."""
        value = self[field]
        if not isinstance(value, tuple) or not all(_has_number(item) for item in value):
            msg = f"{self.place}: {field} must be a list of numbers, not {value!r}."
            raise KnowledgeError(msg)
        return tuple(float(item) for item in value)

    def weights(self, field: str) -> Mapping[str, float]:
        """The field, a table from name to number; empty where it is absent."""
        value = self.values.get(field, MappingProxyType({}))
        if not isinstance(value, Mapping) or not all(_has_number(v) for v in value.values()):
            msg = f"{self.place}: {field} must be a table of numbers, not {value!r}."
            raise KnowledgeError(msg)
        return MappingProxyType({str(key): float(number) for key, number in value.items()})

    def texts(self, field: str) -> tuple[str, ...]:
        """The field as strings; empty where it is absent, one where it is a single string."""
        value = self.values.get(field, ())
        found = (value,) if isinstance(value, str) else value
        if not isinstance(found, tuple) or not all(isinstance(item, str) for item in found):
            msg = f"{self.place}: {field} must be a list of texts, not {value!r}."
            raise KnowledgeError(msg)
        return found

    def expect(self, **fields: str) -> None:
        """Refuse a row that is used for another structure, plane or level than it was made for.

        Raises
        ------
        KnowledgeError
            Where a field is neither equal to the given value nor, as a list, holds it.
        """
        for field, wanted in fields.items():
            if wanted not in self.texts(field):
                msg = (
                    f"{self.place}: is for {field} {', '.join(self.texts(field)) or 'unstated'}, "
                    f"not for {wanted}; use the row made for {wanted}."
                )
                raise KnowledgeError(msg)


@cache
def rows(file_name: str, table: str, required: tuple[str, ...] = ()) -> tuple[Row, ...]:
    """Every row of one table, checked, in the order of the file.

    Parameters
    ----------
    file_name : str
        A file of this package, such as ``"roots.toml"``.
    table : str
        Top-level table in it.
    required : tuple of str
        Further fields that every row must hold. Rows of ``thresholds.toml`` must always hold
        ``structure``, ``plane`` and ``level``.

    Raises
    ------
    KnowledgeError
        Where the file or table is absent, or a row lacks a source, a valid evidence tag, a unit
        for its numbers, a required field, or shares its id with another.
    """
    return read_rows(_document(file_name), file_name, table, required)


def row(file_name: str, table: str, id_: str) -> Row:
    """The row of that id; KnowledgeError where there is none."""
    for found in rows(file_name, table):
        if found.id == id_:
            return found
    known = ", ".join(r.id for r in rows(file_name, table))
    msg = f"{file_name} [{table}]: has no row {id_!r}; it has {known}."
    raise KnowledgeError(msg)


def read_rows(
    document: Mapping[str, Any], file_name: str, table: str, required: tuple[str, ...] = ()
) -> tuple[Row, ...]:
    """Rows of ``table`` in a TOML document that was already parsed; see :func:`rows`."""
    raw = document.get(table)
    if not isinstance(raw, list | dict) or not raw:
        msg = f"{file_name}: has no table [{table}]; it has {', '.join(sorted(document))}."
        raise KnowledgeError(msg)
    named = raw.items() if isinstance(raw, dict) else ((_listed_id(r), r) for r in raw)
    needed = required + _SCOPED.get(file_name, ())
    found = tuple(_checked(file_name, table, id_, fields, needed) for id_, fields in named)
    ids = [r.id for r in found]
    for id_ in ids:
        if ids.count(id_) > 1:
            msg = f"{file_name} [{table}]: the id {id_!r} is used more than once; rename one."
            raise KnowledgeError(msg)
    return found


@cache
def _document(file_name: str) -> dict[str, Any]:
    path = files("cauda.knowledge").joinpath(file_name)
    if not path.is_file():
        msg = f"The knowledge base has no file {file_name!r}."
        raise KnowledgeError(msg)
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except tomllib.TOMLDecodeError as error:
        msg = f"{file_name}: is not valid TOML: {error}."
        raise KnowledgeError(msg) from error


def _listed_id(fields: object) -> str:
    id_ = fields.get("id") if isinstance(fields, dict) else None
    return id_ if isinstance(id_, str) else ""


def _checked(
    file_name: str, table: str, id_: str, fields: object, required: tuple[str, ...]
) -> Row:
    place = f"{file_name} [{table}] {id_ or '(a row without id)'}"
    if not id_ or not isinstance(fields, dict):
        msg = f"{place}: every row needs an id, as a field or as the name of its table."
        raise KnowledgeError(msg)
    _check_provenance(place, fields)
    for field in required:
        if not fields.get(field):
            msg = f"{place}: lacks {field!r}; say what it applies to."
            raise KnowledgeError(msg)
    special = ("id", "source", "evidence", "unit")
    values = {key: _frozen(value) for key, value in fields.items() if key not in special}
    return Row(
        file=file_name,
        table=table,
        id=id_,
        source=fields["source"],
        evidence=fields["evidence"],
        unit=fields.get("unit", ""),
        values=MappingProxyType(values),
    )


def _check_provenance(place: str, fields: Mapping[str, Any]) -> None:
    source = fields.get("source")
    if not isinstance(source, str) or not source.strip():
        msg = f"{place}: lacks a source; say where it was read or who chose it."
        raise KnowledgeError(msg)
    if fields.get("evidence") not in EVIDENCE:
        msg = f"{place}: evidence is {fields.get('evidence')!r}; use one of {', '.join(EVIDENCE)}."
        raise KnowledgeError(msg)
    unit = fields.get("unit", "")
    if not isinstance(unit, str) or (not unit and _has_number(list(fields.values()))):
        msg = f"{place}: holds a number without a unit; give one ('1' where it has no dimension)."
        raise KnowledgeError(msg)


def _has_number(value: object) -> bool:
    if isinstance(value, dict):
        return _has_number(list(value.values()))
    if isinstance(value, list):
        return any(_has_number(item) for item in value)
    return isinstance(value, int | float) and not isinstance(value, bool)


def _frozen(value: object) -> object:
    if isinstance(value, dict):
        return MappingProxyType({key: _frozen(item) for key, item in value.items()})
    return tuple(_frozen(item) for item in value) if isinstance(value, list) else value
