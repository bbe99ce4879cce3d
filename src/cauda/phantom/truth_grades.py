"""Grades of a synthetic spine: what was built, and what each scale is defined by.

Canal, recess and foramen are graded by what their scales speak of, read off the exact geometry of
:mod:`~cauda.phantom.truth_state`: Lee's and Schizas' canal by the fluid left between the rootlets
and the fat behind the sac, Bartynski's recess by its room and the state of its root, Lee's foramen
by the fat on the four sides of the root and the root's own shape. Words such as "obliterated" are
put into numbers by the cuts that the rules use too; "reduced" and "altered" are judged against the
same spine without lesions. Such grades say how an image was made; they are no clinical thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cauda.knowledge.table import row
from cauda.phantom.anatomy import Anatomy, Disc, Lesion, LesionKind
from cauda.phantom.truth_state import (
    Contents,
    ForamenState,
    RecessState,
    contents,
    foramen_state,
    recess_state,
)
from cauda.records import Finding, Measurement
from cauda.vocab import UNKNOWN, Condition, Level, Quantity, Scale, Side, Zone

UNCHANGED = 0.98
"""A recess that keeps this share of its free area has lost nothing to a lesion, however narrow."""
REDUCED = 0.2
"""A recess that lost more of its free area than this is reduced."""
ROOT_LOSS = 0.15
"""A root of a recess that lost more of its section than this, or is touched by disc or bone over
more of it, is altered."""
LEAST_ROOT_MM2 = 0.5
"""A smaller mean section is no root that passes the recess."""
CORD = "the cord lies in the sac at this disc, so neither fluid nor rootlets are graded"

_HERNIATIONS = {
    LesionKind.PROTRUSION: "protrusion",
    LesionKind.EXTRUSION: "extrusion",
    LesionKind.SEQUESTRATION: "sequestration",
}
_MODIC = {LesionKind.MODIC_1: "1", LesionKind.MODIC_2: "2", LesionKind.MODIC_3: "3"}
RSNA = Scale.RSNA.grades
SIDES = ("anterior", "posterior", "superior", "inferior")


def grades(
    anatomy: Anatomy, n: int, level: Level, measurements: Sequence[Measurement]
) -> Iterator[Finding]:
    """Yield the true findings of ``discs[n]``, whose true measurements are given."""
    built = [lesion for lesion in anatomy.lesions if lesion.level == level]
    plain = anatomy.plain or anatomy
    yield from _contour(level, built)
    yield from _wear(level, anatomy.discs[n], plain.discs[n], measurements)
    yield from _canal(anatomy, n, level)
    for side in (Side.RIGHT, Side.LEFT):
        yield from _recess(anatomy, plain, n, level, side)
        yield from _foramen(anatomy, plain, n, level, side)
    yield from _slip(level, built, measurements)
    modic = next((_MODIC[x.kind] for x in built if x.kind in _MODIC), "0")
    change = Condition.ENDPLATE_CHANGE
    yield _finding(level, change, Scale.PRESENCE, _presence(modic != "0"))
    yield _finding(level, change, Scale.MODIC, modic)


def displaced(built: Sequence[Lesion]) -> tuple[str, Lesion | None]:
    """The worst contour of a disc's lesions on Fardon's scale, and the herniation that makes it."""
    contours = [_HERNIATIONS[x.kind] for x in built if x.kind in _HERNIATIONS]
    has_bulge = any(x.kind is LesionKind.BULGE for x in built)
    order = Scale.FARDON.grades
    worst = max(contours or ["bulge" if has_bulge else "normal"], key=order.index)
    return worst, next((x for x in built if _HERNIATIONS.get(x.kind) == worst), None)


def _contour(level: Level, built: Sequence[Lesion]) -> Iterator[Finding]:
    worst, herniation = displaced(built)
    has_bulge = any(x.kind is LesionKind.BULGE for x in built)
    zone = herniation.zone if herniation else None
    detail = _where(herniation) if herniation else ""
    side = herniation.side if herniation else None
    contour = _finding(level, Condition.DISC_CONTOUR, Scale.FARDON, worst, side, zone)
    yield replace(contour, detail=detail)
    yield _finding(level, Condition.DISC_BULGE, Scale.PRESENCE, _presence(has_bulge))
    present = _presence(herniation is not None)
    found = _finding(level, Condition.DISC_HERNIATION, Scale.PRESENCE, present, side, zone)
    yield replace(found, detail=detail)


def _where(lesion: Lesion) -> str:
    """Side and zone in words."""
    return " ".join(str(part) for part in (lesion.side, lesion.zone) if part)


def _wear(
    level: Level, disc: Disc, plain: Disc, measurements: Sequence[Measurement]
) -> Iterator[Finding]:
    """Narrowing against the disc before lesions; Pfirrmann by the built nucleus' own signal."""
    share = disc.height_mm / plain.height_mm
    is_narrow = share < _cuts("narrowing-share")[0]
    yield _finding(level, Condition.DISC_NARROWING, Scale.PRESENCE, _presence(is_narrow))
    ratio = next(m.value for m in measurements if m.quantity is Quantity.NUCLEUS_SIGNAL)
    cuts = _cuts("nucleus-signal")
    steps = max(sum(ratio <= cut for cut in cuts), int(disc.has_cleft))
    is_collapsed = share < _cuts("collapse-share")[0] and steps == len(cuts)
    grade = Scale.PFIRRMANN.grades[4 if is_collapsed else steps]
    yield _finding(level, Condition.DISC_DEGENERATION, Scale.PFIRRMANN, grade)


def _canal(anatomy: Anatomy, n: int, level: Level) -> Iterator[Finding]:
    seen, what = contents(anatomy, n), Condition.CANAL_STENOSIS
    rank = -1 if seen is None else lee_canal(seen)
    for scale, grade in (
        (Scale.LEE_CANAL, Scale.LEE_CANAL.grades[rank]),
        (Scale.SCHIZAS, "" if seen is None else _schizas(seen)),
        (Scale.RSNA, RSNA[max(rank - 1, 0)]),
    ):
        found = _finding(level, what, scale, grade or scale.grades[0], None, Zone.CENTRAL)
        yield found if seen else replace(found, grade=UNKNOWN, reason_unknown=CORD)


def lee_canal(seen: Contents) -> int:
    """0 where fluid fills the sac, to 3 where none is left."""
    return sum(seen.fluid < cut for cut in _cuts("csf-fraction"))


def _schizas(seen: Contents) -> str:
    """A1 also stands for A2, as in the rule."""
    none_left, little, half = _cuts("csf-fraction")
    if seen.fluid >= half:
        return "A1"
    if seen.fluid >= little:
        return "A3" if seen.rootlets >= _cuts("rootlets-dorsal")[0] else "A4"
    if seen.fluid >= none_left:
        return "B"
    return "C" if seen.fat_mm2 >= _cuts("posterior-fat")[0] else "D"


def _recess(
    anatomy: Anatomy, plain: Anatomy, n: int, level: Level, side: Side
) -> Iterator[Finding]:
    rank = bartynski(recess_state(anatomy, n, side), recess_state(plain, n, side))
    what, zone = Condition.SUBARTICULAR_STENOSIS, Zone.SUBARTICULAR
    yield _finding(level, what, Scale.BARTYNSKI, Scale.BARTYNSKI.grades[rank], side, zone)
    yield _finding(level, what, Scale.RSNA, RSNA[max(rank - 1, 0)], side, zone)


def bartynski(now: RecessState, before: RecessState) -> int:
    """0 open or as in the sound spine, 1 reduced, 2 with an altered root, 3 nothing left."""
    closed = _cuts("recess-height")[0]
    left = now.free_mm2 / before.free_mm2 if before.free_mm2 > 0 else 1.0
    if left > UNCHANGED:
        return 0
    if now.height_mm < closed or left < _cuts("recess-share")[0]:
        return 3
    if before.root_mm2 >= LEAST_ROOT_MM2:
        lost = 1 - now.root_mm2 / before.root_mm2
        if max(lost, now.pressed - before.pressed) > ROOT_LOSS:
            return 2
    return int(left < 1 - REDUCED)


def _foramen(
    anatomy: Anatomy, plain: Anatomy, n: int, level: Level, side: Side
) -> Iterator[Finding]:
    rank = lee(foramen_state(anatomy, n, side), foramen_state(plain, n, side))
    what, zone = Condition.FORAMINAL_STENOSIS, Zone.FORAMINAL
    yield _finding(level, what, Scale.LEE_FORAMEN, Scale.LEE_FORAMEN.grades[rank], side, zone)
    yield _finding(level, what, Scale.RSNA, RSNA[max(rank - 1, 0)], side, zone)


def lee(now: ForamenState, before: ForamenState) -> int:
    """By the sides without fat: fewer than two 0, fewer than four 1, four 2, root smaller 3.

    A sound lumbosacral root lies bare against facet and disc too: where no lesion took fat from
    any side nothing is stenosed.
    """
    cuts = [_cuts(f"foramen-fat-{side}")[0] for side in SIDES]
    is_bare = [share < cut for share, cut in zip(now.fat, cuts, strict=True)]
    is_taken = any(b and n < p for b, n, p in zip(is_bare, now.fat, before.fat, strict=True))
    is_changed = now.root_mm2 < _cuts("root-share")[0] * before.root_mm2
    lost = sum(is_bare)
    if lost < 2 or not is_taken:
        return 0
    return 3 if lost > 2 and is_changed else 1 + (lost == len(cuts))


def _slip(
    level: Level, built: Sequence[Lesion], measurements: Sequence[Measurement]
) -> Iterator[Finding]:
    least = _cuts("slip-detect")[0]
    slip = sum(x.size_mm for x in built if x.kind is LesionKind.SLIP)
    is_present = abs(slip) >= least
    what = Condition.SPONDYLOLISTHESIS
    detail = f"{slip:+.1f} mm built" if is_present else ""
    yield replace(_finding(level, what, Scale.PRESENCE, _presence(is_present)), detail=detail)
    percent = next(m.value for m in measurements if m.quantity is Quantity.SLIP_PERCENT)
    rank = 1 + sum(percent > cut for cut in _cuts("slip-meyerding")) if slip >= least else 0
    grade = Scale.MEYERDING.grades[rank]
    yield replace(_finding(level, what, Scale.MEYERDING, grade), detail=detail)


def _cuts(id_: str) -> tuple[float, ...]:
    """Limits of a threshold of the knowledge base."""
    return row("thresholds.toml", "threshold", id_).numbers("value")


def _presence(is_present: bool) -> str:
    return "present" if is_present else "absent"


def _finding(
    level: Level,
    condition: Condition,
    scale: Scale,
    grade: str,
    side: Side | None = None,
    zone: Zone | None = None,
) -> Finding:
    sided = condition in {Condition.SUBARTICULAR_STENOSIS, Condition.FORAMINAL_STENOSIS}
    parts = (level, condition, side if sided else None, scale.name.lower())
    return Finding(
        id="/".join(str(p) for p in parts if p),
        condition=condition,
        level=level,
        scale=scale,
        grade=grade,
        rule="as-built",
        certainty="high",
        side=side,
        zone=zone,
        validation="synthetic",
    )
