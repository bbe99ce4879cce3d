"""The dural sac (cord included): AP chords, area in a plane, ratio to the neighbors' mid-bodies.

Each chord is the integral of the probability along y' on one slice, so a slice that the sac
covers in part counts in part, and the sum of chords times slice spacing is an area.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, Frame
from cauda.measure.dura import inside_dura
from cauda.measure.reading import Reading
from cauda.measure.sampling import STEP_MM, SURFACE, Floats, Sheet, Stack, between, runs, sheets
from cauda.measure.uncertainty import Spread
from cauda.records import Point
from cauda.vocab import Quantity

WINDOW_X_MM = (-22.0, 22.0)
WINDOW_Y_MM = (-6.0, 50.0)
HALF_AP_MM = 15.0
"""The sac lies within this distance before and behind its center: no lumbar sac is thicker."""

HAZE = 0.04
"""Probabilities below this are not part of a chord."""

WINDOW_MARGIN_MM = 2.0
"""The disc window reaches this far beyond the endplates."""

PLANE_MM = 0.75
"""Chords within this distance of a plane are averaged to give the chord in it."""

SMOOTH_MM = 1.25
"""Chords are averaged over this height before the shortest is taken, against noise."""

CUT_SHARE = 0.35
"""An outermost slice with more than this share of the greatest chord cuts the sac: no area."""

DENT_MM = 0.6
"""Chords that leave the ellipse by more than this belong to a dented sac."""

LEAST_SLICES = 3
"""An area, and the curve through the chords, need so many slices."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Section:
    """The sac around one plane of a frame.

    Parameters
    ----------
    sheets : tuple of Sheet
        The slices, from right to left.
    x_mm : (N,) array
        x' of each slice.
    sac : (N, Y, Z) array
        Probability of the dural sac.
    chords_mm : (N, Z) array
        AP chord on each slice at each z'.
    center_y_mm : float
        y' of the sac's center.
    """

    sheets: tuple[Sheet, ...]
    x_mm: Floats
    sac: Floats
    chords_mm: Floats
    center_y_mm: float

    @property
    def z_mm(self) -> Floats:
        """(Z,): heights of the chords."""
        return self.sheets[0].z_mm

    @property
    def in_plane_mm(self) -> Floats:
        """(N,): chord of each slice in the plane z' = 0."""
        near = np.abs(self.z_mm) <= PLANE_MM
        result: Floats = self.chords_mm[:, near].mean(axis=1)
        return result

    @property
    def center_x_mm(self) -> float:
        """Position along x' of the sac's centroid in the plane."""
        chords = self.in_plane_mm
        return float((chords * self.x_mm).sum() / chords.sum())

    @property
    def spacing_mm(self) -> float:
        """Distance of the slices along x'; NaN with one slice."""
        return float(np.diff(self.x_mm).mean()) if len(self.x_mm) > 1 else float("nan")

    @property
    def area_mm2(self) -> float:
        """Area in the plane; NaN where the stack does not hold the whole sac."""
        chords = self.in_plane_mm
        is_cut = max(chords[0], chords[-1]) > CUT_SHARE * chords.max()
        if len(chords) < LEAST_SLICES or is_cut:
            return float("nan")
        return float(chords.sum() * self.spacing_mm)

    @property
    def blur_mm(self) -> float:
        """Distance between the 0.25 and 0.75 surfaces on the slice nearest to the center."""
        sheet = self.central
        near = np.abs(self.z_mm) <= PLANE_MM
        rows = self.sac[self.middle][:, near].T
        gaps = np.abs(
            runs(rows, sheet.y_mm, self.center_y_mm, 0.25)
            - runs(rows, sheet.y_mm, self.center_y_mm, 0.75)
        )
        return float(np.nanmedian(gaps)) if np.isfinite(gaps).any() else 1.0

    @property
    def central(self) -> Sheet:
        """The slice nearest to the sac's center."""
        return self.sheets[self.middle]

    @property
    def middle(self) -> int:
        """Number of the slice nearest to the sac's center."""
        return int(np.abs(self.x_mm - self.center_x_mm).argmin())


def section(stack: Stack, frame: Frame, half_height_mm: float) -> Section | None:
    """The sac within ``half_height_mm`` of the plane z' = 0; None where none is seen there."""
    z_mm = (-half_height_mm, half_height_mm)
    found = sheets(stack, frame, WINDOW_X_MM, WINDOW_Y_MM, z_mm)
    if not found:
        return None
    sac = np.array([_dural(s) for s in found])
    center = _center_y(sac, found[0])
    if center is None:
        return None
    near = np.abs(found[0].y_mm - center) <= HALF_AP_MM
    kept = np.where(sac >= HAZE, np.minimum(sac, 1.0), 0.0)[:, near]
    seen = Section(
        sheets=found,
        x_mm=np.array([s.x_mm for s in found]),
        sac=sac,
        chords_mm=kept.sum(axis=1) * STEP_MM,
        center_y_mm=center,
    )
    # A sac seen just above and below the plane, but not in it, has no place to be measured at.
    return seen if seen.in_plane_mm.sum() > 0 else None


def _dural(sheet: Sheet) -> Floats:
    """(Y, Z): probability of the dural sac on one slice."""
    segmentation = sheet.stack.segmentation
    if not (sheet.sac >= SURFACE).any():
        return sheet.sac
    plane = np.asarray(segmentation.signal[sheet.index][sheet.box], dtype=np.float32)
    return inside_dura(sheet.sac, sheet.sample(plane), segmentation.contrast)


def _center_y(sac: Floats, sheet: Sheet) -> float | None:
    """Position along y' of the sac's center near the plane; None where it is not seen."""
    inside = np.where(sac >= SURFACE, sac, 0.0)[:, :, np.abs(sheet.z_mm) <= 2 * PLANE_MM]
    weight = inside.sum(axis=(0, 2))
    if weight.sum() == 0:
        return None
    return float((weight * sheet.y_mm).sum() / weight.sum())


def _chord_at(x_mm: Floats, chords: Array, at_mm: float, spacing_mm: float) -> float:
    """Chord at one x' between the slices: the square of an ellipse's chord is a parabola in x'.

    Linear where fewer than three slices show the sac, or where something dents it.
    """
    reach = max(1.6 * spacing_mm, 4.0) if np.isfinite(spacing_mm) else 0.0
    near = (np.abs(x_mm - at_mm) <= reach) & (chords > 0)
    if near.sum() < LEAST_SLICES:
        return between(x_mm, np.where(chords > 0, chords, np.nan), at_mm)
    basis = np.vander(x_mm[near] - at_mm, 3, increasing=True)
    square = np.linalg.lstsq(basis, chords[near] ** 2, rcond=None)[0]
    misfit = np.abs(np.sqrt(np.maximum(basis @ square, 0.0)) - chords[near]).max()
    if square[2] >= 0 or misfit > DENT_MM:
        return between(x_mm, np.where(chords > 0, chords, np.nan), at_mm)
    return float(np.sqrt(max(square[0], 0.0)))


def sac_readings(
    stack: Stack, frame: Frame, half_disc_mm: float, neighbors: tuple[Frame, ...]
) -> tuple[Reading, ...]:
    """AP diameter, area and area ratio of the sac at one level.

    Parameters
    ----------
    stack : Stack
    frame : Frame
        Of the level.
    half_disc_mm : float
        Half the middle disc height: the disc window reaches 2 mm beyond it.
    neighbors : tuple of Frame
        Of the vertebrae whose mid-body sac is the normal one.
    """
    window = half_disc_mm + WINDOW_MARGIN_MM
    sac = section(stack, frame, window + SMOOTH_MM)
    if sac is None:
        return ()
    area = _area(sac)
    return (*_diameter(sac, window), *area, *_ratio(sac, stack, neighbors, area))


def _diameter(sac: Section, window_mm: float) -> tuple[Reading, ...]:
    """Shortest AP chord at the sac's centroid over the disc window."""
    at = sac.center_x_mm
    chords = np.array([_chord_at(sac.x_mm, c, at, sac.spacing_mm) for c in sac.chords_mm.T])
    smooth = ndimage.uniform_filter1d(chords, round(SMOOTH_MM / STEP_MM) | 1, mode="nearest")
    inside = np.abs(sac.z_mm) <= window_mm
    narrowest = int(np.where(inside & np.isfinite(smooth), smooth, np.inf).argmin())
    value, z = float(smooth[narrowest]), float(sac.z_mm[narrowest])
    sheet = sac.central
    ends = runs(sac.sac[sac.middle][:, [narrowest]].T, sheet.y_mm, sac.center_y_mm)[0]
    if not np.isfinite([value, *ends]).all():
        return ()
    order = np.argsort(np.abs(sac.x_mm - at))[:2]
    pair = sac.chords_mm[order, narrowest]
    reading = Reading(
        quantity=Quantity.SAC_AP,
        value=value,
        method="sac-ap-min",
        slice=sheet.index,
        points_lps=(sheet.lps(float(ends[0]), z), sheet.lps(float(ends[1]), z)),
        spread=Spread(blur=2**0.5 * sac.blur_mm, change=float(np.ptp(pair))),
    )
    return (reading,)


def _area(sac: Section) -> tuple[Reading, ...]:
    if not np.isfinite(sac.area_mm2):
        return ()
    shown = sac.in_plane_mm > 0
    reading = Reading(
        quantity=Quantity.SAC_AREA,
        value=sac.area_mm2,
        method="sac-area-disc-plane",
        slice=sac.central.index,
        points_lps=_ring(sac),
        spread=_area_spread(sac, int(shown.sum())),
        estimated=True,
    )
    return (reading,)


def _area_spread(sac: Section, count: int) -> Spread:
    """Every chord's two ends may move; the outer slices may be covered more or less."""
    chords = sac.in_plane_mm[sac.in_plane_mm > 0]
    outer = float(chords[0] + chords[-1]) / 2
    return Spread(
        blur=float((2 * count) ** 0.5 * sac.blur_mm * sac.spacing_mm),
        change=outer * sac.spacing_mm,
    )


def _ring(sac: Section) -> tuple[Point, ...]:
    """Outline in the disc plane: front ends from right to left, then back ends."""
    middle = int(np.abs(sac.z_mm).argmin())
    rows = sac.sac[:, :, middle]
    ends = runs(rows, sac.sheets[0].y_mm, sac.center_y_mm)
    seen = [n for n in range(len(ends)) if np.isfinite(ends[n]).all()]
    front = [sac.sheets[n].lps(float(ends[n, 0]), 0.0) for n in seen]
    back = [sac.sheets[n].lps(float(ends[n, 1]), 0.0) for n in reversed(seen)]
    return (*front, *back)


def _ratio(
    sac: Section, stack: Stack, neighbors: tuple[Frame, ...], area: tuple[Reading, ...]
) -> tuple[Reading, ...]:
    sections = [section(stack, frame, 2 * PLANE_MM) for frame in neighbors]
    areas = [s.area_mm2 for s in sections if s is not None]
    if not area or not neighbors or len(areas) < len(neighbors) or not np.isfinite(areas).all():
        return ()
    normal = float(np.mean(areas))
    reading = Reading(
        quantity=Quantity.SAC_RATIO,
        value=sac.area_mm2 / normal,
        method="sac-area-ratio",
        slice=sac.central.index,
        points_lps=_ring(sac),
        spread=Spread(
            blur=1.5 * area[0].spread.blur / normal, change=area[0].spread.change / normal
        ),
        estimated=True,
    )
    return (reading,)
