"""Signal of the nucleus against that of the cerebrospinal fluid on the same T2 slices."""

from __future__ import annotations

import numpy as np
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

BRIGHT_SHARE = 0.25
"""The brightest share of the sac is CSF, the rest holds rootlets (clinical 5.1)."""

REACH_MM = 30.0
"""CSF is looked for this far above and below the disc: a narrow level may show none of its own."""

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
        points_lps=_roi_outline(nearest),
        spread=Spread(blur=0.0, change=change(x_mm, ratios)),
    )
    return (reading,)


def _roi(traced: DiscSlice) -> tuple[Floats, Floats, Floats]:
    """(N,) y', lower and upper z' of the ROI at every column of the disc line it covers."""
    margin = (1 - ROI_SHARE) / 2
    front, back = traced.on_line(margin)[0], traced.on_line(1 - margin)[0]
    columns = (traced.sheet.y_mm >= front) & (traced.sheet.y_mm <= back)
    bottom, top = traced.bottom_mm[columns], traced.top_mm[columns]
    middle, half = (top + bottom) / 2, ROI_SHARE * (top - bottom) / 2
    return traced.sheet.y_mm[columns], middle - half, middle + half


def _nucleus(traced: DiscSlice) -> float:
    """Mean signal in the ROI; NaN where the endplates are hidden."""
    y_mm, low, high = _roi(traced)
    if not np.isfinite(low).any():
        return float("nan")
    signal = _signal(traced.sheet)[np.isin(traced.sheet.y_mm, y_mm)]
    z_mm = traced.sheet.z_mm
    inside = (z_mm >= low[:, None]) & (z_mm <= high[:, None])
    return float(signal[inside].mean()) if inside.any() else float("nan")


def _wide_sheet(traced: DiscSlice, front_mm: float) -> Sheet:
    """The slice around a disc, up and down to the neighboring discs, coarsely."""
    base = traced.sheet
    return Sheet(
        stack=base.stack,
        frame=base.frame,
        index=base.index,
        y_mm=np.arange(front_mm, 50.0, COARSE_MM),
        z_mm=np.arange(-REACH_MM, REACH_MM, COARSE_MM),
    )


def _sure(sheet: Sheet, structure: Structure) -> Array:
    """(Y, Z): well inside a structure, whichever instance."""
    channel = STRUCTURES.index(structure)
    volume = sheet.stack.segmentation.probabilities
    plane = np.asarray(volume[channel, sheet.index][sheet.box], np.float32)
    inside = sheet.sample(plane) >= SURE
    result: Array = ndimage.distance_transform_edt(inside, sampling=COARSE_MM) > INSET_MM
    return result


def _csf(traced: DiscSlice) -> float:
    """Mean of the brightest quarter of the sac near the disc; NaN where too little is seen."""
    sheet = _wide_sheet(traced, 0.0)
    deep = _sure(sheet, Structure.SAC)
    if deep.sum() * COARSE_MM**2 < LEAST_CSF_MM2:
        return float("nan")
    values = np.sort(_signal(sheet)[deep])
    brightest = float(values[-max(1, round(BRIGHT_SHARE * len(values))) :].mean())
    return brightest if brightest > 0 else float("nan")


def _falloff(traced: DiscSlice) -> float:
    """How much brighter the coil shows the sac than the nucleus: undoes it, 1 if not seen.

    Marrow is much the same from front to back, so the slope of its signal is the coil's.
    """
    sheet = _wide_sheet(traced, -30.0)
    marrow = _sure(sheet, Structure.BODY)
    sac = _sure(sheet, Structure.SAC)
    if marrow.sum() * COARSE_MM**2 < LEAST_MARROW_MM2 or not sac.any():
        return 1.0
    depth = np.broadcast_to(sheet.y_mm[:, None], marrow.shape)
    bright = np.log(np.maximum(_signal(sheet)[marrow], 1e-6))
    line = robust_polynomial(depth[marrow], bright, 1)
    if line is None:
        return 1.0
    nucleus = traced.on_line(0.5)[0]
    gain = float(line(float(depth[sac].mean())) - line(nucleus))
    return float(np.exp(np.clip(gain, -GREATEST_GAIN, GREATEST_GAIN)))


def _signal(sheet: Sheet) -> Floats:
    """(Y, Z): the image on the sheet's grid."""
    volume = sheet.stack.segmentation.signal
    plane = np.asarray(volume[sheet.index][sheet.box], dtype=np.float32)
    return sheet.sample(plane)


def _roi_outline(traced: DiscSlice) -> tuple[Point, ...]:
    """Outline of the ROI: along its bottom to the back, then along its top to the front."""
    y_mm, low, high = _roi(traced)
    seen = np.flatnonzero(np.isfinite(low) & np.isfinite(high))[::4]
    bottom = np.stack([y_mm[seen], low[seen]], axis=1)
    top = np.stack([y_mm[seen], high[seen]], axis=1)[::-1]
    return traced.sheet.line_lps(np.concatenate([bottom, top]))
