"""The level of the conus tip: the lowest point of the cord, and when that cannot be told."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import ndimage

from cauda.geometry import FloatArray
from cauda.locate.centerline import Centerline
from cauda.locate.frames import point
from cauda.locate.view import View
from cauda.records import Conus, LevelInstance, Plane3, VertebraInstance
from cauda.vocab import Structure

LEAST_LENGTH_MM = 15.0
"""A shorter piece of cord is more likely bunched rootlets or a false blob."""
SMALLEST_PIECE = 0.1
"""Pieces of cord below this share of the largest are not part of it."""
EDGE_MM = 4.0
"""A tip nearer than this to the lower edge of the field of view may be cut there."""


def conus(
    view: View,
    line: Centerline,
    vertebrae: Sequence[VertebraInstance],
    levels: Sequence[LevelInstance],
) -> Conus:
    """Locate the conus tip on the named spine."""
    cord = _cord_points(view)
    if len(cord) == 0:
        return _unknown("No cord is seen in this field of view.")
    if np.ptp(cord @ view.space.directions[:, 2]) < LEAST_LENGTH_MM:
        return _unknown("Only a short piece of cord is seen, too little to call its end the tip.")
    tip = _tip(cord, line, view)
    if not view.is_inside(tip - EDGE_MM * view.space.directions[:, 2]):
        return _unknown("The cord runs on to the lower edge of the field of view.")
    place, detail = _place(tip, vertebrae, levels)
    if place is None:
        return Conus(level=None, tip_lps=point(tip), reason="The tip lies beyond the named levels.")
    return Conus(level=place, tip_lps=point(tip), reason=f"The cord ends at {detail}.")


def _unknown(reason: str) -> Conus:
    return Conus(level=None, tip_lps=None, reason=reason)


def _cord_points(view: View) -> FloatArray:
    """(N, 3): the cord without stray pieces."""
    parts, count = ndimage.label(view.mask(Structure.CORD), structure=np.ones((3, 3, 3)))
    if count == 0:
        return np.zeros((0, 3))
    sizes = np.bincount(parts.ravel())
    sizes[0] = 0
    return view.points((sizes >= SMALLEST_PIECE * sizes.max())[parts] & (parts > 0))


def _tip(cord: FloatArray, line: Centerline, view: View) -> FloatArray:
    """The mean of the lowest millimeters of the cord, at its very end."""
    rough = cord[np.argmin(cord @ view.space.directions[:, 2])]
    up = line.up[line.nearest(rough)]
    height = cord @ up
    lowest = height.min()
    end = cord[height < lowest + 2.0].mean(axis=0)
    tip: FloatArray = end + (lowest - end @ up) * up
    return tip


def _place(
    tip: FloatArray, vertebrae: Sequence[VertebraInstance], levels: Sequence[LevelInstance]
) -> tuple[str | None, str]:
    """Name of the disc or vertebra beside the tip, and that in words."""
    for vertebra in vertebrae:
        share = _share(tip, vertebra.lower, vertebra.upper)
        if share is not None and 0 <= share <= 1:
            third = ("lower", "middle", "upper")[min(int(share * 3), 2)]
            return vertebra.name.value, f"the {third} third of {vertebra.name.value}"
    known = {v.label: v for v in vertebrae}
    for level in levels:
        below, above = known[level.below].upper, known[level.above].lower
        share = _share(tip, below, above)
        if share is not None and 0 <= share <= 1:
            return level.name.value, f"the disc {level.name.value}"
    return None, ""


def _share(tip: FloatArray, lower: Plane3 | None, upper: Plane3 | None) -> float | None:
    """How far up between two planes a point lies: 0 at the lower, 1 at the upper."""
    if lower is None or upper is None:
        return None
    above = float((tip - np.array(lower.point_lps)) @ np.array(lower.normal_lps))
    under = float((np.array(upper.point_lps) - tip) @ np.array(upper.normal_lps))
    return above / (above + under) if above + under > 0 else None
