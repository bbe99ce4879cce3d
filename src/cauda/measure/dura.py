"""Cut the fat behind and before the dural sac off what the network took for the sac.

Masks of the spinal canal, which the network also learned from, tend to hold epidural fat; the
diameter is that of the dural sac. On T1 fat is far brighter than CSF: the dura lies halfway up
the step between them. Where no fat is seen the network's border stays, and so it does on T2,
where fat and CSF are alike and the dark line between them looks like a rootlet.
"""

from __future__ import annotations

import numpy as np
from scipy import ndimage

from cauda.geometry import Array
from cauda.measure.sampling import STEP_MM, SURFACE, Floats
from cauda.vocab import Contrast

DEEPEST_MM = 4.5
"""The dura is looked for no deeper than this within the network's border."""

BEYOND_MM = 2.5
"""Signal is compared with what lies this far beyond the network's border."""

FAT_RATIO = 1.7
"""On T1 fat is brighter than CSF by more than this."""

ALONG_MM = 1.9
"""Signal is averaged over this length along the canal: the dura runs along it."""


def inside_dura(sac: Floats, signal: Floats, contrast: Contrast) -> Floats:
    """Probability of the sac without the fat before and behind it.

    Parameters
    ----------
    sac, signal : (Y, Z) arrays
        One slice, from front to back and from below upward, ``STEP_MM`` apart.
    contrast : Contrast

    Returns
    -------
    (Y, Z) array
        Not above ``sac``.
    """
    if contrast is not Contrast.T1 or not (sac >= SURFACE).any():
        return sac
    smooth = ndimage.uniform_filter1d(signal, round(ALONG_MM / STEP_MM) | 1, axis=1)
    fluid = np.array(
        [
            np.median(s[p >= SURFACE]) if (p >= SURFACE).any() else 0.0
            for s, p in zip(smooth.T, sac.T, strict=True)
        ]
    )
    behind = _cut(sac, smooth, fluid)
    before = _cut(sac[::-1], smooth[::-1], fluid)[::-1]
    return np.minimum(behind, before)


def _cut(sac: Floats, signal: Floats, fluid: Floats) -> Floats:
    """(Y, Z): the sac up to the dura at the end of the first axis."""
    count = len(sac)
    order = np.arange(count)[:, None]
    end = np.where(sac >= SURFACE, order, -1).max(axis=0)
    deep, beyond = round(DEEPEST_MM / STEP_MM), round(BEYOND_MM / STEP_MM)
    window = (order >= end - deep) & (order <= end + beyond) & (end >= 0)
    edge = _step(signal, fluid, window, order)
    edge = np.where((edge >= 0) & (edge <= end + 1), edge, count)
    edge = ndimage.median_filter(edge, round(ALONG_MM / STEP_MM) | 1)
    share = np.clip(edge - order + 0.5, 0.0, 1.0)
    result: Floats = sac * share
    return result


def _step(signal: Floats, fluid: Floats, window: Array, order: Array) -> Floats:
    """(Z,): where signal first rises halfway to that of fat, between samples; -1 without fat."""
    fat = np.where(window, signal, -np.inf).max(axis=0)
    half = (fluid + fat) / 2
    above = window & (signal >= half)
    first = np.where(above, order, len(signal)).min(axis=0)
    at = np.clip(first, 1, len(signal) - 1)
    rows = np.arange(signal.shape[1])
    low, high = signal[at - 1, rows], signal[at, rows]
    share = np.clip((half - low) / np.maximum(high - low, 1e-6), 0, 1)
    found = (fat > FAT_RATIO * fluid) & (first < len(signal)) & (fluid > 0)
    return np.where(found, at - 1 + share, -1.0)
