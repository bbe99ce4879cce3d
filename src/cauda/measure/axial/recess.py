"""The lateral recesses: how high, how open and how large, on each side.

A recess lies between the back of disc and body (its floor) and the bone behind (its roof), from
40 % of the way to the pedicle outward. Its height is the least distance from floor to roof: up to
the pedicle's axis, under the articular process, in the disc plane; further down, where the pedicle
closes it, up to the pedicle. After the figures of Steurer 2011.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cauda.measure.axial.borders import MEDIAL_SHARE, Borders, sign_of
from cauda.measure.axial.cut import BONE, DURAL, STEP_MM, SURFACE, X_MM, Y_MM, Cut, Floats
from cauda.measure.axial.profile import USUAL_SLICE_MM, Least, least
from cauda.measure.axial.reference import Reference
from cauda.measure.reading import Reading
from cauda.measure.uncertainty import Spread
from cauda.vocab import Quantity, Side, Structure

BELOW_MM, ABOVE_MM = 1.0, 4.0
"""On the slice nearest to the disc plane, this far below it or above it at most, heights are read
up to the pedicle's axis, under the articular process."""

PEDICLE_MARGIN_MM = 1.5
"""Farther down the pedicle closes the recess to the side: there only up to this far from it."""

COLUMN_MM = 0.4
"""Distance of the columns in which floor and roof are looked for."""

AREA_MM = (-6.0, 0.0)
"""Heights above the disc plane between which the least area is looked for."""

BEFORE_MM = 4.0
"""The floor is looked for from this far before the disc's outline."""

CLEFT_MM = 0.5
"""A gap whose end lies nearer to the outline than this, or before it, is no recess."""

BEHIND_MM = 18.0
"""A roof farther than this behind the outline is no roof of a recess."""

LEAST_COLUMNS_MM = 1.0
"""A height needs a roof over at least this width."""

FREE = (*DURAL, Structure.EPIDURAL_FAT, Structure.ROOT)
"""What fills a recess besides bone, disc and ligament."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Recess:
    """One recess on one slice, column by column from medial to lateral.

    Parameters
    ----------
    cut : Cut
    x_mm : (N,) array
        x' of the columns.
    floor_mm, roof_mm : (N,) array
        y' of floor and roof; NaN where there is none.
    """

    cut: Cut
    x_mm: Floats
    floor_mm: Floats
    roof_mm: Floats

    @property
    def narrowest(self) -> int:
        """Number of the column with the least height."""
        gaps = self.roof_mm - self.floor_mm
        return int(np.nanargmin(np.round(gaps, 9)))

    @property
    def height_mm(self) -> float:
        """Least distance from floor to roof; NaN without a roof."""
        gaps = self.roof_mm - self.floor_mm
        if np.isfinite(gaps).sum() * STEP_MM < LEAST_COLUMNS_MM:
            return float("nan")
        return float(np.nanmin(gaps))

    @property
    def corner(self) -> Floats:
        """(2,): the lateral end of the recess, midway between floor and roof."""
        last = int(np.flatnonzero(np.isfinite(self.roof_mm - self.floor_mm))[-1])
        return np.array([self.x_mm[last], (self.floor_mm[last] + self.roof_mm[last]) / 2])

    @property
    def rays(self) -> tuple[Floats, Floats]:
        """Unit directions from the corner along floor and roof, fitted to their columns."""
        seen = np.isfinite(self.roof_mm - self.floor_mm)
        inward = abs(self.corner[0]) - np.abs(self.x_mm[seen])
        found = []
        for surface in (self.floor_mm, self.roof_mm):
            rise = surface[seen] - self.corner[1]
            found.append(
                np.array(
                    [inward.max(), float(np.polyval(np.polyfit(inward, rise, 1), inward.max()))]
                )
            )
        return found[0], found[1]

    @property
    def angle_deg(self) -> float:
        """Angle at the lateral corner between the medial ends of floor and roof."""
        floor, roof = self.rays
        turn = np.arctan2(roof[1], roof[0]) - np.arctan2(floor[1], floor[0])
        return float(np.degrees(turn))


def recess(
    cut: Cut, ring: Reference, border: Borders, sign: int, *, is_open: bool = True
) -> Recess:
    """Floor and roof of one side's recess on one slice, in the disc plane (open) or below it."""
    last = (border.medial + border.lateral) / 2 if is_open else border.medial - PEDICLE_MARGIN_MM
    ends = (MEDIAL_SHARE * border.medial, last)
    away = np.linspace(*ends, max(round((ends[1] - ends[0]) / COLUMN_MM), 2))
    solid = cut.of(*BONE, Structure.DISC)
    place = (sign * away - X_MM[0]) / STEP_MM
    low = np.clip(np.floor(place).astype(int), 0, len(X_MM) - 2)
    share = (place - low)[:, None]
    columns = solid[low] * (1 - share) + solid[low + 1] * share
    backs = ring.back_mm(sign * away)
    gaps = np.array([_gap(c, float(b)) for c, b in zip(columns, backs, strict=True)])
    return Recess(cut=cut, x_mm=sign * away, floor_mm=gaps[:, 0], roof_mm=gaps[:, 1])


def _gap(column: Floats, back_mm: float) -> tuple[float, float]:
    """End of the floor and begin of the roof along y'; NaN where either is not found.

    A cleft that ends before the disc's outline lies between disc and body, not in the recess.
    """
    first = int(np.searchsorted(Y_MM, back_mm - BEFORE_MM))
    last = int(np.searchsorted(Y_MM, back_mm + BEHIND_MM))
    solid = column[first:last] >= SURFACE
    edges = np.flatnonzero(np.diff(solid.astype(np.int8)))
    starts = edges[solid[edges]] + 1
    ends = edges[~solid[edges]] + 1
    if not len(starts) or Y_MM[first + int(solid.argmax())] > back_mm + BEFORE_MM:
        return float("nan"), float("nan")
    for floor in starts:
        behind = ends[(ends > floor) & (Y_MM[first + ends] > back_mm + CLEFT_MM)]
        if len(behind) and behind[0] == ends[ends > floor][0]:
            return _between(column, first + int(floor)), _between(column, first + int(behind[0]))
    return float("nan"), float("nan")


def _between(column: Floats, index: int) -> float:
    """Y' where the column crosses the surface just before ``index``."""
    low, high = column[index - 1], column[index]
    share = (SURFACE - low) / (high - low) if high != low else 0.5
    return float(Y_MM[index - 1] + np.clip(share, 0, 1) * STEP_MM)


def free_mm2(cut: Cut, ring: Reference, border: Borders, sign: int) -> float:
    """Area that fat, root and sac fill from the recess' medial end to the pedicle."""
    away = sign * X_MM
    # The ends fall between samples: a column counts by the share of it that lies inside.
    cover = np.clip((border.medial - away) / STEP_MM + 0.5, 0, 1)
    cover *= np.clip((away - MEDIAL_SHARE * border.medial) / STEP_MM + 0.5, 0, 1)
    behind = Y_MM[None, :] > ring.back_mm(X_MM)[:, None] - BEFORE_MM
    near = Y_MM[None, :] < ring.back_mm(X_MM)[:, None] + BEHIND_MM
    free = np.where(behind & near, cut.of(*FREE), 0.0)
    return float(cover @ free.sum(axis=1)) * STEP_MM**2


def recess_readings(
    shown: Sequence[Cut], ring: Reference, sides: Mapping[Side, Borders], half_disc_mm: float
) -> tuple[Reading, ...]:
    """Height, angle and area of both recesses, as far as their borders are seen."""
    found: list[Reading] = []
    for side, border in sides.items():
        found += _heights(shown, ring, border, half_disc_mm, side)
        found += _area(shown, ring, border, side)
    return tuple(found)


def _heights(
    shown: Sequence[Cut], ring: Reference, border: Borders, half_disc_mm: float, side: Side
) -> list[Reading]:
    sign, low = sign_of(side), -(half_disc_mm + USUAL_SLICE_MM)
    near = [c for c in shown if -BELOW_MM <= c.plane[0] <= ABOVE_MM]
    below = [c for c in shown if low <= c.plane[0] < -BELOW_MM]
    seen = [recess(c, ring, border, sign, is_open=False) for c in below]
    if near:
        seen.append(recess(min(near, key=lambda c: abs(c.plane[0])), ring, border, sign))
    seen = [r for r in seen if np.isfinite(r.height_mm)]
    if not near or not seen:
        return []
    worst = min(seen, key=lambda r: r.height_mm)
    column = worst.narrowest
    x = worst.x_mm[column]
    line = np.array([[x, worst.floor_mm[column]], [x, worst.roof_mm[column]]])
    corner = worst.corner
    floor, roof = (corner + ray * [-sign_of(side), 1.0] for ray in worst.rays)
    edge = 2**0.5 * 0.6 * worst.cut.pixel_mm
    width = max(abs(abs(corner[0]) - MEDIAL_SHARE * border.medial), 1.0)
    return [
        Reading(
            quantity=Quantity.RECESS_HEIGHT,
            value=worst.height_mm,
            method="recess-height",
            slice=worst.cut.index,
            points_lps=worst.cut.lps(line),
            spread=Spread(blur=edge),
            side=side,
        ),
        Reading(
            quantity=Quantity.RECESS_ANGLE,
            value=worst.angle_deg,
            method="recess-angle",
            slice=worst.cut.index,
            points_lps=worst.cut.lps(np.array([floor, corner, roof])),
            spread=Spread(blur=float(np.degrees(edge / width))),
            side=side,
        ),
    ]


def _area(shown: Sequence[Cut], ring: Reference, border: Borders, side: Side) -> list[Reading]:
    reach = AREA_MM[0] - USUAL_SLICE_MM, AREA_MM[1] + USUAL_SLICE_MM
    near = [c for c in shown if reach[0] <= c.plane[0] <= reach[1]]
    if not near:
        return []
    areas = [free_mm2(c, ring, border, sign_of(side)) for c in near]
    smallest: Least = least([float(c.plane[0]) for c in near], areas, AREA_MM)
    cut = near[smallest.place]
    return [
        Reading(
            quantity=Quantity.RECESS_AREA,
            value=smallest.value,
            method="recess-area",
            slice=cut.index,
            points_lps=(),
            spread=Spread(
                blur=0.6 * cut.pixel_mm * 2 * (smallest.value**0.5 + border.medial),
                change=smallest.step,
            ),
            side=side,
        )
    ]
