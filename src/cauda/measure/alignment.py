"""Slip, wedge angle, lordosis and sacral slope from the corners of the endplates."""

from __future__ import annotations

import math

import numpy as np

from cauda.measure.curves import midline_value
from cauda.measure.discs import DiscSlice
from cauda.measure.reading import Reading
from cauda.measure.sampling import Floats, between, change
from cauda.measure.uncertainty import Spread
from cauda.measure.vertebrae import Outline
from cauda.vocab import Quantity


def slip_mm(traced: DiscSlice) -> float:
    """Offset of the upper vertebra along the lower endplate line; anterior is positive, mm."""
    along = traced.lower.vector / traced.lower.length_mm
    offset = np.array(traced.upper.posterior) - np.array(traced.lower.posterior)
    return -float(offset @ along)


def wedge_deg(traced: DiscSlice) -> float:
    """Angle between the endplate lines; positive when open to the front, degrees."""
    upper, lower = traced.upper.vector, traced.lower.vector
    return math.degrees(math.atan2(lower[1], lower[0]) - math.atan2(upper[1], upper[0]))


def alignment(slices: tuple[DiscSlice, ...]) -> tuple[Reading, ...]:
    """Slip in mm and percent, and the segmental angle, in the midsagittal plane."""
    if not slices:
        return ()
    x_mm = np.array([s.x_mm for s in slices])
    nearest = slices[int(np.abs(x_mm).argmin())]
    slip = np.array([slip_mm(s) for s in slices])
    percent = 100 * slip / np.array([s.lower.length_mm for s in slices])
    wedge = np.array([wedge_deg(s) for s in slices])
    blur = 2**0.5 * nearest.blur_mm
    length = nearest.lower.length_mm
    corners = (nearest.upper.posterior, nearest.lower.posterior)
    lines = (
        nearest.upper.anterior,
        nearest.upper.posterior,
        nearest.lower.anterior,
        nearest.lower.posterior,
    )
    rows = (
        (Quantity.SLIP, slip, "slip-corners", corners, blur),
        (Quantity.SLIP_PERCENT, percent, "slip-corners", corners, 100 * blur / length),
        (
            Quantity.SEGMENTAL_ANGLE,
            wedge,
            "endplate-wedge",
            lines,
            math.degrees(2**0.5 * blur / length),
        ),
    )
    return tuple(
        Reading(
            quantity=quantity,
            value=midline_value(x_mm, values),
            method=method,
            slice=nearest.sheet.index,
            points_lps=tuple(nearest.sheet.lps(*point) for point in points),
            spread=Spread(blur=error, change=change(x_mm, values)),
        )
        for quantity, values, method, points, error in rows
    )


def lordosis(first: tuple[Outline, ...], sacrum: tuple[Outline, ...]) -> tuple[Reading, ...]:
    """Angle between the upper endplate lines of L1 and S1, seen from the side.

    Parameters
    ----------
    first, sacrum : tuple of Outline
        L1 and S1 on every slice that cuts through them; empty where one is not in view.
    """
    if not first or not sacrum:
        return ()
    left = np.array(first[0].sheet.frame.left_lps) + np.array(sacrum[0].sheet.frame.left_lps)
    left = left / np.linalg.norm(left)
    lines = [_endplate_line(first), _endplate_line(sacrum)]
    flat = [line - (line @ left) * left for line in lines]
    sine = float(np.cross(flat[0], flat[1]) @ left)
    angle = math.degrees(math.atan2(sine, float(flat[0] @ flat[1])))
    near = [min(o, key=lambda t: abs(t.sheet.x_mm)) for o in (first, sacrum)]
    blur = math.degrees(2 * max(o.blur_mm for o in near) / 35.0)
    points = tuple(
        o.sheet.lps(*corner) for o in near for corner in (o.upper.anterior, o.upper.posterior)
    )
    reading = Reading(
        quantity=Quantity.LORDOSIS,
        value=angle,
        method="cobb-l1-s1",
        slice=near[1].sheet.index,
        points_lps=points,
        spread=Spread(blur=blur),
    )
    return (reading,)


def sacral_slope(sacrum: tuple[Outline, ...]) -> tuple[Reading, ...]:
    """Angle of the upper endplate line of S1 with the patient's axial plane; front low is positive.

    The patient lies down: the angle depends on how, and is not that of standing.
    """
    if not sacrum:
        return ()
    nearest = min(sacrum, key=lambda t: abs(t.sheet.x_mm))
    _, back, up = _endplate_line(sacrum)
    ends = (nearest.upper.anterior, nearest.upper.posterior)
    reading = Reading(
        quantity=Quantity.SACRAL_SLOPE,
        value=math.degrees(math.atan2(up, back)),
        method="sacral-slope-supine",
        slice=nearest.sheet.index,
        points_lps=tuple(nearest.sheet.lps(*corner) for corner in ends),
        spread=Spread(blur=math.degrees(2**0.5 * nearest.blur_mm / float(np.hypot(back, up)))),
    )
    return (reading,)


def _endplate_line(traced: tuple[Outline, ...]) -> Floats:
    """(3,): from the anterior to the posterior corner of the upper endplate, midsagittal, LPS."""
    x_mm = np.array([o.sheet.x_mm for o in traced])
    lines = np.array(
        [
            np.subtract(o.sheet.lps(*o.upper.posterior), o.sheet.lps(*o.upper.anterior))
            for o in traced
        ]
    )
    return np.array([between(x_mm, lines[:, axis], 0.0) for axis in range(3)])
