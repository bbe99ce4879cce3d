"""The mirror image of a synthetic spine: left and right exchanged, nothing else."""

from __future__ import annotations

from dataclasses import replace

from cauda.phantom.anatomy import Anatomy, Axes, Blob, Disc, Lesion, Segment, Surroundings, Vector


def mirrored(anatomy: Anatomy) -> Anatomy:
    """Reflect a spine at the plane x = 0 of the patient.

    Its structures are the mirror image of the original's, its lesions lie on the other side and its
    truth is the original's with the sides exchanged. Rootlets and texture are not mirrored.
    """
    return replace(
        anatomy,
        segments=tuple(_segment(s) for s in anatomy.segments),
        discs=tuple(_disc(d) for d in anatomy.discs),
        blobs=tuple(_blob(b) for b in anatomy.blobs),
        surroundings=_surroundings(anatomy.surroundings),
        lesions=tuple(_lesion(x) for x in anatomy.lesions),
        plain=None if anatomy.plain is None else mirrored(anatomy.plain),
    )


def _flip(point: Vector) -> Vector:
    return -point[0], point[1], point[2]


def _axes(axes: Axes) -> Axes:
    """Reflect the axes and turn x' round, so that it still points to the patient's left."""
    x, y, z = (_flip(row) for row in axes)
    return (-x[0], -x[1], -x[2]), y, z


def _segment(segment: Segment) -> Segment:
    return replace(segment, origin_lps=_flip(segment.origin_lps), axes=_axes(segment.axes))


def _disc(disc: Disc) -> Disc:
    left, right = disc.flavum_mm
    return replace(
        disc,
        origin_lps=_flip(disc.origin_lps),
        axes=_axes(disc.axes),
        flavum_mm=(right, left),
    )


def _blob(blob: Blob) -> Blob:
    return replace(blob, center_mm=_flip(blob.center_mm))


def _lesion(lesion: Lesion) -> Lesion:
    return replace(lesion, side=None if lesion.side is None else lesion.side.opposite)


def _surroundings(around: Surroundings) -> Surroundings:
    flipped = tuple((-x, y, z, a, b, c, m) for x, y, z, a, b, c, m in around.ellipsoids)
    return replace(around, aorta_x_mm=-around.aorta_x_mm, ellipsoids=flipped)
