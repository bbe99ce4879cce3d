"""From findings to root links: which root, which side, how strongly, and on what it rests.

Tiers follow ``knowledge/zone_roots.toml``: a finding that exists never falls below "possible"; a
bulge, narrowing or slip without contact or stenosis links no root; moderate or severe central
stenosis at any level links the cauda equina on both sides.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from cauda.knowledge import row
from cauda.knowledge.roots import reaches_foot
from cauda.records import Finding, RootLink
from cauda.relate.associated import evidence, expected
from cauda.relate.context import Context, severity
from cauda.relate.reach import (
    ROOT_ORDER,
    SIDES,
    Place,
    exiting_root,
    is_variant,
    neighbors,
    passing_roots,
    roots_at,
)
from cauda.vocab import Condition, Level, Root, Side, Zone

POSSIBLE, PLAUSIBLE = 1, 2

_LOWERED_WITHOUT_AXIAL = (
    Condition.SUBARTICULAR_STENOSIS,
    Condition.ROOT_COMPROMISE,
    Condition.DISC_HERNIATION,
    Condition.DISC_CONTOUR,
)
"""Recess, zone, side and contour need an axial plane; the foramen's own plane is sagittal."""

_CORD_LEVELS = (
    Level.T8_T9, Level.T9_T10, Level.T10_T11, Level.T11_T12, Level.T12_L1, Level.L1_L2,
)  # fmt: skip
"""Levels at which the cord or conus usually lies."""


@dataclass(frozen=True, slots=True, kw_only=True)
class _Support:
    """One finding's support for one root on one side."""

    root: Root
    side: Side
    tier: int
    finding: Finding
    zone: Zone | None
    widened: bool = False
    notes: tuple[str, ...] = ()


def links(findings: Sequence[Finding], context: Context) -> tuple[RootLink, ...]:
    """One link for each root and side that any finding supports, the strongest first."""
    supports = [s for f in findings for s in _supports(f, context)]
    if context.numbering_uncertain:
        supports = [wide for s in supports for wide in _widened(s)]
    places = {(s.root, s.side) for s in supports}
    made = [_merged(p, [s for s in supports if (s.root, s.side) == p]) for p in places]
    return tuple(sorted(made, key=_order))


def _order(link: RootLink) -> tuple[int, int, int]:
    """Strongest first, then the cauda equina and roots from above, then right before left."""
    at = ROOT_ORDER.index(link.root) if link.root in ROOT_ORDER else -1
    return (-link.tier, at, SIDES.index(link.side))


def _supports(finding: Finding, context: Context) -> Iterator[_Support]:
    tier = severity(finding)
    if tier == 0 and finding.apex_side is not None:
        yield from _beside(finding)
    if tier <= 0:
        return
    notes: tuple[str, ...] = ()
    if finding.condition in _LOWERED_WITHOUT_AXIAL and context.is_sagittal_only(finding):
        notes = _lowering_note("sagittal_only", tier)
        tier = max(POSSIBLE, tier - 1)
    elif finding.certainty == "low":
        notes = _lowering_note("low_certainty", tier)
        tier = max(POSSIBLE, tier - 1)
    for root, side, zone, note in _places(finding, context):
        yield _Support(
            root=root, side=side, tier=tier, finding=finding, zone=zone, notes=notes + note
        )


def _beside(finding: Finding) -> Iterator[_Support]:
    """Disc of undecided kind, deep and to one side: the traversing root there, at most possible."""
    for root, side in roots_at(finding.level, Zone.SUBARTICULAR, finding.apex_side):
        yield _Support(
            root=root,
            side=side,
            tier=POSSIBLE,
            finding=finding,
            zone=Zone.SUBARTICULAR,
            notes=(note("displaced_beside"),),
        )


def _lowering_note(id_: str, tier: int) -> tuple[str, ...]:
    return (note(id_),) if tier > POSSIBLE else ()


_Placed = tuple[Root, Side, Zone | None, tuple[str, ...]]


def _places(finding: Finding, context: Context) -> Iterable[_Placed]:
    """Roots, sides and zones one finding supports, by what it is about."""
    level, side = finding.level, finding.side
    match finding.condition:
        case Condition.CANAL_STENOSIS:
            return _canal(finding, context)
        case Condition.SUBARTICULAR_STENOSIS:
            return _plain(roots_at(level, Zone.SUBARTICULAR, side), Zone.SUBARTICULAR)
        case Condition.FORAMINAL_STENOSIS:
            return _plain(roots_at(level, Zone.FORAMINAL, side), Zone.FORAMINAL)
        case Condition.ROOT_COMPROMISE:
            zone = finding.zone if finding.zone not in (None, Zone.CENTRAL) else Zone.SUBARTICULAR
            return _plain(roots_at(level, zone or Zone.SUBARTICULAR, side), zone)
        case Condition.DISC_HERNIATION | Condition.DISC_CONTOUR:
            return _herniation(finding, context)
    return ()


def _plain(
    places: Iterable[Place], zone: Zone | None, notes: tuple[str, ...] = ()
) -> list[_Placed]:
    return [(root, side, zone, notes) for root, side in places]


def _canal(finding: Finding, context: Context) -> list[_Placed]:
    """Mild: the traversing roots; moderate or severe: the cauda equina, at any level."""
    if severity(finding) < PLAUSIBLE:
        at = roots_at(finding.level, Zone.CENTRAL, None)
        return _plain(context.open_sides(at, finding.level), Zone.CENTRAL)
    roots = passing_roots(finding.level)
    notes = [note("passing").format(roots=f"{roots[0]} to {roots[-1]}")]
    if finding.level in _CORD_LEVELS or finding.level.is_relative:
        notes.append(note("cord"))
    return [(Root.CAUDA, side, Zone.CENTRAL, tuple(notes)) for side in SIDES]


def _herniation(finding: Finding, context: Context) -> list[_Placed]:
    level, side, zone = finding.level, finding.side, finding.zone
    if zone is Zone.CENTRAL:
        at = roots_at(level, zone, None)
        touched = [(r, s) for r, s in at if (level, s) in context.touched]
        found = _plain(context.open_sides(touched, level), zone)
    elif zone is not None and side is not None:
        found = _plain(roots_at(level, zone, side), zone)
    else:
        at = roots_at(level, zone or Zone.SUBARTICULAR, side)
        found = _plain(context.open_sides(at, level), zone, (note("side_unknown"),))
    return found + _migrated(finding, {s for _, s, _, _ in found})


def _migrated(finding: Finding, sides: set[Side]) -> list[_Placed]:
    """A fragment above the disc reaches the root leaving at this level too."""
    root = exiting_root(finding.level)
    if finding.migration != "cranial" or root is None:
        return []
    return [(root, side, finding.zone, (note("cranial"),)) for side in SIDES if side in sides]


def _widened(support: _Support) -> Iterator[_Support]:
    """Cap the tier and add the neighboring roots, as uncertain numbering demands."""
    capped = replace(
        support,
        tier=min(support.tier, POSSIBLE),
        notes=(*support.notes, note("numbering")),
    )
    yield capped
    for root in neighbors(support.root):
        yield replace(capped, root=root, widened=True)


def _merged(place: Place, supports: list[_Support]) -> RootLink:
    """One link from all that supports a root on a side; the strongest gives level and zone."""
    root, side = place
    ranked = sorted(supports, key=lambda s: (s.widened, -s.tier))
    strongest = ranked[0]
    tier = max(s.tier for s in ranked)
    notes = [n for s in ranked if s.tier == tier for n in _notes(s)]
    return RootLink(
        root=root,
        side=side,
        tier=tier,
        tier_text=tier_text(tier),
        because=tuple(dict.fromkeys(s.finding.id for s in ranked)),
        associated=expected(root),
        level=strongest.finding.level,
        zone=strongest.zone,
        widened=all(s.widened for s in ranked),
        notes=tuple(dict.fromkeys(notes)),
        evidence=evidence(root),
    )


def _notes(support: _Support) -> Iterator[str]:
    yield from support.notes
    if support.finding.migration == "caudal":
        yield note("caudal")
    if is_variant(support.finding.level):
        yield note("variant")
    if not reaches_foot(support.root) and support.root is not Root.S4:
        yield note("no_foot")


def tier_text(tier: int) -> str:
    """The tier in words."""
    return row("zone_roots.toml", "tiers", str(tier)).text("text")


def note(id_: str) -> str:
    """A fixed note of ``zone_roots.toml``."""
    return row("zone_roots.toml", "notes", id_).text("text")
