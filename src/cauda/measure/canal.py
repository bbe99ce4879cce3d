"""What sagittal slices show of the canal itself: its bony depth, and the fluid in the sac."""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, Frame
from cauda.measure.reading import Reading
from cauda.measure.sac import WINDOW_Y_MM
from cauda.measure.sampling import (
    STEP_MM,
    SURFACE,
    Floats,
    Sheet,
    Stack,
    between,
    change,
    runs,
    sheets,
)
from cauda.measure.signal import signal_on
from cauda.measure.uncertainty import Spread
from cauda.vocab import Contrast, Quantity, Structure

MIDDLE_X_MM = (-8.0, 8.0)
"""Slices this near to the midline show the sac's middle and the laminae's junction."""

BONY_MM = 12.0
"""Bone round the canal is looked for this far beyond the disc: its own level, not the next."""

GREATEST_AP_MM = 32.0
"""No lumbar canal is deeper."""

SMOOTH_MM = 1.25
"""Depths are averaged over this height before the least is taken, against noise."""

SURE = 0.9
"""Voxels of the sac less sure than this are left out."""

ERODED_MM = 1.0
"""Signal is read this far inside the sac, where neither fat nor bone blurs in."""

CSF_PERCENTILE = 70.0
"""Signal of CSF: rootlets fill less than half of a sac's middle, and noise lifts the brightest."""

ROOTLET_SHARE = 0.5
"""On T2 a rootlet is about half as bright as CSF: T2 near 95 ms at an echo time near 100 ms."""

LEAST_MM2 = 20.0
"""Less sac than this in the window tells nothing of its contents."""

LEAST_CORD_MM2 = 6.0
"""More cord than this on a slice withholds what rests on the rootlets."""

USUAL_BLUR_MM = 0.8
"""Distance between the 0.25 and 0.75 surfaces of a cortex of usual sharpness."""


def canal_readings(stack: Stack, frame: Frame, half_disc_mm: float) -> tuple[Reading, ...]:
    """Least bony AP diameter, and on T2 the share of fluid in the sac, near the midline.

    Parameters
    ----------
    stack : Stack
    frame : Frame
        Of the level.
    half_disc_mm : float
        Half the disc's middle height.
    """
    reach = half_disc_mm + BONY_MM
    near = sheets(stack, frame, MIDDLE_X_MM, WINDOW_Y_MM, (-reach, reach))
    if not near:
        return ()
    return (*_bony(near), *_fluid(near, half_disc_mm))


def _bony(near: tuple[Sheet, ...]) -> tuple[Reading, ...]:
    """From the back of a body to the front of an arch, where both are seen at one height."""
    x_mm = np.array([s.x_mm for s in near])
    lines = [_line(s) for s in near]
    lengths = np.array([line[1] - line[0] for line in lines])
    value = between(x_mm, lengths, 0.0)
    seen = np.flatnonzero(np.isfinite(lengths))
    if not np.isfinite(value) or np.abs(x_mm[seen]).min() > near[0].stack.space.spacing_mm[0]:
        return ()
    best = int(seen[np.abs(x_mm[seen]).argmin()])
    start, end, z = lines[best]
    reading = Reading(
        quantity=Quantity.BONY_CANAL_AP,
        value=value,
        method="bony-canal-ap-sagittal",
        slice=near[best].index,
        points_lps=(near[best].lps(start, z), near[best].lps(end, z)),
        spread=Spread(blur=2**0.5 * USUAL_BLUR_MM, change=change(x_mm, lengths)),
    )
    return (reading,)


def _line(sheet: Sheet) -> tuple[float, float, float]:
    """Front and back y' and z' of the least depth on one slice; NaN where arch is not seen."""
    body = sheet.every(Structure.BODY) + sheet.every(Structure.SACRUM)
    arch = sheet.every(Structure.ARCH)
    starts = runs(body.T, sheet.y_mm, sheet.y_mm[0])[:, 1]
    behind = np.where(sheet.y_mm[:, None] > starts[None, :], arch, 0.0)
    ends = runs(1.0 - behind.T, sheet.y_mm, starts + STEP_MM)[:, 1]
    size = round(SMOOTH_MM / STEP_MM) | 1
    sac = (sheet.sac * sheet.y_mm[:, None]).sum(axis=0) / np.maximum(sheet.sac.sum(axis=0), 1e-6)
    is_between = (sac > starts) & (sac < ends) & (sheet.sac.max(axis=0) >= SURFACE)
    seen = np.isfinite(ends - starts) & is_between
    depths = ndimage.uniform_filter1d(np.where(seen, ends - starts, 0.0), size, mode="nearest")
    whole = ndimage.minimum_filter1d(seen.astype(np.uint8), size) > 0
    possible = whole & (depths > 0) & (depths <= GREATEST_AP_MM)
    if not possible.any():
        return (float("nan"),) * 3
    place = int(np.where(possible, depths, np.inf).argmin())
    start = float(starts[place])
    return start, start + float(depths[place]), float(sheet.z_mm[place])


def _fluid(near: tuple[Sheet, ...], half_disc_mm: float) -> tuple[Reading, ...]:
    """Share of fluid in the eroded sac beside the disc, from its mean signal; T2 without cord only.

    Slices are far thicker than a rootlet, so no sample is one or the other: the mean tells.
    """
    if near[0].stack.segmentation.contrast is not Contrast.T2:
        return ()
    window = np.abs(near[0].z_mm) <= half_disc_mm
    cords = [float(s.own(Structure.CORD)[:, window].sum()) * STEP_MM**2 for s in near]
    if max(cords) > LEAST_CORD_MM2:
        return ()
    insides = [_deep(s) for s in near]
    signals = [signal_on(s) for s in near]
    every = np.concatenate([g[m] for g, m in zip(signals, insides, strict=True)])
    shares = [m & window[None, :] for m in insides]
    if sum(int(m.sum()) for m in shares) * STEP_MM**2 < LEAST_MM2:
        return ()
    bright = float(np.percentile(every, CSF_PERCENTILE))
    if bright <= 0:
        return ()
    chosen = np.concatenate([g[m] for g, m in zip(signals, shares, strict=True)])
    best = int(np.abs([s.x_mm for s in near]).argmin())
    reading = Reading(
        quantity=Quantity.CSF_FRACTION,
        value=float(np.clip((chosen.mean() / bright - ROOTLET_SHARE) / (1 - ROOTLET_SHARE), 0, 1)),
        method="csf-fraction-sagittal",
        slice=near[best].index,
        points_lps=_window_ring(near[best], shares[best]),
        spread=Spread(blur=0.0),
        estimated=True,
    )
    return (reading,)


def _deep(sheet: Sheet) -> Array:
    """(Y, Z): well inside the sac."""
    padded = np.pad(sheet.sac >= SURE, ((1, 1), (0, 0)))
    distance: Floats = ndimage.distance_transform_edt(padded, sampling=STEP_MM)[1:-1]
    return np.asarray(distance > ERODED_MM)


def _window_ring(sheet: Sheet, inside: Array) -> tuple[tuple[float, float, float], ...]:
    """Corners of the window's front and back along the sac."""
    columns = np.flatnonzero(inside.any(axis=0))
    if not len(columns):
        return ()
    picked = columns[:: max(1, len(columns) // 8)]
    front = [(sheet.y_mm[inside[:, k].argmax()], sheet.z_mm[k]) for k in picked]
    last = len(sheet.y_mm) - 1
    back = [(sheet.y_mm[last - inside[::-1, k].argmax()], sheet.z_mm[k]) for k in picked[::-1]]
    return sheet.line_lps(np.array(front + back))
