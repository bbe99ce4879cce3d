"""Build lesions into a plain spine: each one changes sizes or adds ellipsoids."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace

import numpy as np

from cauda.errors import UsageError
from cauda.phantom.anatomy import (
    Anatomy,
    Blob,
    BlobKind,
    Disc,
    Lesion,
    LesionKind,
    Segment,
    Vector,
)
from cauda.phantom.column import WALL_HOLLOW
from cauda.vocab import Side, Zone

DRY = 0.12
"""Water of a dehydrated nucleus."""
LEAST_DISC_MM = 1.2
"""A collapsed disc keeps this height between its rims."""
RIDGE_FROM_MM = 2.5
"""Overgrown foraminal joints of this size and more come with a ridge in front of the root."""


def apply_lesions(anatomy: Anatomy, lesions: Sequence[Lesion]) -> Anatomy:
    """The same spine with ``lesions`` built in, not yet placed.

    Raises
    ------
    UsageError
        If the spine has no disc at a lesion's level.
    """
    result = replace(anatomy, lesions=tuple(lesions))
    for lesion in lesions:
        if all(d.level != lesion.level for d in anatomy.discs):
            known = ", ".join(str(d.level) for d in anatomy.discs if d.level)
            msg = f"This spine has no disc {lesion.level}; it has {known}."
            raise UsageError(msg)
        result = _BUILDERS[lesion.kind](result, anatomy.disc_index(lesion.level), lesion)
    return result


# ----------------------------------------------------------------------------- where things lie


def wall_at(segment: Segment, x: float) -> float:
    """Local y' of the posterior outline at ``x`` (at most 95 % of the half width), mm."""
    u2 = float(np.clip(x / (segment.width_mm / 2), -0.95, 0.95)) ** 2
    v = np.sqrt((1 - u2) / (1 - segment.squareness * u2)) + WALL_HOLLOW * u2
    return float(v * segment.wall_mm)


def zone_x(anatomy: Anatomy, n: int, lesion: Lesion) -> float:
    """Local x' of a lesion's zone at ``discs[n]``, mm; left is positive."""
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    pedicle = (low.pedicle_x_mm + high.pedicle_x_mm) / 2
    width = (low.pedicle_width_mm + high.pedicle_width_mm) / 2
    distance = {
        Zone.CENTRAL: 0.0,
        Zone.SUBARTICULAR: 0.52 * (pedicle - width / 2),
        Zone.FORAMINAL: pedicle - 0.1 * width,
        Zone.EXTRAFORAMINAL: pedicle + width / 2 + 3.0,
        Zone.ANTERIOR: 0.0,
    }[lesion.zone]
    return distance * (-1 if lesion.side is Side.RIGHT else 1)


def _wall_behind(anatomy: Anatomy, n: int, x: float, z: float) -> float:
    """Local y' of the posterior wall at height ``z`` above the disc plane, body tilt included."""
    disc, low, high = anatomy.discs[n], anatomy.segments[n], anatomy.segments[n + 1]
    body = high if z > 0 else low
    tilt = np.radians((disc.wedge_deg + body.wedge_deg) / 2)
    behind = max(0.0, abs(z) - disc.height_mm / 2)
    return (wall_at(low, x) + wall_at(high, x)) / 2 + behind * float(np.tan(tilt))


def _posterior_height(anatomy: Anatomy, n: int) -> float:
    disc, low = anatomy.discs[n], anatomy.segments[n]
    loss = low.wall_mm * 2 * float(np.tan(np.radians(disc.wedge_deg) / 2))
    return max(disc.height_mm - loss, 2.0)


def _add(anatomy: Anatomy, *blobs: Blob) -> Anatomy:
    return replace(anatomy, blobs=(*anatomy.blobs, *blobs))


def _blob(kind: BlobKind, n: int, center: Vector, radii: Vector) -> Blob:
    return Blob(kind=kind, disc=n, center_mm=center, radii_mm=radii)


def _change_disc(anatomy: Anatomy, n: int, disc: Disc) -> Anatomy:
    return replace(anatomy, discs=(*anatomy.discs[:n], disc, *anatomy.discs[n + 1 :]))


def _change_segment(anatomy: Anatomy, n: int, segment: Segment) -> Anatomy:
    return replace(anatomy, segments=(*anatomy.segments[:n], segment, *anatomy.segments[n + 1 :]))


# -------------------------------------------------------------------------------- one builder each


def _bulge(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    return _change_disc(anatomy, n, replace(anatomy.discs[n], bulge_mm=lesion.size_mm))


def _protrusion(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    x = zone_x(anatomy, n, lesion)
    rise = _foraminal_rise(anatomy, n, lesion)
    half = _posterior_height(anatomy, n) / 2 + 0.6
    center = (x, _wall_behind(anatomy, n, x, 0.0) - 2.0, rise)
    radii = (4.0 + 0.9 * lesion.size_mm, lesion.size_mm + 2.0, half + rise)
    return _add(anatomy, _blob(BlobKind.DISC, n, center, radii))


def _foraminal_rise(anatomy: Anatomy, n: int, lesion: Lesion) -> float:
    """How far a foraminal protrusion rises toward the root that leaves above it."""
    if lesion.zone is not Zone.FORAMINAL:
        return 0.0
    return 0.08 * lesion.size_mm * _root_height(anatomy, n)


def _extrusion(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    x, size, z = zone_x(anatomy, n, lesion), lesion.size_mm, lesion.migration_mm
    half = _posterior_height(anatomy, n) / 2
    neck_center = (x, _wall_behind(anatomy, n, x, 0.0) - 1.0, 0.25 * z)
    neck = (3.5 + 0.3 * size, 0.7 * size + 1.0, half + 0.4 + 0.25 * abs(z))
    depth = 0.55 * size + 0.4
    head_center = (x, _wall_behind(anatomy, n, x, z) + size - depth, 0.6 * z)
    head = (4.0 + 0.6 * size, depth, half + 2.5 + 0.4 * abs(z))
    return _add(
        anatomy,
        _blob(BlobKind.DISC, n, neck_center, neck),
        _blob(BlobKind.DISC, n, head_center, head),
    )


def _sequestration(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    x, size = zone_x(anatomy, n, lesion), lesion.size_mm
    clear = _posterior_height(anatomy, n) / 2 + 6.5
    z = float(np.copysign(max(abs(lesion.migration_mm), clear), lesion.migration_mm or -1.0))
    depth = 0.5 * size + 0.2
    center = (x, _wall_behind(anatomy, n, x, z) + size - depth, z)
    return _add(anatomy, _blob(BlobKind.DISC, n, center, (3.5 + 0.4 * size, depth, 4.5)))


def _signs(lesion: Lesion) -> tuple[int, ...]:
    if lesion.side is None:
        return 1, -1
    return (1,) if lesion.side is Side.LEFT else (-1,)


def _facets(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    """Bone grows forward from the superior articular process, in the foramen or the recess."""
    if lesion.zone is Zone.FORAMINAL:
        return _foraminal_bone(anatomy, n, lesion)
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    wall = (low.wall_mm + high.wall_mm) / 2
    x = zone_x(anatomy, n, replace(lesion, side=Side.LEFT))
    depth = 3.0 + 0.55 * lesion.size_mm
    center = (x + 2.5, wall + 9.0 - lesion.size_mm + depth, -1.0)
    blobs = [
        _blob(BlobKind.BONE, n, (s * center[0], center[1], center[2]), (4.5, depth, 8.0))
        for s in _signs(lesion)
    ]
    return _add(anatomy, *blobs)


def _foraminal_bone(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    """The tip of the process rises behind the root; larger ones meet a ridge of the body's rim."""
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    wall, size = (low.wall_mm + high.wall_mm) / 2, lesion.size_mm
    x, across = (
        zone_x(anatomy, n, replace(lesion, side=Side.LEFT)),
        5.5 + 0.3 * low.pedicle_width_mm,
    )
    root = _root_height(anatomy, n)
    depth = 3.0 + 0.55 * size
    tip = (x, wall + 7.2 - 1.05 * size + depth, 0.55 * root)
    shapes = [(tip, (across, depth, 0.45 * root + 2.0 + size))]
    if size >= RIDGE_FROM_MM:
        reach = 0.9 * (size - RIDGE_FROM_MM) + 4.5
        shapes.append(((x, wall - 4.0, 0.6 * root), (across, reach, 0.4 * root + 1.5 * size)))
    blobs = [
        _blob(BlobKind.BONE, n, (s * c[0], c[1], c[2]), radii)
        for s in _signs(lesion)
        for c, radii in shapes
    ]
    return _add(anatomy, *blobs)


def _root_height(anatomy: Anatomy, n: int) -> float:
    """Local z' of the root in its foramen above ``discs[n]``: below the upper pedicle."""
    disc, high = anatomy.discs[n], anatomy.segments[n + 1]
    pedicle = high.pedicle_z_mm - high.pedicle_height_mm / 2
    return disc.height_mm / 2 + high.height_mm / 2 + pedicle - 4.0


def _flavum(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    left, right = anatomy.discs[n].flavum_mm
    grow = lesion.size_mm
    sides = _signs(lesion)
    thick = (left + grow * (1 in sides), right + grow * (-1 in sides))
    return _change_disc(anatomy, n, replace(anatomy.discs[n], flavum_mm=thick))


def _pedicles(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    for m in (n, n + 1):
        segment = anatomy.segments[m]
        canal = max(segment.canal_ap_mm - lesion.size_mm, 6.0)
        anatomy = _change_segment(anatomy, m, replace(segment, canal_ap_mm=canal))
    return anatomy


def _height(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    disc = anatomy.discs[n]
    height = max(disc.height_mm - lesion.size_mm, LEAST_DISC_MM)
    share = height / disc.height_mm
    flat = replace(disc, height_mm=height, wedge_deg=disc.wedge_deg * share)
    return _change_disc(anatomy, n, replace(flat, water=min(disc.water, 0.45 * share)))


def _dry(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    del lesion
    disc = anatomy.discs[n]
    return _change_disc(anatomy, n, replace(disc, water=min(disc.water, DRY)))


def _slip(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    """Placing the chain moves the upper vertebra; nothing else changes."""
    del n, lesion
    return anatomy


def _schmorl(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    """A node in the lower endplate's left or right half, away from the midsagittal plane."""
    disc, low = anatomy.discs[n], anatomy.segments[n]
    x = 8.0 * (-1 if lesion.side is Side.RIGHT else 1)
    depth = lesion.size_mm + low.concave_mm[0]
    center = (x, 0.0, -disc.height_mm / 2)
    return _add(anatomy, _blob(BlobKind.NODE, n, center, (4.5, 5.0, depth)))


def _modic(anatomy: Anatomy, n: int, lesion: Lesion) -> Anatomy:
    grade = int(lesion.kind.value[-1])
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    anatomy = _change_segment(anatomy, n, replace(low, modic=(grade, low.modic[1])))
    return _change_segment(anatomy, n + 1, replace(high, modic=(high.modic[0], grade)))


_BUILDERS: dict[LesionKind, Callable[[Anatomy, int, Lesion], Anatomy]] = {
    LesionKind.BULGE: _bulge,
    LesionKind.PROTRUSION: _protrusion,
    LesionKind.EXTRUSION: _extrusion,
    LesionKind.SEQUESTRATION: _sequestration,
    LesionKind.FACET_OVERGROWTH: _facets,
    LesionKind.THICK_FLAVUM: _flavum,
    LesionKind.SHORT_PEDICLES: _pedicles,
    LesionKind.HEIGHT_LOSS: _height,
    LesionKind.DEHYDRATION: _dry,
    LesionKind.SLIP: _slip,
    LesionKind.SCHMORL: _schmorl,
    LesionKind.MODIC_1: _modic,
    LesionKind.MODIC_2: _modic,
    LesionKind.MODIC_3: _modic,
}
