"""Paint vertebral bodies, the sacrum's bone and discs."""

from __future__ import annotations

from cauda.phantom.anatomy import Anatomy, Disc, Segment
from cauda.phantom.grid import Canvas, Patch, XArray
from cauda.phantom.materials import OfDisc, OfSegment, of_disc, of_segment

WALL_HOLLOW = 0.07
"""Posterior walls are hollow in the middle by this share of the half depth."""
CORTEX_MM = 0.9
ENDPLATE_MM = 0.9


def radius(segment: Segment, patch: Patch, x: XArray, y: XArray, z: XArray | None) -> XArray:
    """Distance from the axis as a share of the outline: 1 on the wall, (I, J, K) or broadcast.

    Without ``z`` the outline at the rim is meant, lips left out.
    """
    xp = patch.xp
    a, b = segment.width_mm / 2, segment.depth_mm / 2
    if segment.is_fused and z is not None:
        share = 1 - segment.taper * xp.clip(0.5 - z / segment.height_mm, 0.0, 1.0)
        y = y - b * (1 - share)
        a, b = a * share, b * share
    elif z is not None:
        height = xp.clip(xp.abs(z) * (2 / segment.height_mm), 0.0, 1.0)
        waist = 1 - segment.waist * (1 - height * height)
        rim = xp.clip((height - 0.62) / 0.38, 0.0, 1.0)
        lips = rim * rim * xp.where(y < 0, segment.lips_mm[0], segment.lips_mm[1])
        a, b = a * waist + 0.6 * lips, b * waist + lips
    u2 = (x / a) ** 2
    v = y / b
    v = v - xp.where(v > 0, WALL_HOLLOW, 0.0) * u2
    v2 = v * v
    total = u2 + v2
    root = xp.sqrt(xp.clip(total * total - 4 * segment.squareness * u2 * v2, 0.0, None))
    return xp.sqrt((total + root) / 2)


def endplate(segment: Segment, patch: Patch, x: XArray, y: XArray, *, upper: bool) -> XArray:
    """Local z' of an endplate's surface over (x', y')."""
    a, b = segment.width_mm / 2, segment.depth_mm / 2
    depth = segment.concave_mm[0 if upper else 1]
    hollow = depth * patch.xp.clip(1 - (x / a) ** 2 - (y / b) ** 2, 0.0, None)
    height = segment.height_mm / 2 - segment.slope * y - hollow
    return height if upper else -height


def paint_body(canvas: Canvas, anatomy: Anatomy, n: int) -> None:
    """Paint the body of ``segments[n]``."""
    segment = anatomy.segments[n]
    a = segment.width_mm / 2 + 4
    b = segment.depth_mm / 2 + segment.lips_mm[0] + 2
    c = segment.height_mm / 2 + abs(segment.slope) * b + 1
    patch = canvas.patch(segment.origin_lps, segment.axes, (-a, -b, -c), (a, b, c))
    if patch is None:
        return
    x, y, z = patch.x, patch.y, patch.z
    side = radius(segment, patch, x, y, z)
    above = endplate(segment, patch, x, y, upper=True) - z
    below = z - endplate(segment, patch, x, y, upper=False)
    ends = patch.xp.minimum(above + 0 * below, below + 0 * above)
    edge = 1 - CORTEX_MM / (segment.depth_mm / 2)
    patch.paint((side < 1) & (ends > 0), of_segment(n, OfSegment.CORTEX))
    inner = (side < edge) & (ends > ENDPLATE_MM)
    patch.paint(inner, of_segment(n, OfSegment.MARROW))
    half = segment.depth_mm / 2
    vein = (patch.xp.abs(z) < 0.5 + 0.12 * (y - 0.1 * half)) & (patch.xp.abs(x) < 4.0)
    if not segment.is_fused:
        patch.paint(inner & vein & (y > 0.25 * half), of_segment(n, OfSegment.VESSEL))
    _paint_modic(patch, segment, n, inner, above, below)


def _paint_modic(
    patch: Patch, segment: Segment, n: int, inner: XArray, above: XArray, below: XArray
) -> None:
    half = segment.depth_mm / 2
    for grade, part, distance in (
        (segment.modic[0], OfSegment.MODIC_UPPER, above),
        (segment.modic[1], OfSegment.MODIC_LOWER, below),
    ):
        if grade:
            reach = 6.0 + 3.0 * patch.xp.sin(patch.x / 7 + n) * patch.xp.cos(patch.y / half * 2)
            patch.paint(inner & (distance < reach), of_segment(n, part))


def paint_disc(canvas: Canvas, anatomy: Anatomy, n: int) -> None:
    """Paint ``discs[n]`` between its two endplates."""
    disc, lower, upper = anatomy.discs[n], anatomy.segments[n], anatomy.segments[n + 1]
    a = max(lower.width_mm, upper.width_mm) / 2 + 5
    b = max(lower.depth_mm, upper.depth_mm) / 2 + 12
    c = disc.height_mm / 2 + 5 + 0.12 * b
    patch = canvas.patch(disc.origin_lps, disc.axes, (-a, -b, -c), (a, b, c))
    if patch is None:
        return
    xp = patch.xp
    xu, yu, zu = patch.grid.local(upper.origin_lps, upper.axes)
    xl, yl, zl = patch.grid.local(lower.origin_lps, lower.axes)
    down = endplate(upper, patch, xu, yu, upper=False) - zu
    up = zl - endplate(lower, patch, xl, yl, upper=True)
    gap = xp.clip(down + up, 0.1, None)
    t = xp.clip(down / gap, 0.0, 1.0)
    hu, hl = (zu, zl) if disc.is_fused else (None, None)
    side = (1 - t) * radius(upper, patch, xu, yu, hu) + t * radius(lower, patch, xl, yl, hl)
    between = (down > 0) & (up > 0)
    if disc.is_fused:
        _paint_fused(patch, disc, side, t, between)
        return
    edge = 1 + disc.bulge_mm * 4 * t * (1 - t) / (lower.depth_mm / 2)
    inside = between & (side < edge)
    patch.paint(inside, of_disc(n, OfDisc.ANNULUS))
    t2 = 4 * t * (1 - t)
    inner = inside & (side < 0.62 + 0.24 * t2) & (t2 > 0.12)
    patch.paint(inner, of_disc(n, OfDisc.INNER))
    patch.paint(inside & _nucleus(patch, disc, side, t), of_disc(n, OfDisc.NUCLEUS))


def _paint_fused(patch: Patch, disc: Disc, side: XArray, t: XArray, between: XArray) -> None:
    """Bone round a remnant of disc, with a nucleus if it is formed."""
    n = disc.lower
    patch.paint(between & (side < 1), of_segment(n, OfSegment.CORTEX))
    patch.paint(between & (side < disc.remnant), of_disc(n, OfDisc.ANNULUS))
    if disc.is_formed:
        inside = between & (side < disc.remnant)
        patch.paint(inside & _nucleus(patch, disc, side, t), of_disc(n, OfDisc.NUCLEUS))


def _nucleus(patch: Patch, disc: Disc, side: XArray, t: XArray) -> XArray:
    """Where the nucleus lies, its dark middle cleft left out."""
    t2 = 4 * t * (1 - t)
    core = (side < 0.5 + 0.22 * t2) & (t2 > 0.25)
    if disc.has_cleft:
        cleft = (t2 > 0.985) & (side < 0.5)
        core = core & (patch.xp.where(cleft, 0, 1) > 0)
    return core
