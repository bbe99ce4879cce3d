"""True axial measurements of a synthetic spine, from painted planes and closed-form outlines.

The definitions are the axial ones of ``docs/concepts/measurements.md``; nothing here shares code
with the stage that measures images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage
from scipy.spatial import cKDTree

from cauda.geometry import Frame
from cauda.knowledge.table import row
from cauda.phantom import endplates as plates
from cauda.phantom.anatomy import Anatomy
from cauda.phantom.axial_planes import Planes, level_planes, outline, planes_at
from cauda.phantom.materials import Base
from cauda.phantom.truth import SERIES, levels_of
from cauda.records import Measurement
from cauda.vocab import Level, Plane, Quantity, Side, Structure, Zone

SLICE_MM = 4.0
"""A level's window reaches this far beyond its disc."""
BELOW_ENDPLATE_MM = 4.0
"""The pedicle plane lies this far below an upper endplate."""
TAU_MM = 1.0
"""Least displacement that counts."""
SIDE_MM, FLARE_MM = 12.0, 2.5
"""Beyond this, an equal excess of both sides up to so much is laid to the rims."""
BULGE_SHARE, FOCAL_MM = 0.25, 2.0
LATERAL_MM, LATERAL_ADVANTAGE_MM = 14.0, 4.0
DEPTHS_MM = np.arange(-3.0, 14.0, 0.25)
ARC_MM = 0.5
DURAL = (Structure.SAC, Structure.CORD)
BONE = (Structure.BODY, Structure.ARCH, Structure.SACRUM)
FREE = (*DURAL, Structure.EPIDURAL_FAT, Structure.ROOT)

Floats = NDArray[np.float64]
Found = tuple[Quantity, float, Side | None, Zone | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """One level: its planes, the outline it is compared with, and its borders, mm."""

    planes: Planes
    ring: Floats
    half_disc: float
    medial: float
    lateral: float

    @property
    def middle_y(self) -> float:
        """Y' of the outline's middle."""
        return float(self.ring[:, 1].min() + self.ring[:, 1].max()) / 2

    def back(self, x: Floats | float) -> Floats:
        """Y' of the outline's back at x'."""
        behind = self.ring[self.ring[:, 1] >= self.middle_y]
        order = np.argsort(behind[:, 0])
        return np.asarray(np.interp(x, behind[order, 0], behind[order, 1]))

    def within(self, low: float, high: float) -> NDArray[np.int64]:
        """Numbers of the planes with heights from ``low`` to ``high``."""
        z = self.planes.z
        return np.flatnonzero((z >= low - 1e-6) & (z <= high + 1e-6))


def axial_truth(
    anatomy: Anatomy, *, levels: Sequence[Level] | None = None
) -> tuple[Measurement, ...]:
    """Measure every lumbar level as axial slices would show it.

    Parameters
    ----------
    anatomy : Anatomy
    levels : sequence of Level or None
        Only these, where not every level is needed.

    Returns
    -------
    tuple of Measurement
        Series ``"truth"``, plane axial.
    """
    found = []
    for n, level in levels_of(anatomy):
        if level.value.startswith("T") or (levels is not None and level not in levels):
            continue
        found += [_record(level, item) for item in _measure(anatomy, n)]
    return tuple(found)


def _record(level: Level, item: Found) -> Measurement:
    quantity, value, side, zone = item
    parts = (level, quantity, zone, side, SERIES)
    return Measurement(
        id="/".join(str(p) for p in parts if p),
        quantity=quantity,
        level=level,
        side=side,
        zone=zone,
        value=float(value),
        uncertainty=0.3,
        method="axial-truth",
        series=SERIES,
        plane=Plane.AXIAL,
    )


def _measure(anatomy: Anatomy, n: int) -> Iterator[Found]:
    scene = _scene(anatomy, n)
    worst = int(_areas(scene.planes).argmin())
    area = float(_areas(scene.planes)[worst])
    yield Quantity.SAC_AREA, area, None, None
    yield Quantity.SAC_AP, _least_chord(scene.planes, 1), None, None
    yield Quantity.SAC_TRANSVERSE, _least_chord(scene.planes, 0), None, None
    normal = _pedicle_area(anatomy, n)
    yield Quantity.SAC_PEDICLE_AREA, normal, None, None
    yield Quantity.SAC_RATIO, area / max(normal, 1.0), None, None
    yield from _contents(scene, worst)
    yield from _contour(scene)
    yield from _facets(scene)
    for side in Side:
        yield from _recess(scene, side)
        yield from _root(scene, side)


def _scene(anatomy: Anatomy, n: int) -> Scene:
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    top = plates.endplate_of(high, upper=False)
    bottom = plates.endplate_of(low, upper=True)
    heights, _ = plates.three_heights(plates.level_frame(anatomy, n), top, bottom)
    half = float(heights[1]) / 2
    least = row("thresholds.toml", "threshold", "slip-detect").numbers("value")[0]
    edges = [
        np.mean([s.pedicle_x_mm + sign * s.pedicle_width_mm / 2 for s in (low, high)])
        for sign in (-1, 1)
    ]
    return Scene(
        planes=level_planes(anatomy, n, half + SLICE_MM),
        ring=outline(anatomy, n, is_slipped=abs(plates.slip_mm(top, bottom)) >= least),
        half_disc=half,
        medial=float(edges[0]),
        lateral=float(edges[1]),
    )


# ------------------------------------------------------------------------------------------ sac


def _areas(planes: Planes) -> Floats:
    """(Z,): area of the sac in each plane."""
    areas: Floats = planes.sac.sum(axis=(0, 1)) * planes.cell_mm2
    return areas


def _least_chord(planes: Planes, along: int) -> float:
    """Shortest chord through the sac's centroid along x' (0) or y' (1), over the planes."""
    step = float(planes.x[1] - planes.x[0])
    chords = []
    for k in range(len(planes.z)):
        mask = planes.sac[:, :, k]
        if mask.any():
            middle = np.argwhere(mask).mean(axis=0)[1 - along]
            line = np.take(mask, round(float(middle)), axis=1 - along)
            chords.append(float(line.sum()) * step)
    return min(chords, default=0.0)


def _pedicle_area(anatomy: Anatomy, n: int) -> float:
    """Mean area of the sac in the pedicle planes above and, where not fused, below."""
    areas = []
    for m in (n, n + 1):
        segment = anatomy.segments[m]
        if segment.is_fused:
            continue
        top = plates.endplate_of(segment, upper=True)
        up = np.cross(np.array(segment.axes[0]), top.posterior - top.anterior)
        up /= np.linalg.norm(up)
        origin = (top.anterior + top.posterior) / 2 - BELOW_ENDPLATE_MM * up
        back = np.cross(up, np.array(segment.axes[0]))
        frame = Frame(
            origin_lps=(float(origin[0]), float(origin[1]), float(origin[2])),
            left_lps=segment.axes[0],
            posterior_lps=(float(back[0]), float(back[1]), float(back[2])),
            up_lps=(float(up[0]), float(up[1]), float(up[2])),
        )
        areas.append(float(_areas(planes_at(anatomy, m, frame, np.zeros(1)))[0]))
    return float(np.mean(areas))


def _contents(scene: Scene, worst: int) -> Iterator[Found]:
    """Fat behind the sac; fluid and rootlets inside it, 1 mm off its wall, without cord."""
    planes = scene.planes
    sac = planes.sac[:, :, worst]
    if not sac.any():
        return
    middle_y = float((sac.sum(axis=0) @ planes.y) / sac.sum())
    spread = planes.x[sac.any(axis=1)]
    fat = planes.of(Structure.EPIDURAL_FAT)[:, :, worst] & (planes.y[None] > middle_y)
    fat &= ((planes.x >= spread.min()) & (planes.x <= spread.max()))[:, None]
    yield Quantity.EPIDURAL_FAT_AREA, float(fat.sum() * planes.cell_mm2), None, None
    if planes.of(Structure.CORD)[:, :, worst].any():
        return
    step = float(planes.x[1] - planes.x[0])
    inside = ndimage.distance_transform_edt(sac) * step > 1.0
    dark = inside & (planes.materials[:, :, worst] == int(Base.ROOTLET))
    if not inside.any():
        return
    yield Quantity.CSF_FRACTION, float(1 - dark.sum() / inside.sum()), None, None
    if dark.any():
        rows = planes.y[sac.any(axis=0)]
        y = float((dark.sum(axis=0) @ planes.y) / dark.sum())
        share = (y - rows.min()) / max(float(np.ptp(rows)), 1.0)
        yield Quantity.ROOTLET_POSITION, float(share), None, None


# -------------------------------------------------------------------------------------- contour


def _unrolled(scene: Scene) -> tuple[NDArray[np.bool_], Floats, Floats]:
    """Disc at (S, D, Z) places beside the outline; (S, 2) points and normals of it."""
    ring = scene.ring
    along = np.concatenate([[0.0], np.cumsum(np.linalg.norm(np.diff(ring, axis=0), axis=1))])
    count = round(along[-1] / ARC_MM)
    wanted = (np.arange(count) + 0.5) * along[-1] / count
    points = np.column_stack([np.interp(wanted, along, ring[:, a]) for a in (0, 1)])
    ahead = np.roll(points, -1, axis=0) - np.roll(points, 1, axis=0)
    normals = np.column_stack([-ahead[:, 1], ahead[:, 0]])
    normals /= np.linalg.norm(normals, axis=1)[:, None]
    center = np.array([0.0, scene.middle_y])
    normals *= np.sign(((points - center) * normals).sum(axis=1))[:, None]
    middle = scene.planes.nearest(0.0)
    depths = _depths(_at(scene, points, normals)[:, :, middle])
    excess = np.clip(np.minimum(depths, depths[::-1]), 0.0, FLARE_MM)
    excess *= np.clip((np.abs(points[:, 0]) - SIDE_MM) / 4.0, 0.0, 1.0)
    points = points + normals * excess[:, None]
    return _at(scene, points, normals), points, normals


def _at(scene: Scene, points: Floats, normals: Floats) -> NDArray[np.bool_]:
    """(S, D, Z): where this disc is, along the normals."""
    places = points[:, None] + normals[:, None] * DEPTHS_MM[:, None]
    planes = scene.planes
    step = float(planes.x[1] - planes.x[0])
    i = np.clip(np.round((places[..., 0] - planes.x[0]) / step), 0, len(planes.x) - 1)
    j = np.clip(np.round((places[..., 1] - planes.y[0]) / step), 0, len(planes.y) - 1)
    found: NDArray[np.bool_] = planes.own[i.astype(int), j.astype(int)]
    return found


def _depths(disc: NDArray[np.bool_]) -> Floats:
    """Last place of disc along axis 1, mm outside the outline."""
    places = np.arange(len(DEPTHS_MM)).reshape((1, -1) + (1,) * (disc.ndim - 2))
    last = np.where(disc, places, -1).max(axis=1)
    depths: Floats = np.where(last >= 0, DEPTHS_MM[last] + 0.125, -3.0)
    return depths


def _contour(scene: Scene) -> Iterator[Found]:
    disc, points, normals = _unrolled(scene)
    depths = _depths(disc)
    middle = scene.planes.nearest(0.0)
    shares = (depths > TAU_MM).mean(axis=0)
    posterior = points[:, 1] >= scene.middle_y
    allowance = np.zeros(len(points))
    allowance[np.abs(points[:, 0]) > LATERAL_MM] = LATERAL_ADVANTAGE_MM
    is_bulge = bool(shares[middle] > BULGE_SHARE)
    ranked = depths - (allowance[:, None] if is_bulge else 0.0)
    ranked = np.where(posterior[:, None], ranked, -np.inf)
    apexes = np.array([_plateau(column) for column in ranked.T])
    deepest = depths[apexes, np.arange(len(apexes))]
    worst = int(deepest.argmax())
    depth = float(max(deepest[worst], 0.0))
    yield Quantity.DISPLACEMENT_CIRCUMFERENCE, float(shares[middle]), None, None
    yield Quantity.DISPLACEMENT_DEPTH, depth, None, None
    if depth <= TAU_MM:
        return
    apex = int(apexes[worst])
    tip = points[apex] + normals[apex] * depth
    yield Quantity.DISPLACEMENT_CANAL, _canal_share(scene, worst), None, None
    far = depths[depths[:, worst] > TAU_MM, worst]
    bulge = float(np.percentile(far, 25)) if is_bulge and len(far) else 0.0
    if depth <= max(TAU_MM, bulge + FOCAL_MM * (bulge > 0)):
        return
    yield Quantity.DISPLACEMENT_APEX, float(tip[0]), None, None
    line = _facet_line(scene)
    if line is not None:
        (x0, y0), (x1, y1) = line
        at = y0 + (y1 - y0) * (points[apex, 0] - x0) / (x1 - x0)
        if at - points[apex, 1] >= TAU_MM:
            share = depth / float(at - points[apex, 1])
            yield Quantity.DISPLACEMENT_FACET_LINE, share, None, None
    base = min(bulge + TAU_MM, depth - 0.25)
    yield from _focal(scene, disc[:, :, worst], (points, normals), (apex, base))


def _plateau(depths: Floats) -> int:
    """The middle of what comes within 0.25 mm of the greatest depth, round the deepest point."""
    tip = int(depths.argmax())
    parts, _ = ndimage.label(depths >= depths[tip] - 0.25)
    own = np.flatnonzero(parts == parts[tip])
    return int(own[len(own) // 2])


def _focal(
    scene: Scene,
    disc: NDArray[np.bool_],
    ring: tuple[Floats, Floats],
    place: tuple[int, float],
) -> Iterator[Found]:
    """Base, dome and zones of the displaced piece at the apex."""
    points, normals = ring
    apex, base = place
    beyond = disc & (base <= DEPTHS_MM)[None]
    parts, _ = ndimage.label(beyond)
    column = parts[apex][parts[apex] > 0]
    if not len(column):
        return
    piece = parts == column[-1]
    widths = [float(np.ptp(np.flatnonzero(p)) + 1) * ARC_MM for p in piece.T if p.any()]
    yield Quantity.DISPLACEMENT_BASE, widths[0], None, None
    yield Quantity.DISPLACEMENT_DOME, max(widths), None, None
    shares: dict[tuple[Zone, Side | None], float] = {}
    facets = _facet_line(scene)
    for s, d in np.argwhere(piece):
        x, y = points[s] + normals[s] * DEPTHS_MM[d]
        key = _zone(scene, facets, float(x), float(y))
        shares[key] = shares.get(key, 0.0) + 1.0 / piece.sum()
    for (zone, side), share in shares.items():
        yield Quantity.DISPLACEMENT_ZONE, share, side, zone


def _zone(
    scene: Scene, facets: tuple[tuple[float, float], ...] | None, x: float, y: float
) -> tuple[Zone, Side | None]:
    if y < scene.middle_y:
        return Zone.ANTERIOR, None
    side = Side.LEFT if x > 0 else Side.RIGHT
    edge = 0.4 * scene.medial
    if facets is not None:
        edge = min(edge, abs(facets[1][0] if x > 0 else facets[0][0]))
    if abs(x) < edge:
        return Zone.CENTRAL, None
    if abs(x) < scene.medial:
        return Zone.SUBARTICULAR, side
    return (Zone.FORAMINAL if abs(x) < scene.lateral else Zone.EXTRAFORAMINAL), side


def _canal_share(scene: Scene, k: int) -> float:
    planes = scene.planes
    back = scene.back(planes.x)[:, None]
    within = (np.abs(planes.x)[:, None] < scene.medial) & (planes.y[None] > back)
    within &= planes.y[None] < back + 22.0
    disc = float((planes.own[:, :, k] & within).sum())
    return disc / max(disc + float((planes.of(*FREE)[:, :, k] & within).sum()), 1.0)


# ------------------------------------------------------------------------- facets, recess, root


def _facet_line(scene: Scene) -> tuple[tuple[float, float], ...] | None:
    """Medial edges of the right and the left joint beside the sac in the disc plane.

    An edge is where 3 mm2 of the joint's bone lie nearer to the midline.
    """
    planes = scene.planes
    k = planes.nearest(0.0)
    sac = np.flatnonzero(planes.sac[:, :, k].any(axis=0))
    if not len(sac):
        return None
    behind = planes.y[None] - scene.back(planes.x)[:, None]
    bone = planes.of(Structure.ARCH, Structure.SACRUM)[:, :, k] & (behind >= 2)
    bone &= (planes.y <= planes.y[sac[-1]])[None] & (np.abs(planes.x) >= 3.0)[:, None]
    ends = []
    for sign in (-1, 1):
        columns = np.flatnonzero(sign * planes.x > 0)[::sign]
        inner = np.cumsum(bone[columns].sum(axis=1)) * planes.cell_mm2
        if inner[-1] < 3.0:
            return None
        edge = columns[int(np.searchsorted(inner, 3.0))]
        ends.append((float(planes.x[edge]), float(planes.y[bone[edge]].mean())))
    return tuple(ends)


def _facets(scene: Scene) -> Iterator[Found]:
    line = _facet_line(scene)
    if line is not None:
        yield Quantity.FACET_DISTANCE, line[1][0] - line[0][0], None, None


def _recess(scene: Scene, side: Side) -> Iterator[Found]:
    """Least height in the disc plane and below it, least area from there to 6 mm below."""
    planes, sign = scene.planes, 1 if side is Side.LEFT else -1
    away = sign * planes.x
    solid = planes.of(*BONE, Structure.DISC)
    middle = planes.nearest(0.0)
    gaps = []
    for k in scene.within(-(scene.half_disc + SLICE_MM), 0.0):
        last = (scene.medial + scene.lateral) / 2 if k == middle else scene.medial - 1.5
        for i in np.flatnonzero((away >= 0.4 * scene.medial) & (away <= last)):
            gap = _gap(solid[i, :, k], planes.y, float(scene.back(float(planes.x[i]))))
            if gap is not None:
                gaps.append(gap)
    if gaps:
        yield Quantity.RECESS_HEIGHT, min(gaps), side, None
    inside = (away >= 0.4 * scene.medial) & (away <= scene.medial)
    behind = planes.y[None] - scene.back(planes.x)[:, None]
    region = inside[:, None] & (behind > -4) & (behind < 18)
    free = planes.of(*FREE) & region[:, :, None]
    areas = free.sum(axis=(0, 1))[scene.within(-6.0, 0.0)] * planes.cell_mm2
    yield Quantity.RECESS_AREA, float(areas.min()), side, None


def _gap(column: NDArray[np.bool_], y: Floats, back: float) -> float | None:
    """Free length behind the disc or body in one column; None without bone behind it."""
    near = (y >= back - 4) & (y <= back + 18)
    solid, rows = column[near], y[near]
    if not solid.any() or rows[solid.argmax()] > back + 4:
        return None
    edges = np.flatnonzero(np.diff(solid.astype(np.int8))) + 1
    floors, roofs = edges[~solid[edges]], edges[solid[edges]]
    for floor in floors:
        behind = roofs[roofs > floor]
        if len(behind) and rows[behind[0]] > back + 0.5:
            return float(behind[0] - floor) * float(y[1] - y[0])
    return None


def _root(scene: Scene, side: Side) -> Iterator[Found]:
    """Least in-plane distance from disc to traversing root."""
    planes, sign = scene.planes, 1 if side is Side.LEFT else -1
    away = sign * planes.x
    roots = planes.of(Structure.ROOT) & ((away > 0) & (away < scene.medial + 2.5))[:, None, None]
    step = float(planes.x[1] - planes.x[0])
    gaps = []
    disc = np.argwhere(planes.own.any(axis=2))
    for k in scene.within(-(scene.half_disc + 6.0), 1.0):
        root = np.argwhere(roots[:, :, k])
        if len(root) * planes.cell_mm2 >= 1.5 and len(disc):
            gaps.append(max(float(cKDTree(disc).query(root)[0].min()) - 1.0, 0.0) * step)
    if gaps and min(gaps) <= 12.0:
        yield Quantity.ROOT_DISC_GAP, min(gaps), side, None
