"""Signal of the marrow beside the endplates against the middle of the same vertebra."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cauda.geometry import Array
from cauda.measure.reading import Reading
from cauda.measure.sampling import STEP_MM, Floats, Sheet, between, change
from cauda.measure.signal import signal_on
from cauda.measure.uncertainty import Spread
from cauda.measure.vertebrae import SACRUM_LABEL, Body, Edge, Outline
from cauda.vocab import Contrast, Quantity, Structure

BAND_MM = (2.5, 7.0)
"""The band beside an endplate: behind the dark plate, no deeper than most marrow changes reach."""

HALVES = ((0.1, 0.5), (0.5, 0.9))
"""Front and back half of an endplate as shares of its length, rims left out."""

MIDDLE_SHARE = 0.36
"""The middle of a vertebra: this share of its height, round half its height."""

SACRAL_MIDDLE_MM = (9.0, 15.0)
"""The middle of S1 lies this far below its endplate."""

SURE = 0.9
"""Voxels less surely bone are left out."""

LEAST_MM2 = 12.0
"""A smaller area is not read."""

_QUANTITIES = {
    Contrast.T1: (Quantity.ENDPLATE_T1, "endplate-marrow-t1"),
    Contrast.T2: (Quantity.ENDPLATE_T2, "endplate-marrow-t2"),
    Contrast.STIR: (Quantity.ENDPLATE_T2, "endplate-marrow-stir"),
}

Pair = tuple[Body, Sequence[Outline]]
"""A vertebra and its outline on every slice."""


def marrow_readings(above: Pair, below: Pair) -> tuple[Reading, ...]:
    """The half endplate next to a disc whose marrow differs most from its vertebra's middle.

    Parameters
    ----------
    above, below : (Body, sequence of Outline)
        The two vertebrae; their outlines may be empty.
    """
    found = [
        reading
        for pair, is_upper in ((above, False), (below, True))
        for half in HALVES
        if (reading := _half(pair, half, is_upper=is_upper)) is not None
    ]
    return (max(found, key=lambda r: abs(np.log(r.value))),) if found else ()


def _half(pair: Pair, half: tuple[float, float], *, is_upper: bool) -> Reading | None:
    """Ratio of one half endplate in the midsagittal plane."""
    body, traced = pair
    near = sorted(traced, key=lambda o: abs(o.x_mm))[:2]
    near.sort(key=lambda o: o.x_mm)
    contrast = near[0].sheet.stack.segmentation.contrast if near else Contrast.UNKNOWN
    if contrast not in _QUANTITIES:
        return None
    x_mm = np.array([o.x_mm for o in near])
    values = np.array([_ratio(body, o, half, is_upper=is_upper) for o in near])
    value = between(x_mm, values, 0.0)
    if not value > 0:
        return None
    nearest = near[int(np.abs(x_mm).argmin())]
    edge = nearest.upper if is_upper else nearest.lower
    quantity, method = _QUANTITIES[contrast]
    return Reading(
        quantity=quantity,
        value=value,
        method=method,
        slice=nearest.sheet.index,
        points_lps=() if edge is None else _ring(nearest.sheet, edge, half, is_upper=is_upper),
        spread=Spread(blur=0.0, change=change(x_mm, values)),
    )


def _ratio(body: Body, traced: Outline, half: tuple[float, float], *, is_upper: bool) -> float:
    """Mean in the band over the median in the middle of the same half; NaN where not seen."""
    edge = traced.upper if is_upper else traced.lower
    if edge is None:
        return float("nan")
    sheet = traced.sheet
    kind = Structure.SACRUM if body.vertebra.label == SACRUM_LABEL else Structure.BODY
    sure = sheet.own(kind, body.vertebra.label) >= SURE
    band = sure & _band(sheet, edge, half, is_upper=is_upper)
    middle = sure & _columns(sheet, edge, half)[:, None] & _middle(traced)
    least = LEAST_MM2 / STEP_MM**2
    if band.sum() < least or middle.sum() < least:
        return float("nan")
    signal = signal_on(sheet)
    usual = float(np.median(signal[middle]))
    return float(signal[band].mean()) / usual if usual > 0 else float("nan")


def _columns(sheet: Sheet, edge: Edge, half: tuple[float, float]) -> Array:
    """(Y,): columns between two shares of an endplate."""
    front, back = edge.anterior[0], edge.posterior[0]
    low, high = (front + share * (back - front) for share in half)
    return (sheet.y_mm >= low) & (sheet.y_mm <= high)


def _band(sheet: Sheet, edge: Edge, half: tuple[float, float], *, is_upper: bool) -> Array:
    """(Y, Z): the band inside the bone along half an endplate."""
    inward = -1.0 if is_upper else 1.0
    depth = inward * (sheet.z_mm[None, :] - edge.plate_mm[:, None])
    inside: Array = (depth >= BAND_MM[0]) & (depth <= BAND_MM[1])
    return inside & _columns(sheet, edge, half)[:, None]


def _middle(traced: Outline) -> Array:
    """(Y, Z): the middle of a vertebra's height."""
    z_mm, top = traced.sheet.z_mm[None, :], traced.upper.plate_mm[:, None]
    if traced.lower is None:
        result: Array = (top - z_mm >= SACRAL_MIDDLE_MM[0]) & (top - z_mm <= SACRAL_MIDDLE_MM[1])
        return result
    bottom = traced.lower.plate_mm[:, None]
    return np.asarray(np.abs(z_mm - (top + bottom) / 2) <= MIDDLE_SHARE * (top - bottom) / 2)


def _ring(
    sheet: Sheet, edge: Edge, half: tuple[float, float], *, is_upper: bool
) -> tuple[tuple[float, float, float], ...]:
    """Outline of the band: along the endplate, and back inside the bone."""
    seen = np.flatnonzero(_columns(sheet, edge, half) & np.isfinite(edge.plate_mm))[::3]
    inward = -1.0 if is_upper else 1.0
    lines: list[Floats] = [
        np.column_stack([sheet.y_mm[seen], edge.plate_mm[seen] + inward * depth])
        for depth in BAND_MM
    ]
    return sheet.line_lps(np.concatenate([lines[0], lines[1][::-1]]))
