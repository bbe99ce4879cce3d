"""What one number of a label map stands for, and the words that say it."""

from __future__ import annotations

from dataclasses import dataclass

from cauda.errors import UsageError
from cauda.vocab import Level, Side, Structure, Vertebra

Structures = frozenset[Structure]

GROUPS: dict[str, Structures] = {
    "vertebra": frozenset({Structure.BODY, Structure.ARCH}),
    "canal": frozenset({Structure.SAC, Structure.CORD}),
    **{s.value: frozenset({s}) for s in Structure},
}
"""Words for structures; the first two are what many data sets draw as one."""
NOTHING = "background"
UNKNOWN = "unknown"
"""A number whose voxels may be anything."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Meaning:
    """What a number stands for.

    Parameters
    ----------
    structures : frozenset of Structure
        A voxel is one of these; all of them where nothing is known.
    vertebra, level : Vertebra, Level or None
        The name of this instance; ``None`` where the map does not name it.
    side : Side or None
        The patient's side.
    is_partial : bool
        Cut by the edge of the image.
    """

    structures: Structures
    vertebra: Vertebra | None = None
    level: Level | None = None
    side: Side | None = None
    is_partial: bool = False

    @property
    def is_background(self) -> bool:
        """Whether it stands for what belongs to no structure."""
        return self.structures == GROUPS[NOTHING]


def meaning_of(words: str) -> Meaning:
    """Read words such as ``disc L4-L5``, ``left foramen``, ``vertebra``, ``L4`` or ``unknown``.

    Raises
    ------
    UsageError
        If a word is not in the vocabulary.
    """
    text = " ".join(words.split())
    side = next((s for s in Side if text.startswith(f"{s} ")), None)
    rest = text.removeprefix(f"{side} ") if side else text
    if rest == UNKNOWN:
        return Meaning(structures=frozenset(Structure))
    head, _, last = rest.rpartition(" ")
    vertebra = next((v for v in Vertebra if v == last), None)
    level = next((v for v in Level if v == last), None)
    named = vertebra is not None or level is not None
    kind = _implied(vertebra) if named and not head else head if named else rest
    if kind not in GROUPS:
        allowed = ", ".join([*GROUPS, UNKNOWN])
        msg = (
            f"{words!r} is no structure; write [left|right] STRUCTURE [VERTEBRA|LEVEL], where "
            f"STRUCTURE is one of {allowed}, such as 'disc L4-L5'."
        )
        raise UsageError(msg)
    return Meaning(structures=GROUPS[kind], vertebra=vertebra, level=level, side=side)


def _implied(vertebra: Vertebra | None) -> str:
    """What a bare name stands for: S1 the sacrum, L4 a vertebra, L4-L5 a disc."""
    if vertebra is None:
        return Structure.DISC.value
    return Structure.SACRUM.value if vertebra is Vertebra.S1 else "vertebra"


def group_name(structures: Structures) -> str:
    """The word for a set of structures."""
    for word, members in GROUPS.items():
        if members == structures:
            return word
    return " + ".join(s.value for s in Structure if s in structures)
