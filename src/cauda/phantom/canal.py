"""Paint the canal's contents: epidural fat, sac, cord, rootlets, flavum, foramina and roots."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

import numpy as np

from cauda.phantom.anatomy import Anatomy, Axes, Segment, Vector
from cauda.phantom.arch import Strut, paint_struts
from cauda.phantom.grid import Canvas, Patch, XArray
from cauda.phantom.materials import Base, OfDisc, of_disc
from cauda.phantom.place import built_slip_mm

SAC_AP_MM = {"S3": 5.0, "S2": 7.0, "S1": 10.0, "L5": 12.0, "L6": 12.0, "L4": 12.7, "L3": 13.2}
"""Typical AP diameter of the sac at mid-body; 14 mm above L3."""
SAC_LR_MM = {"S3": 5.0, "S2": 9.0, "S1": 12.5, "L5": 15.0, "L6": 15.0, "L4": 15.6, "L3": 16.2}
"""Typical width of the sac at mid-body; 16.8 mm above L3."""
BODY_SHARE = 0.38
"""A conus within this share of a segment from a body's middle is named after that vertebra."""
DURA_MM = 0.5
CORD_RADII_MM = (4.7, 3.7)
CONUS_MM = 28.0
"""Length over which the cord tapers."""


@dataclass(frozen=True, slots=True)
class Station:
    """A cross-section of the canal; sizes in mm in its own frame, ``s`` counted in segments."""

    s: float
    origin: Vector
    axes: Axes
    wall: float
    canal_half: float
    canal_ap: float
    sac_y: float
    sac_ap: float
    sac_lr: float
    crowding: float = 0.0


def stations(anatomy: Anatomy) -> tuple[Station, ...]:
    """Cross-sections at every mid-body and every disc, from caudal to cranial."""
    bodies = [_at_body(anatomy, n) for n in range(len(anatomy.segments))]
    result = [bodies[0]]
    for n, disc in enumerate(anatomy.discs):
        low, high = bodies[n], bodies[n + 1]
        mean = {
            name: (getattr(low, name) + getattr(high, name)) / 2
            for name in ("s", "wall", "canal_half", "canal_ap", "sac_y", "sac_ap", "sac_lr")
        }
        mean["sac_ap"] *= 0.93
        mean["wall"] += 0.3
        at_disc = Station(origin=disc.origin_lps, axes=disc.axes, crowding=disc.crowding, **mean)
        result += [at_disc, high]
    return tuple(result)


def _at_body(anatomy: Anatomy, n: int) -> Station:
    segment, sac = anatomy.segments[n], anatomy.sac
    ap = SAC_AP_MM.get(segment.name, 14.0) * sac.scale_ap
    lr = SAC_LR_MM.get(segment.name, 16.8) * sac.scale_lr
    ap = min(ap, segment.canal_ap_mm - 1.0)
    gap = sac.front_gap_mm + {"S1": 2.5, "L5": 0.8}.get(segment.name, 0.0)
    taper = float(np.sqrt(np.clip((n + 1 - sac.end) / 1.2, 0.0, 1.0)))
    return Station(
        s=float(n),
        origin=segment.origin_lps,
        axes=segment.axes,
        wall=segment.wall_mm,
        canal_half=segment.pedicle_x_mm - segment.pedicle_width_mm / 2,
        canal_ap=segment.canal_ap_mm,
        sac_y=segment.wall_mm + gap + ap / 2,
        sac_ap=ap * taper,
        sac_lr=lr * taper,
    )


def conus_tip(anatomy: Anatomy) -> Vector:
    """LPS point of the cord's tip: the sac's axis where the cord ends, mm."""
    chain = stations(anatomy)
    at = [c.s for c in chain]
    middle = np.array([np.array(c.origin) + np.array(c.axes[1]) * c.sac_y for c in chain])
    x, y, z = (float(np.interp(anatomy.sac.conus, at, middle[:, a])) for a in range(3))
    return x, y, z


def conus_level(anatomy: Anatomy) -> tuple[str, Vector]:
    """Name of the vertebra or disc at which the cord ends, and the LPS point of its tip."""
    nearest = round(anatomy.sac.conus)
    offset = anatomy.sac.conus - nearest
    if abs(offset) <= BODY_SHARE:
        return anatomy.segments[nearest].name, conus_tip(anatomy)
    level = anatomy.discs[nearest if offset > 0 else nearest - 1].level
    return str(level), conus_tip(anatomy)


def paint_canal(canvas: Canvas, anatomy: Anatomy, segments: range) -> None:
    """Paint epidural fat, sac, cord and rootlets, stretch by stretch between two stations."""
    chain = stations(anatomy)
    lengths = np.linalg.norm(np.diff([c.origin for c in chain], axis=0), axis=1)
    positions = np.concatenate([[0.0], np.cumsum(lengths)])
    tip = float(np.interp(anatomy.sac.conus, [c.s for c in chain], positions))
    for low, high, start, length in zip(chain[:-1], chain[1:], positions, lengths, strict=False):
        if not segments.start <= low.s < segments.stop - 1:
            continue
        half = max(low.canal_half, high.canal_half) + 1
        front, back = low.wall - 5, low.wall + low.canal_ap + 7
        patch = canvas.patch(
            low.origin, low.axes, (-half - 3, front - 3, -5), (half + 3, back + 3, length + 5)
        )
        if patch is not None:
            _paint_stretch(patch, low, high, (float(start), float(length), tip), anatomy)


def _paint_stretch(
    patch: Patch, low: Station, high: Station, along: tuple[float, float, float], anatomy: Anatomy
) -> None:
    xp = patch.xp
    x0, y0, z0 = patch.x, patch.y, patch.z
    x1, y1, z1 = patch.grid.local(high.origin, high.axes)
    inside = (z0 >= 0) & (z1 < 0)
    t = xp.clip(z0 / xp.clip(z0 - z1, 1e-3, None), 0.0, 1.0)
    x, y = x0 + t * (x1 - x0), y0 + t * (y1 - y0)
    behind = y - (low.wall + t * (high.wall - low.wall))
    half = low.canal_half + t * (high.canal_half - low.canal_half)
    depth = low.canal_ap + t * (high.canal_ap - low.canal_ap) + 2.5
    fat = (xp.abs(x) < half + 1.5) & (behind > -4) & (behind < depth)
    patch.paint(inside & fat, int(Base.EPIDURAL_FAT))
    a = (low.sac_lr + t * (high.sac_lr - low.sac_lr)) / 2
    b = (low.sac_ap + t * (high.sac_ap - low.sac_ap)) / 2
    dy = y - (low.sac_y + t * (high.sac_y - low.sac_y))
    u, v = x / xp.clip(a, 0.3, None), dy / xp.clip(b, 0.3, None)
    u2, v2 = u * u, v * v
    q = xp.sqrt(
        xp.clip(u2, None, 2.0) + v2 - 0.25 * xp.clip(u2, None, 2.0) * xp.clip(v2, None, 2.0)
    )
    patch.paint(inside & (q < 1 + DURA_MM / xp.clip(b, 0.3, None)) & (b > 0.5), int(Base.LIGAMENT))
    sac = inside & (q < 1) & (b > 0.5)
    patch.paint(sac, int(Base.CSF))
    above = along[0] + t * along[1] - along[2]
    crowding = low.crowding + t * (high.crowding - low.crowding)
    rootlets = threads(xp, (x, dy, v), above, anatomy) + crowding > 0
    patch.paint(sac & rootlets & (above < 30), int(Base.ROOTLET))
    _paint_cord(patch, sac, (x, dy), above)


def threads(
    xp: ModuleType, place: tuple[XArray, XArray, XArray], above: XArray, anatomy: Anatomy
) -> XArray:
    """A field that is positive in the rootlets: wavy threads, denser behind.

    Parameters
    ----------
    xp : module
        numpy or torch.
    place : tuple of array
        x', y' from the middle of the sac, and that as a share of its half depth.
    above : array
        Distance above the tip of the cord, mm.
    anatomy : Anatomy
    """
    x, dy, v = place
    p, q, r = anatomy.sac.rootlet_phase
    drift = above / 40
    waves = xp.sin(2.9 * x + p + drift) + xp.sin(3.1 * dy + q + 1.3 * drift)
    waves = waves + 0.6 * xp.sin(1.3 * x - 1.7 * dy + r - drift)
    return waves - 1.1 + 0.9 * v


def _paint_cord(patch: Patch, sac: XArray, place: tuple[XArray, XArray], above: XArray) -> None:
    """The cord, down to the conus tip."""
    xp, (x, dy) = patch.xp, place
    share = xp.clip(above / CONUS_MM, 0.0, 1.0)
    size = xp.clip(share, 1e-4, None) ** 0.5
    cord = (x / (CORD_RADII_MM[0] * size)) ** 2 + ((dy - 0.5) / (CORD_RADII_MM[1] * size)) ** 2
    patch.paint(sac & (cord < 1) & (above > 0), int(Base.CORD))


# ---------------------------------------------------------------------- foramina and roots


def paint_foramina(canvas: Canvas, anatomy: Anatomy, n: int) -> None:
    """Paint the fat of both foramina of ``discs[n]``; bone and disc are painted over it later."""
    disc, low, high = anatomy.discs[n], anatomy.segments[n], anatomy.segments[n + 1]
    outer = max(_border(low, 1), _border(high, 1))
    inner = min(_border(low, -1), _border(high, -1))
    c = (low.height_mm + high.height_mm) / 2
    slip_mm = built_slip_mm(anatomy, n)
    for sign, part in ((1, OfDisc.FORAMEN_LEFT), (-1, OfDisc.FORAMEN_RIGHT)):
        ends = sorted((sign * inner, sign * outer))
        patch = canvas.patch(
            disc.origin_lps,
            disc.axes,
            (ends[0], low.wall_mm - 10 - abs(slip_mm), -c),
            (ends[1], low.wall_mm + 18, c),
        )
        if patch is not None:
            patch.paint(_opening(patch, low, high, sign, slip_mm), of_disc(n, part))


def _border(segment: Segment, side: int) -> float:
    """Distance of a pedicle's medial (-1) or lateral (1) border from the midline."""
    return segment.pedicle_x_mm + side * segment.pedicle_width_mm / 2


def _opening(patch: Patch, low: Segment, high: Segment, sign: int, slip_mm: float) -> XArray:
    """Between the pedicles' axes, behind the walls, in front of the articular processes."""
    xl, yl, zl = patch.grid.local(low.origin_lps, low.axes)
    xh, yh, zh = patch.grid.local(high.origin_lps, high.axes)
    x = sign * (xl + xh) / 2
    medial = (_border(low, -1) + _border(high, -1)) / 2
    lateral = (_border(low, 1) + _border(high, 1)) / 2
    floor = low.height_mm / 2 - 6.0 if low.is_fused else low.pedicle_z_mm
    sides = (x > medial) & (x < lateral)
    ends = (zl > floor) & (zh < high.pedicle_z_mm)
    # Either vertebra takes its part of the front along when it slips.
    ahead_low, ahead_high = max(slip_mm, 0.0), max(-slip_mm, 0.0)
    front = (yh > high.wall_mm - 4.5 - ahead_high) & (yl > low.wall_mm - 4.5 - ahead_low)
    back = (yh < high.wall_mm + 10.5) & (yl < low.wall_mm + 9.5)
    return sides & ends & front & back


def paint_roots(canvas: Canvas, anatomy: Anatomy, n: int) -> None:
    """Paint the roots leaving below the pedicles of ``segments[n + 1]``."""
    disc, segment = anatomy.discs[n], anatomy.segments[n + 1]
    for sign, fat, root in (
        (1, OfDisc.FORAMEN_LEFT, OfDisc.ROOT_LEFT),
        (-1, OfDisc.FORAMEN_RIGHT, OfDisc.ROOT_RIGHT),
    ):
        points, radii = _root_path(anatomy, n)
        for a, b, r0, r1 in zip(points[:-1], points[1:], radii[:-1], radii[1:], strict=True):
            patch = _tube(canvas, segment, (a, b, max(r0, r1)), sign)
            if patch is None:
                continue
            q2 = _round_cone(patch, sign, (a, b), (r0, r1))
            free = (patch.materials != int(Base.CSF)) & (patch.materials != int(Base.ROOTLET))
            in_foramen = patch.materials == of_disc(n, fat)
            in_root = patch.materials == of_disc(n, root)
            patch.paint((q2 < 1) & free & (in_foramen == 0) & (in_root == 0), int(Base.NERVE))
            if not disc.is_fused:
                patch.paint((q2 < 1) & in_foramen, of_disc(n, root))


def _root_path(anatomy: Anatomy, n: int) -> tuple[list[Vector], list[float]]:
    """Points in |x'|, y', z' of the upper segment, and radii: dura, axilla, ganglion, beyond."""
    segment = anatomy.segments[n + 1]
    wall, px, half = segment.wall_mm, segment.pedicle_x_mm, segment.height_mm / 2
    below = segment.pedicle_z_mm - segment.pedicle_height_mm / 2
    g = anatomy.root_radius_mm * (1.0 if n < anatomy.sacral_count + 2 else 0.85)
    points = [
        (5.5, wall + 6.5, segment.pedicle_z_mm + 9),
        (px - segment.pedicle_width_mm / 2 - 1.0, wall + 4.6, below + 2.0),
        (px - 1.0, wall + 2.6, below - 1.3 - g),
        (px + 4.0, wall + 0.8, below - 3.9 - g),
        (px + 13.0, wall - 5.0, -half - 4.0),
        (px + 21.0, wall - 11.0, -half - 18.0),
    ]
    return points, [1.3, 1.8, g, g, 0.8 * g, 0.7 * g]


def _tube(
    canvas: Canvas, segment: Segment, rod: tuple[Vector, Vector, float], sign: int
) -> Patch | None:
    a, b, r = rod
    low = [min(p, q) - r for p, q in zip(a, b, strict=True)]
    high = [max(p, q) + r for p, q in zip(a, b, strict=True)]
    if sign < 0:
        low[0], high[0] = -high[0], -low[0]
    return canvas.patch(
        segment.origin_lps, segment.axes, (low[0], low[1], low[2]), (high[0], high[1], high[2])
    )


def _round_cone(
    patch: Patch, sign: int, ends: tuple[Vector, Vector], radii: tuple[float, float]
) -> XArray:
    """Squared distance from the axis as a share of the radius, which changes along it."""
    (ax, ay, az), b = ends
    dx, dy, dz = b[0] - ax, b[1] - ay, b[2] - az
    px, py, pz = sign * patch.x - ax, patch.y - ay, patch.z - az
    t = (px * dx + py * dy + pz * dz) / max(dx * dx + dy * dy + dz * dz, 1e-9)
    t = patch.xp.clip(t, 0.0, 1.0)
    d2 = (px - t * dx) ** 2 + (py - t * dy) ** 2 + (pz - t * dz) ** 2
    result: XArray = d2 / (radii[0] + t * (radii[1] - radii[0])) ** 2
    return result


def paint_flavum(canvas: Canvas, anatomy: Anatomy, n: int) -> None:
    """Paint the ligamentum flavum of ``discs[n]``: from the midline to the facets, both sides."""
    disc, low, high = anatomy.discs[n], anatomy.segments[n], anatomy.segments[n + 1]
    if disc.is_fused:
        return
    wall = (low.wall_mm + high.wall_mm) / 2
    back = wall + (low.canal_ap_mm + high.canal_ap_mm) / 2
    px = (low.pedicle_x_mm + high.pedicle_x_mm) / 2
    for sign, thick in zip((1, -1), disc.flavum_mm, strict=True):
        r = thick / 2
        rods = (
            Strut((px - 5.5, wall + 13 - r, -2), (1.0, back + 3.5 - r, -3), (2.0, r, 9.5)),
            Strut((px - 5.5, wall + 13 - r, -2), (px + 5, wall + 11.3, 2), (2.5, 1.6, 7.0)),
        )
        for rod in rods:
            ends = sorted((sign * (rod.a[0]), sign * (rod.b[0])))
            patch = canvas.patch(
                disc.origin_lps,
                disc.axes,
                (ends[0] - 3, wall, -14),
                (ends[1] + 3, back + 8, 14),
            )
            if patch is not None:
                paint_struts(patch, rod, sign, int(Base.FLAVUM))
