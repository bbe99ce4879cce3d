"""Planes through the discs, and the voxels of bones and discs shared out between them."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, FloatArray
from cauda.locate.alternation import Alternation, Separator
from cauda.locate.bones import whole_bones
from cauda.locate.centerline import Centerline
from cauda.locate.discs import disc_numbers
from cauda.locate.view import View
from cauda.records import DISC_LABELS
from cauda.vocab import Structure

DISC_REACH_MM = 9.0
"""Disc voxels this near to the first guess of a disc's plane shape that plane."""
DISC_RADIUS_MM = 20.0
"""And this near to the curve: herniated material and osteophytes lie farther out."""
LARGEST_TILT_DEG = 35.0
"""A disc plane tilted more than this against the curve is not believed."""
NARROW_MM = 10.0
"""Structures seen over less width than this do not tell a sideways tilt."""
DISC_SPREAD_MM = 40.0
"""Disc voxels farther than this from their disc's middle belong to none."""
SACRAL_CORE_MM = 20.0
"""Sacrum above its disc's plane is a mistaken body within this of the disc's middle, else a
wing or the crest."""
BONE_SPREAD_MM = 32.0
"""A part of a body whose middle lies farther than this from the curve is a false blob."""
SMALLEST_FRAGMENT = 0.08
"""Connected parts below this share of a bone's largest part are dropped."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class DiscPlane:
    """A plane through the middle of a disc, seen or inferred.

    Parameters
    ----------
    point, normal : (3,) array
        LPS mm; the unit normal points up.
    is_seen : bool
    """

    point: FloatArray
    normal: FloatArray
    is_seen: bool

    def above(self, points: FloatArray) -> FloatArray:
        """(N,): signed distance of points, mm, positive above."""
        distance: FloatArray = (points - self.point) @ self.normal
        return distance


def disc_planes(view: View, line: Centerline, order: Alternation) -> tuple[DiscPlane, ...]:
    """Fit a plane to every disc, from below."""
    voxels = np.argwhere(view.probabilities[Structure.DISC] > 0.3)
    points = view.space.to_lps(voxels)
    weights = view.probabilities[Structure.DISC][tuple(voxels.T)]
    return tuple(_disc_plane(view, line, s, points, weights) for s in order.separators)


def _disc_plane(
    view: View, line: Centerline, separator: Separator, points: FloatArray, weights: FloatArray
) -> DiscPlane:
    tangent = line.up[separator.index]
    point, normal = line.points[separator.index], tangent
    for _ in range(2):
        offset = points - line.points[separator.index]
        along = (points - point) @ normal
        across = np.linalg.norm(offset - (offset @ tangent)[:, None] * tangent, axis=1)
        near = (np.abs(along) < DISC_REACH_MM) & (across < DISC_RADIUS_MM)
        if not separator.is_seen or near.sum() < 12:
            break
        point = np.average(points[near], axis=0, weights=weights[near])
        normal = _thin_direction(view, points[near] - point, weights[near], tangent)
    return DiscPlane(point=point, normal=normal, is_seen=separator.is_seen)


def _thin_direction(
    view: View, offsets: FloatArray, weights: FloatArray, tangent: FloatArray
) -> FloatArray:
    """Direction in which a disc is thinnest, near the curve's own."""
    lateral = view.space.directions[:, 0]
    is_narrow = np.ptp(offsets @ lateral) < NARROW_MM
    if is_narrow:
        offsets = offsets - (offsets @ lateral)[:, None] * lateral
    covariance = (offsets * weights[:, None]).T @ offsets
    _, vectors = np.linalg.eigh(covariance)
    normal: FloatArray = vectors[:, 1] if is_narrow else vectors[:, 0]
    normal = normal if normal @ tangent > 0 else -normal
    tilt = np.degrees(np.arccos(np.clip(normal @ tangent, -1, 1)))
    return normal if tilt < LARGEST_TILT_DEG else tangent


def lowest_label(has_sacrum: bool) -> int:
    """Label of the lowest bone: 1 for the sacrum, else 2."""
    return 1 if has_sacrum else 2


def label_column(
    view: View, planes: tuple[DiscPlane, ...], line: Centerline, has_sacrum: bool, shift: FloatArray
) -> Array:
    """Bones and discs of a view as instance labels.

    Parameters
    ----------
    planes : tuple of DiscPlane
        From below.
    shift : (3,) array
        How far the patient lies in this view from where the planes were fitted, mm.

    Returns
    -------
    labels : (I, J, K) int16 array
        0, the bones ``lowest_label(has_sacrum)`` upward, the discs 101 upward.
    """
    labels: Array = np.zeros(view.space.shape, dtype=np.int16)
    bones = np.argwhere(view.mask(Structure.BODY, Structure.SACRUM))
    points = view.space.to_lps(bones) - shift
    level = np.zeros(len(bones), dtype=np.int16)
    for plane in planes:
        level += plane.above(points) > 0
    if has_sacrum and planes:
        level[_is_sacral(view, bones, planes[0], shift)] = 0
    labels[tuple(bones.T)] = level + lowest_label(has_sacrum)
    labels = whole_bones(labels)
    _label_discs(view, planes, shift, labels)
    _drop_fragments(view, line, labels)
    return labels


def _is_sacral(view: View, bones: Array, lowest: DiscPlane, shift: FloatArray) -> Array:
    """(N,) bool: sacrum voxels that rise above the lowest disc's plane beside the column."""
    found: Array = view.mask(Structure.SACRUM)[tuple(bones.T)]
    points = view.space.to_lps(bones[found]) - shift
    offset = points - lowest.point
    across = offset - (offset @ lowest.normal)[:, None] * lowest.normal
    found[found] = np.linalg.norm(across, axis=1) > SACRAL_CORE_MM
    return found


def _label_discs(
    view: View, planes: tuple[DiscPlane, ...], shift: FloatArray, labels: Array
) -> None:
    """Give every disc voxel to its disc, in place."""
    if not planes:
        return
    voxels = np.argwhere(view.mask(Structure.DISC))
    points = view.space.to_lps(voxels) - shift
    away = [plane.above(points) for plane in planes]
    spread = [np.linalg.norm(points - plane.point, axis=1) for plane in planes]
    across = [np.sqrt(np.maximum(s**2 - a**2, 0)) for s, a in zip(spread, away, strict=True)]
    number = disc_numbers(view, [np.abs(a) for a in away], across)
    own = np.stack(spread)[np.maximum(number - 1, 0), np.arange(len(number))]
    kept = (number > 0) & (own < DISC_SPREAD_MM)
    labels[tuple(voxels[kept].T)] = DISC_LABELS + number[kept]


def _drop_fragments(view: View, line: Centerline, labels: Array) -> None:
    """Remove small or remote parts of every bone, in place."""
    for label, box in enumerate(
        ndimage.find_objects(np.where(labels < DISC_LABELS, labels, 0)), start=1
    ):
        if box is None:
            continue
        inside = labels[box]
        parts, count = ndimage.label(inside == label, structure=np.ones((3, 3, 3)))
        if count > 1:
            sizes = np.bincount(parts.ravel())[1:]
            kept = sizes >= SMALLEST_FRAGMENT * sizes.max()
            centers = np.array(ndimage.center_of_mass(parts > 0, parts, range(1, count + 1)))
            corner = np.array([s.start for s in box])
            points = view.space.to_lps(centers + corner)
            far = [np.linalg.norm(line.points[line.nearest(p)] - p) for p in points]
            kept &= (np.array(far) < BONE_SPREAD_MM) | (label == 1)
            inside[(parts > 0) & ~np.concatenate([[False], kept])[parts]] = 0
