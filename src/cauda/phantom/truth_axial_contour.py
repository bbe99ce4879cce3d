"""The true contour of a disc in its own plane: depth, base, dome, share and zones."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cauda.phantom.axial_scene import FREE, Floats, Found, Scene
from cauda.phantom.truth_axial_recess import facet_line
from cauda.vocab import Quantity, Side, Zone

TAU_MM = 1.0
"""Least displacement that counts."""
SIDE_MM, FLARE_MM = 12.0, 2.5
"""Beyond this, an equal excess of both sides up to so much is laid to the rims."""
BULGE_SHARE, FOCAL_MM = 0.25, 2.0
LATERAL_MM, LATERAL_ADVANTAGE_MM = 14.0, 4.0
DEPTHS_MM = np.arange(-3.0, 14.0, 0.25)
ARC_MM = 0.5


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


def contour(scene: Scene) -> Iterator[Found]:
    """Displacement of the disc beyond its outline, and where it lies."""
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
    line = facet_line(scene)
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
    facets = facet_line(scene)
    for s, d in np.argwhere(piece):
        x, y = points[s] + normals[s] * DEPTHS_MM[d]
        key = _zone(scene, facets, float(x), float(y))
        shares[key] = shares.get(key, 0.0) + 1.0 / piece.sum()
    for (zone, side), share in shares.items():
        yield Quantity.DISPLACEMENT_ZONE, share, side, zone


def _zone(
    scene: Scene, joints: tuple[tuple[float, float], ...] | None, x: float, y: float
) -> tuple[Zone, Side | None]:
    if y < scene.middle_y:
        return Zone.ANTERIOR, None
    side = Side.LEFT if x > 0 else Side.RIGHT
    edge = 0.4 * scene.medial
    if joints is not None:
        edge = min(edge, abs(joints[1][0] if x > 0 else joints[0][0]))
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
