"""One item is the batch of one step of axial slices, drawn from (seed, step) alone."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from cauda.training.axial_config import AxialConfig
from cauda.training.axial_phantoms import AxialCase
from cauda.training.dataset import CaseSource, batch_of
from cauda.training.intensity import augment, augment_mildly
from cauda.training.reslice import cut_slice
from cauda.vocab import AXIAL_STRUCTURES, Structure

ALONE = 0.15
"""Share of samples whose neighbors are copies of the slice: a gap or a stack's end lies there."""
ROTATION_DEG = 12.0
ZOOM = 0.22
"""Natural logarithm of the largest zoom, in or out."""
STRETCH = 0.12
SHEAR = 0.06
SHIFT_MM = 18.0
"""How far the crop's center may lie from the image's."""
ELASTIC_MM = 1.6
DISC_PIXELS = 400.0
"""A slice with this much disc is drawn twice as often as one without any."""


class AxialSteps(Dataset[tuple[Tensor, Tensor]]):
    """Batches by step number.

    Parameters
    ----------
    config : AxialConfig
    phantom : callable
        Picks a random phantom.
    real : CaseSource, optional
        Sagittal volumes with masks; phantoms take their place where there are none.
    """

    def __init__(
        self,
        config: AxialConfig,
        phantom: Callable[[np.random.Generator], AxialCase],
        real: CaseSource | None = None,
    ) -> None:
        self.config, self.phantom, self.real = config, phantom, real

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """(B, 3, I, J) float32 signals and (B, I, J) int64 codes of step ``step``."""
        rng = np.random.default_rng((self.config.seed, step))
        return batch_of(self._drawn(n < self.config.real, rng) for n in range(self.config.batch))

    def _drawn(self, is_real: bool, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        """One slice and its neighbors, posed and changed at random."""
        if is_real and self.real is not None:
            signal, codes = self._cut(self.real, rng)
        else:
            case = self.phantom(rng)
            signal, codes = draw_slice(case, rng, self.config.pixel_mm, self.config.crop)
        change = augment_mildly if rng.random() < self.config.mild else augment
        return change(signal, rng), codes

    def _cut(self, source: CaseSource, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        case = source(rng)
        offsets_mm = draw_offsets_mm(rng, self.config.pixel_mm, self.config.crop)
        signal, codes = cut_slice(case, rng, offsets_mm, is_alone=rng.random() < ALONE)
        if rng.random() < 0.5:
            signal, codes = signal.flip(1), codes.flip(0)
        return signal, codes


def draw_slice(
    case: AxialCase, rng: np.random.Generator, pixel_mm: float, crop: int
) -> tuple[Tensor, Tensor]:
    """Cut one slice and its neighbors below and above, in a random pose.

    Returns
    -------
    signal : (3, I, J) float32 tensor
        About 0 to 1.
    codes : (I, J) int64 tensor
    """
    count = len(case.signal)
    disc = (case.codes == AXIAL_STRUCTURES.index(Structure.DISC)).sum(axis=(1, 2))
    weight = 1.0 + disc / DISC_PIXELS
    index = int(rng.choice(count, p=weight / weight.sum()))
    wanted = [index - 1, index, index + 1]
    if rng.random() < ALONE:
        wanted = [index] * 3
    if rng.random() < 0.5:
        wanted.reverse()
    planes = case.signal[[n if 0 <= n < count else index for n in wanted]]
    grid = draw_pose(case.spacing_mm[1:], case.signal.shape[1:], rng, pixel_mm, crop)
    if rng.random() < 0.5:
        grid = grid.flip(1)
    signal = functional.grid_sample(
        torch.from_numpy(planes)[None], grid, mode="bilinear", align_corners=True
    )[0]
    codes = torch.from_numpy(case.codes[index].astype(np.float32))[None, None]
    codes = functional.grid_sample(codes, grid, mode="nearest", align_corners=True)[0, 0]
    return signal, codes.to(torch.int64)


def draw_pose(
    spacing_mm: tuple[float, ...],
    shape: tuple[int, ...],
    rng: np.random.Generator,
    pixel_mm: float,
    crop: int,
) -> Tensor:
    """(1, I, J, 2) float32 sampling grid as ``grid_sample`` takes it: affine and elastic."""
    extent_mm = torch.from_numpy(np.asarray(spacing_mm) * (np.asarray(shape) - 1))
    grid = draw_offsets_mm(rng, pixel_mm, crop) * (2.0 / extent_mm)
    return grid.flip(-1)[None].float()


def draw_offsets_mm(rng: np.random.Generator, pixel_mm: float, crop: int) -> Tensor:
    """(I, J, 2) places of a crop's pixels round the point it is cut at: affine and elastic."""
    angle = np.deg2rad(rng.uniform(-ROTATION_DEG, ROTATION_DEG))
    turn = np.asarray([[np.cos(angle), -np.sin(angle)], [np.sin(angle), np.cos(angle)]])
    scale = np.exp(rng.uniform(-ZOOM, ZOOM) + rng.uniform(-STRETCH, STRETCH, 2))
    shear = np.asarray([[1.0, rng.uniform(-SHEAR, SHEAR)], [0.0, 1.0]])
    axis = np.arange(crop, dtype=np.float32) - (crop - 1) / 2
    pixels = np.stack(np.meshgrid(axis, axis, indexing="ij"), axis=-1) * pixel_mm
    points = pixels @ (turn @ np.diag(scale) @ shear).T + rng.uniform(-SHIFT_MM, SHIFT_MM, 2)
    coarse = torch.from_numpy(rng.normal(0, rng.uniform(0, ELASTIC_MM), (1, 2, 7, 7)))
    bend = functional.interpolate(coarse, size=(crop, crop), mode="bicubic", align_corners=True)
    return torch.from_numpy(points) + bend[0].permute(1, 2, 0)
