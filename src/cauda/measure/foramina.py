"""Height, width and area of the foramina in their mid-foraminal planes."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import ndimage
from skimage import measure as contours

from cauda.geometry import Array
from cauda.measure.reading import Reading
from cauda.measure.sampling import STEP_MM, Floats, Sheet, Stack, between, change, sheets
from cauda.measure.uncertainty import Spread
from cauda.records import LEFT_FORAMEN_OFFSET, RIGHT_FORAMEN_OFFSET, LevelInstance, Point
from cauda.vocab import Quantity, Side, Structure

WINDOW_X_MM = (-40.0, 40.0)
WINDOW_Y_MM = (-10.0, 42.0)
WINDOW_Z_MM = (-24.0, 24.0)

HAZE = 0.04
"""Probabilities below this belong to no foramen."""

PLATEAU_PERCENTILE = 92
"""Percentile of the probability inside a foramen that tells how much of the slice it fills."""

LEAST_PLATEAU = 0.5
"""A slice filled less than this by the foramen does not show its outline."""

CLEAR = 0.9
"""A slice filled this much lies wholly between the ends of the foramen."""

PEDICLE_HALF_MM = 7.0
"""Half the height of a lumbar pedicle, about 14 to 15 mm at every level; only shapes the flare."""

FARTHEST_SHARE = 0.85
"""Beyond this share of its half-width a pedicle's edge is too steep to be followed."""

LEAST_HALF_MM = 3.5
"""Half the width of the slimmest pedicle: keeps the flare of a hardly seen foramen in bounds."""

FLARE_AP_MM = 14.0
"""Front-to-back width of a foramen at the pedicles: turns the flare in height into one in area."""

LEAST_AREA_MM2 = 4.0
"""Less than this on its best slice is no foramen that could be measured."""

DISC_LEVEL_MM = 2.0
"""Half the height of the band in which the width is read."""

ROOT_GAP_MM = 4.0
"""A root within this distance of foraminal fat on all sides lies in the foramen."""

CUT_SHARE = 0.25
"""A foramen that shows less than this of its largest section on the outermost slice ends there."""

OFFSETS = {Side.LEFT: LEFT_FORAMEN_OFFSET, Side.RIGHT: RIGHT_FORAMEN_OFFSET}


@dataclass(frozen=True, kw_only=True, eq=False)
class Opening:
    """One foramen on one slice.

    Parameters
    ----------
    sheet : Sheet
    region : (Y, Z) array
        Probability of the foramen and the root in it.
    plateau : float
        Probability well inside: the share of the slice that the foramen fills.
    """

    sheet: Sheet
    region: Floats
    plateau: float

    @cached_property
    def covered_mm2(self) -> float:
        """Area, a partly covered slice counting in part."""
        return float(self.region.sum()) * STEP_MM**2

    @property
    def moments(self) -> tuple[float, float, float]:
        """Sum of the region, and of y' and z' weighted by it."""
        along_y, along_z = self.region.sum(axis=1), self.region.sum(axis=0)
        y = float((along_y * self.sheet.y_mm).sum())
        return float(along_y.sum()), y, float((along_z * self.sheet.z_mm).sum())

    @property
    def area_mm2(self) -> float:
        """Area of its outline."""
        return self.covered_mm2 / max(self.plateau, LEAST_PLATEAU)

    @property
    def span_mm(self) -> tuple[float, float]:
        """Lowest and highest z' of the outline; NaN without one."""
        outline = self.outline_mm
        if not len(outline):
            return float("nan"), float("nan")
        return float(outline[:, 1].min()), float(outline[:, 1].max())

    @property
    def height_mm(self) -> float:
        """Extent of the outline along z'."""
        low, high = self.span_mm
        return high - low

    @property
    def width_mm(self) -> float:
        """Mean AP width at disc level."""
        band = np.abs(self.sheet.z_mm) <= DISC_LEVEL_MM
        return float(self.region[:, band].sum(axis=0).mean()) * STEP_MM / self.scale

    @property
    def scale(self) -> float:
        """What a fully covered point of this slice shows."""
        return max(self.plateau, LEAST_PLATEAU)

    @cached_property
    def outline_mm(self) -> Floats:
        """(N, 2): the longest outline at half the plateau, as (y', z')."""
        found = contours.find_contours(self.region, 0.5 * self.scale)
        if not found:
            return np.empty((0, 2))
        longest = max(found, key=len)
        origin = np.array([self.sheet.y_mm[0], self.sheet.z_mm[0]])
        result: Floats = origin + longest * STEP_MM
        return result

    @property
    def blur_mm(self) -> float:
        """Distance between the 0.25 and 0.75 surfaces, from the area between them."""
        outline = self.outline_mm
        length = float(np.hypot(*np.diff(outline, axis=0).T).sum()) if len(outline) > 1 else 0.0
        fuzzy = (self.region > 0.25 * self.scale) & (self.region < 0.75 * self.scale)
        return float(fuzzy.sum()) * STEP_MM**2 / length if length > 0 else 1.0


@dataclass(frozen=True, kw_only=True, eq=False)
class Foramen:
    """One foramen on every slice that shows it, from right to left."""

    side: Side
    openings: tuple[Opening, ...]

    @cached_property
    def x_mm(self) -> Floats:
        """(N,): x' of the slices, at the foramen's own height and depth: oblique slices lean."""
        center = np.array([o.moments for o in self.openings]).sum(axis=0)
        y_mm, z_mm = np.asarray(center[1] / center[0]), np.asarray(center[2] / center[0])
        return np.array([float(o.sheet.points(y_mm, z_mm)[1]) for o in self.openings])

    @property
    def ends_mm(self) -> tuple[float, float]:
        """Its first and last x', a partly filled slice counting in part."""
        filled = np.array([min(o.plateau, 1.0) for o in self.openings])
        clear = np.flatnonzero(filled >= CLEAR)
        spacing = self.spacing_mm
        if not len(clear):
            middle = float((filled * self.x_mm).sum() / filled.sum())
            half = float(filled.sum()) * spacing / 2
            return middle - half, middle + half
        first, last = clear[0], clear[-1]
        before, after = filled[:first].sum() + 0.5, filled[last + 1 :].sum() + 0.5
        low, high = self.x_mm[first] - before * spacing, self.x_mm[last] + after * spacing
        return float(low), float(high)

    @property
    def spacing_mm(self) -> float:
        """Distance of the slices."""
        return self.openings[0].sheet.stack.space.spacing_mm[0]

    @property
    def middle_mm(self) -> float:
        """Position along x' midway between its medial and its lateral end."""
        return sum(self.ends_mm) / 2

    @property
    def medial_mm(self) -> float:
        """Position along x' of its medial end: the inner border of the pedicles."""
        return self.ends_mm[0] if self.side is Side.LEFT else self.ends_mm[1]

    @property
    def is_cut(self) -> bool:
        """Whether it goes on beyond the outermost slice of the stack."""
        stack = self.openings[0].sheet.stack
        edges = [o for o in self.openings if o.sheet.index in (0, stack.slice_count - 1)]
        least_mm2 = CUT_SHARE * max(o.covered_mm2 for o in self.openings)
        return any(o.plateau >= LEAST_PLATEAU and o.covered_mm2 > least_mm2 for o in edges)

    def flare_mm(self, x_mm: Floats, pedicles: int) -> Floats:
        """(N,): how much higher it seems on slices at ``x_mm`` than in its middle plane.

        The pedicles are round: beside its axis an edge recedes as an ellipse does.
        """
        low, high = self.ends_mm
        half = max((high - low) / 2, LEAST_HALF_MM)
        share = np.abs(x_mm - self.middle_mm) / half
        bow = 1 - np.sqrt(1 - np.minimum(share, FARTHEST_SHARE) ** 2)
        result: Floats = pedicles * PEDICLE_HALF_MM * bow
        return result


def foramen(stack: Stack, level: LevelInstance, side: Side) -> Foramen | None:
    """Collect one foramen; None where it is not seen, or not seen whole."""
    label = level.label + OFFSETS[side]
    shown = np.flatnonzero((stack.instances == label).any(axis=(1, 2)))
    if not len(shown):
        return None
    openings = []
    for sheet in sheets(stack, level.frame, WINDOW_X_MM, WINDOW_Y_MM, WINDOW_Z_MM):
        if shown[0] - 1 <= sheet.index <= shown[-1] + 1 and (sheet.x_mm > 0) == (side is Side.LEFT):
            opening = _opening(sheet, label)
            if opening.covered_mm2 > 0:
                openings.append(opening)
    if not openings or max(o.covered_mm2 for o in openings) < LEAST_AREA_MM2:
        return None
    found = Foramen(side=side, openings=tuple(openings))
    return None if found.is_cut else found


def _opening(sheet: Sheet, label: int) -> Opening:
    """Foramen and the part of a root that lies in it; the largest piece only.

    A root runs on beside the foramen, so on a slice the foramen fills in part it counts in part.
    """
    fat = sheet.own(Structure.FORAMEN, label)
    shown = fat[fat > HAZE]
    filled = float(np.percentile(shown, PLATEAU_PERCENTILE)) if len(shown) else 0.0
    root = np.minimum(sheet.own(Structure.ROOT), filled)
    total = np.minimum(fat + np.where(_enclosed(fat > 0.5 * filled), root, 0.0), 1.0)
    pieces, count = ndimage.label(total > HAZE)
    if count > 1:
        sizes = ndimage.sum_labels(total, pieces, np.arange(1, count + 1))
        total = np.where(pieces == 1 + int(np.argmax(sizes)), total, 0.0)
    return Opening(sheet=sheet, region=total, plateau=filled)


def _enclosed(fat: Array) -> Array:
    """Closing of the fat by ``ROOT_GAP_MM``, holes filled: where a root counts as inside."""
    size = 2 * round(ROOT_GAP_MM / STEP_MM) + 1
    closed = ndimage.minimum_filter(ndimage.maximum_filter(fat.astype(np.uint8), size), size)
    result: Array = ndimage.binary_fill_holes(closed > 0)
    return result


def foramen_readings(opened: Foramen, pedicles: int) -> tuple[Reading, ...]:
    """Height, width and area in the mid-foraminal plane.

    Parameters
    ----------
    opened : Foramen
    pedicles : {1, 2}
        How many free pedicles bound it: only the upper one above the sacrum.
    """
    filled = np.array([o.plateau for o in opened.openings]) >= LEAST_PLATEAU
    clear = [o for o, is_clear in zip(opened.openings, filled, strict=True) if is_clear]
    if not clear:
        return ()
    x_mm = opened.x_mm[filled]
    middle = opened.middle_mm
    best = clear[int(np.abs(x_mm - middle).argmin())]
    low, high = best.span_mm
    outline = best.outline_mm
    blur = best.blur_mm
    flare = opened.flare_mm(x_mm, pedicles)
    rows = (
        (
            Quantity.FORAMEN_HEIGHT,
            [o.height_mm for o in clear] - flare,
            _upright(best),
            2**0.5 * blur,
        ),
        (Quantity.FORAMEN_WIDTH, [o.width_mm for o in clear], _across(best), 2**0.5 * blur),
        (
            Quantity.FORAMEN_AREA,
            [o.area_mm2 for o in clear] - FLARE_AP_MM * flare,
            _ring(best),
            blur * (high - low),
        ),
    )
    if not len(outline):
        return ()
    return tuple(
        Reading(
            quantity=quantity,
            value=between(x_mm, np.array(values), middle),
            method=_METHODS[quantity],
            slice=best.sheet.index,
            points_lps=points,
            spread=Spread(blur=error, change=change(x_mm, np.array(values), middle)),
            side=opened.side,
        )
        for quantity, values, points, error in rows
    )


_METHODS = {
    Quantity.FORAMEN_HEIGHT: "foramen-height",
    Quantity.FORAMEN_WIDTH: "foramen-width-disc",
    Quantity.FORAMEN_AREA: "foramen-area",
}


def _upright(best: Opening) -> tuple[Point, ...]:
    """From the lowest to the highest point of the outline."""
    outline = best.outline_mm
    ends = (outline[outline[:, 1].argmin()], outline[outline[:, 1].argmax()])
    return tuple(best.sheet.lps(float(y), float(z)) for y, z in ends)


def _across(best: Opening) -> tuple[Point, ...]:
    """From front to back at disc level; where it is closed there, both at its center."""
    outline = best.outline_mm
    level = outline[np.abs(outline[:, 1]) <= DISC_LEVEL_MM]
    y = level[:, 0] if len(level) else outline[:, 0].mean(keepdims=True)
    return tuple(best.sheet.lps(float(end), 0.0) for end in (y.min(), y.max()))


def _ring(best: Opening) -> tuple[Point, ...]:
    """The outline, about one point a millimeter."""
    step = max(1, round(1.0 / STEP_MM / 1.4))
    return best.sheet.line_lps(best.outline_mm[::step])
