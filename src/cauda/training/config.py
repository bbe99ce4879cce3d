"""The one small file that says how a network is trained."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

from cauda.errors import UsageError

SMOKE_STEPS = 400
"""Long enough for bodies, discs and sac to be found in phantoms."""
SMOKE_CHANNELS = (16, 32, 64, 128)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig:
    """Everything that decides a training run.

    Parameters
    ----------
    channels : tuple of int
        Feature channels of the U-Net's levels; each level halves the resolution.
    refine : int
        Full-resolution channels that correct the U-Net's answer; 0 for none.
    pixel_mm : float
        Isotropic in-plane working pixel.
    crop : (2,) tuple of int
        Pixels of a training crop along posterior and superior.
    real, phantom : int
        Slices of each kind in one step.
    phantom_from : int
        First step with phantoms; before it real slices fill the batch.
    pseudo : int
        Slices of a step that a teacher network labelled.
    pseudo_from : int
        First step with those.
    mild : float
        Share of the real slices that are changed only a little.
    steps : int
        Optimizer steps of the one-cycle schedule.
    learning_rate, weight_decay, clip_norm : float
        Of AdamW, and the largest gradient norm.
    amp : bool
        Convolutions in half precision, as the device has it.
    ema : float
        Decay of the weight average that is validated and shipped, per step.
    dice_weight : float
        Weight of the overlap loss beside cross-entropy.
    validation : tuple of str
        Patients never trained on.
    validate_every : int
        Steps between two validations.
    validation_phantoms : int
        Unseen phantoms that are validated besides.
    phantoms : int
        Phantom samples to draw from; each is made when it is first drawn.
    seed : int
    init : str
        Bundle (its name or folder) or weights file to begin with; empty for random weights.
    data : tuple of str
        Cards of data sets to learn from, beside those that the command names.
    save_every_s : float
        Seconds between two checkpoints: what a kill can cost.
    workers : int
        Processes that prepare batches; 0 prepares them in the training process.
    """

    channels: tuple[int, ...] = (24, 48, 96, 192, 256)
    refine: int = 0
    pixel_mm: float = 0.75
    crop: tuple[int, int] = (224, 320)
    real: int = 4
    phantom: int = 3
    phantom_from: int = 300
    pseudo: int = 0
    pseudo_from: int = 0
    mild: float = 0.0
    steps: int = 5200
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    amp: bool = True
    ema: float = 0.995
    dice_weight: float = 1.0
    validation: tuple[str, ...] = ("11", "61", "107", "118", "129", "136")
    validate_every: int = 500
    validation_phantoms: int = 4
    phantoms: int = 460
    seed: int = 1
    init: str = ""
    data: tuple[str, ...] = ()
    save_every_s: float = 30.0
    workers: int = 1

    @property
    def architecture(self) -> dict[str, Any]:
        """Arguments of :func:`cauda.nets.network.build_network`."""
        refine = {"refine": self.refine} if self.refine else {}
        return {"channels": self.channels, **refine}

    @property
    def multiple(self) -> int:
        """What J and K of the network's input must be a multiple of: every level but one halves."""
        return int(2 ** (len(self.channels) - 1))

    def smoke(self) -> TrainConfig:
        """The same recipe, smaller and coarser, to give rising figures within minutes."""
        return replace(
            self,
            channels=SMOKE_CHANNELS,
            refine=0,
            pixel_mm=2 * self.pixel_mm,
            steps=SMOKE_STEPS,
            real=2,
            phantom=2,
            phantom_from=0,
            pseudo=0,
            mild=1.0,
            crop=(112, 160),
            validate_every=SMOKE_STEPS // 4,
            validation_phantoms=2,
            phantoms=16,
            ema=0.96,
        )

    def as_json(self) -> dict[str, Any]:
        """Plain values, as written to the configuration file."""
        return asdict(self)


def read_config(path: Path) -> TrainConfig:
    """Read the ``training`` table of a JSON file.

    Raises
    ------
    UsageError
        If the file is not JSON or names an unknown setting.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))["training"]
    except (OSError, ValueError, KeyError) as error:
        msg = f"{path} is no training configuration: it needs JSON with a 'training' table."
        raise UsageError(msg) from error
    known = {f.name for f in fields(TrainConfig)}
    unknown = sorted(set(table) - known)
    if unknown:
        msg = f"{path}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}."
        raise UsageError(msg)
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return TrainConfig(**values)
