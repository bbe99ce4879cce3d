"""One item is the batch of one step of axial slices, drawn from (seed, step) alone."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, ClassVar

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional
from torch.utils.data import Dataset

from cauda.nets.normalize import standardize
from cauda.training.axial_phantoms import AxialCase, read_case, store_cases
from cauda.training.intensity import augment
from cauda.training.reslice import cut_slice
from cauda.training.spider import Case
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


@dataclass(frozen=True, slots=True, kw_only=True)
class AxialConfig:
    """Everything that decides a training run of the axial network.

    Parameters
    ----------
    plane : str
        ``axial``: tells the file of this network from that of the sagittal one.
    channels : tuple of int
        Feature channels of the U-Net's levels.
    pixel_mm : float
        Isotropic in-plane working pixel.
    crop : int
        Pixels along each side of a training crop.
    batch, real, steps : int
        Slices a step, how many of them are cut from real volumes, and steps of the one-cycle
        schedule.
    learning_rate, weight_decay, clip_norm, ema : float
        Of AdamW, the largest gradient norm, and the decay of the averaged weights.
    phantoms, held_out : int
        Phantoms made ahead of training, and how many more are validated on.
    validation : tuple of str
        Patients never trained on.
    validate_every : int
        Steps between two validations.
    seed : int
    """

    plane: str = "axial"
    channels: tuple[int, ...] = (16, 32, 64, 128, 192)
    pixel_mm: float = 0.6
    crop: int = 256
    batch: int = 6
    real: int = 0
    steps: int = 3000
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    ema: float = 0.99
    phantoms: int = 300
    held_out: int = 12
    validation: tuple[str, ...] = ("11", "61", "107", "118", "129", "136")
    validate_every: int = 500
    seed: int = 1
    refine: ClassVar[int] = 0
    """The network has no refinement at full resolution."""

    @property
    def architecture(self) -> dict[str, Any]:
        """Arguments of :func:`cauda.nets.network.build_network`."""
        return {"channels": self.channels, "structures": len(AXIAL_STRUCTURES)}

    @property
    def multiple(self) -> int:
        """What the axes of a slice must be multiples of: every level but one halves it."""
        return int(2 ** (len(self.channels) - 1))


class AxialSteps(Dataset[tuple[Tensor, Tensor]]):
    """Batches by step number, of phantoms that are made when they are first needed.

    Parameters
    ----------
    config : AxialConfig
    folder : Path
        Where phantoms are kept.
    real : sequence of Case
        Sagittal volumes with masks; phantoms take their place where there are none.
    """

    def __init__(self, config: AxialConfig, folder: Path, real: Sequence[Case] = ()) -> None:
        self.config, self.folder, self.real = config, folder, real

    def __len__(self) -> int:
        return self.config.steps

    def __getitem__(self, step: int) -> tuple[Tensor, Tensor]:
        """(B, 3, I, J) float32 signals and (B, I, J) int64 codes of step ``step``."""
        config = self.config
        rng = np.random.default_rng((config.seed, step))
        signals, codes = [], []
        for n in range(config.batch):
            is_real = n < config.real and len(self.real) > 0
            signal, code = self._real(rng) if is_real else self._phantom(rng)
            signal = augment(signal, rng)
            scaled = [standardize(plane) for plane in signal.numpy()]
            signals.append(torch.from_numpy(np.stack(scaled)))
            codes.append(code)
        return torch.stack(signals), torch.stack(codes)

    def _phantom(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        number = int(rng.integers(self.config.phantoms))
        store_cases(self.folder, range(number, number + 1), self.config.seed)
        case = read_case(self.folder / f"{number:05d}.npz")
        return draw_slice(case, rng, self.config.pixel_mm, self.config.crop)

    def _real(self, rng: np.random.Generator) -> tuple[Tensor, Tensor]:
        case = self.real[int(rng.integers(len(self.real)))]
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
