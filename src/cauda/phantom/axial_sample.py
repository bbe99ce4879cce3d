"""Training samples: a few adjacent axial slices of a random spine, with exact labels."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cauda.phantom.anatomy import Anatomy
from cauda.phantom.axial_detail import paint_joints, remodeled
from cauda.phantom.axial_soft import (
    clear_front,
    draw_rootlets,
    draw_sac_shape,
    paint_muscle_fat,
    paint_rootlets,
    reshape_muscle,
    reshape_sac,
)
from cauda.phantom.bend import bent
from cauda.phantom.draw import draw_anatomy
from cauda.phantom.grid import Canvas, Grid
from cauda.phantom.lesion_draw import draw_frequency
from cauda.phantom.materials import Base, axial_labels
from cauda.phantom.paint import paint
from cauda.phantom.place import axes_of
from cauda.phantom.render import SUB_PLANES, acquire, receive_field
from cauda.phantom.tissue import Protocol
from cauda.vocab import AXIAL_STRUCTURES, Contrast

Generator = np.random.Generator
PIXEL_MM = (0.4, 0.62, 0.8)
"""Smallest, usual and largest pixel."""
LEVEL_MM, FARTHEST_MM = 9.0, 22.0
"""How far a stack's middle typically and at most lies from its disc: bodies are seen as well."""
ANGLED = 0.65
"""Share of stacks angled with the disc; the others stay straight, as one stack for all levels."""
PLAIN = 0.25
"""Share of samples without added detail, as plain phantoms are rendered."""
CLUTTER = (4, 14)
"""Fewest and most ellipses of other organs beside the spine."""
BENDS = ((14.0, 2.0), (45.0, 5.0))
"""Grain and largest typical size of the in-plane bends, mm."""


def axial_training_sample(
    rng: Generator, *, slices: int = 5, shape: tuple[int, int] = (288, 288)
) -> tuple[NDArray[np.float32], NDArray[np.uint8], tuple[float, float, float]]:
    """Draw a spine, a level and a contrast, and render adjacent axial slices.

    Parameters
    ----------
    rng : numpy.random.Generator
    slices : int
        How many adjacent slices, running upward.
    shape : (I, J)
        Pixels from the patient's right to left and from front to back.

    Returns
    -------
    signal : (S, I, J) float32 array
    labels : (S, I, J) uint8 array
        Index into ``AXIAL_STRUCTURES`` of what fills most of a voxel across its slice.
    spacing_mm : (3,)
        Distance of slice centers, and the pixel size.
    """
    count = int(rng.choice([4, 5, 5, 5, 5, 5, 6]))
    anatomy = draw_anatomy(rng, lumbar_count=count, lesions=draw_frequency(rng))
    is_plain = rng.random() < PLAIN
    anatomy = anatomy if is_plain else remodeled(anatomy, rng)
    protocol = draw_axial_protocol(rng)
    spacing = protocol.slice_mm * float(rng.uniform(1.0, 1.25))
    low, usual, high = PIXEL_MM
    pixel = float(np.clip(rng.normal(usual, 0.08), low, high))
    level = _draw_level(rng, anatomy)
    matrix = _field_of_view(rng, anatomy, level, ((*shape, slices), spacing, pixel))
    i, j, k = (np.arange(n, dtype=np.float64) for n in (*shape, slices))
    grid = Grid(xp=np, device="cpu", matrix=matrix, i=i, j=j, k=k)
    fine = grid.refined((1, 1, SUB_PLANES), (1.0, 1.0, protocol.slice_mm / spacing))
    materials = paint(anatomy, fine)
    if not is_plain:
        _add_detail(Canvas(grid=fine, materials=materials), anatomy, level, rng)
    materials = bent(materials, rng, pixel, BENDS, across=2)
    labels = _fullest(axial_labels(anatomy, materials), slices)
    signal = acquire(anatomy, materials, 2, (protocol, receive_field(grid, protocol)), rng)
    return np.moveaxis(signal, 2, 0).astype(np.float32), labels, (spacing, pixel, pixel)


def draw_axial_protocol(rng: Generator) -> Protocol:
    """A random contrast, mostly T2 and some T1, with jittered times and artifacts."""
    is_t2 = rng.random() < 0.72
    return Protocol(
        contrast=Contrast.T2 if is_t2 else Contrast.T1,
        repetition_ms=float(rng.uniform(2500, 6000) if is_t2 else rng.uniform(400, 800)),
        echo_ms=float(rng.uniform(75, 130) if is_t2 else rng.uniform(7, 18)),
        slice_mm=float(rng.uniform(3.0, 5.0)),
        noise=float(rng.uniform(0.005, 0.05)),
        blur_px=float(rng.uniform(0.3, 0.9)),
        gibbs=float(rng.uniform(0.0, 0.8)),
        bias=float(rng.uniform(0.1, 0.6)),
        motion=float(rng.uniform(0, 0.12)) if rng.random() < 0.2 else 0.0,
        texture=float(rng.uniform(0.6, 1.8)),
        coil_mm=float(rng.choice([40.0, 60.0, 90.0, 140.0, 300.0])),
        saturation_mm=float(rng.uniform(-75, -25)) if rng.random() < 0.4 else None,
    )


def _draw_level(rng: Generator, anatomy: Anatomy) -> int:
    """A disc from the lowest to T12-L1, the lower ones more often."""
    discs = np.arange(anatomy.sacral_count - 1, anatomy.sacral_count + anatomy.lumbar_count)
    weights = np.linspace(1.6, 0.7, len(discs))
    return int(rng.choice(discs, p=weights / weights.sum()))


def _field_of_view(
    rng: Generator,
    anatomy: Anatomy,
    level: int,
    size: tuple[tuple[int, int, int], float, float],
) -> NDArray[np.float64]:
    """An axial grid at a disc or a body, angled with the disc or straight, a bit off center."""
    shape, spacing, pixel = size
    disc = anatomy.discs[level]
    frame = np.array(disc.axes).T
    tilt, bend, turn = rng.normal(0, (5.0, 2.5, 2.5))
    base = frame if rng.random() < ANGLED else np.eye(3)
    directions = base @ np.array(axes_of(float(tilt), float(bend), float(turn))).T
    middle = np.array(disc.origin_lps)
    middle = middle + frame[:, 2] * np.clip(rng.normal(0, LEVEL_MM), -FARTHEST_MM, FARTHEST_MM)
    offset = (rng.normal(0, 7.0), anatomy.segments[level].wall_mm + rng.normal(0, 16.0))
    middle = middle + directions[:, 0] * offset[0] + directions[:, 1] * offset[1]
    matrix = np.eye(4)
    matrix[:3, :3] = directions * [pixel, pixel, spacing]
    matrix[:3, 3] = middle - matrix[:3, :3] @ ((np.array(shape) - 1) / 2)
    return matrix


def _add_detail(canvas: Canvas, anatomy: Anatomy, level: int, rng: Generator) -> None:
    """Paint clutter, joints, rootlets and muscle fat, most but not all of them in each sample."""
    pixel = float(np.linalg.norm(canvas.grid.matrix[:3, 0]))
    if rng.random() < 0.5:
        ilium = (canvas.materials == Base.ILIUM) | (canvas.materials == Base.ILIUM_CORTEX)
        canvas.materials[ilium] = int(Base.MUSCLE)
    _paint_clutter(canvas.materials, rng, pixel)
    for n in range(max(level - 1, anatomy.sacral_count - 1), level + 2):
        if rng.random() < 0.9:
            paint_joints(canvas, anatomy, n, rng)
    clear_front(canvas, anatomy.discs[level])
    if rng.random() < 0.75:
        reshape_sac(canvas.materials, draw_sac_shape(rng), pixel)
    if rng.random() < 0.85:
        paint_rootlets(canvas.materials, draw_rootlets(rng), pixel)
    if rng.random() < 0.9:
        reshape_muscle(canvas.materials, rng, pixel)
    if rng.random() < 0.9:
        paint_muscle_fat(canvas.materials, anatomy, rng, pixel)


def _paint_clutter(materials: NDArray[np.uint8], rng: Generator, pixel: float) -> None:
    """Kidneys, bowel and vessels in the fat beside and before the spine, alike on all planes."""
    kinds = (Base.BOWEL, Base.ORGAN, Base.ORGAN, Base.MUSCLE, Base.GAS, Base.VESSEL, Base.FLUID)
    rows, columns = materials.shape[:2]
    i, j = np.ogrid[:rows, :columns]
    free = materials == Base.FAT
    for _ in range(int(rng.integers(*CLUTTER))):
        at = rng.uniform(0, 1, 2) * (rows, 0.6 * columns)
        radii = rng.uniform(3, 26, 2) / pixel
        near = ((i - at[0]) / radii[0]) ** 2 + ((j - at[1]) / radii[1]) ** 2
        kind = int(kinds[int(rng.integers(len(kinds)))])
        materials[free & (near < 1)[:, :, None]] = int(Base.BOWEL)
        materials[free & (near < 0.8)[:, :, None]] = kind


def _fullest(structures: NDArray[np.uint8], slices: int) -> NDArray[np.uint8]:
    """(S, I, J): what is found on most planes of each slice; a tie with background goes to it."""
    planes = np.moveaxis(structures, 2, 0)
    planes = planes.reshape(slices, SUB_PLANES, *planes.shape[1:])
    best = np.full((slices, *planes.shape[2:]), -1.0, dtype=np.float32)
    result = np.zeros(best.shape, dtype=np.uint8)
    for code in range(len(AXIAL_STRUCTURES)):
        votes = (planes == code).sum(axis=1) - (0.5 if code == 0 else 0.0)
        wins = votes > np.maximum(best, 0)
        result[wins] = code
        best = np.where(wins, votes, best)
    return result
