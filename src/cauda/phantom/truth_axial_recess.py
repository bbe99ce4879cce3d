"""True facets, lateral recesses and traversing roots in axial planes."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy.spatial import cKDTree

from cauda.phantom.axial_scene import BONE, FREE, SLICE_MM, Floats, Found, Scene
from cauda.vocab import Quantity, Side, Structure


def facet_line(scene: Scene) -> tuple[tuple[float, float], ...] | None:
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


def facets(scene: Scene) -> Iterator[Found]:
    """Distance of the joints' medial edges."""
    line = facet_line(scene)
    if line is not None:
        yield Quantity.FACET_DISTANCE, line[1][0] - line[0][0], None, None


def recess(scene: Scene, side: Side) -> Iterator[Found]:
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


def root(scene: Scene, side: Side) -> Iterator[Found]:
    """Gap between the traversing root and the disc."""
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
