"""Which axial series lie where the sagittal ones lie, so that both may be read as one."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np

from cauda.knowledge import row
from cauda.measure.axial.cut import Cut, Floats
from cauda.measure.axial.profile import at
from cauda.measure.axial.sac import SacSection

FILE = "thresholds.toml"

USUAL_HALF_DISC_MM = 5.0
"""Half a disc's height where the sagittal series do not show it."""

LEAST_REACH_MM = 2.5
"""A slice this near to the disc plane passes through the level, however low its disc."""


def _no_corners() -> Floats:
    return np.empty((0, 2))


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Beside:
    """What the sagittal series show of one level, in its frame.

    Parameters
    ----------
    corners_mm : (N, 2) array
        x', y' of the rims' corners (see :func:`cauda.measure.axial.reference.corners`).
    sac_mm : tuple of float or None
        x' and y' of the sac's center in the disc plane.
    half_disc_mm : float
    """

    corners_mm: Floats = field(default_factory=_no_corners)
    sac_mm: tuple[float, float] | None = None
    half_disc_mm: float = USUAL_HALF_DISC_MM


@dataclass(frozen=True, slots=True, kw_only=True)
class Apart:
    """Why an axial series is not combined with the sagittal ones; empty words where it is."""

    words: str = ""
    is_moved: bool = False


def apart(shown: Sequence[Cut], sacs: Sequence[SacSection], beside: Beside) -> Apart:
    """Judge one series at one level.

    It stands apart if its slices are angled too far from the disc, miss the disc, or show the
    sac's center elsewhere than the sagittal series (the patient moved in between).
    """
    away_mm = _moved_mm(sacs, beside)
    if np.isfinite(away_mm) and away_mm > row(FILE, "check", "series-moved").number("value"):
        words = f"the sac lies {away_mm:.1f} mm from where the sagittal images show it"
        return Apart(words=words, is_moved=True)
    is_unsure = not np.isfinite(away_mm)
    steepest = row(FILE, "check", "slice-angle-withhold").number("value")
    if shown and shown[0].angle_deg > steepest:
        words = f"its slices are angled {shown[0].angle_deg:.0f} degrees to the disc"
        return Apart(words=words, is_moved=is_unsure)
    nearest = min((abs(c.plane[0]) for c in shown), default=np.inf)
    if nearest > max(beside.half_disc_mm, LEAST_REACH_MM):
        return Apart(words="none of its slices passes through the disc", is_moved=is_unsure)
    if is_unsure:
        words = "the sac's place could not be compared with the sagittal images"
        return Apart(words=words, is_moved=True)
    return Apart()


def _moved_mm(sacs: Sequence[SacSection], beside: Beside) -> float:
    """Distance of the sac's centers in the disc plane; NaN where either is not seen there."""
    if not sacs or beside.sac_mm is None:
        return float("nan")
    heights = [s.z_mm for s in sacs]
    reach = 2 * LEAST_REACH_MM
    center = [at(heights, [s.center[a] for s in sacs], 0.0, reach) for a in (0, 1)]
    return float(np.hypot(*(np.array(center) - beside.sac_mm)))
