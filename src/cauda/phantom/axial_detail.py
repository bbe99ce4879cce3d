"""What axial slices show and sagittal ones hardly do, painted over a painted spine.

Rounder bodies, facet joints with their two processes, and the lamina behind the flavum. Shapes and
sizes are drawn at random to look like public axial images; no clinical threshold stands on them.
Labels follow, since structures are read off the materials.
"""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from cauda.phantom.anatomy import Anatomy, Blob, BlobKind, Segment
from cauda.phantom.arch import Strut, reach
from cauda.phantom.grid import Canvas, Patch
from cauda.phantom.lesions import wall_at
from cauda.phantom.materials import Base, OfDisc, OfSegment, of_disc, of_segment

Generator = np.random.Generator
Materials = NDArray[np.uint8]
JOINT_RADIUS_MM = 14.0
"""Radius of curvature of a facet joint seen from above."""
JOINT_ABOVE_MM, JOINT_BELOW_MM = 8.0, 13.0
"""How far a joint reaches above and below its disc's plane."""
SOFT = (
    Base.FAT,
    Base.MUSCLE,
    Base.INTERSPINOUS,
    Base.EPIDURAL_FAT,
    Base.FLAVUM,
    Base.LIGAMENT,
    Base.JOINT,
)
"""Soft tissue that a bony process may replace."""


def remodeled(anatomy: Anatomy, rng: Generator) -> Anatomy:
    """Round the bodies and discs off, and vary the canal's depth, the psoas and muscle fat."""
    squareness, depth = rng.uniform(0.1, 0.6), rng.uniform(0.95, 1.25)
    around = replace(
        anatomy.surroundings,
        psoas=float(rng.uniform(0.75, 1.6)),
        muscle_fat=anatomy.surroundings.muscle_fat * float(rng.uniform(0.1, 1.0)),
    )
    segments = tuple(
        replace(
            s,
            squareness=float(np.clip(squareness + rng.normal(0, 0.05), 0.05, 0.7)),
            canal_ap_mm=s.canal_ap_mm * depth,
        )
        for s in anatomy.segments
    )
    blobs = tuple(_moved(b, anatomy.segments, segments) for b in anatomy.blobs)
    return replace(anatomy, segments=segments, blobs=blobs, surroundings=around)


def _moved(blob: Blob, old: tuple[Segment, ...], new: tuple[Segment, ...]) -> Blob:
    """Keep displaced disc at the wall, which lies farther in front where the body is rounder."""
    if blob.kind is not BlobKind.DISC:
        return blob
    x, y, z = blob.center_mm
    near = range(blob.disc, blob.disc + 2)
    shift = sum(wall_at(new[n], x) - wall_at(old[n], x) for n in near) / 2
    return replace(blob, center_mm=(x, y + shift, z))


# --------------------------------------------------------------------------------- facet joints


@dataclass(frozen=True, slots=True, kw_only=True)
class Joint:
    """One facet joint seen from above, in |x'|, y' of its disc, mm.

    ``turn_rad`` is the angle of the joint's line against the sagittal plane; ``lower_mm`` and
    ``upper_mm`` are the thickness of the lower vertebra's superior and the upper vertebra's
    inferior process.
    """

    x_mm: float
    y_mm: float
    turn_rad: float
    half_mm: float
    gap_mm: float
    lower_mm: float
    upper_mm: float
    cortex_mm: float


def draw_joint(rng: Generator, low: Segment, high: Segment, rank: float) -> Joint:
    """A random joint; ``rank`` runs from 0 at the lowest disc to 1 at the thoracolumbar one."""
    size = (low.facet_mm + high.facet_mm) / 2
    px = (low.pedicle_x_mm + high.pedicle_x_mm) / 2
    wall = (low.wall_mm + high.wall_mm) / 2
    return Joint(
        x_mm=float(px + rng.normal(-1.5, 1.2)),
        y_mm=float(wall + rng.normal(14.0, 1.2)),
        turn_rad=float(np.radians(rng.normal(45 - 28 * rank, 7.0))),
        half_mm=float(size * rng.uniform(6.5, 9.0)),
        gap_mm=float(rng.choice([0.7, 1.2, 1.8, 2.8], p=[0.25, 0.4, 0.25, 0.1])),
        lower_mm=float(size * rng.uniform(4.5, 7.5)),
        upper_mm=float(size * rng.uniform(5.5, 8.5)),
        cortex_mm=float(rng.uniform(0.8, 2.0)),
    )


def paint_joints(canvas: Canvas, anatomy: Anatomy, n: int, rng: Generator) -> None:
    """Paint both facet joints of ``discs[n]`` and the lamina between them."""
    disc, low, high = anatomy.discs[n], anatomy.segments[n], anatomy.segments[n + 1]
    rank = float(np.clip((n + 1 - anatomy.sacral_count) / 5, 0, 1))
    first = draw_joint(rng, low, high, rank)
    joints = (first, replace(first, turn_rad=first.turn_rad + float(rng.normal(0, 0.1))))
    wall = (low.wall_mm + high.wall_mm) / 2
    for sign, joint in zip((1, -1), joints, strict=True):
        ends = sorted((sign * 2.0, sign * (joint.x_mm + 18)))
        patch = canvas.patch(
            disc.origin_lps,
            disc.axes,
            (ends[0], wall + 1.5, -JOINT_BELOW_MM),
            (ends[1], joint.y_mm + 18, JOINT_ABOVE_MM),
        )
        if patch is not None:
            _paint_joint(patch, joint, sign, n)
    _paint_lamina(canvas, anatomy, n, rng)


def _paint_joint(patch: Patch, joint: Joint, sign: int, n: int) -> None:
    x, y = sign * patch.x - joint.x_mm, patch.y - joint.y_mm
    sine, cosine = np.sin(joint.turn_rad), np.cos(joint.turn_rad)
    along, across = x * sine + y * cosine, x * cosine - y * sine
    middle = (JOINT_ABOVE_MM - JOINT_BELOW_MM) / 2
    rise = (patch.z - middle) / ((JOINT_ABOVE_MM + JOINT_BELOW_MM) / 2)
    half = joint.half_mm * np.sqrt(np.clip(1 - rise * rise, 0.05, 1.0))
    share = np.clip(1 - (along / half) ** 2, 0.0, 1.0)
    depth = across + along * along / (2 * JOINT_RADIUS_MM)
    free = _free(patch.materials, n)
    for outward, thick, bone in (
        (depth, joint.lower_mm * share**0.7, n),
        (-depth, joint.upper_mm * share**0.5, n + 1),
    ):
        inside = outward - joint.gap_mm / 2
        solid = free & (inside > 0) & (inside < thick)
        core = solid & (inside > joint.cortex_mm) & (inside < thick - joint.cortex_mm)
        patch.paint(solid, of_segment(bone, OfSegment.ARCH_CORTEX))
        patch.paint(core, of_segment(bone, OfSegment.ARCH))
    line = free & (np.abs(depth) < joint.gap_mm / 2) & (share > 0.1)
    patch.paint(line, int(Base.JOINT))


def _free(materials: Materials, n: int) -> NDArray[np.bool_]:
    """Where a process may be painted: soft tissue, the foramen's back, other arches' bone."""
    allowed = np.zeros(256, dtype=bool)
    allowed[[int(m) for m in SOFT]] = True
    allowed[[of_disc(n, OfDisc.FORAMEN_LEFT), of_disc(n, OfDisc.FORAMEN_RIGHT)]] = True
    for bone in (n, n + 1):
        allowed[[of_segment(bone, OfSegment.ARCH), of_segment(bone, OfSegment.ARCH_CORTEX)]] = True
    result: NDArray[np.bool_] = allowed[materials]
    return result


def _paint_lamina(canvas: Canvas, anatomy: Anatomy, n: int, rng: Generator) -> None:
    """The upper vertebra's lamina and spinous process behind the flavum, down to the disc."""
    disc, low, high = anatomy.discs[n], anatomy.segments[n], anatomy.segments[n + 1]
    back = (low.wall_mm + high.wall_mm + low.canal_ap_mm + high.canal_ap_mm) / 2
    lift = float(rng.uniform(-2.0, 8.0))
    thick = float(rng.uniform(2.2, 3.4))
    px, wall = high.pedicle_x_mm, high.wall_mm
    lamina = Strut((px - 4, wall + 18, lift), (0.5, back + 7.5, lift), (thick, thick, 9.0))
    spine = Strut(
        (0, back + 8, lift), (0, back + 6 + 0.9 * high.spinous_mm, lift - 4), (2.6, 4.0, 9.0)
    )
    reach_mm = back + 12 + high.spinous_mm
    patch = canvas.patch(disc.origin_lps, disc.axes, (-px, wall + 8, -14), (px, reach_mm, 20))
    if patch is None:
        return
    distance = np.minimum(
        reach(lamina, np.abs(patch.x), patch.y, patch.z, patch.xp),
        reach(spine, patch.x, patch.y, patch.z, patch.xp),
    )
    allowed = np.zeros(256, dtype=bool)
    allowed[[Base.FAT, Base.MUSCLE, Base.INTERSPINOUS, Base.LIGAMENT]] = True
    free = allowed[patch.materials]
    patch.paint(free & (distance < 1), of_segment(n + 1, OfSegment.ARCH_CORTEX))
    patch.paint(free & (distance < 0.45), of_segment(n + 1, OfSegment.ARCH))
