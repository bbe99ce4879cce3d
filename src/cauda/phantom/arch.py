"""Paint posterior arches: pedicles, articular processes, laminae, spinous and transverse stumps."""

from __future__ import annotations

from dataclasses import dataclass
from types import ModuleType

from cauda.phantom.anatomy import Anatomy, Segment, Vector
from cauda.phantom.grid import Canvas, Patch, XArray
from cauda.phantom.materials import OfSegment, of_segment

CORTEX_SHARE = 0.24
"""Cortex of an arch as a share of the local radius."""


@dataclass(frozen=True, slots=True)
class Strut:
    """A rod with rounded ends and an ellipsoidal cross-section, on both sides unless midline.

    ``a`` and ``b`` are its ends in |x'|, y', z' of the segment; ``radii`` the half-axes, mm.
    """

    a: Vector
    b: Vector
    radii: Vector
    is_middle: bool = False


def reach(strut: Strut, x: XArray, y: XArray, z: XArray, xp: ModuleType) -> XArray:
    """Squared distance from the strut's axis as a share of its radii: 1 on its surface."""
    rx, ry, rz = strut.radii
    ax, ay, az = strut.a[0] / rx, strut.a[1] / ry, strut.a[2] / rz
    dx, dy, dz = strut.b[0] / rx - ax, strut.b[1] / ry - ay, strut.b[2] / rz - az
    px, py, pz = x / rx - ax, y / ry - ay, z / rz - az
    length2 = max(dx * dx + dy * dy + dz * dz, 1e-9)
    t = xp.clip((px * dx + py * dy + pz * dz) / length2, 0.0, 1.0)
    result: XArray = (px - t * dx) ** 2 + (py - t * dy) ** 2 + (pz - t * dz) ** 2
    return result


def struts(segment: Segment) -> tuple[Strut, ...]:
    """The rods that make up the arch of a lumbar or thoracic vertebra."""
    wall, half = segment.wall_mm, segment.height_mm / 2
    px, pz = segment.pedicle_x_mm, segment.pedicle_z_mm
    back = wall + segment.canal_ap_mm
    f = segment.facet_mm
    long = segment.spinous_mm
    return (
        Strut(
            (px, wall - 4, pz),
            (px, wall + 7, pz),
            (segment.pedicle_width_mm / 2, 3.0, segment.pedicle_height_mm / 2),
        ),
        Strut((px, wall + 8.0, pz), (px - 0.5, wall + 8.6, half + 6), (5.0 * f, 3.4 * f, 3.5)),
        Strut((px, wall + 9.5, pz - 1), (px - 2, wall + 14.5, -half), (4.6, 3.4, 4.0)),
        Strut(
            (px - 2, wall + 14.5, -half),
            (px - 2.5, wall + 16.5, -half - 11),
            (4.3 * f, 3.3 * f, 4.0),
        ),
        Strut((px - 3, wall + 13.5, -3), (0, back + 4.5, -7), (4.0, 2.9, 8.5)),
        Strut((px + 3, wall + 6, pz), (px + 24, wall + 9, pz + 2), (4.0, 3.0, 4.8)),
        Strut((0, back + 6, -9), (0, back + 4 + long, -10 - 0.28 * long), (3.0, 4.0, 7.2), True),
    )


def sacral_struts(segment: Segment) -> tuple[Strut, ...]:
    """Roof of the sacral canal, its crest, and S1's superior articular processes."""
    wall, half = segment.wall_mm, segment.height_mm / 2
    px, back = segment.pedicle_x_mm, segment.wall_mm + segment.canal_ap_mm
    roof = Strut((px - 2, back + 1, 0), (0, back + 4, -2), (4.0, 3.0, half + 1.5))
    crest = Strut(
        (0, back + 5, -2), (0, back + 4 + segment.spinous_mm, -3), (2.8, 3.0, 0.55 * half), True
    )
    if segment.name != "S1":
        return roof, crest
    f = segment.facet_mm
    joint = Strut(
        (px, wall + 8, half - 6), (px - 0.5, wall + 8.6, half + 6), (5.0 * f, 3.4 * f, 3.5)
    )
    root = Strut((px + 2, wall - 6, half - 11.5), (px + 2, wall + 7, half - 11.5), (7.0, 3.0, 8.0))
    return roof, crest, joint, root


def paint_arch(canvas: Canvas, anatomy: Anatomy, n: int) -> None:
    """Paint the arch of ``segments[n]``; of the sacrum also its wings."""
    segment = anatomy.segments[n]
    rods = sacral_struts(segment) if segment.is_fused else struts(segment)
    if segment.is_fused:
        _paint_wings(canvas, anatomy, n)
    parts = []
    for rod in rods:
        for sign in (1,) if rod.is_middle else (1, -1):
            patch = _around(canvas, segment, rod, sign)
            if patch is not None:
                q2 = reach(rod, sign * patch.x, patch.y, patch.z, patch.xp)
                patch.paint(q2 < 1, of_segment(n, OfSegment.ARCH_CORTEX))
                parts.append((patch, q2))
    for patch, q2 in parts:
        patch.paint(q2 < (1 - CORTEX_SHARE) ** 2, of_segment(n, OfSegment.ARCH))


def _around(canvas: Canvas, segment: Segment, rod: Strut, sign: int) -> Patch | None:
    """The part of the canvas that holds one side's rod."""
    low = [min(p, q) - r for p, q, r in zip(rod.a, rod.b, rod.radii, strict=True)]
    high = [max(p, q) + r for p, q, r in zip(rod.a, rod.b, rod.radii, strict=True)]
    if sign < 0:
        low[0], high[0] = -high[0], -low[0]
    return canvas.patch(
        segment.origin_lps, segment.axes, (low[0], low[1], low[2]), (high[0], high[1], high[2])
    )


def _paint_wings(canvas: Canvas, anatomy: Anatomy, n: int) -> None:
    """Lateral mass of a sacral segment, pierced by the foramina between it and its neighbors."""
    segment = anatomy.segments[n]
    a = segment.width_mm * 0.55 + 27
    wall, half = segment.wall_mm, segment.height_mm / 2 + (1.0 if segment.name == "S1" else 3.0)
    patch = canvas.patch(segment.origin_lps, segment.axes, (-a, -wall, -half), (a, wall + 14, half))
    if patch is None:
        return
    x = patch.xp.abs(patch.x)
    slope = 0.45 if segment.name == "S1" else 0.0
    top = half - slope * patch.xp.clip(x - 0.55 * segment.width_mm, 0.0, None)
    top = top - 0.004 * (patch.y - 0.2 * wall) ** 2 - 2.0 * patch.xp.sin(x / 9) ** 2
    v = (patch.y - 0.35 * wall - 0.08 * x) / (0.85 * wall + 3)
    shape = (x / a) ** 2 * (x / a) ** 2 + v * v
    canal = (x < segment.pedicle_x_mm - segment.pedicle_width_mm / 2) & (patch.y > wall - 1)
    hx = x - 0.36 * segment.width_mm - 2
    hole_low = hx**2 + (patch.z + segment.height_mm / 2) ** 2
    hole_up = hx**2 + (patch.z - segment.height_mm / 2) ** 2
    is_first = segment.name == "S1"
    open_ = (hole_low < 25) | ((hole_up < 25) & (not is_first))
    solid = (shape < 1) & (patch.z < top) & (canal | open_ == 0)
    patch.paint(solid, of_segment(n, OfSegment.ARCH_CORTEX))
    inner = solid & (shape < 0.85) & (patch.z < top - 1.2) & (hole_low > 34)
    patch.paint(inner & ((hole_up > 34) | is_first), of_segment(n, OfSegment.ARCH))


def paint_struts(patch: Patch, rod: Strut, sign: int, material: int) -> None:
    """Paint one rod of any material on a patch that holds it."""
    patch.paint(reach(rod, sign * patch.x, patch.y, patch.z, patch.xp) < 1, material)
