"""Names counted upward from the sacrum, and how sure they are (three states)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from cauda.knowledge import Row, rows
from cauda.records import Conus, Numbering
from cauda.vocab import Level, Vertebra

LUMBAR = 5
"""Lumbar vertebrae assumed where no sign speaks against it."""

_UPWARD = (
    Vertebra.L5, Vertebra.L4, Vertebra.L3, Vertebra.L2, Vertebra.L1,
    Vertebra.T12, Vertebra.T11, Vertebra.T10, Vertebra.T9, Vertebra.T8,
)  # fmt: skip
_LEVELS_UPWARD = (
    Level.L5_S1, Level.L4_L5, Level.L3_L4, Level.L2_L3, Level.L1_L2,
    Level.T12_L1, Level.T11_T12, Level.T10_T11, Level.T9_T10, Level.T8_T9,
)  # fmt: skip
_ONE_LOWER = (Level.L6_S1, Level.L5_L6, *_LEVELS_UPWARD[1:-1])
_ONE_HIGHER = _LEVELS_UPWARD[1:]
_ALTERNATES = {
    "lower": dict(zip(_LEVELS_UPWARD, _ONE_LOWER, strict=True)),
    "higher": dict(zip(_LEVELS_UPWARD, _ONE_HIGHER, strict=False)),
}
_ALTERNATE_TEXTS = {
    "lower": "If the lowest free vertebra is an extra one (L6 or a lumbarized S1), every level is "
    "named one lower: L5-S1 here would be L6-S1, and L4-L5 here would be L5-L6.",
    "higher": "If the segment taken for S1 is a sacralized L5, every level is named one higher: "
    "L5-S1 here would be L4-L5, and L4-L5 here would be L3-L4.",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Names:
    """Names of the vertebrae above the sacrum and of the discs, from below."""

    vertebrae: tuple[Vertebra, ...]
    levels: tuple[Level, ...]


def names(vertebrae: int, has_sacrum: bool) -> Names:
    """Name as many vertebrae and discs as there are names for.

    Parameters
    ----------
    vertebrae : int
        Number found above the sacrum, or in all without one.
    """
    if has_sacrum:
        return Names(vertebrae=_UPWARD[:vertebrae], levels=_LEVELS_UPWARD[:vertebrae])
    relative = tuple(Vertebra(f"V{n}") for n in range(1, min(vertebrae, 10) + 1))
    discs = tuple(Level(f"D{n}") for n in range(1, min(vertebrae - 1, 9) + 1))
    return Names(vertebrae=relative, levels=discs)


def numbering(
    vertebrae: int, has_sacrum: bool, doubts: Sequence[str], signs: Sequence[Row]
) -> Numbering:
    """The state of the numbering (verified is left to a person or a count from C2).

    Parameters
    ----------
    vertebrae : int
        Number named above the sacrum.
    doubts : sequence of str
        Reasons that by themselves make the count uncertain.
    signs : sequence of Row
        Signs of a transitional vertebra that were met.
    """
    if not has_sacrum:
        missing = (
            "No sacrum is in view, so levels are only counted from the lowest one seen (D1, "
            "D2, ...) and carry no anatomical name."
        )
        return Numbering(state="uncertain", reasons=(missing, *doubts), lumbar_count=None)
    flags = tuple(f"LSTV sign: {row.id}" for row in signs)
    if doubts or decisive(signs):
        return Numbering(
            state="uncertain",
            reasons=(*(row.text("text") for row in signs), *doubts),
            lumbar_count=None,
            alternate=_ALTERNATE_TEXTS[signs[0].text("shift")] if signs else None,
            flags=flags,
        )
    is_whole = vertebrae >= LUMBAR
    assumed = (
        "Levels are named upward from the sacrum; five lumbar vertebrae are assumed, not counted "
        "from C2. A lumbar study alone cannot tell four or six from five."
    )
    return Numbering(
        state="conventional",
        reasons=(assumed, *(row.text("text") for row in signs)),
        lumbar_count=LUMBAR if is_whole else None,
        flags=flags,
    )


def decisive(signs: Sequence[Row]) -> bool:
    """Whether the signs make the numbering uncertain; a weak one does only beside another."""
    return len(signs) > 1 or any(row["alone"] for row in signs)


def alternate(level: Level, signs: Sequence[Row]) -> Level | None:
    """The level's name if the numbering were off by one as the first sign suggests."""
    return _ALTERNATES[signs[0].text("shift")].get(level) if decisive(signs) else None


def conus_flags(conus: Conus, has_sacrum: bool) -> tuple[str, ...]:
    """A flag where the named conus level is unusual; only a hint, never a reason to rename."""
    if conus.level is None or not has_sacrum:
        return ()
    usual = rows("numbering.toml", "conus")[0]
    return () if conus.level in usual.texts("places") else (usual.text("text"),)
