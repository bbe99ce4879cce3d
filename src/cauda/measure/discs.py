"""One disc on one slice: the corners and surfaces round it; heights and depth from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cauda.geometry import Frame
from cauda.measure.curves import local_value
from cauda.measure.reading import Reading
from cauda.measure.sampling import (
    STEP_MM,
    Floats,
    Sheet,
    Stack,
    between,
    blur_mm,
    change,
    runs,
)
from cauda.measure.uncertainty import Spread
from cauda.measure.vertebrae import HEIGHT_REACH_MM, SACRUM_LABEL, Corner, Edge, Outline
from cauda.records import LevelInstance
from cauda.vocab import Quantity, Structure

WINDOW_Y_MM = (-30.0, 30.0)
WINDOW_Z_MM = (-15.0, 15.0)

DEFAULT_BLUR_MM = 1.0
"""Blur of an edge whose 0.25 and 0.75 surfaces were not both seen."""

SHARES: dict[Quantity, float] = {
    Quantity.DISC_HEIGHT_ANTERIOR: 0.1,
    Quantity.DISC_HEIGHT_MIDDLE: 0.5,
    Quantity.DISC_HEIGHT_POSTERIOR: 0.9,
}
"""Where along the disc line each height is read."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Chord:
    """An endplate line: its two corners in the level's frame, (y', z') in mm."""

    anterior: Corner
    posterior: Corner

    @property
    def vector(self) -> Floats:
        """(2,): from the anterior to the posterior corner."""
        result: Floats = np.array(self.posterior) - np.array(self.anterior)
        return result

    @property
    def length_mm(self) -> float:
        """Distance between the corners."""
        return float(np.hypot(*self.vector))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiscSlice:
    """A disc on one slice, in its level's frame.

    Parameters
    ----------
    sheet : Sheet
    disc : (Y, Z) array
        Probability of this disc.
    upper, lower : Chord
        The lower endplate of the vertebra above, the upper endplate of the one below.
    bottom_mm, top_mm : (Y,) arrays
        z' of the two endplate surfaces.
    blur_mm : float
    """

    sheet: Sheet
    disc: Floats
    upper: Chord
    lower: Chord
    bottom_mm: Floats
    top_mm: Floats
    blur_mm: float

    @property
    def x_mm(self) -> float:
        """Position of the slice along x'."""
        return self.sheet.x_mm

    def on_line(self, share: float) -> Corner:
        """``Q(share)`` of the disc line, from the front (0) to the back (1)."""
        front = (np.array(self.upper.anterior) + np.array(self.lower.anterior)) / 2
        back = (np.array(self.upper.posterior) + np.array(self.lower.posterior)) / 2
        y, z = front + share * (back - front)
        return float(y), float(z)

    @property
    def depth_mm(self) -> float:
        """Length of the disc line."""
        front, back = self.on_line(0.0), self.on_line(1.0)
        return float(np.hypot(back[0] - front[0], back[1] - front[1]))

    def ends(self, share: float) -> tuple[float, float, float]:
        """y', lower and upper z' of the endplate surfaces through ``Q(share)``."""
        y, _ = self.on_line(share)
        bottom = local_value(self.sheet.y_mm, self.bottom_mm, y, HEIGHT_REACH_MM)
        return y, bottom, local_value(self.sheet.y_mm, self.top_mm, y, HEIGHT_REACH_MM)

    def height_mm(self, share: float) -> float:
        """Distance between the endplate surfaces through ``Q(share)``; NaN where one is hidden."""
        _, bottom, top = self.ends(share)
        return top - bottom


def disc_slice(
    stack: Stack, level: LevelInstance, above: Outline, below: Outline
) -> DiscSlice | None:
    """Trace one disc on the slice of the two outlines; None where its endplates are not seen."""
    if above.lower is None:
        return None
    y_mm = np.arange(WINDOW_Y_MM[0], WINDOW_Y_MM[1], STEP_MM)
    z_mm = np.arange(WINDOW_Z_MM[0], WINDOW_Z_MM[1], STEP_MM)
    sheet = Sheet(stack=stack, frame=level.frame, index=above.sheet.index, y_mm=y_mm, z_mm=z_mm)
    upper, lower = (
        _chord(above.lower, above.sheet, level.frame),
        _chord(below.upper, below.sheet, level.frame),
    )
    if upper.anterior[1] <= lower.anterior[1] or upper.posterior[1] <= lower.posterior[1]:
        return None
    disc = sheet.own(Structure.DISC, level.label)
    middle = _middle_line(y_mm, upper, lower)
    surfaces = _surfaces(sheet, disc, level, middle)
    near = np.abs(y_mm) < 8
    blur = blur_mm(disc[near], z_mm, middle[near])
    return DiscSlice(
        sheet=sheet,
        disc=disc,
        upper=upper,
        lower=lower,
        bottom_mm=surfaces[:, 0],
        top_mm=surfaces[:, 1],
        blur_mm=blur if np.isfinite(blur) else DEFAULT_BLUR_MM,
    )


def _chord(edge: Edge, sheet: Sheet, frame: Frame) -> Chord:
    """An endplate's corners, moved from the vertebra's own frame to the level's."""
    corners = []
    for corner in (edge.anterior, edge.posterior):
        _, y, z = frame.to_local(np.array(sheet.lps(*corner)))
        corners.append((float(y), float(z)))
    return Chord(anterior=corners[0], posterior=corners[1])


def _middle_line(y_mm: Floats, upper: Chord, lower: Chord) -> Floats:
    """(Y,): z' halfway between the two endplate lines."""
    front = (np.array(upper.anterior) + np.array(lower.anterior)) / 2
    back = (np.array(upper.posterior) + np.array(lower.posterior)) / 2
    slope = (back[1] - front[1]) / (back[0] - front[0])
    result: Floats = front[1] + slope * (y_mm - front[0])
    return result


def _surfaces(sheet: Sheet, disc: Floats, level: LevelInstance, middle: Floats) -> Floats:
    """(Y, 2): z' of the two endplates: midway between where bone ends and where disc begins.

    Both are the same surface where the segmentation leaves no gap. A disc too thin to reach
    the surface probability is bounded by bone alone.
    """
    kind = Structure.SACRUM if level.below == SACRUM_LABEL else Structure.BODY
    bone = sheet.own(Structure.BODY, level.above)
    other = sheet.own(kind, level.below)
    of_bone = runs(1.0 - bone - other, sheet.z_mm, middle)
    of_disc = runs(disc, sheet.z_mm, middle)
    agree = np.abs(of_disc - of_bone) < 2.0
    return np.where(agree, (of_disc + of_bone) / 2, of_bone)


def disc_readings(slices: tuple[DiscSlice, ...]) -> tuple[Reading, ...]:
    """Three heights and the depth of a disc in its midsagittal plane."""
    if not slices:
        return ()
    x_mm = np.array([s.x_mm for s in slices])
    nearest = slices[int(np.abs(x_mm).argmin())]
    found = []
    for quantity, share in SHARES.items():
        values = np.array([s.height_mm(share) for s in slices])
        value = between(x_mm, values, 0.0)
        y, bottom, top = nearest.ends(share)
        if np.isfinite([value, bottom, top]).all():
            found.append(
                Reading(
                    quantity=quantity,
                    value=value,
                    method="disc-height-three-point",
                    slice=nearest.sheet.index,
                    points_lps=(nearest.sheet.lps(y, bottom), nearest.sheet.lps(y, top)),
                    spread=Spread(blur=2**0.5 * nearest.blur_mm, change=change(x_mm, values)),
                )
            )
    return (*found, _depth(slices, x_mm, nearest))


def _depth(slices: tuple[DiscSlice, ...], x_mm: Floats, nearest: DiscSlice) -> Reading:
    values = np.array([s.depth_mm for s in slices])
    ends = (nearest.on_line(0.0), nearest.on_line(1.0))
    return Reading(
        quantity=Quantity.DISC_DEPTH,
        value=between(x_mm, values, 0.0),
        method="disc-depth",
        slice=nearest.sheet.index,
        points_lps=tuple(nearest.sheet.lps(*end) for end in ends),
        spread=Spread(blur=2**0.5 * nearest.blur_mm, change=change(x_mm, values)),
    )


def height_index(
    heights: tuple[Reading, ...], neighbors_mm: Mapping[int, Reading], level: LevelInstance
) -> tuple[Reading, ...]:
    """Mean of the three heights over the mean middle height of the neighboring vertebrae.

    Parameters
    ----------
    heights : tuple of Reading
        What :func:`disc_readings` gave.
    neighbors_mm : mapping of vertebra label -> Reading
        Middle height of every vertebra that has one.
    """
    three = [r for r in heights if r.quantity in SHARES]
    labels = [level.above] if level.below == SACRUM_LABEL else [level.above, level.below]
    bodies = [neighbors_mm[v] for v in labels if v in neighbors_mm]
    if len(three) < len(SHARES) or len(bodies) < len(labels):
        return ()
    height = float(np.mean([r.value for r in bodies]))
    middle = three[1]
    reading = Reading(
        quantity=Quantity.DISC_HEIGHT_INDEX,
        value=float(np.mean([r.value for r in three])) / height,
        method="disc-height-index",
        slice=middle.slice,
        points_lps=tuple(p for r in three for p in r.points_lps),
        spread=Spread(
            blur=middle.spread.blur / height / 3**0.5, change=middle.spread.change / height
        ),
    )
    return (reading,)
