"""How even the nucleus is, and how clearly it stands out from the annulus, on T2."""

from __future__ import annotations

import numpy as np

from cauda.geometry import Array
from cauda.measure.discs import DiscSlice
from cauda.measure.reading import Reading
from cauda.measure.sampling import Floats, between, change
from cauda.measure.signal import GREATEST_GAIN, NEAREST, coil_line, roi, roi_outline, signal_on
from cauda.measure.uncertainty import Spread
from cauda.vocab import Quantity

ANNULUS_SHARES = ((0.03, 0.13), (0.87, 0.97))
"""Shares of the disc line that lie in the outer annulus, in front and behind."""

LEAST_SAMPLES = 20
"""Fewer samples (0.375 mm apart) give no spread of signal."""


def nucleus_texture(slices: tuple[DiscSlice, ...]) -> tuple[Reading, ...]:
    """Heterogeneity of the nucleus ROI and its signal over that of the annulus.

    Parameters
    ----------
    slices : tuple of DiscSlice
        Of a T2 series without fat suppression.
    """
    near = sorted(slices, key=lambda s: abs(s.x_mm))[:NEAREST]
    near.sort(key=lambda s: s.x_mm)
    if not near:
        return ()
    x_mm = np.array([s.x_mm for s in near])
    found = np.array([_texture(s) for s in near])
    nearest = near[int(np.abs(x_mm).argmin())]
    rows = (
        (Quantity.NUCLEUS_HETEROGENEITY, "nucleus-roi-sd", found[:, 0]),
        (Quantity.NUCLEUS_ANNULUS, "nucleus-annulus-ratio", found[:, 1]),
    )
    return tuple(
        Reading(
            quantity=quantity,
            value=between(x_mm, values, 0.0),
            method=method,
            slice=nearest.sheet.index,
            points_lps=roi_outline(nearest),
            spread=Spread(blur=0.0, change=change(x_mm, values)),
        )
        for quantity, method, values in rows
        if np.isfinite(values).any()
    )


def _texture(traced: DiscSlice) -> tuple[float, float]:
    """SD over mean inside the ROI, and its mean over the annulus's; NaN where not seen."""
    flat = signal_on(traced.sheet) * _gain(traced)[:, None]
    nucleus = flat[_inside(traced, *roi(traced))]
    if len(nucleus) < LEAST_SAMPLES or nucleus.mean() <= 0:
        return float("nan"), float("nan")
    outer = np.concatenate([flat[_inside(traced, *roi(traced, ends))] for ends in ANNULUS_SHARES])
    ring = float(outer.mean()) if len(outer) >= LEAST_SAMPLES else float("nan")
    ratio = float(nucleus.mean()) / ring if ring > 0 else float("nan")
    return float(nucleus.std() / nucleus.mean()), ratio


def _gain(traced: DiscSlice) -> Floats:
    """(Y,): what undoes the coil's fall-off from front to back, 1 at the disc's middle."""
    line = coil_line(traced)
    y_mm = traced.sheet.y_mm
    if line is None:
        return np.ones_like(y_mm)
    log = line(traced.on_line(0.5)[0]) - line(y_mm)
    return np.asarray(np.exp(np.clip(log, -GREATEST_GAIN, GREATEST_GAIN)), dtype=np.float64)


def _inside(traced: DiscSlice, y_mm: Floats, low: Floats, high: Floats) -> Array:
    """(Y, Z): samples between ``low`` and ``high`` in the columns at ``y_mm``."""
    mask = np.zeros((len(traced.sheet.y_mm), len(traced.sheet.z_mm)), dtype=bool)
    columns = np.isin(traced.sheet.y_mm, y_mm)
    z_mm = traced.sheet.z_mm
    mask[columns] = (z_mm >= low[:, None]) & (z_mm <= high[:, None])
    return mask
