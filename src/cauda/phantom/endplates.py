"""Corners, endplate curves and the lengths and angles they give, from the formulas alone."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.geometry import Frame
from cauda.phantom.anatomy import Anatomy, Segment
from cauda.phantom.lesions import wall_at

CURVE_POINTS = 2001
"""Points along an endplate: about 0.02 mm apart."""
DEPTHS = (0.1, 0.5, 0.9)
"""Where along its depth a height is read: anterior, middle, posterior."""

Points = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Endplate:
    """One endplate in the midsagittal plane of its vertebra, LPS mm.

    ``curve`` runs from the anterior to the posterior corner on the (concave) surface.
    """

    anterior: Points
    posterior: Points
    curve: Points


def to_lps(segment: Segment, local: Points) -> Points:
    """Map (..., 3) points of a segment's frame to LPS."""
    result: Points = local @ np.array(segment.axes) + np.array(segment.origin_lps)
    return result


def endplate_of(segment: Segment, *, upper: bool) -> Endplate:
    """The upper or lower endplate of a body, lips left out."""
    half = segment.depth_mm / 2
    y = np.linspace(-half, half, CURVE_POINTS)
    hollow = segment.concave_mm[0 if upper else 1] * (1 - (y / half) ** 2)
    z = segment.height_mm / 2 - segment.slope * y - hollow
    local = np.stack([np.zeros_like(y), y, z if upper else -z], axis=-1)
    curve = to_lps(segment, local)
    return Endplate(anterior=curve[0], posterior=curve[-1], curve=curve)


def rim_corner(segment: Segment, x: float, *, upper: bool) -> Points:
    """LPS corner of the posterior wall with an endplate in the sagittal slice at local ``x``."""
    y = wall_at(segment, x)
    z = segment.height_mm / 2 - segment.slope * y
    return to_lps(segment, np.array([x, y, z if upper else -z]))


def level_frame(anatomy: Anatomy, n: int) -> Frame:
    """Frame of ``discs[n]``: its origin and the plane that bisects its endplates."""
    disc = anatomy.discs[n]
    x, y, z = disc.axes
    return Frame(origin_lps=disc.origin_lps, left_lps=x, posterior_lps=y, up_lps=z)


def body_frame(segment: Segment) -> Frame:
    """Frame of a body: its center and the plane that bisects its own endplates."""
    x, y, z = segment.axes
    return Frame(origin_lps=segment.origin_lps, left_lps=x, posterior_lps=y, up_lps=z)


def three_heights(frame: Frame, top: Endplate, bottom: Endplate) -> tuple[Points, Points]:
    """Distance of two endplate surfaces along z' at 10, 50 and 90 % of the depth.

    Returns
    -------
    heights : (3,) array
        Anterior, middle, posterior, mm.
    ends : (3, 2, 3) array
        Their lower and upper points, LPS.
    """
    above, below = frame.to_local(top.curve), frame.to_local(bottom.curve)
    front = (frame.to_local(top.anterior) + frame.to_local(bottom.anterior)) / 2
    back = (frame.to_local(top.posterior) + frame.to_local(bottom.posterior)) / 2
    y = front[1] + np.array(DEPTHS) * (back[1] - front[1])
    z_top = np.interp(y, above[:, 1], above[:, 2])
    z_bottom = np.interp(y, below[:, 1], below[:, 2])
    zero = np.zeros(3)
    ends = np.stack([np.stack([zero, y, z_bottom], -1), np.stack([zero, y, z_top], -1)], axis=1)
    return z_top - z_bottom, frame.to_lps(ends)


def disc_line(top: Endplate, bottom: Endplate) -> tuple[Points, Points]:
    """Midpoints of the anterior and of the posterior corners that face a disc, LPS."""
    return (top.anterior + bottom.anterior) / 2, (top.posterior + bottom.posterior) / 2


def slip_mm(upper_low: Endplate, lower_high: Endplate) -> float:
    """Anterior offset of the upper body along the lower body's endplate line."""
    forward = lower_high.anterior - lower_high.posterior
    forward = forward / np.linalg.norm(forward)
    return float((upper_low.posterior - lower_high.posterior) @ forward)


def lordotic_deg(upper: Endplate, lower: Endplate) -> float:
    """Angle between two endplate lines seen from the side; open to the front is positive."""
    first = upper.anterior - upper.posterior
    second = lower.anterior - lower.posterior
    angles = [np.arctan2(v[2], -v[1]) for v in (first, second)]
    return float(np.degrees(angles[0] - angles[1]))
