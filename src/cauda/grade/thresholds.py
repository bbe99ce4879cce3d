"""Cuts of ``knowledge/thresholds.toml``, each bound to one quantity of one structure.

A cut published for one structure, plane or level is never applied to another: binding a row to a
quantity of another structure fails, and a row is silent at the levels it was not made for.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType

from cauda.errors import KnowledgeError
from cauda.knowledge import Row
from cauda.vocab import Level, Plane, Quantity, Structure

FILE = "thresholds.toml"
ANY = "any"


class Derived(StrEnum):
    """Numbers that grading makes from several measurements."""

    HEIGHT_SHARE = "disc_height_share_ratio"
    DOME_SHARE = "displacement_dome_share_ratio"
    ROOT_SHARE = "foramen_root_share_ratio"
    RECESS_SHARE = "recess_area_share_ratio"
    FLUID_BESIDE = "csf_fraction_beside_ratio"


Readable = Quantity | Derived
"""What a rule can read at a level."""

BONY_CANAL = "bony canal"
"""No class of a network: the bone around the sac, whose cuts never grade the sac itself."""
LATERAL_RECESS = "lateral recess"

_STRUCTURES: Mapping[str, str] = MappingProxyType(
    {
        "disc": Structure.DISC,
        "posterior": Structure.DISC,
        "displacement": Structure.DISC,
        "migration": Structure.DISC,
        "nucleus": Structure.DISC,
        "sac": Structure.SAC,
        "csf": Structure.SAC,
        "rootlet": Structure.SAC,
        "bony": BONY_CANAL,
        "epidural": Structure.EPIDURAL_FAT,
        "recess": LATERAL_RECESS,
        "root": Structure.ROOT,
        "foramen": Structure.FORAMEN,
        "facet": Structure.ARCH,
        "slip": Structure.BODY,
        "segmental": Structure.BODY,
        "lordosis": Structure.BODY,
        "vertebra": Structure.BODY,
        "endplate": Structure.BODY,
        "sacral": Structure.SACRUM,
    }
)
"""The first word of a quantity's name tells the structure it is measured on."""


def readable(name: str) -> Readable:
    """The quantity of that name.

    Raises
    ------
    KnowledgeError
        If nothing of that name is measured.
    """
    for kind in (Quantity, Derived):
        if name in set(kind):
            return kind(name)
    msg = f"{FILE}: {name!r} is not measured; use a quantity of cauda.vocab.Quantity."
    raise KnowledgeError(msg)


def structure_of(quantity: Readable) -> str:
    """The structure on which ``quantity`` is measured, as threshold rows name it."""
    return _STRUCTURES[quantity.value.split("_", 1)[0]]


def unit_of(quantity: Readable) -> str:
    """UCUM unit of ``quantity``."""
    return quantity.unit if isinstance(quantity, Quantity) else "1"


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """The limits of one quantity, from low to high, and where they hold.

    Parameters
    ----------
    id : str
    quantity : Readable
    values : tuple of float
        Strictly increasing, in the quantity's unit.
    levels : frozenset of str
        Level names, or ``{"any"}``.
    margin : float
        This near to a limit a value is borderline even where it was measured more exactly.
    row : Row
        Source and evidence tag.
    """

    id: str
    quantity: Readable
    values: tuple[float, ...]
    levels: frozenset[str]
    row: Row
    margin: float = 0.0

    def holds_at(self, level: Level) -> bool:
        """Whether it was made for ``level``."""
        return ANY in self.levels or level.value in self.levels


def bind(row: Row, plane: Plane) -> Threshold:
    """Make a row of ``[threshold]`` usable for measurements of ``plane``.

    Raises
    ------
    KnowledgeError
        If the row names another structure, plane or unit than its quantity is measured in, an
        unknown level, or limits that do not increase.
    """
    quantity = readable(row.text("quantity"))
    row.expect(structure=structure_of(quantity), plane=plane.value)
    values = row.numbers("value")
    levels = frozenset(row.texts("level"))
    problem = ""
    if row.unit != unit_of(quantity):
        problem = f"is in {row.unit!r} but {quantity} is in {unit_of(quantity)!r}"
    elif list(values) != sorted(set(values)) or not values:
        problem = f"has the limits {values}, which must increase"
    elif not levels <= {ANY, *Level}:
        problem = f"names unknown levels {sorted(levels - {ANY, *Level})}"
    if problem:
        msg = f"{row.place}: {problem}."
        raise KnowledgeError(msg)
    margin = row.number("margin") if "margin" in row.values else 0.0
    return Threshold(
        id=row.id, quantity=quantity, values=values, levels=levels, row=row, margin=margin
    )
