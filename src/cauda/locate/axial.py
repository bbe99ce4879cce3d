"""Which disc level each axial slice belongs to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np

from cauda.geometry import FloatArray, Space, share_frame
from cauda.records import AxialSlice, LevelInstance, Study, Volume
from cauda.vocab import Plane

USUAL_HEIGHT_MM = 8.0
"""Disc height assumed where it could not be measured."""
STEEPEST_DEG = 60.0
"""A slice steeper than this against a disc is not a slice of that level."""


def axial_slices(
    study: Study, space: Space, levels: Sequence[LevelInstance], heights_mm: Mapping[int, float]
) -> tuple[AxialSlice, ...]:
    """Assign every slice of the axial series that share the frame of reference.

    A slice belongs to the level whose disc it meets within half the disc's height and one slice
    spacing. Its distance is measured along the disc's normal, from the disc's middle to the
    slice, positive above; so is its angle, both as they are, however large.

    Parameters
    ----------
    space : Space
        Of the segmentation the levels were found on.
    heights_mm : mapping of int to float
        Disc label to disc height.
    """
    disc_heights = [(level, heights_mm.get(level.label, USUAL_HEIGHT_MM)) for level in levels]
    return tuple(
        _slice(series.key, volume, index, disc_heights)
        for series in study.used
        if series.plane is Plane.AXIAL
        and (volume := series.volume) is not None
        and share_frame(volume.space, space)
        for index in range(volume.space.shape[volume.slice_axis])
    )


def _slice(
    key: str, volume: Volume, index: int, disc_heights: Sequence[tuple[LevelInstance, float]]
) -> AxialSlice:
    """The nearest level that a slice meets."""
    spacing = volume.space.spacing_mm[volume.slice_axis]
    best = AxialSlice(
        series=key, slice=index, level=None, angle_deg=float("nan"), distance_mm=float("nan")
    )
    for level, height in disc_heights:
        angle, distance, is_covered = _against(volume.space, volume.slice_axis, index, level)
        is_met = is_covered and angle < STEEPEST_DEG and abs(distance) <= height / 2 + spacing
        if is_met and (best.level is None or abs(distance) < abs(best.distance_mm)):
            best = AxialSlice(
                series=key, slice=index, level=level.name, angle_deg=angle, distance_mm=distance
            )
    return best


def _against(
    space: Space, axis: int, index: int, level: LevelInstance
) -> tuple[float, float, bool]:
    """Angle in degrees, signed distance in mm, and whether the slice covers the disc's middle."""
    origin = np.array(level.frame.origin_lps)
    up = np.array(level.frame.up_lps)
    corner = np.zeros(3)
    corner[axis] = index
    normal = _slice_normal(space, axis)
    cosine = float(normal @ up)
    angle = float(np.degrees(np.arccos(np.clip(abs(cosine), 0, 1))))
    distance = float((space.to_lps(corner) - origin) @ normal / cosine) if cosine else np.inf
    if not np.isfinite(distance):
        return angle, distance, False
    crossing = space.to_ijk(origin + distance * up)
    in_plane = [a for a in range(3) if a != axis]
    limits = np.array(space.shape)[in_plane]
    covered = bool(np.all((crossing[in_plane] > -0.5) & (crossing[in_plane] < limits - 0.5)))
    return angle, distance, covered


def _slice_normal(space: Space, axis: int) -> FloatArray:
    """Unit normal of the slice plane, from its in-plane directions."""
    first, second = (space.directions[:, a] for a in range(3) if a != axis)
    normal = np.cross(first, second)
    unit: FloatArray = normal / np.linalg.norm(normal)
    return unit
