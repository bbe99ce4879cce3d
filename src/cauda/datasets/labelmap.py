"""Named label maps: every number of a tool or data set, in words of the vocabulary.

A map is chosen by name, never by looking at the values: the same number means different things
in different tools. A number that its map does not list is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from functools import cache
from types import MappingProxyType

from cauda.datasets.meaning import GROUPS, Meaning, Structures, meaning_of
from cauda.errors import UsageError
from cauda.knowledge import Row, row, rows
from cauda.vocab import Level, Side, Structure, Vertebra

FILE, TABLE = "dataset_labels.toml", "readable"
SINGLE = {
    "body": "vertebral body",
    "arch": "posterior arch",
    "disc": "disc",
    "sac": "thecal sac",
    "cord": "cord",
    "sacrum": "sacrum",
    "root": "nerve root",
    "foramen": "foramen",
    "left_foramen": "left foramen",
    "right_foramen": "right foramen",
}
"""Words for the names that ``labels.toml`` gives to single numbers."""
ABOVE_SACRUM = (Level.L6_S1, Level.L5_S1, Level.L4_S1)


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelMap:
    """What the numbers of a label map mean.

    Parameters
    ----------
    name : str
    meanings : mapping of int -> Meaning
        Every number but 0, which is whatever the data set did not draw.
    alternatives : mapping of int -> tuple of Level
        Numbers whose level depends on which vertebrae the file holds.
    """

    name: str
    meanings: Mapping[int, Meaning]
    alternatives: Mapping[int, tuple[Level, ...]] = field(
        default_factory=lambda: MappingProxyType({})
    )

    @property
    def told(self) -> tuple[Structures, ...]:
        """The sets of structures that the map can tell apart, in the vocabulary's order."""
        found = {m.structures for m in self.meanings.values()}
        known = [s for s in found if s != frozenset(Structure) and Structure.BACKGROUND not in s]
        return tuple(sorted(known, key=lambda s: sorted(tuple(Structure).index(x) for x in s)))

    def resolved(self, present: Iterable[int]) -> Mapping[int, Meaning]:
        """Meanings in a file that holds the numbers ``present``.

        Raises
        ------
        UsageError
            If the file holds a number that the map does not list.
        """
        numbers = sorted({int(n) for n in present} - {0})
        unknown = [n for n in numbers if n not in self.meanings]
        if unknown:
            shown = ", ".join(map(str, unknown[:8]))
            msg = (
                f"A mask holds {shown}, which the label map {self.name!r} does not list. Name the "
                "map that wrote it, or list every number in the card's own label map."
            )
            raise UsageError(msg)
        vertebrae = {self.meanings[n].vertebra for n in numbers}
        found = {n: self.meanings[n] for n in numbers}
        for number in found.keys() & self.alternatives.keys():
            level = _best_level(self.alternatives[number], vertebrae)
            found[number] = replace(found[number], level=level)
        return MappingProxyType(found)


def known_maps() -> tuple[str, ...]:
    """Names of all label maps that can be read."""
    return tuple(r.id for r in rows(FILE, TABLE))


@cache
def named_map(name: str) -> LabelMap:
    """The label map of that name.

    Raises
    ------
    UsageError
        If there is none.
    """
    if name not in known_maps():
        msg = f"There is no label map {name!r}; choose one of {', '.join(known_maps())}."
        raise UsageError(msg)
    rules = row(FILE, TABLE, name)
    meanings: dict[int, Meaning] = {}
    alternatives: dict[int, tuple[Level, ...]] = {}
    if "base" in rules.values:
        meanings, alternatives = _scheme(row("labels.toml", "schemes", rules.text("base")))
    words = rules.values.get("words", {})
    meanings |= {int(n): meaning_of(word) for word, ns in words.items() for n in ns}
    for number in rules.values.get("partial", ()):
        meanings[int(number)] = replace(meanings[int(number)], is_partial=True)
    return LabelMap(
        name=name,
        meanings=MappingProxyType(meanings),
        alternatives=MappingProxyType(alternatives),
    )


def own_map(words: Mapping[int, str], name: str = "own") -> LabelMap:
    """Build a map from numbers to words, as a card or an nnU-Net ``dataset.json`` gives them."""
    meanings = {int(n): meaning_of(text) for n, text in words.items() if int(n) != 0}
    if not meanings:
        msg = f"The label map {name!r} lists no number besides 0."
        raise UsageError(msg)
    return LabelMap(name=name, meanings=MappingProxyType(meanings))


def _scheme(rules: Row) -> tuple[dict[int, Meaning], dict[int, tuple[Level, ...]]]:
    """Meanings of a scheme that Cauda writes, and the numbers that several levels share."""
    meanings = {int(n): meaning_of(SINGLE[key]) for key, n in rules.weights("single").items() if n}
    for name, number in rules.weights("vertebrae").items():
        meanings[int(number)] = _vertebra(Vertebra(name))
    alternatives = {}
    for number, levels in _levels(rules).items():
        for side, offset in _offsets(rules).items():
            kind = GROUPS["disc"] if side is None else GROUPS["foramen"]
            level = None if levels[0].is_relative else levels[0]
            if len(levels) > 1:
                level, alternatives[number + offset] = _best_level(levels, ()), levels
            meanings[number + offset] = Meaning(structures=kind, level=level, side=side)
    return meanings, alternatives


def _levels(rules: Row) -> dict[int, tuple[Level, ...]]:
    """Disc numbers, and every level that one may be."""
    levels: dict[int, tuple[Level, ...]] = {}
    for name, number in rules.weights("discs").items():
        levels[int(number)] = (*levels.get(int(number), ()), Level(name))
    if "above_sacrum" in rules.values:
        levels[int(rules.number("above_sacrum"))] = ABOVE_SACRUM
    return levels


def _offsets(rules: Row) -> dict[Side | None, int]:
    """What is added to a disc's number for itself and for the foramen of each side."""
    found: dict[Side | None, int] = {None: 0}
    for side in Side:
        field_name = f"{side}_foramen_offset"
        if field_name in rules.values:
            found[side] = int(rules.number(field_name))
    return found


def _vertebra(name: Vertebra) -> Meaning:
    kind = "sacrum" if name is Vertebra.S1 else "vertebra"
    is_relative = name.value.startswith("V")
    return Meaning(structures=GROUPS[kind], vertebra=None if is_relative else name)


def _best_level(candidates: Iterable[Level], vertebrae: Iterable[Vertebra | None]) -> Level:
    """The usual level, but for the unusual one whose vertebrae the file holds.

    An L6 counts only if it is seen, and L4 lies on the sacrum only if both are and L5 is not: in
    a cropped image an absent vertebra proves nothing.
    """
    seen = set(vertebrae)
    is_four = {Vertebra.L4, Vertebra.S1} <= seen and Vertebra.L5 not in seen
    possible = {
        Level.L6_S1: Vertebra.L6 in seen,
        Level.L5_L6: Vertebra.L6 in seen,
        Level.L4_S1: is_four,
    }
    ordered = sorted(candidates, key=lambda c: not possible.get(c, False))
    return next(c for c in ordered if possible.get(c, True))
