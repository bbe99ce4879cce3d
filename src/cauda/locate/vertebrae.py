"""Vertebrae and levels of the primary series as records: axes, endplates, frames, names."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cauda.geometry import Array, FloatArray
from cauda.locate.column import Column
from cauda.locate.endplates import BodyAxes, body_axes, endplate
from cauda.locate.frames import (
    disc_centroid,
    disc_height_mm,
    leftward_directions,
    level_frame,
    point,
)
from cauda.locate.naming import Names
from cauda.locate.partition import lowest_label
from cauda.records import DISC_LABELS, LevelInstance, Plane3, VertebraInstance
from cauda.vocab import Vertebra

SACRAL_DEPTH_MM = 28.0
"""How far below its disc the sacrum is looked at to fit its upper endplate: about S1's body."""
SACRAL_RADIUS_MM = 28.0
"""And how far around the curve."""
STUNTED_SHARE = 0.7
"""An outermost body lower than this share of the median is taken as cut."""
LEAST_VOXELS = 30
"""A body of fewer voxels is only a gap between two discs."""
EDGE_VOXELS = 6
"""A structure with this many voxels on the edge of the field of view is cut by it."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Bone:
    """One vertebra or the sacrum, measured but not named."""

    label: int
    points: FloatArray
    axes: BodyAxes
    upper: Plane3 | None
    lower: Plane3 | None
    is_cut: bool


def bones(column: Column, labels: Array) -> tuple[Bone, ...]:
    """Measure every bone of the column, from below."""
    first = lowest_label(column.order.has_sacrum)
    found = [_bone(column, labels, n, first + n) for n in range(len(column.planes) + 1)]
    present = [b for b in found if len(b.points)]
    return _with_stunted_cut(tuple(present))


def _bone(column: Column, labels: Array, index: int, label: int) -> Bone:
    mask = labels == label
    points = column.view.points(mask)
    up = _way_up(column, index, points)
    is_sacrum = label == 1
    center = _expected_center(column, index)
    if is_sacrum and column.planes:
        points = _sacral_top(column, points)
    if len(points) < LEAST_VOXELS:
        points = center[None]
    axes = body_axes(points, up, column.view.space.directions[:, 1])
    upper = endplate(column.view, points, axes, 1)
    lower = None if is_sacrum else endplate(column.view, points, axes, -1)
    is_cut = upper is None if is_sacrum else _touches_edge(column, mask)
    return Bone(label=label, points=points, axes=axes, upper=upper, lower=lower, is_cut=is_cut)


def _way_up(column: Column, index: int, points: FloatArray) -> FloatArray:
    """Mean normal of the discs that bound a bone, or the curve's direction."""
    normals = [p.normal for p in column.planes[max(index - 1, 0) : index + 1]]
    if not normals:
        normals = [column.line.up[column.line.nearest(points.mean(axis=0))]]
    total = np.sum(normals, axis=0)
    unit: FloatArray = total / np.linalg.norm(total)
    return unit


def _expected_center(column: Column, index: int) -> FloatArray:
    """Where a bone should be, between its discs, if it has no voxels of its own."""
    near = [p.point for p in column.planes[max(index - 1, 0) : index + 1]]
    middle: FloatArray = np.mean(near, axis=0) if near else column.line.points.mean(axis=0)
    return middle


def _sacral_top(column: Column, points: FloatArray) -> FloatArray:
    """The sacrum's voxels below its disc, about those of S1's body."""
    plane = column.planes[0]
    depth = -plane.above(points)
    across = np.linalg.norm(points - plane.point + depth[:, None] * plane.normal, axis=1)
    top: FloatArray = points[(depth < SACRAL_DEPTH_MM) & (across < SACRAL_RADIUS_MM)]
    return top


def _touches_edge(column: Column, mask: Array) -> bool:
    """Whether a structure meets the edge of the field of view within the slice plane."""
    full = column.view.restore(mask.astype(np.int16))
    edges = (full[:, 0], full[:, -1], full[:, :, 0], full[:, :, -1])
    return any(int(edge.sum()) >= EDGE_VOXELS for edge in edges)


def _with_stunted_cut(found: tuple[Bone, ...]) -> tuple[Bone, ...]:
    """Mark an outermost body as cut where it lacks an endplate or height."""
    heights = [b.axes.height_mm for b in found if b.label != 1]
    usual = float(np.median(heights)) if heights else 0.0
    return tuple(
        _recut(b, b.is_cut or _is_stunted(b, b is found[-1], b is found[0], usual)) for b in found
    )


def _is_stunted(bone: Bone, is_top: bool, is_bottom: bool, usual_mm: float) -> bool:
    if bone.label == 1 or not (is_top or is_bottom):
        return False
    is_open = (is_top and bone.upper is None) or (is_bottom and bone.lower is None)
    return is_open or bone.axes.height_mm < STUNTED_SHARE * usual_mm


def _recut(bone: Bone, is_cut: bool) -> Bone:
    return Bone(
        label=bone.label,
        points=bone.points,
        axes=bone.axes,
        upper=bone.upper,
        lower=bone.lower,
        is_cut=is_cut,
    )


def vertebra_records(found: tuple[Bone, ...], names: Names) -> tuple[VertebraInstance, ...]:
    """Named records of the sacrum and as many vertebrae as have names, from below."""
    given = dict(enumerate(names.vertebrae, start=1)) | {0: Vertebra.S1}
    return tuple(
        VertebraInstance(
            name=given[bone.label - 1],
            label=bone.label,
            ordinal=bone.label - 1,
            centroid_lps=point(bone.points.mean(axis=0)),
            upper=bone.upper,
            lower=bone.lower,
            is_partial=bone.is_cut,
        )
        for bone in found
        if bone.label - 1 in given
    )


def level_records(
    column: Column, labels: Array, vertebrae: tuple[VertebraInstance, ...], names: Names
) -> tuple[LevelInstance, ...]:
    """Named records of the discs between them, without alternates, from below."""
    known = {v.label: v for v in vertebrae}
    leftward = leftward_directions(column.view, labels, column.planes)
    first = lowest_label(column.order.has_sacrum)
    found = []
    for n, (plane, name) in enumerate(zip(column.planes, names.levels, strict=False)):
        below, above = known.get(first + n), known.get(first + n + 1)
        if below is None or above is None:
            continue
        origin = disc_centroid(column.view, labels, n + 1, plane)
        is_cut = _touches_edge(column, labels == DISC_LABELS + 1 + n)
        found.append(
            LevelInstance(
                name=name,
                alternate=None,
                label=DISC_LABELS + 1 + n,
                above=above.label,
                below=below.label,
                frame=level_frame(origin, plane, leftward[n], above.lower, below.upper),
                is_partial=is_cut or above.is_partial or below.is_partial,
            )
        )
    return tuple(found)


def disc_heights_mm(
    levels: tuple[LevelInstance, ...], vertebrae: tuple[VertebraInstance, ...]
) -> Mapping[int, float]:
    """Disc label to the distance of its endplates at the disc's middle, where both are known."""
    known = {v.label: v for v in vertebrae}
    heights = {
        lv.label: disc_height_mm(lv.frame, known[lv.above].lower, known[lv.below].upper)
        for lv in levels
    }
    return {label: h for label, h in heights.items() if h is not None}
