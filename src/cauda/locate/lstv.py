"""Signs of a lumbosacral transitional vertebra that sagittal images can show."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from cauda.geometry import Array, FloatArray
from cauda.knowledge import Row, rows
from cauda.locate.partition import DiscPlane
from cauda.locate.view import View
from cauda.records import Plane3
from cauda.vocab import Structure

REACH_MM = 35.0
"""Half the length of the front-to-back line that is measured."""
STEP_MM = 0.5
"""Distance between its samples."""
CENTRAL_MM = 6.0
"""The line is averaged over slices this far to both sides."""
CLEARANCE_MM = 4.0
"""A body's depth is measured this far from its endplate."""


def transitional_signs(measures: Mapping[str, float]) -> tuple[Row, ...]:
    """Rows of the knowledge base whose limit a measure reaches; missing measures say nothing."""
    return tuple(row for row in rows("numbering.toml", "lstv") if _is_met(row, measures))


def _is_met(row: Row, measures: Mapping[str, float]) -> bool:
    value = measures.get(row.text("measure"))
    if value is None:
        return False
    limit = row.number("limit")
    return value >= limit if row["at_least"] else value <= limit


def sacral_measures(view: View, disc: DiscPlane | None, top: Plane3 | None) -> dict[str, float]:
    """``share`` of the sacrum's depth that the S1-S2 disc takes, and ``ratio`` of S1's depths.

    Parameters
    ----------
    disc : DiscPlane or None
        Plane through a disc inside the sacrum.
    top : Plane3 or None
        The upper endplate of S1.
    """
    if disc is None:
        return {}
    filled = view.bone + view.probabilities[Structure.DISC]
    depth = _depth_mm(view, filled, disc.point, disc.normal)
    if depth <= 0:
        return {}
    found = {"share": _depth_mm(view, view.probabilities[Structure.DISC], disc.point, disc.normal)}
    found["share"] /= depth
    if top is not None:
        upper, lower = np.array(top.point_lps), disc.point
        below = upper - CLEARANCE_MM * np.array(top.normal_lps)
        above = lower + CLEARANCE_MM * disc.normal
        first = _depth_mm(view, filled, below, np.array(top.normal_lps))
        last = _depth_mm(view, filled, above, disc.normal)
        if first > 0 and last > 0:
            found["ratio"] = first / last
    return found


def _depth_mm(view: View, volume: Array, center: FloatArray, normal: FloatArray) -> float:
    """Front-to-back length of the run through ``center`` where ``volume`` is above one half."""
    backward = view.space.directions[:, 1]
    backward = backward - (backward @ normal) * normal
    backward = backward / np.linalg.norm(backward)
    steps = np.arange(-REACH_MM, REACH_MM + STEP_MM / 2, STEP_MM)
    width = max(view.space.spacing_mm[0], 2.0)
    count = int(CENTRAL_MM // width) if view.full_shape[0] > 1 else 0
    sides = np.arange(-count, count + 1) * width
    across = np.cross(backward, normal)
    points = center + steps[:, None, None] * backward + sides[:, None] * across
    inside = np.nan_to_num(view.sample(volume, points)).mean(axis=1) > 0.5
    return STEP_MM * _run_through(inside, len(steps) // 2)


def _run_through(inside: Array, middle: int) -> int:
    """Number of true values in the run nearest to the middle, at most 10 mm away from it."""
    true = np.flatnonzero(inside)
    if true.size == 0:
        return 0
    start = int(true[np.argmin(np.abs(true - middle))])
    if abs(start - middle) * STEP_MM > 10:
        return 0
    first = last = start
    while first > 0 and inside[first - 1]:
        first -= 1
    while last < len(inside) - 1 and inside[last + 1]:
        last += 1
    return last - first + 1
