"""What decides a training run of the axial network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import Path
from typing import ClassVar

from cauda.training.config import RunConfig, read_as
from cauda.training.label_sets import AXIAL, Meanings
from cauda.vocab import Plane


@dataclass(frozen=True, slots=True, kw_only=True)
class AxialConfig(RunConfig):
    """Everything that decides a training run of the axial network.

    ``"plane": "axial"`` tells its file from that of the sagittal one.

    Parameters
    ----------
    crop : int
        Pixels along each side of a training crop.
    batch : int
        Slices a step; ``real`` of them are cut from real volumes, the others are of phantoms.
    mild : float
        Share of the slices whose look is changed only a little.
    held_out : int
        Unseen phantoms that are validated on.
    """

    plane: ClassVar[Plane] = Plane.AXIAL
    meanings: ClassVar[Meanings] = AXIAL

    channels: tuple[int, ...] = (16, 32, 64, 128, 192)
    pixel_mm: float = 0.6
    crop: int = 256
    batch: int = 6
    real: int = 0
    mild: float = 0.0
    steps: int = 3000
    ema: float = 0.99
    phantoms: int = 300
    held_out: int = 12

    def smoke(self) -> AxialConfig:
        """The same recipe, shortened to give numbers within minutes."""
        return replace(self, steps=40, batch=2, crop=128, phantoms=4, held_out=2, validate_every=40)


def read_axial_config(path: Path) -> AxialConfig:
    """Read the configuration of an axial network, as :func:`cauda.training.config.read_as` does."""
    return read_as(AxialConfig, path)
