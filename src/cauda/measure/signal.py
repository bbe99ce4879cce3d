"""Signal of the nucleus against that of the cerebrospinal fluid on the same T2 slices."""

from __future__ import annotations

import numpy as np
from numpy.polynomial import Polynomial
from scipy import ndimage

from cauda.geometry import Array
from cauda.measure.curves import robust_polynomial
from cauda.measure.discs import DiscSlice
from cauda.measure.reading import Reading
from cauda.measure.sampling import Floats, Sheet, between, change
from cauda.measure.uncertainty import Spread
from cauda.records import Point
from cauda.vocab import STRUCTURES, Quantity, Structure

ROI_SHARE = 0.6
"""Central share of the disc line and of the local height that is the nucleus ROI (clinical 5.1)."""

ROI_ENDS = ((1 - ROI_SHARE) / 2, (1 + ROI_SHARE) / 2)
"""Where the nucleus ROI begins and ends along the disc line."""

BRIGHT_SHARE = 0.25
"""The brightest share of the sac is CSF, the rest holds rootlets (clinical 5.1)."""

REACH_MM = 30.0
"""CSF is looked for this far above and below the disc: a narrow level may show none of its own."""

FRONT_MM = -30.0
"""Marrow is looked for from this place in front of the disc's center."""

COARSE_MM = 0.75
"""Distance of the samples where only mean signals are wanted."""

INSET_MM = 1.25
"""The sac's rim is left out by this much, against partial volume with fat and dura."""

SURE = 0.9
"""Voxels of the sac less sure than this are left out."""

LEAST_MARROW_MM2 = 300.0
"""Less marrow than this does not show how the coil's sensitivity falls off."""

GREATEST_GAIN = 0.7
"""Natural logarithm of the strongest fall-off that is believed: a factor of two."""

NEAREST = 4
"""The signal is read on so many slices: the two beside the midsagittal plane, two in reserve."""

LEAST_CSF_MM2 = 20.0
"""Less CSF than this on a slice is no reference."""


def nucleus_ratio(slices: tuple[DiscSlice, ...]) -> tuple[Reading, ...]:
    """Mean signal in the nucleus ROI over that of CSF, in the midsagittal plane.

    Parameters
    ----------
    slices : tuple of DiscSlice
        Of a T2 series without fat suppression.
    """
    if not slices:
        return ()
    slices = tuple(sorted(slices, key=lambda s: abs(s.x_mm))[:NEAREST])
    slices = tuple(sorted(slices, key=lambda s: s.x_mm))
    x_mm = np.array([s.x_mm for s in slices])
    fluid = np.array([_csf(s) for s in slices])
    nucleus = np.array([_nucleus(s) for s in slices])
    ratios = nucleus / fluid * np.array([_falloff(s) for s in slices])
    value = between(x_mm, ratios, 0.0)
    if not np.isfinite(value):
        return ()
    nearest = slices[int(np.abs(x_mm).argmin())]
    reading = Reading(
        quantity=Quantity.NUCLEUS_SIGNAL,
        value=value,
        method="nucleus-roi-ratio",
        slice=nearest.sheet.index,
        points_lps=roi_outline(nearest),
        spread=Spread(blur=0.0, change=change(x_mm, ratios)),
    )
    return (reading,)


def roi(traced: DiscSlice, ends: tuple[float, float] = ROI_ENDS) -> tuple[Floats, Floats, Floats]:
    """(N,) y', lower and upper z' of the ROI at every column between two shares of the line."""
    front, back = (traced.on_line(share)[0] for share in ends)
    columns = (traced.sheet.y_mm >= front) & (traced.sheet.y_mm <= back)
    bottom, top = traced.bottom_mm[columns], traced.top_mm[columns]
    middle, half = (top + bottom) / 2, ROI_SHARE * (top - bottom) / 2
    return traced.sheet.y_mm[columns], middle - half, middle + half


def _nucleus(traced: DiscSlice) -> float:
    """Mean signal in the ROI; NaN where the endplates are hidden."""
    y_mm, low, high = roi(traced)
    if not np.isfinite(low).any():
        return float("nan")
    signal = signal_on(traced.sheet)[np.isin(traced.sheet.y_mm, y_mm)]
    z_mm = traced.sheet.z_mm
    inside = (z_mm >= low[:, None]) & (z_mm <= high[:, None])
    return float(signal[inside].mean()) if inside.any() else float("nan")


def wide_sheet(traced: DiscSlice, front_mm: float) -> Sheet:
    """The slice around a disc, up and down to the neighboring discs, coarsely."""
    base = traced.sheet
    return Sheet(
        stack=base.stack,
        frame=base.frame,
        index=base.index,
        y_mm=np.arange(front_mm, 50.0, COARSE_MM),
        z_mm=np.arange(-REACH_MM, REACH_MM, COARSE_MM),
    )


def sure_inside(sheet: Sheet, structure: Structure) -> Array:
    """(Y, Z): well inside a structure, whichever instance."""
    channel = STRUCTURES.index(structure)
    volume = sheet.stack.segmentation.probabilities
    plane = np.asarray(volume[channel, sheet.index][sheet.box], np.float32)
    inside = sheet.sample(plane) >= SURE
    result: Array = ndimage.distance_transform_edt(inside, sampling=COARSE_MM) > INSET_MM
    return result


def _csf(traced: DiscSlice) -> float:
    """Mean of the brightest quarter of the sac near the disc; NaN where too little is seen."""
    sheet = wide_sheet(traced, 0.0)
    deep = sure_inside(sheet, Structure.SAC)
    if deep.sum() * COARSE_MM**2 < LEAST_CSF_MM2:
        return float("nan")
    values = np.sort(signal_on(sheet)[deep])
    brightest = float(values[-max(1, round(BRIGHT_SHARE * len(values))) :].mean())
    return brightest if brightest > 0 else float("nan")


def _falloff(traced: DiscSlice) -> float:
    """How much brighter the coil shows the sac than the nucleus: undoes it, 1 if not seen."""
    line = coil_line(traced)
    sac = sure_inside(wide_sheet(traced, FRONT_MM), Structure.SAC)
    if line is None or not sac.any():
        return 1.0
    depth = np.broadcast_to(wide_sheet(traced, FRONT_MM).y_mm[:, None], sac.shape)
    gain = float(line(float(depth[sac].mean())) - line(traced.on_line(0.5)[0]))
    return float(np.exp(np.clip(gain, -GREATEST_GAIN, GREATEST_GAIN)))


def coil_line(traced: DiscSlice) -> Polynomial | None:
    """Logarithm of the coil's sensitivity along y'; None where too little marrow shows it.

    Marrow is much the same from front to back, so the slope of its signal is the coil's.
    """
    sheet = wide_sheet(traced, FRONT_MM)
    marrow = sure_inside(sheet, Structure.BODY)
    if marrow.sum() * COARSE_MM**2 < LEAST_MARROW_MM2:
        return None
    depth = np.broadcast_to(sheet.y_mm[:, None], marrow.shape)
    bright = np.log(np.maximum(signal_on(sheet)[marrow], 1e-6))
    return robust_polynomial(depth[marrow], bright, 1)


def signal_on(sheet: Sheet) -> Floats:
    """(Y, Z): the image on the sheet's grid."""
    volume = sheet.stack.segmentation.signal
    plane = np.asarray(volume[sheet.index][sheet.box], dtype=np.float32)
    return sheet.sample(plane)


def roi_outline(traced: DiscSlice) -> tuple[Point, ...]:
    """Outline of the ROI: along its bottom to the back, then along its top to the front."""
    y_mm, low, high = roi(traced)
    seen = np.flatnonzero(np.isfinite(low) & np.isfinite(high))[::4]
    bottom = np.stack([y_mm[seen], low[seen]], axis=1)
    top = np.stack([y_mm[seen], high[seen]], axis=1)[::-1]
    return traced.sheet.line_lps(np.concatenate([bottom, top]))
