"""Truth of what sagittal slices show beside the heights: volume, migration, fat, marrow, canal.

Everything is read off fine painted planes or noise-free signal, never off an image's voxels.
"""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cauda.phantom import endplates as plates
from cauda.phantom import planes
from cauda.phantom.anatomy import Anatomy, Segment
from cauda.phantom.materials import Base, OfDisc, of_disc, structure_table
from cauda.phantom.tissue import PROTOCOLS, spin_echo, tissue_table
from cauda.vocab import STRUCTURES, Contrast, Quantity, Side, Structure

Pair = tuple[Quantity, float, str]
"""Quantity, value, method id."""

FAT_MM = 0.75
"""Fat counts on a side of the root where it is at least this thick."""
LEAST_ROOT_MM2 = 5.0
BAND_MM = (2.5, 7.0)
"""The band of marrow beside an endplate."""
HALVES = ((0.1, 0.5), (0.5, 0.9))
MIDDLE_SHARE = 0.36
SACRAL_MIDDLE_MM = (9.0, 15.0)
BONY_MM = 12.0
GREATEST_AP_MM = 32.0
ERODED_MM = 1.0
LEAST_CORD_MM2 = 6.0
MIDDLE_X_MM = 8.0
ANNULUS_SHARES = ((0.03, 0.13), (0.87, 0.97))
"""These are the measuring stage's, where they are explained."""

SIDES = {
    Quantity.FORAMEN_FAT_ANTERIOR: (-1.0, 0.0),
    Quantity.FORAMEN_FAT_POSTERIOR: (1.0, 0.0),
    Quantity.FORAMEN_FAT_SUPERIOR: (0.0, 1.0),
    Quantity.FORAMEN_FAT_INFERIOR: (0.0, -1.0),
}


def disc_extras(
    anatomy: Anatomy, n: int, heights: NDArray[np.float64], depth: float
) -> Iterator[Pair]:
    """Everything of ``discs[n]`` that follows from its heights or its material."""
    yield Quantity.DISC_HEIGHT_DABBS, float(heights[0] + heights[2]) / 2, "disc-height-dabbs"
    farfan = float(heights[0] + heights[2]) / depth
    yield Quantity.DISC_HEIGHT_FARFAN, farfan, "disc-height-farfan"
    yield Quantity.DISC_VOLUME, _volume_mm3(anatomy, n), "disc-volume-slices"
    found = planes.displacement(anatomy, n)
    yield Quantity.MIGRATION_CRANIAL, found.above_mm, "posterior-line-migration"
    yield Quantity.MIGRATION_CAUDAL, found.below_mm, "posterior-line-migration"
    yield from _texture(anatomy, n, float(heights[1]))
    yield from _marrow(anatomy, n)
    yield from _canal(anatomy, n, float(heights[1]) / 2)


def sacral_slope_deg(anatomy: Anatomy) -> float:
    """Angle of the upper endplate of S1 with the patient's axial plane; front low is positive."""
    plate = plates.endplate_of(anatomy.segments[anatomy.sacral_count - 1], upper=True)
    _, back, up = plate.posterior - plate.anterior
    return float(np.degrees(np.arctan2(up, back)))


def _volume_mm3(anatomy: Anatomy, n: int) -> float:
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    half = max(low.width_mm, high.width_mm) / 2 + 6
    wall = max(low.wall_mm, high.wall_mm)
    x, y = planes.axis(-half, half, 1.0), planes.axis(-wall - 6, wall + 14, 0.5)
    z = planes.axis(-20, 20, 0.5)
    found = planes.sample(anatomy, n, plates.level_frame(anatomy, n), (x, y, z))
    inside = np.isin(found, [of_disc(n, part) for part in planes.DISC_PARTS])
    return float(inside.sum() * (x[1] - x[0]) * (y[1] - y[0]) * (z[1] - z[0]))


# ------------------------------------------------------------------------------- signal of a disc


def _texture(anatomy: Anatomy, n: int, middle_height: float) -> Iterator[Pair]:
    """SD over mean of noise-free T2 signal in the nucleus ROI, and its mean over the annulus."""
    top = plates.endplate_of(anatomy.segments[n + 1], upper=False)
    bottom = plates.endplate_of(anatomy.segments[n], upper=True)
    frame = plates.level_frame(anatomy, n)
    front, back = frame.to_local(np.stack(plates.disc_line(top, bottom)))[:, 1]
    signal = spin_echo(tissue_table(anatomy), PROTOCOLS[Contrast.T2])
    parts = []
    for low, high in ((0.2, 0.8), *ANNULUS_SHARES):
        y = planes.axis(front + low * (back - front), front + high * (back - front))
        z = planes.axis(-0.8 * middle_height - 1, 0.8 * middle_height + 1)
        plane = planes.sample(anatomy, n, frame, (np.zeros(1), y, z))[0]
        disc = np.isin(plane, [of_disc(n, part) for part in planes.DISC_PARTS])
        parts.append(signal[plane[_central(disc)]])
    nucleus, ring = parts[0], np.concatenate(parts[1:])
    if not len(nucleus) or not len(ring):
        return
    spread = float(nucleus.std() / nucleus.mean())
    yield Quantity.NUCLEUS_HETEROGENEITY, spread, "nucleus-roi-sd"
    ratio = float(nucleus.mean() / ring.mean())
    yield Quantity.NUCLEUS_ANNULUS, ratio, "nucleus-annulus-ratio"


def _central(disc: planes.Mask) -> planes.Mask:
    """The central 60 % of every column of a disc."""
    keep = np.zeros_like(disc)
    for column in range(len(disc)):
        inside = np.flatnonzero(disc[column])
        cut = round(0.2 * inside.size)
        keep[column, inside[cut : inside.size - cut]] = True
    return keep


# ------------------------------------------------------------------------------------------ marrow


def _marrow(anatomy: Anatomy, n: int) -> Iterator[Pair]:
    """On T1 and T2, the half endplate beside the disc that differs most from its vertebra."""
    sides = ((n + 1, False), (n, True))
    for contrast, quantity, method in (
        (Contrast.T1, Quantity.ENDPLATE_T1, "endplate-marrow-t1"),
        (Contrast.T2, Quantity.ENDPLATE_T2, "endplate-marrow-t2"),
    ):
        signal = spin_echo(tissue_table(anatomy), PROTOCOLS[contrast])
        ratios = [r for m, is_upper in sides for r in _halves(anatomy, m, signal, is_upper)]
        yield quantity, max(ratios, key=lambda r: abs(np.log(r))), method


def _halves(
    anatomy: Anatomy, n: int, signal: NDArray[np.float64], is_upper: bool
) -> Iterator[float]:
    """Band over middle of the front and the back half of one endplate of ``segments[n]``."""
    segment = anatomy.segments[n]
    half, top = segment.wall_mm, segment.height_mm / 2
    for low, high in HALVES:
        y = planes.axis(-half + 2 * half * low, -half + 2 * half * high)
        z = planes.axis(-top - 2, top + 2)
        plane = planes.sample(anatomy, n, plates.body_frame(segment), (np.zeros(1), y, z))[0]
        upper, lower = _plates_at(segment, y)
        depth = upper[:, None] - z[None, :] if is_upper else z[None, :] - lower[:, None]
        band = (depth >= BAND_MM[0]) & (depth <= BAND_MM[1])
        if segment.is_fused:
            below = upper[:, None] - z[None, :]
            middle = (below >= SACRAL_MIDDLE_MM[0]) & (below <= SACRAL_MIDDLE_MM[1])
        else:
            away = np.abs(z[None, :] - ((upper + lower) / 2)[:, None])
            middle = away <= MIDDLE_SHARE * (upper - lower)[:, None] / 2
        yield float(signal[plane[band]].mean() / np.median(signal[plane[middle]]))


def _plates_at(segment: Segment, y: planes.Axis) -> tuple[planes.Axis, planes.Axis]:
    """Local z' of the upper and the lower endplate at y'."""
    hollow = 1 - (y / segment.wall_mm) ** 2
    reach = segment.height_mm / 2 - segment.slope * y
    upper, lower = (reach - c * hollow for c in segment.concave_mm)
    return upper, -lower


# ------------------------------------------------------------------------------------------- canal


def _canal(anatomy: Anatomy, n: int, half_disc: float) -> Iterator[Pair]:
    """Least bony AP diameter at the midline, and the share of fluid in the middle of the sac."""
    table, wall = structure_table(anatomy), anatomy.segments[n].wall_mm
    frame = plates.level_frame(anatomy, n)
    y = planes.axis(wall - 16, wall + 36)
    reach = half_disc + BONY_MM
    z = planes.axis(-reach, reach, 0.5)
    found = table[planes.sample(anatomy, n, frame, (np.zeros(1), y, z))[0]]
    body = np.isin(found, [STRUCTURES.index(s) for s in (Structure.BODY, Structure.SACRUM)])
    arch = found == STRUCTURES.index(Structure.ARCH)
    sac = np.isin(found, [STRUCTURES.index(s) for s in (Structure.SAC, Structure.CORD)])
    depths = [d for k in range(len(z)) if (d := _depth(body[:, k], arch[:, k], sac[:, k])) > 0]
    if depths:
        ap = min(depths) * float(y[1] - y[0])
        if ap <= GREATEST_AP_MM:
            yield Quantity.BONY_CANAL_AP, ap, "bony-canal-ap-sagittal"
    yield from _fluid(anatomy, n, half_disc)


def _depth(body: planes.Mask, arch: planes.Mask, sac: planes.Mask) -> int:
    """Samples from the back of the body to the front of the arch in one column; 0 without both."""
    if not sac.any():
        return 0
    middle = int(np.flatnonzero(sac).mean())
    before, behind = np.flatnonzero(body[:middle]), np.flatnonzero(arch[middle:])
    if not before.size or not behind.size:
        return 0
    return int(behind[0] + middle - before[-1] - 1)


def _fluid(anatomy: Anatomy, n: int, half_disc: float) -> Iterator[Pair]:
    """Share without rootlets of the eroded sac within 8 mm of the midline; none beside cord."""
    wall = anatomy.segments[n].wall_mm
    x, y = planes.axis(-MIDDLE_X_MM, MIDDLE_X_MM, 2.0), planes.axis(wall - 4, wall + 26, 0.25)
    z = planes.axis(-half_disc, half_disc, 0.5)
    found = planes.sample(anatomy, n, plates.level_frame(anatomy, n), (x, y, z))
    cells = float((y[1] - y[0]) * (z[1] - z[0]))
    if (found == int(Base.CORD)).sum(axis=(1, 2)).max() * cells > LEAST_CORD_MM2:
        return
    step = float(y[1] - y[0])
    sac = planes.is_sac(found)
    wide = np.pad(sac, ((0, 0), (1, 1), (0, 0)))
    deep = ndimage.distance_transform_edt(wide, sampling=(1e3, step, 1e3))[:, 1:-1] > ERODED_MM
    if deep.any():
        share = float((found[deep] != int(Base.ROOTLET)).mean())
        yield Quantity.CSF_FRACTION, share, "csf-fraction-sagittal"


# ----------------------------------------------------------------------------------------- foramen


def foramen_extras(anatomy: Anatomy, n: int, side: Side) -> Iterator[Pair]:
    """Section of the root in the mid-foraminal plane, and the share of fat on its four sides."""
    plane, y, z = planes.foramen_plane(anatomy, n, side)
    is_left = side is Side.LEFT
    fat = plane == of_disc(n, OfDisc.FORAMEN_LEFT if is_left else OfDisc.FORAMEN_RIGHT)
    root = plane == of_disc(n, OfDisc.ROOT_LEFT if is_left else OfDisc.ROOT_RIGHT)
    area = float(root.sum() * (y[1] - y[0]) * (z[1] - z[0]))
    if area < LEAST_ROOT_MM2:
        return
    yield Quantity.FORAMEN_ROOT_AREA, area, "foramen-root-area"
    at = np.argwhere(root & ~ndimage.binary_erosion(root))
    middle = np.argwhere(root).mean(axis=0)
    away = (at - middle) / np.maximum(np.linalg.norm(at - middle, axis=1), 1e-6)[:, None]
    step = float(y[1] - y[0])
    outside = np.round(at + away * (FAT_MM / step + 0.5)).astype(int)
    outside = np.clip(outside, 0, np.array(plane.shape) - 1)
    touching = fat[outside[:, 0], outside[:, 1]]
    for quantity, direction in SIDES.items():
        facing = away @ np.array(direction) >= np.sqrt(0.5)
        if facing.any():
            yield quantity, float(touching[facing].mean()), "root-border-fat"
