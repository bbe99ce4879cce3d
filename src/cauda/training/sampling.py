"""Cut training slices from volumes: clinical slice geometry, random pose, random crop.

A sample is a slice and its two neighbors. Thin slices are averaged to 1-4.5 mm first, and the
neighbors lie 1-5 mm away, so that one network serves thin and thick stacks.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

from cauda.geometry import Array
from cauda.training import label_sets
from cauda.training.spider import Case
from cauda.vocab import Structure

THICKNESS_MM = (1.0, 4.5)
SPACING_MM = (1.0, 5.0)
ALONE = 0.08
"""Share of samples whose neighbors are copies of the slice, as in a single-slice series."""
ROTATION_DEG = 18.0
ZOOM = 0.28
"""Natural logarithm of the largest zoom, in or out."""
STRETCH = 0.08
SHEAR = 0.08
ELASTIC_MM = 3.0
MILD = 0.3
"""Strength of the geometric changes of a mild sample."""
OFFSET = (0.25, 0.38)
"""How far, as a share of the crop, the aimed-at point may lie from its center (J, K)."""
INSIDE = 0.36
"""Share of the crop by which its center keeps away from the edge of the image."""
AIM_AT = np.asarray([Structure.BACKGROUND not in s for s in label_sets.LABEL_SETS], dtype=bool)
"""Codes of spine structures, one voxel of which each crop aims at."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slabs:
    """Which source slices make a sample.

    Parameters
    ----------
    center, below, above : tuple of int
        Slices averaged to the slice itself and to its neighbors to the right and left.
    """

    center: tuple[int, ...]
    below: tuple[int, ...]
    above: tuple[int, ...]


def draw_slabs(slices: int, spacing_mm: float, rng: np.random.Generator) -> Slabs:
    """Choose slice thickness, neighbor distance and position along the stack."""
    thickness = max(1, round(rng.uniform(*THICKNESS_MM) / spacing_mm))
    thickness = min(thickness, slices)
    step = max(thickness, round(rng.uniform(*SPACING_MM) / spacing_mm))
    start = int(rng.integers(0, slices - thickness + 1))
    center = tuple(range(start, start + thickness))
    alone = rng.random() < ALONE

    def moved(offset: int) -> tuple[int, ...]:
        inside = tuple(s + offset for s in center if 0 <= s + offset < slices)
        return center if alone or not inside else inside

    return Slabs(center=center, below=moved(-step), above=moved(step))


def draw_mild_sample(
    case: Case, rng: np.random.Generator, pixel_mm: float, crop: tuple[int, int]
) -> tuple[Tensor, Tensor]:
    """Cut one random sample that is hardly turned or stretched, and not bent."""
    return draw_sample(case, rng, pixel_mm, crop, strength=MILD)


def draw_sample(
    case: Case,
    rng: np.random.Generator,
    pixel_mm: float,
    crop: tuple[int, int],
    strength: float = 1.0,
) -> tuple[Tensor, Tensor]:
    """Cut one random sample.

    ``strength`` scales turn, zoom, stretch and shear; only at 1 is a sample bent as well.

    Returns
    -------
    signal : (3, J, K) float32 tensor
        Neighbor to the right, the slice, neighbor to the left; about 0 to 1.
    codes : (J, K) int64 tensor
    """
    slabs = draw_slabs(len(case.signal), case.spacing_mm[0], rng)
    if rng.random() < 0.5:
        slabs = Slabs(center=slabs.center, below=slabs.above, above=slabs.below)
    means = [
        case.signal[list(s)].mean(axis=0, dtype=np.float32)
        for s in (slabs.below, slabs.center, slabs.above)
    ]
    codes = case.codes[list(slabs.center)]
    plane = codes[len(codes) // 2]
    grid = draw_grid(plane, case.spacing_mm[1:], rng, pixel_mm, crop, strength)
    signal = torch.from_numpy(np.stack(means))[None]
    signal = functional.grid_sample(signal, grid, mode="bilinear", align_corners=True)[0]
    labels = torch.from_numpy(codes.astype(np.float32))[None]
    labels = functional.grid_sample(labels, grid, mode="nearest", align_corners=True)[0]
    return signal, torch.from_numpy(vote(labels.numpy().astype(np.uint8)).astype(np.int64))


def vote(codes: Array) -> Array:
    """(N, J, K) uint8 codes of averaged slices -> the most frequent one in each pixel."""
    winner: Array = codes[0].copy()
    most = np.zeros(codes.shape[1:], dtype=np.uint8)
    if len(codes) == 1:
        return winner
    for code in np.flatnonzero(np.bincount(codes.ravel())):
        count = np.add.reduce(codes == code, axis=0, dtype=np.uint8)
        winner[count > most] = code
        most = np.maximum(most, count)
    return winner


def draw_grid(
    codes: Array,
    spacing_mm: tuple[float, ...],
    rng: np.random.Generator,
    pixel_mm: float,
    crop: tuple[int, int],
    strength: float = 1.0,
) -> Tensor:
    """Random affine and elastic sampling grid aimed at the spine.

    Returns
    -------
    (1, J, K, 2) float32 tensor as ``grid_sample`` takes it
    """
    spacing, extent = np.asarray(spacing_mm), np.asarray(codes.shape) - 1
    aim = np.argwhere(AIM_AT[codes])
    target = aim[rng.integers(len(aim))] if len(aim) else rng.uniform(0, 1, 2) * extent
    angle = strength * np.deg2rad(rng.uniform(-ROTATION_DEG, ROTATION_DEG))
    turn = np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    zoom = rng.uniform(-ZOOM, ZOOM) + rng.uniform(-STRETCH, STRETCH, 2)
    stretch = np.exp(strength * zoom)
    shear = np.asarray([[1.0, strength * rng.uniform(-SHEAR, SHEAR)], [0.0, 1.0]])
    matrix = turn @ np.diag(stretch) @ shear
    shift = rng.uniform(-1, 1, 2) * np.asarray(OFFSET) * crop * pixel_mm
    margin = np.minimum(INSIDE * np.asarray(crop) * pixel_mm, spacing * extent / 2)
    center_mm = np.clip(target * spacing + shift, margin, spacing * extent - margin)
    axes = [np.arange(n, dtype=np.float32) - n / 2 for n in crop]
    pixels = np.stack(np.meshgrid(*axes, indexing="ij"), axis=-1) * pixel_mm
    points_mm = torch.from_numpy((pixels @ matrix.T).astype(np.float32))
    if strength == 1.0 and rng.random() < 0.4:
        points_mm = points_mm + _elastic(rng, crop)
    grid = (points_mm + torch.from_numpy(center_mm.astype(np.float32))) * torch.from_numpy(
        (2.0 / (spacing * extent)).astype(np.float32)
    ) - 1.0
    return grid.flip(-1)[None]


def _elastic(rng: np.random.Generator, crop: tuple[int, int]) -> Tensor:
    """(J, K, 2) smooth displacement in mm."""
    coarse = rng.normal(0, rng.uniform(0, ELASTIC_MM / 2), (1, 2, 5, 7)).astype(np.float32)
    field = functional.interpolate(
        torch.from_numpy(coarse), size=crop, mode="bicubic", align_corners=True
    )
    return field[0].permute(1, 2, 0)
