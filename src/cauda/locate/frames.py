"""The local frame of every level: origin in the disc, z' between the endplates, y' to the sac."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cauda.geometry import Array, FloatArray, Frame
from cauda.locate.partition import DiscPlane
from cauda.locate.view import View
from cauda.records import DISC_LABELS, Plane3, Point
from cauda.vocab import Structure

SAC_REACH_MM = 8.0
"""Sac voxels this near to a disc plane tell where the sac lies at that level."""
CUT_SHARE = 0.3
"""A disc whose area in an outermost slice exceeds this share of its largest is cut sideways."""
LARGEST_TURN_DEG = 30.0
"""A sac seen farther off straight back than this does not turn the frame."""
LARGEST_OFFSET_MM = 10.0
"""A sac farther than this beside the disc's middle is not trusted to tell left from right."""
LEAST_SAC_VOXELS = 20
"""Fewer sac voxels at a level do not tell where its middle is."""


def leftward_directions(
    view: View, labels: Array, planes: Sequence[DiscPlane]
) -> tuple[FloatArray, ...]:
    """For every disc, the unit vector in its plane that points to the left of the patient.

    It is square to the line from the disc's middle to the sac's, averaged over neighboring
    levels, so it does not depend on how the slices were turned. Where the field of view cuts
    the discs sideways their middle is not known, and the way across the slices is taken.
    """
    seen = [_seen_left(view, labels, n, plane) for n, plane in enumerate(planes, start=1)]
    across = view.space.directions[:, 0]
    known = [left for left in seen if left is not None] or [across]
    found = []
    for n, plane in enumerate(planes):
        near = [left for left in seen[max(n - 1, 0) : n + 2] if left is not None] or known
        found.append(_in_plane(np.mean(near, axis=0), plane.normal))
    return tuple(found)


def _in_plane(direction: FloatArray, normal: FloatArray) -> FloatArray:
    flat = direction - (direction @ normal) * normal
    unit: FloatArray = flat / np.linalg.norm(flat)
    return unit


def _seen_left(view: View, labels: Array, number: int, plane: DiscPlane) -> FloatArray | None:
    """Left as the disc and the sac behind it show it; None where they cannot."""
    disc = labels == DISC_LABELS + number
    areas = disc.sum(axis=(1, 2))
    if len(areas) < 3 or areas.max() == 0 or max(areas[0], areas[-1]) > CUT_SHARE * areas.max():
        return None
    sac = view.sac_points
    sac = sac[np.abs(plane.above(sac)) < SAC_REACH_MM]
    if len(sac) < LEAST_SAC_VOXELS:
        return None
    backward = _in_plane(sac.mean(axis=0) - view.points(disc).mean(axis=0), plane.normal)
    left: FloatArray = np.cross(backward, plane.normal)
    turn = np.degrees(np.arccos(np.clip(left @ view.space.directions[:, 0], -1, 1)))
    return left if turn < LARGEST_TURN_DEG else None


def level_frame(
    origin: FloatArray,
    plane: DiscPlane,
    left: FloatArray,
    lower: Plane3 | None,
    upper: Plane3 | None,
) -> Frame:
    """The frame of one level.

    Parameters
    ----------
    origin : (3,) array
        Disc centroid, LPS mm.
    plane : DiscPlane
        Gives the way up where no endplate was found.
    left : (3,) array
        Roughly to the patient's left.
    lower, upper : Plane3 or None
        The endplate of the upper vertebra and that of the lower one which face the disc.
    """
    normals = [np.array(p.normal_lps) for p in (lower, upper) if p is not None]
    up = np.sum(normals, axis=0) if normals else plane.normal
    up = up / np.linalg.norm(up)
    left = _in_plane(left, up)
    posterior = np.cross(up, left)
    return Frame(
        origin_lps=point(origin),
        left_lps=point(left),
        posterior_lps=point(posterior),
        up_lps=point(up),
    )


def disc_centroid(view: View, labels: Array, number: int, plane: DiscPlane) -> FloatArray:
    """(3,): centroid of a disc weighted by its probability; the plane's point without voxels."""
    voxels = np.argwhere(labels == DISC_LABELS + number)
    if len(voxels) < 5:
        return plane.point
    weights = view.probabilities[Structure.DISC][tuple(voxels.T)]
    centroid: FloatArray = np.average(view.space.to_lps(voxels), axis=0, weights=weights)
    return centroid


def disc_height_mm(frame: Frame, lower: Plane3 | None, upper: Plane3 | None) -> float | None:
    """Distance between two endplates along the frame's z' through its origin, mm."""
    if lower is None or upper is None:
        return None
    return _along_up(frame, lower) - _along_up(frame, upper)


def _along_up(frame: Frame, plane: Plane3) -> float:
    """Where the z' axis of a frame meets a plane, mm above the origin."""
    normal = np.array(plane.normal_lps)
    offset = np.array(plane.point_lps) - np.array(frame.origin_lps)
    return float((offset @ normal) / (np.array(frame.up_lps) @ normal))


def sac_offset_mm(view: View, frame: Frame, shift: FloatArray) -> float | None:
    """Where the sac's middle lies on x' (left +) at a level, mm; None where unsure."""
    local = frame.to_local(view.sac_points - shift)
    near = local[np.abs(local[:, 2]) < 2 * SAC_REACH_MM]
    middle = float(np.median(near[:, 0])) if len(near) >= LEAST_SAC_VOXELS else np.inf
    return middle if abs(middle) < LARGEST_OFFSET_MM else None


def point(values: FloatArray) -> Point:
    """A (3,) array as a record's point."""
    x, y, z = (float(v) for v in values)
    return x, y, z


Frames = Mapping[int, Frame]
"""Disc label to frame."""
