"""Disc material behind the line of the posterior corners: how far, and how long."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Frame
from cauda.measure.discs import DiscSlice
from cauda.measure.reading import Reading
from cauda.measure.sampling import STEP_MM, SURFACE, Floats, Sheet
from cauda.measure.uncertainty import Spread
from cauda.records import LevelInstance
from cauda.vocab import Quantity, Structure

LEAST_MM = 1.0
"""Material nearer to the line has no extent: it may be the annulus of a normal disc."""

DEEP_SHARE = 0.5
"""Slices count toward the apex by how far they pass this share of the greatest displacement."""

WINDOW_ALONG_MM = (-28.0, 28.0)
"""How far up and down fragments are looked for: to the middle of the neighboring bodies."""

WINDOW_BEHIND_MM = (-8.0, 18.0)
"""From inside the bodies, whose back walls are hollow, to the back of any canal."""

FREE_MM = 3.0
"""Displaced disc hangs together with the disc or lies on the back wall of a body, this near to
either. What stands free farther behind is facet, flavum or flow, mistaken for disc."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Behind:
    """Disc material behind the corner line on one slice.

    Parameters
    ----------
    sheet : Sheet
        y' is the distance behind the line, z' runs along it.
    reach_mm : (Z,) array
        Where the disc's rearmost surface lies at every place along the line; -inf without disc.
    half_mm : float
        z' of the upper corner; the lower one lies as far below.
    """

    sheet: Sheet
    reach_mm: Floats
    half_mm: float

    @property
    def greatest_mm(self) -> float:
        """Displacement on this slice, at least 0."""
        return max(0.0, float(self.reach_mm.max()))


def behind(traced: DiscSlice, level: LevelInstance) -> Behind:
    """Look along the line of the posterior corners of one slice."""
    sheet = Sheet(
        stack=traced.sheet.stack,
        frame=_line_frame(traced),
        index=traced.sheet.index,
        y_mm=np.arange(WINDOW_BEHIND_MM[0], WINDOW_BEHIND_MM[1], STEP_MM),
        z_mm=np.arange(WINDOW_ALONG_MM[0], WINDOW_ALONG_MM[1], STEP_MM),
    )
    corners = np.subtract(traced.upper.posterior, traced.lower.posterior)
    return Behind(
        sheet=sheet,
        reach_mm=_rearmost(_on_wall(sheet.own(Structure.DISC, level.label), sheet), sheet),
        half_mm=float(np.hypot(*corners)) / 2,
    )


def _line_frame(traced: DiscSlice) -> Frame:
    """Frame on the corner line: z' up along it, y' behind it, x' that of the level."""
    base = traced.sheet.frame
    top, bottom = np.array(traced.upper.posterior), np.array(traced.lower.posterior)
    along = (top - bottom) / np.hypot(*(top - bottom))
    middle = (top + bottom) / 2
    up = along[0] * base.axes[1] + along[1] * base.axes[2]
    posterior = along[1] * base.axes[1] - along[0] * base.axes[2]
    origin = np.array(traced.sheet.lps(float(middle[0]), float(middle[1])))
    return Frame(
        origin_lps=tuple(origin.tolist()),
        left_lps=base.left_lps,
        posterior_lps=tuple(posterior.tolist()),
        up_lps=tuple(up.tolist()),
    )


def _on_wall(disc: Floats, sheet: Sheet) -> Floats:
    """(Y, Z): the disc without pieces of which nothing lies on disc or bone in front of it."""
    is_disc = disc >= SURFACE
    bone = sheet.every(Structure.BODY) + sheet.every(Structure.SACRUM)
    is_solid = is_disc | (bone >= SURFACE)
    order = np.arange(len(sheet.y_mm))[:, None]
    last = np.maximum.accumulate(np.where(is_solid, order, -1), axis=0)
    before = np.vstack([np.full((1, disc.shape[1]), -1), last[:-1]])
    is_far = is_solid & (before >= 0) & ((order - before) * sheet.step_mm > FREE_MM)
    is_near = is_disc & ~np.maximum.accumulate(is_far, axis=0)
    parts, count = ndimage.label(is_disc)
    is_kept = np.zeros(count + 1, dtype=bool)
    is_kept[parts[is_near]] = True
    # What fades round a piece goes with it.
    nearest = ndimage.distance_transform_edt(~is_disc, return_distances=False, return_indices=True)
    return np.where(is_kept[parts[tuple(nearest)]], disc, 0.0) if count else disc


def _rearmost(disc: Floats, sheet: Sheet) -> Floats:
    """(Z,): y' of the last crossing of the surface from disc to not-disc; -inf without one."""
    order = np.arange(len(sheet.y_mm))
    last = np.where(disc.T >= SURFACE, order, -1).max(axis=1)
    rows = np.arange(disc.shape[1])
    safe = np.clip(last, 0, len(order) - 2)
    high, low = disc.T[rows, safe], disc.T[rows, safe + 1]
    share = (high - SURFACE) / np.maximum(high - low, 1e-6)
    reach = sheet.y_mm[safe] + np.clip(share, 0, 1) * STEP_MM
    return np.where(last >= 0, reach, -np.inf)


def displacement(
    slices: tuple[DiscSlice, ...], level: LevelInstance, canal_mm: tuple[float, float]
) -> tuple[Reading, ...]:
    """Greatest displacement over the slices in the canal, and its extent on that slice.

    Parameters
    ----------
    slices : tuple of DiscSlice
    level : LevelInstance
    canal_mm : (right, left)
        x' of the inner borders of the pedicles.
    """
    inside = [s for s in slices if canal_mm[0] <= s.x_mm <= canal_mm[1]]
    if not inside:
        return ()
    views = [behind(s, level) for s in inside]
    depths = [v.greatest_mm for v in views]
    worst = int(np.argmax(depths))
    neighbors = depths[max(worst - 1, 0) : worst + 2]
    blur = inside[worst].blur_mm
    spread = Spread(blur=1.5**0.5 * blur, change=max(neighbors) - min(neighbors))
    places = [s.x_mm for s in inside]
    return (*_as_readings(views[worst], spread, blur), *_apex(views[worst], depths, places))


def _apex(worst: Behind, depths_mm: list[float], places_mm: list[float]) -> tuple[Reading, ...]:
    """Where the displaced material lies across, x' to the left: the middle of its deep slices.

    Of the deepest slice alone the place would be known to a slice spacing at best, and to several
    where neighboring slices are almost as deep.
    """
    deepest = max(depths_mm)
    if deepest < LEAST_MM:
        return ()
    weights = np.clip(np.array(depths_mm) - DEEP_SHARE * deepest, 0.0, None)
    across = float(weights @ np.array(places_mm) / weights.sum())
    steps = np.abs(np.diff(np.sort(places_mm)))
    return (
        Reading(
            quantity=Quantity.DISPLACEMENT_APEX,
            value=across,
            method="posterior-line-apex",
            slice=worst.sheet.index,
            points_lps=(worst.sheet.lps(0.0, 0.0), worst.sheet.lps(deepest, 0.0)),
            spread=Spread(blur=0.0, change=float(steps.max()) if len(steps) else 0.0),
        ),
    )


def _as_readings(worst: Behind, spread: Spread, blur: float) -> tuple[Reading, ...]:
    sheet, depth = worst.sheet, worst.greatest_mm
    peak = float(sheet.z_mm[int(worst.reach_mm.argmax())]) if depth > 0 else 0.0
    far = sheet.z_mm[worst.reach_mm >= LEAST_MM]
    low, high = (float(far[0]), float(far[-1])) if len(far) else (0.0, 0.0)
    extent = high - low + STEP_MM if len(far) else 0.0
    return (
        Reading(
            quantity=Quantity.DISPLACEMENT,
            value=depth,
            method="posterior-line",
            slice=sheet.index,
            points_lps=(sheet.lps(0.0, peak), sheet.lps(depth, peak)),
            spread=spread,
        ),
        Reading(
            quantity=Quantity.DISPLACEMENT_EXTENT,
            value=extent,
            method="posterior-line-extent",
            slice=sheet.index,
            points_lps=(sheet.lps(LEAST_MM, low), sheet.lps(LEAST_MM, high)),
            spread=Spread(blur=2**0.5 * blur),
        ),
        *_migration(worst, (low, high), blur),
    )


def _migration(worst: Behind, ends_mm: tuple[float, float], blur: float) -> tuple[Reading, ...]:
    """How far displaced material reaches beyond the two endplates, up and down; at least 0."""
    half, rim = worst.half_mm, STEP_MM / 2
    rows = (
        (Quantity.MIGRATION_CRANIAL, half, ends_mm[1] + rim),
        (Quantity.MIGRATION_CAUDAL, -half, ends_mm[0] - rim),
    )
    return tuple(
        Reading(
            quantity=quantity,
            value=max(0.0, abs(end) - half) if end * corner > 0 else 0.0,
            method="posterior-line-migration",
            slice=worst.sheet.index,
            points_lps=(
                worst.sheet.lps(LEAST_MM, corner),
                worst.sheet.lps(LEAST_MM, end if abs(end) > half and end * corner > 0 else corner),
            ),
            spread=Spread(blur=2**0.5 * blur),
        )
        for quantity, corner, end in rows
    )
