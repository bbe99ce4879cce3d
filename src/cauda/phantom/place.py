"""Place the chain: frames of segments and discs from sizes, wedges, slopes and slips."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cauda.phantom.anatomy import Anatomy, Axes, LesionKind, Segment, Vector


def axes_of(slope_deg: float, bend_deg: float, turn_deg: float) -> Axes:
    """Rows x', y', z' of a frame tilted forward by the slope, bent to the left, turned."""
    s, b, t = np.radians([slope_deg, bend_deg, turn_deg])
    tilt = np.array([[1, 0, 0], [0, np.cos(s), -np.sin(s)], [0, np.sin(s), np.cos(s)]])
    bend = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    turn = np.array([[np.cos(t), -np.sin(t), 0], [np.sin(t), np.cos(t), 0], [0, 0, 1]])
    rows = (bend @ turn @ tilt).T
    x, y, z = (tuple(float(v) for v in row) for row in rows)
    return (x[0], x[1], x[2]), (y[0], y[1], y[2]), (z[0], z[1], z[2])


def place(anatomy: Anatomy) -> Anatomy:
    """Compute every frame from sizes, wedges and slips, with L3's body (or its like) at the origin.

    The axes stored on a segment before placing carry its slope (of S1), bend and turn only.
    """
    angles = [_angles(s.axes) for s in anatomy.segments]
    first = anatomy.sacral_count - 1
    slopes = _slopes(anatomy, angles[first][0])
    segments = tuple(
        replace(s, axes=axes_of(slope, bend, turn))
        for s, slope, (_, bend, turn) in zip(anatomy.segments, slopes, angles, strict=True)
    )
    centers = [np.zeros(3)]
    discs = []
    for n, disc in enumerate(anatomy.discs):
        lower, upper = segments[n], segments[n + 1]
        axes = _between(lower.axes, upper.axes, lower.slope, upper.slope)
        top = centers[n] + np.array(lower.axes[2]) * lower.height_mm / 2
        slip = np.array(lower.axes[1]) - lower.slope * np.array(lower.axes[2])
        bottom = top + np.array(axes[2]) * disc.height_mm
        bottom = bottom - slip * built_slip_mm(anatomy, n) + _align(lower, upper, axes)
        centers.append(bottom + np.array(upper.axes[2]) * upper.height_mm / 2)
        discs.append(replace(disc, axes=axes, origin_lps=_vector((top + bottom) / 2)))
    middle = centers[anatomy.sacral_count + 2]
    return replace(
        anatomy,
        segments=tuple(
            replace(s, origin_lps=_vector(c - middle))
            for s, c in zip(segments, centers, strict=True)
        ),
        discs=tuple(replace(d, origin_lps=_vector(np.array(d.origin_lps) - middle)) for d in discs),
    )


def _align(lower: Segment, upper: Segment, axes: Axes) -> NDArray[np.float64]:
    """Shift that keeps the posterior walls in line where depths differ."""
    result: NDArray[np.float64] = np.array(axes[1]) * (lower.depth_mm - upper.depth_mm) / 2
    return result


def built_slip_mm(anatomy: Anatomy, disc: int) -> float:
    """Slip of all lesions built at ``discs[disc]``; anterior is positive."""
    level = anatomy.discs[disc].level
    return sum(x.size_mm for x in anatomy.lesions if x.kind is LesionKind.SLIP and x.level == level)


def _slopes(anatomy: Anatomy, s1_slope: float) -> list[float]:
    """Forward tilt of every body's mid plane, from S1 up and down."""
    segments, discs = anatomy.segments, anatomy.discs
    first = anatomy.sacral_count - 1
    slopes = [0.0] * len(segments)
    slopes[first] = s1_slope + segments[first].wedge_deg / 2
    for n in range(first, len(discs)):
        step = segments[n].wedge_deg / 2 + discs[n].wedge_deg + segments[n + 1].wedge_deg / 2
        slopes[n + 1] = slopes[n] - step
    for n in range(first - 1, -1, -1):
        step = segments[n].wedge_deg / 2 + discs[n].wedge_deg + segments[n + 1].wedge_deg / 2
        slopes[n] = slopes[n + 1] + step
    return slopes


def _angles(axes: Axes) -> tuple[float, float, float]:
    """Slope, bend and turn in degrees that :func:`axes_of` would rebuild."""
    m = np.array(axes).T
    bend = -np.arcsin(np.clip(m[2, 0], -1, 1))
    turn = np.arctan2(m[1, 0], m[0, 0] / max(np.cos(bend), 1e-9) * 1.0)
    slope = np.arctan2(m[2, 1], m[2, 2])
    return float(np.degrees(slope)), float(np.degrees(bend)), float(np.degrees(turn))


def _between(lower: Axes, upper: Axes, lower_slope: float, upper_slope: float) -> Axes:
    """Axes of the plane bisecting the two endplates that face a disc."""
    below = np.array(lower[2]) + lower_slope * np.array(lower[1])
    above = np.array(upper[2]) - upper_slope * np.array(upper[1])
    z = below / np.linalg.norm(below) + above / np.linalg.norm(above)
    z /= np.linalg.norm(z)
    x = np.array(lower[0]) + np.array(upper[0])
    x -= z * (x @ z)
    x /= np.linalg.norm(x)
    return _vector(x), _vector(np.cross(z, x)), _vector(z)


def _vector(values: NDArray[np.float64]) -> Vector:
    x, y, z = (float(v) for v in values)
    return x, y, z
