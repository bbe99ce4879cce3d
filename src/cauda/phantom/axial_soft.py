"""Soft tissue as axial slices show it, painted over the planes of a painted spine.

A three-cornered sac with single rootlets, muscles that reach round the spine, and fat in and
beside them. Everything works on (I, J, K) materials in place, J running posterior.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cauda.phantom.anatomy import Anatomy, Disc
from cauda.phantom.grid import Canvas
from cauda.phantom.materials import Base, OfSegment, of_segment
from cauda.phantom.texture import smooth_noise

Generator = np.random.Generator
Materials = NDArray[np.uint8]
DURA_MM = 0.6
SAC_PARTS = (Base.CSF, Base.ROOTLET, Base.CORD)


def clear_front(canvas: Canvas, disc: Disc) -> None:
    """Replace the anterior ligament, a straight bar in these planes, by fat."""
    _, y, _ = canvas.grid.local(disc.origin_lps, disc.axes)
    bar = (canvas.materials == Base.LIGAMENT) & (y < 0)
    canvas.materials[bar] = int(Base.FAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class SacShape:
    """How the sac's outline differs from an ellipse.

    ``share`` is 0 for an ellipse and 1 for a triangle with its point behind; ``shoulder`` is
    where, from the front (-1) to the back (1), it starts to narrow, ``power`` how it does,
    and ``scale`` its size.
    """

    share: float
    shoulder: float
    power: float
    scale: float


def draw_sac_shape(rng: Generator) -> SacShape:
    """A random outline between an ellipse and a triangle."""
    return SacShape(
        share=float(rng.uniform(0.1, 1.0)),
        shoulder=float(rng.uniform(-0.7, 0.1)),
        power=float(rng.uniform(0.5, 1.0)),
        scale=float(rng.uniform(0.85, 1.3)),
    )


def reshape_sac(materials: Materials, shape: SacShape, pixel_mm: float) -> None:
    """Give the sac of every plane a new outline; only sac, dura and the canal's fat change."""
    loose = np.isin(materials, [int(m) for m in (Base.CSF, Base.ROOTLET, Base.EPIDURAL_FAT)])
    sac = np.isin(materials, [int(m) for m in SAC_PARTS])
    dura = ndimage.binary_dilation(sac, iterations=2) & (materials == Base.LIGAMENT)
    loose |= dura
    for plane in range(materials.shape[2]):
        points = np.argwhere(sac[:, :, plane])
        if len(points) < 40:
            continue
        low, high = points.min(axis=0), points.max(axis=0)
        middle, half = (low + high) / 2, (high - low + 1) / 2
        i, j = np.ogrid[: materials.shape[0], : materials.shape[1]]
        u, v = np.abs(i - middle[0]) / half[0], (j - middle[1]) / half[1]
        fall = np.clip((1.02 - v) / (1.02 - shape.shoulder), 1e-3, 1.0) ** shape.power
        cornered = np.maximum(u / fall, np.abs(v))
        reach = (1 - shape.share) * np.hypot(u, v) + shape.share * cornered
        reach = reach / shape.scale
        free, view = loose[:, :, plane], materials[:, :, plane]
        view[free] = int(Base.EPIDURAL_FAT)
        view[free & (reach < 1 + DURA_MM / pixel_mm / half.min())] = int(Base.LIGAMENT)
        view[free & (reach < 1)] = int(Base.CSF)


def reshape_muscle(materials: Materials, rng: Generator, pixel_mm: float) -> None:
    """Let the back muscles reach forward beside the spine, with an uneven front."""
    rows, columns, _ = materials.shape
    muscle = (materials == Base.MUSCLE).any(axis=2)
    first = np.where(muscle.any(axis=1), muscle.argmax(axis=1), columns)
    usual = float(np.median(first))
    center = rows / 2
    aside = np.clip((np.abs(np.arange(rows) - center) * pixel_mm - 22) / 20, 0, 1)
    forward = rng.uniform(-4, 18) * aside + 3 * smooth_noise(rng, (1, rows, 2), (1, 12, 1))[0, :, 0]
    front = usual - forward / pixel_mm
    j = np.arange(columns)[None, :]
    ahead = (j >= front[:, None]) & (j < usual + 6)
    behind = (j < front[:, None]) & (j >= usual - 1)
    materials[ahead[:, :, None] & (materials == Base.FAT)] = int(Base.MUSCLE)
    materials[behind[:, :, None] & (materials == Base.MUSCLE)] = int(Base.FAT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Rootlets:
    """Single rootlets: places as shares of the sac's half width and depth, and radii in mm."""

    across: NDArray[np.float64]
    behind: NDArray[np.float64]
    radius_mm: NDArray[np.float64]


def draw_rootlets(rng: Generator) -> Rootlets:
    """Ten to thirty-six rootlets that lie mostly in the sac's back and sides."""
    count = int(rng.integers(10, 37))
    across = rng.uniform(-0.85, 0.85, count)
    floor = rng.uniform(-0.5, 0.3)
    behind = np.clip(rng.normal(floor + 0.35 + 0.2 * across**2, 0.3, count), -0.7, 0.85)
    keep = across**2 + behind**2 < 0.78
    return Rootlets(
        across=across[keep],
        behind=behind[keep],
        radius_mm=rng.uniform(0.45, 0.95, count)[keep],
    )


def paint_rootlets(materials: Materials, rootlets: Rootlets, pixel_mm: float) -> None:
    """Replace the painted threads of (I, J, K) axial planes by single rootlets, in place."""
    sac = (materials == Base.CSF) | (materials == Base.ROOTLET)
    materials[sac] = int(Base.CSF)
    for plane in range(materials.shape[2]):
        points = np.argwhere(sac[:, :, plane])
        if len(points) < 4:
            continue
        low, high = points.min(axis=0), points.max(axis=0)
        middle, half = (low + high) / 2, (high - low) / 2 + 0.5
        box = (slice(low[0], high[0] + 1), slice(low[1], high[1] + 1), plane)
        i, j = np.ogrid[low[0] : high[0] + 1, low[1] : high[1] + 1]
        view, inside = materials[box], sac[box]
        for a, b, radius in zip(rootlets.across, rootlets.behind, rootlets.radius_mm, strict=True):
            at = middle + half * (a, b)
            near = (i - at[0]) ** 2 + (j - at[1]) ** 2 < (radius / pixel_mm) ** 2
            view[near & inside] = int(Base.ROOTLET)


def paint_muscle_fat(
    materials: Materials, anatomy: Anatomy, rng: Generator, pixel_mm: float
) -> None:
    """Thin branching fat in the muscles of (I, J, K) planes, and fat round the arch, in place."""
    muscle = materials == Base.MUSCLE
    shape = (1, *materials.shape[:2])
    amount = anatomy.surroundings.muscle_fat
    cell = max(2, round(rng.uniform(5, 11) / pixel_mm))
    lines = smooth_noise(rng, shape, (1, cell, cell))[0]
    streaks = np.abs(lines) < rng.uniform(0.02, 0.08) + 0.12 * amount
    blotches = smooth_noise(rng, shape, (1, cell, cell))[0] > rng.uniform(1.2, 2.4) - amount
    bone = np.zeros(256, dtype=np.float32)
    for n in range(len(anatomy.segments)):
        bone[[of_segment(n, OfSegment.ARCH), of_segment(n, OfSegment.ARCH_CORTEX)]] = 1.0
    near = ndimage.gaussian_filter(bone[materials], (3.0 / pixel_mm, 3.0 / pixel_mm, 0))
    halo = near > (rng.uniform(0.05, 0.4) + 0.12 * lines)[:, :, None]
    fat = muscle & ((streaks | blotches)[:, :, None] | halo)
    materials[fat] = int(Base.FAT)
