"""The column as one series shows it: curve, order, disc planes, and what they add up to."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cauda.geometry import FloatArray
from cauda.locate.alternation import Alternation, alternation
from cauda.locate.centerline import Centerline, centerline
from cauda.locate.partition import DiscPlane, disc_planes
from cauda.locate.profile import profile
from cauda.locate.view import View
from cauda.records import Segmentation

MATCH_MM = 15.0
"""Discs of two series whose planes lie farther apart than this are not the same disc."""
LEAST_MATCHED = 0.5
"""Share of the discs that must match for two series to show the same spine in one place."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Column:
    """What was found in one series before anything is named."""

    segmentation: Segmentation
    view: View
    line: Centerline
    order: Alternation
    planes: tuple[DiscPlane, ...]


def column(segmentation: Segmentation, seen: View | None) -> Column | None:
    """Order one series' bodies and discs; None where it shows no column."""
    line = None if seen is None else centerline(seen)
    if seen is None or line is None:
        return None
    order = alternation(profile(seen, line))
    planes = disc_planes(seen, line, order)
    return Column(segmentation=segmentation, view=seen, line=line, order=order, planes=planes)


def movement(primary: Column, other: Column) -> FloatArray | None:
    """How far ``other`` shows the same discs from where ``primary`` shows them.

    Returns
    -------
    shift : (3,) array or None
        Median offset along the disc normals, mm; None where the two do not match.
    """
    if not primary.planes or not other.planes:
        return None
    offsets = [_nearest_offset(plane, primary.planes) for plane in other.planes if plane.is_seen]
    near = [o for o in offsets if np.linalg.norm(o) < MATCH_MM]
    if len(near) < LEAST_MATCHED * max(len(offsets), 1) or not near:
        return None
    shift: FloatArray = np.median(near, axis=0)
    return shift


def _nearest_offset(plane: DiscPlane, candidates: tuple[DiscPlane, ...]) -> FloatArray:
    """From the candidate nearest along its normal to the plane, along that normal."""
    offsets = [float(c.above(plane.point)) * c.normal for c in candidates]
    return min(offsets, key=lambda o: float(np.linalg.norm(o)))
