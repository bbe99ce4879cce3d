"""Find the dura in the image near the border that the network drew before and behind the sac.

Masks of the spinal canal, which the network also learned from, tend to hold epidural fat, and near
the conus the network tends to stop short of the dura. Read along the canal, where rootlets and
noise average out, the image shows better where the sac ends:

- on T1 fat is far brighter than CSF: the step between them is the dura's outer face;
- on T2 fat and CSF are alike and the dark line between them looks like a rootlet, so nothing is
  cut off there; but a border with CSF on both sides of it is moved out to where CSF ends.

Where neither is seen the network's border stays.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Array
from cauda.measure.sampling import STEP_MM, SURFACE, Floats
from cauda.vocab import Contrast

DEEPEST_MM = 4.5
"""The dura is looked for no deeper than this within the network's border."""

FARTHEST_MM = {Contrast.T1: 2.5, Contrast.T2: 3.5}
"""The dura is looked for no farther than this beyond the network's border: on T1 the border may
lie before ligament, dark like CSF, with fat behind it."""

FAT_MM = 1.5
"""Fat's brightest place lies within this distance beyond the dura."""

DURA_MM = 0.4
"""Thickness of the dura, dark like CSF on T1: the sac ends this far within the step to fat."""

FAT_RATIO = 2.4
"""On T1 fat is brighter than CSF by more than this."""

BRIGHT_RATIO = 0.85
"""On T2 CSF stays above this share of its usual signal, even among rootlets read lengthwise."""

END_RATIO = 0.65
"""On T2 the signal falls below this share of that of CSF in the dura."""

SURE = 0.95
"""Only a sac as sure as this grows: slices beside it that it fills in part do not."""

ALONG_MM = 4.0
"""Signal and border are averaged over this length along the canal: the dura runs along it."""

LEAST_SHARE = 0.25
"""Share of a column's sac that surely is CSF, the darkest on T1, where the cord is brighter."""

MOST_SHARE = 0.7
"""Share of a column's sac that surely is no fat, cord and rootlets included."""

CLEAR_RATIO = 1.25
"""On T1 fat is brighter than cord and rootlets by more than this."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Wall:
    """One wall of the sac, at the end of the first axis, column by column; places in samples.

    ``at`` is the network's own border, NaN where it draws none; ``line`` the same, smooth along
    the canal; ``steps`` (O,) the offsets from it, outward; ``signal`` (O, Z) what lies there.
    """

    at: Floats
    line: Floats
    steps: Floats
    signal: Floats


def inside_dura(sac: Floats, signal: Floats, contrast: Contrast) -> Floats:
    """Probability of the sac, its front and back moved to where the image shows the dura.

    Parameters
    ----------
    sac, signal : (Y, Z) arrays
        One slice, from front to back and from below upward, ``STEP_MM`` apart.
    contrast : Contrast

    Returns
    -------
    (Y, Z) array
    """
    if contrast not in FARTHEST_MM or not (sac >= SURFACE).any():
        return sac
    behind = _moved(sac, signal, contrast)
    return _moved(behind[::-1], signal[::-1], contrast)[::-1]


def _moved(sac: Floats, signal: Floats, contrast: Contrast) -> Floats:
    """(Y, Z): the sac with its wall at the end of the first axis moved to the dura."""
    farthest = FARTHEST_MM[contrast] / STEP_MM
    wall = _wall(sac, signal, farthest)
    if wall is None:
        return sac
    along = ndimage.uniform_filter1d(signal, _odd(ALONG_MM), axis=1, mode="nearest")
    inside = sac >= SURFACE
    if contrast is Contrast.T1:
        fluid, rest = (_level(along, inside, share) for share in (LEAST_SHARE, MOST_SHARE))
        shift = _before_fat(wall, fluid, np.maximum(FAT_RATIO * fluid, CLEAR_RATIO * rest))
    else:
        shift = _end_of_fluid(wall, _level(along, inside, 1 - LEAST_SHARE))
    seen = (shift <= np.where(sac.max(axis=0) >= SURE, farthest, 0.0)) & np.isfinite(wall.at)
    edge = ndimage.median_filter(np.where(seen, wall.line + shift, wall.at), _odd(ALONG_MM / 2))
    order = np.arange(len(sac))[:, None]
    share = np.clip(edge - order + 0.5, 0.0, 1.0)
    near = order >= np.minimum(edge, wall.at) - 1.5
    result: Floats = np.where(seen & np.isfinite(edge) & near, share, sac)
    return result


def _odd(length_mm: float) -> int:
    """An odd number of samples about as long."""
    return round(length_mm / STEP_MM) | 1


def _wall(sac: Floats, signal: Floats, farthest: float) -> _Wall | None:
    """The network's border at the end of the first axis, and the image to samples beyond it."""
    order = np.arange(len(sac))[:, None]
    columns = np.arange(sac.shape[1])
    last = np.where(sac >= SURFACE, order, -1).max(axis=0)
    inner = np.clip(last, 0, len(sac) - 2)
    high, low = sac[inner, columns], sac[inner + 1, columns]
    share = np.clip((high - SURFACE) / np.maximum(high - low, 1e-6), 0.0, 1.0)
    at = np.where(last >= 0, inner + share, np.nan)
    drawn = np.isfinite(at)
    if drawn.sum() < _odd(ALONG_MM):
        return None
    whole = np.interp(columns, columns[drawn], at[drawn])
    line = ndimage.uniform_filter1d(
        ndimage.median_filter(whole, _odd(ALONG_MM), mode="nearest"),
        _odd(ALONG_MM),
        mode="nearest",
    )
    steps = np.arange(-round(DEEPEST_MM / STEP_MM), round(farthest + FAT_MM / STEP_MM) + 1)
    places = [line + steps[:, None], np.broadcast_to(columns, (len(steps), len(columns)))]
    around = ndimage.map_coordinates(signal, places, order=1, mode="nearest")
    smooth = ndimage.uniform_filter1d(around, _odd(ALONG_MM), axis=1, mode="nearest")
    return _Wall(at=at, line=line, steps=steps.astype(np.float64), signal=smooth)


def _level(signal: Floats, inside: Array, share: float) -> Floats:
    """(Z,): the quantile of the sac's signal in each column, smooth along the canal."""
    ordered = np.sort(np.where(inside, signal, np.inf), axis=0)
    count = inside.sum(axis=0)
    place = np.clip(np.round(share * (count - 1)).astype(int), 0, None)
    level = ordered[place, np.arange(signal.shape[1])]
    usual = float(np.median(level[count > 0]))
    whole = np.where(count > 0, level, usual)
    result: Floats = ndimage.uniform_filter1d(whole, _odd(ALONG_MM), mode="nearest")
    return result


def _before_fat(wall: _Wall, fluid: Floats, least: Floats) -> Floats:
    """(Z,): offset at which T1 signal last lies halfway between CSF and fat.

    NaN where nothing is as bright as ``least``: no fat is seen.
    """
    peak = wall.signal.argmax(axis=0)
    columns = np.arange(wall.signal.shape[1])
    fat = wall.signal[peak, columns]
    found = _last_below(wall, (fluid + fat) / 2, peak) - DURA_MM / STEP_MM
    is_fat = (fat > least) & (fluid > 0)
    return np.where(is_fat, found, np.nan)


def _last_below(wall: _Wall, half: Floats, before: Array) -> Floats:
    """(Z,): last rise through ``half`` before a sample, between samples; NaN without one."""
    rows = np.arange(len(wall.steps))[:, None]
    low_at = np.where((wall.signal < half) & (rows < before), rows, -1).max(axis=0)
    columns = np.arange(wall.signal.shape[1])
    safe = np.clip(low_at, 0, len(wall.steps) - 2)
    low, high = wall.signal[safe, columns], wall.signal[safe + 1, columns]
    share = np.clip((half - low) / np.maximum(high - low, 1e-6), 0.0, 1.0)
    return np.where(low_at >= 0, wall.steps[safe] + share, np.nan)


def _end_of_fluid(wall: _Wall, fluid: Floats) -> Floats:
    """(Z,): offset at which CSF that goes on beyond the border ends; NaN where none does."""
    rows = np.arange(len(wall.steps))[:, None]
    border = int(np.abs(wall.steps).argmin())
    is_open = (wall.signal[border] >= BRIGHT_RATIO * fluid) & (fluid > 0)
    dark = (wall.signal < END_RATIO * fluid) & (rows > border)
    first = np.where(dark, rows, len(wall.steps)).min(axis=0)
    columns = np.arange(wall.signal.shape[1])
    safe = np.clip(first, 1, len(wall.steps) - 1)
    high, low = wall.signal[safe - 1, columns], wall.signal[safe, columns]
    share = np.clip((high - END_RATIO * fluid) / np.maximum(high - low, 1e-6), 0.0, 1.0)
    found = wall.steps[safe - 1] + share
    return np.where(is_open & (first < len(wall.steps)), found, np.nan)
