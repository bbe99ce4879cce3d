"""Which roots a place can reach: by level, zone and side (``knowledge/zone_roots.toml``).

At L4-L5 the traversing root is L5 (recess) and the exiting root is L4 (foramen).
"""

from __future__ import annotations

from functools import cache

from cauda.knowledge import Row, rows
from cauda.vocab import Level, Root, Side, Zone

ROOT_ORDER = (Root.L1, Root.L2, Root.L3, Root.L4, Root.L5, Root.S1, Root.S2, Root.S3, Root.S4)
"""Single roots from above; the cauda equina is not one of them."""

SIDES = (Side.RIGHT, Side.LEFT)

Place = tuple[Root, Side]


@cache
def _levels() -> dict[str, Row]:
    return {row.id: row for row in rows("zone_roots.toml", "levels")}


@cache
def _zones() -> dict[str, Row]:
    return {row.id: row for row in rows("zone_roots.toml", "zones")}


def is_mapped(level: Level) -> bool:
    """Whether any root rule covers this level."""
    return level.value in _levels()


def is_variant(level: Level) -> bool:
    """Whether the level exists only with a transitional or additional vertebra."""
    return is_mapped(level) and bool(_levels()[level.value].values.get("variant", False))


def traversing_root(level: Level) -> Root | None:
    """The root that passes the recess of this level, if one is named."""
    return _root(level, "traversing")


def exiting_root(level: Level) -> Root | None:
    """The root that leaves through the foramen of this level, if one is named."""
    return _root(level, "exiting")


def _root(level: Level, which: str) -> Root | None:
    name = _levels()[level.value].text(which) if is_mapped(level) else ""
    return Root(name) if name else None


def roots_at(level: Level, zone: Zone, side: Side | None) -> tuple[Place, ...]:
    """Roots that lie at a zone of a level.

    Parameters
    ----------
    level : Level
    zone : Zone
        Central reaches the traversing roots of both sides, whatever ``side`` says.
    side : Side or None
        The patient's side; ``None`` lists both.

    Returns
    -------
    tuple of (Root, Side)
        Empty for an anterior place or a level without a named root.
    """
    rule = _zones()[zone.value]
    which = rule.text("roots")
    root = _root(level, which) if which in ("traversing", "exiting") else None
    if root is None:
        return ()
    both = side is None or rule.text("sides") == "both"
    return tuple((root, s) for s in (SIDES if both else (side,)) if s is not None)


def passing_roots(level: Level) -> tuple[Root, ...]:
    """Roots still inside the sac at a level, from above; every one where the level is unnamed."""
    first = traversing_root(level)
    return ROOT_ORDER[ROOT_ORDER.index(first) :] if first else ROOT_ORDER


def neighbors(root: Root) -> tuple[Root, ...]:
    """The single roots above and below; none for the cauda equina."""
    if root not in ROOT_ORDER:
        return ()
    at = ROOT_ORDER.index(root)
    return tuple(ROOT_ORDER[i] for i in (at - 1, at + 1) if 0 <= i < len(ROOT_ORDER))
