"""The outline of each vertebral body on each slice: endplates, walls, corners; and its heights."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.polynomial import Polynomial

from cauda.geometry import Array, Frame
from cauda.measure.curves import local_value, robust_polynomial
from cauda.measure.reading import Reading
from cauda.measure.sampling import STEP_MM, Floats, Sheet, Stack, between, blur_mm, change, runs
from cauda.measure.uncertainty import Spread
from cauda.records import Spine, VertebraInstance
from cauda.vocab import Quantity, Structure

SACRUM_LABEL = 1
SACRUM_CENTER_MM = 9.0
"""S1 is looked at from this far below its upper endplate, inside its body."""

LEAST_DEPTH_MM = 15.0
"""A body outline shorter than this from front to back is cut beside the body, not through it."""

RIM_SKIP_MM = 1.5
"""Rounding and lips: the last stretch before a corner does not shape its lines."""

RIM_SHARE = 0.5
"""Share of an endplate, next to a corner, whose curve makes that corner."""

LIPLESS_SHARE = 0.62
"""Middle share of a body's height where walls carry no lips."""

SACRAL_WALL_MM = (5.0, 18.0)
"""The walls of S1 are read this far below its endplate: beyond lies S2."""

AGREEMENT_MM = 0.4
"""A wall point nearer the corner counts if it continues the middle of the wall this well."""

GREATEST_DEPTH_MM = 60.0
"""No lumbar endplate is longer."""

ROUNDING_MM = 3.0
"""A corner lies at most this far from the traced surface: the network rounds corners off."""

ASTRAY_MM = 8.0
"""A corner farther than this from the surface belongs to no outline."""

REACH_X_MM = 15.0
"""Half-width of the slices that are traced: the canal lies within it."""

PLATE_MM = 2.0
"""Disc that begins farther than this from bone does not lie on its endplate."""

LEAST_SPACING_MM = 2.0
"""Thinner slices are skipped over: they would cost time and add nothing."""

WINDOW_Y_MM = (-32.0, 30.0)
SACRAL_Y_MM = (-45.0, 30.0)
"""S1 slants: what is known of its endplate's center may lie near the back of a long one."""

WINDOW_Z_MM = (-24.0, 24.0)

Corner = tuple[float, float]
"""(y', z') in mm."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Edge:
    """One endplate on one slice, in the sheet's frame: where bone ends, and its two corners.

    ``plate_mm`` is the endplate itself: midway between where bone ends and where disc begins. A
    network leaves the dark plate between them to neither.
    """

    y_mm: Floats
    z_mm: Floats
    plate_mm: Floats
    anterior: Corner
    posterior: Corner


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Outline:
    """A vertebral body on one slice; the sacrum has no lower edge."""

    sheet: Sheet
    upper: Edge
    lower: Edge | None
    blur_mm: float

    @property
    def x_mm(self) -> float:
        """Position of the slice along x' of the vertebra's own frame."""
        return self.sheet.x_mm


@dataclass(frozen=True, slots=True, kw_only=True)
class Body:
    """A vertebra with its own frame: between its endplates, y' posterior, x' left."""

    vertebra: VertebraInstance
    frame: Frame

    @property
    def is_sacrum(self) -> bool:
        """Whether it has only an upper endplate."""
        return self.vertebra.label == SACRUM_LABEL


def bodies(spine: Spine) -> tuple[Body, ...]:
    """Every vertebra next to a level, with its own frame."""
    found = []
    for vertebra in spine.vertebrae:
        near = [lv.frame for lv in spine.levels if vertebra.label in (lv.above, lv.below)]
        if near:
            found.append(Body(vertebra=vertebra, frame=_own_frame(vertebra, near)))
    return tuple(found)


def _own_frame(vertebra: VertebraInstance, near: list[Frame]) -> Frame:
    """Frame between the endplates; the neighboring levels' where an endplate is missing."""
    planes = [p for p in (vertebra.upper, vertebra.lower) if p is not None]
    complete = len(planes) == 2 or vertebra.label == SACRUM_LABEL
    normals = [p.normal_lps for p in planes] if planes and complete else [f.up_lps for f in near]
    up = _unit(np.sum(normals, axis=0))
    left = np.sum([f.left_lps for f in near], axis=0)
    posterior = _unit(np.cross(up, left))
    left = np.cross(posterior, up)
    origin = np.array(vertebra.centroid_lps)
    if vertebra.label == SACRUM_LABEL and vertebra.upper is not None:
        origin = np.array(vertebra.upper.point_lps) - SACRUM_CENTER_MM * up
    return Frame(
        origin_lps=_point(origin),
        left_lps=_point(left),
        posterior_lps=_point(posterior),
        up_lps=_point(up),
    )


def _unit(vector: Array) -> Floats:
    result: Floats = vector / np.linalg.norm(vector)
    return result


def _point(vector: Array) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in vector)
    return x, y, z


def trace(stack: Stack, body: Body) -> tuple[Outline, ...]:
    """Outline one body on the slices in the canal's reach, from right to left.

    Of thin slices only some are taken, so that none lies nearer than ``LEAST_SPACING_MM``.
    """
    stride = max(1, round(LEAST_SPACING_MM / stack.space.spacing_mm[0]))
    found = (
        outline(stack, body, index)
        for index in range(0, stack.slice_count, stride)
        if abs(_sheet(stack, body, index).x_mm) <= REACH_X_MM
    )
    return tuple(o for o in found if o is not None)


def _sheet(stack: Stack, body: Body, index: int) -> Sheet:
    window = SACRAL_Y_MM if body.is_sacrum else WINDOW_Y_MM
    y_mm = np.arange(window[0], window[1], STEP_MM)
    z_mm = np.arange(WINDOW_Z_MM[0], WINDOW_Z_MM[1], STEP_MM)
    return Sheet(stack=stack, frame=body.frame, index=index, y_mm=y_mm, z_mm=z_mm)


def outline(stack: Stack, body: Body, index: int) -> Outline | None:
    """Trace one body on one slice; None where the slice does not cut through it."""
    sheet = _sheet(stack, body, index)
    kind = Structure.SACRUM if body.is_sacrum else Structure.BODY
    inside = sheet.own(kind, body.vertebra.label)
    box = _box(inside, sheet, is_open_below=body.is_sacrum)
    if box is None:
        return None
    walls = _walls(inside, sheet, box, is_sacrum=body.is_sacrum)
    if walls is None:
        return None
    discs = sheet.every(Structure.DISC)
    upper = _edge(inside, discs, sheet, box[3], walls)
    lower = None if body.is_sacrum else _edge(inside, discs, sheet, box[2], walls)
    if upper is None or (lower is None and not body.is_sacrum):
        return None
    blur = blur_mm(inside[np.abs(sheet.y_mm) < 8], sheet.z_mm, box[3] / 2)
    return Outline(sheet=sheet, upper=upper, lower=lower, blur_mm=blur)


def _box(inside: Floats, sheet: Sheet, *, is_open_below: bool) -> tuple[float, ...] | None:
    """Front, back, lowest, highest of the body near its center, mm; None where it is not cut."""
    rows = runs(inside[:, np.abs(sheet.z_mm) < 3].T, sheet.y_mm, 0.0)
    columns = runs(inside[np.abs(sheet.y_mm) < 5], sheet.z_mm, 0.0)
    with np.errstate(all="ignore"):
        ends = [*_medians(rows), *_medians(columns)]
    if is_open_below:
        ends[2] = -ends[3]
    if not np.isfinite(ends).all() or ends[1] - ends[0] < LEAST_DEPTH_MM:
        return None
    return tuple(ends) if ends[0] < 0 < ends[1] and ends[2] < 0 < ends[3] else None


def _medians(pairs: Floats) -> list[float]:
    """Median begin and end over the rows where both are seen."""
    return [
        float(np.median(ends[np.isfinite(ends)])) if np.isfinite(ends).any() else float("nan")
        for ends in pairs.T
    ]


def _walls(
    inside: Floats, sheet: Sheet, box: tuple[float, ...], *, is_sacrum: bool
) -> tuple[Polynomial, Polynomial] | None:
    """Front and back wall, y' as a function of z', lips left out."""
    high = box[3]
    low = high - 2 * SACRUM_CENTER_MM if is_sacrum else box[2]
    middle = np.abs(sheet.z_mm - (low + high) / 2) <= LIPLESS_SHARE * (high - low) / 2
    all_but_rim = (sheet.z_mm >= low + RIM_SKIP_MM) & (sheet.z_mm <= high - RIM_SKIP_MM)
    if is_sacrum:
        middle = (sheet.z_mm >= high - SACRAL_WALL_MM[1]) & (sheet.z_mm <= high - SACRAL_WALL_MM[0])
        all_but_rim = (sheet.z_mm >= high - SACRAL_WALL_MM[1]) & (sheet.z_mm <= high - RIM_SKIP_MM)
    curves = []
    for end, side in ((box[0], 0), (box[1], 1)):
        y_mm = runs(inside.T, sheet.y_mm, 0.5 * end)[:, side]
        first = robust_polynomial(sheet.z_mm[middle], y_mm[middle], 2)
        if first is None:
            return None
        agrees = all_but_rim & (np.abs(y_mm - first(sheet.z_mm)) < AGREEMENT_MM)
        curves.append(robust_polynomial(sheet.z_mm[agrees], y_mm[agrees], 2) or first)
    return curves[0], curves[1]


def _edge(
    inside: Floats, discs: Floats, sheet: Sheet, z_end: float, walls: tuple[Polynomial, Polynomial]
) -> Edge | None:
    """One endplate: its surface at every y', and the corners its rims make with the walls."""
    surface = runs(inside, sheet.z_mm, 0.5 * z_end)[:, int(z_end > 0)]
    disc = runs(1.0 - discs, sheet.z_mm, 0.5 * z_end)[:, int(z_end > 0)]
    plate = np.where(np.abs(disc - surface) < PLATE_MM, (disc + surface) / 2, surface)
    ends = (float(walls[0](z_end)), float(walls[1](z_end)))
    reach = RIM_SHARE * (ends[1] - ends[0])
    corners = []
    for wall, end, inward in zip(walls, ends, (1.0, -1.0), strict=True):
        depth = inward * (sheet.y_mm - end)
        rim = (depth >= RIM_SKIP_MM) & (depth <= reach)
        curve = robust_polynomial(sheet.y_mm[rim], surface[rim], 2)
        if curve is None:
            return None
        corner = _near(_meet(curve, wall, z_end), sheet.y_mm, surface)
        if corner is None:
            return None
        corners.append(corner)
    front, back = corners
    if not LEAST_DEPTH_MM <= back[0] - front[0] <= GREATEST_DEPTH_MM:
        return None
    return Edge(y_mm=sheet.y_mm, z_mm=surface, plate_mm=plate, anterior=front, posterior=back)


def _meet(rim: Polynomial, wall: Polynomial, z_mm: float) -> Corner:
    """Intersection of z'(y') and y'(z'), by fixed-point steps (both slopes are well below 1)."""
    y_mm = 0.0
    for _ in range(4):
        y_mm = float(wall(z_mm))
        z_mm = float(np.clip(rim(y_mm), WINDOW_Z_MM[0], WINDOW_Z_MM[1]))
    return y_mm, z_mm


def _near(corner: Corner, y_mm: Floats, z_mm: Floats) -> Corner | None:
    """The corner if the traced surface comes near it, else the surface's point nearest to it.

    Rounding leaves a corner a little outside the outline; curves that go astray leave it far
    outside. None where nothing was traced anywhere near.
    """
    away = np.hypot(y_mm - corner[0], z_mm - corner[1])
    if not np.isfinite(away).any():
        return None
    nearest = int(np.nanargmin(away))
    if away[nearest] <= ROUNDING_MM:
        return corner
    if away[nearest] > ASTRAY_MM:
        return None
    return float(y_mm[nearest]), float(z_mm[nearest])


def heights(traced: tuple[Outline, ...]) -> tuple[Reading, ...]:
    """Anterior, middle and posterior height of one vertebra in its midsagittal plane."""
    whole = [o for o in traced if o.lower is not None]
    if not whole:
        return ()
    x_mm = np.array([o.sheet.x_mm for o in whole])
    nearest = whole[int(np.abs(x_mm).argmin())]
    found = []
    for quantity, share in _HEIGHTS.items():
        ends = [_height_ends(o, share) for o in whole]
        values = np.array([top - bottom for _, bottom, top in ends])
        value = between(x_mm, values, 0.0)
        y, bottom, top = ends[whole.index(nearest)]
        if np.isfinite([value, bottom, top]).all():
            found.append(
                Reading(
                    quantity=quantity,
                    value=value,
                    method="vertebra-height-three-point",
                    slice=nearest.sheet.index,
                    points_lps=(nearest.sheet.lps(y, bottom), nearest.sheet.lps(y, top)),
                    spread=Spread(blur=nearest.blur_mm * 2**0.5, change=change(x_mm, values)),
                )
            )
    return tuple(found)


_HEIGHTS = {
    Quantity.VERTEBRA_HEIGHT_ANTERIOR: 0.1,
    Quantity.VERTEBRA_HEIGHT_MIDDLE: 0.5,
    Quantity.VERTEBRA_HEIGHT_POSTERIOR: 0.9,
}

HEIGHT_REACH_MM = 1.5
"""A height is read from the surface within this distance along the endplate."""


def _height_ends(traced: Outline, share: float) -> tuple[float, float, float]:
    """y', lower z' and upper z' at a share of the way from the front to the back."""
    upper, lower = traced.upper, traced.lower
    if lower is None:
        return float("nan"), float("nan"), float("nan")
    front = (upper.anterior[0] + lower.anterior[0]) / 2
    back = (upper.posterior[0] + lower.posterior[0]) / 2
    y = front + share * (back - front)
    bottom = local_value(lower.y_mm, lower.plate_mm, y, HEIGHT_REACH_MM)
    return y, bottom, local_value(upper.y_mm, upper.plate_mm, y, HEIGHT_REACH_MM)
