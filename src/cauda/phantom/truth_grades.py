"""Grades of a synthetic spine: what was built, and how much room it took.

Narrowing is judged against the same spine without lesions: the share of the sac, recess or foramen
that is lost. The cuts are the thirds of Lurie's scheme for the canal (mild up to 1/3, moderate to
2/3, severe beyond), used for recess and foramen too by choice of this project. Such grades say how
an image was made; they are no clinical thresholds.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace

from cauda.knowledge.table import row
from cauda.phantom import planes
from cauda.phantom.anatomy import Anatomy, Disc, Lesion, LesionKind
from cauda.phantom.endplates import level_frame
from cauda.records import Finding, Measurement
from cauda.vocab import Condition, Level, Quantity, Scale, Side, Zone

LEAST_LOSS = 0.08
"""Smaller losses of area are within the sampling error: grade 0."""
THIRDS = (1 / 3, 2 / 3)
ROOT_LOSS = 0.15
"""A root that lost more of its section than this has changed shape."""

_HERNIATIONS = {
    LesionKind.PROTRUSION: "protrusion",
    LesionKind.EXTRUSION: "extrusion",
    LesionKind.SEQUESTRATION: "sequestration",
}
_MODIC = {LesionKind.MODIC_1: "1", LesionKind.MODIC_2: "2", LesionKind.MODIC_3: "3"}
RSNA = Scale.RSNA.grades


def grades(
    anatomy: Anatomy, n: int, level: Level, measurements: Sequence[Measurement]
) -> Iterator[Finding]:
    """Yield the true findings of ``discs[n]``, whose true measurements are given."""
    built = [lesion for lesion in anatomy.lesions if lesion.level == level]
    plain = anatomy.plain or anatomy
    yield from _contour(level, built)
    yield from _wear(level, anatomy.discs[n], plain.discs[n], measurements)
    yield from _canal(anatomy, plain, n, level)
    for side in (Side.RIGHT, Side.LEFT):
        yield from _recess(anatomy, plain, n, level, side)
        yield from _foramen(anatomy, plain, n, level, side)
    yield from _slip(level, built, measurements)
    modic = next((_MODIC[x.kind] for x in built if x.kind in _MODIC), "0")
    yield _finding(level, Condition.ENDPLATE_CHANGE, Scale.MODIC, modic)


def _contour(level: Level, built: Sequence[Lesion]) -> Iterator[Finding]:
    contours = [_HERNIATIONS[x.kind] for x in built if x.kind in _HERNIATIONS]
    has_bulge = any(x.kind is LesionKind.BULGE for x in built)
    order = Scale.FARDON.grades
    worst = max(contours or ["bulge" if has_bulge else "normal"], key=order.index)
    herniation = next((x for x in built if _HERNIATIONS.get(x.kind) == worst), None)
    zone = herniation.zone if herniation else None
    detail = _where(herniation) if herniation else ""
    contour = _finding(level, Condition.DISC_CONTOUR, Scale.FARDON, worst, None, zone)
    yield replace(contour, detail=detail)
    yield _finding(level, Condition.DISC_BULGE, Scale.PRESENCE, _presence(has_bulge))
    present = _presence(bool(contours))
    found = _finding(level, Condition.DISC_HERNIATION, Scale.PRESENCE, present, None, zone)
    yield replace(found, detail=detail)


def _where(lesion: Lesion) -> str:
    """Side and zone in words; the finding itself carries no side, as contour has none."""
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


def _canal(anatomy: Anatomy, plain: Anatomy, n: int, level: Level) -> Iterator[Finding]:
    loss = _loss(_narrowest_sac(anatomy, n), _narrowest_sac(plain, n))
    rank = _rank(loss)
    what = Condition.CANAL_STENOSIS
    yield _finding(level, what, Scale.LEE_CANAL, Scale.LEE_CANAL.grades[rank], None, Zone.CENTRAL)
    yield _finding(level, what, Scale.RSNA, RSNA[max(rank - 1, 0)], None, Zone.CENTRAL)


def _narrowest_sac(anatomy: Anatomy, n: int) -> float:
    return planes.sac_area(anatomy, n, level_frame(anatomy, n))[0]


def _recess(
    anatomy: Anatomy, plain: Anatomy, n: int, level: Level, side: Side
) -> Iterator[Finding]:
    sign = 1 if side is Side.LEFT else -1
    loss = _loss(planes.recess_area(anatomy, n, sign), planes.recess_area(plain, n, sign))
    rank = _rank(loss)
    what, zone = Condition.SUBARTICULAR_STENOSIS, Zone.SUBARTICULAR
    yield _finding(level, what, Scale.BARTYNSKI, Scale.BARTYNSKI.grades[rank], side, zone)
    yield _finding(level, what, Scale.RSNA, RSNA[max(rank - 1, 0)], side, zone)


def _foramen(
    anatomy: Anatomy, plain: Anatomy, n: int, level: Level, side: Side
) -> Iterator[Finding]:
    now, before = (planes.foramen_truth(a, n, side) for a in (anatomy, plain))
    rank = _rank(_loss(now.area_mm2, before.area_mm2))
    if rank and _loss(now.root_mm2, before.root_mm2) > ROOT_LOSS:
        rank = 3
    what, zone = Condition.FORAMINAL_STENOSIS, Zone.FORAMINAL
    yield _finding(level, what, Scale.LEE_FORAMEN, Scale.LEE_FORAMEN.grades[rank], side, zone)
    yield _finding(level, what, Scale.RSNA, RSNA[max(rank - 1, 0)], side, zone)


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


def _loss(now: float, before: float) -> float:
    return 1 - now / before if before > 0 else 0.0


def _rank(loss: float) -> int:
    """0 none, 1 up to a third of the area lost, 2 up to two thirds, 3 more."""
    return sum(loss > cut for cut in (LEAST_LOSS, *THIRDS))


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
