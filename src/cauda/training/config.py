"""The one small file that says how a network is trained."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any, ClassVar, TypeVar

from cauda.errors import UsageError
from cauda.training.label_sets import SAGITTAL, Meanings
from cauda.vocab import STRUCTURES, Plane

SMOKE_STEPS = 400
"""Long enough for bodies, discs and sac to be found in phantoms."""
SMOKE_CHANNELS = (16, 32, 64, 128)


@dataclass(frozen=True, slots=True, kw_only=True)
class RunConfig:
    """What decides a training run of a network of either plane.

    Parameters
    ----------
    channels : tuple of int
        Feature channels of the U-Net's levels; each level halves the resolution.
    refine : int
        Full-resolution channels that correct the U-Net's answer; 0 for none.
    pixel_mm : float
        Isotropic in-plane working pixel.
    real : int
        Real slices in one step.
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
    phantoms : int
        Phantom samples to draw from; each is made when it is first drawn.
    seed : int
    init : str
        Bundle (its name or folder) or weights file to begin with; empty for random weights.
    save_every_s : float
        Seconds between two checkpoints: what a kill can cost.
    workers : int
        Processes that prepare batches; 0 prepares them in the training process.
    """

    plane: ClassVar[Plane]
    """Of the slices that the network reads."""
    meanings: ClassVar[Meanings]
    """What the codes of a batch mean, and which structures the network tells apart."""

    channels: tuple[int, ...] = (24, 48, 96, 192, 256)
    refine: int = 0
    pixel_mm: float = 0.75
    real: int = 4
    steps: int = 5200
    learning_rate: float = 3e-3
    weight_decay: float = 1e-4
    clip_norm: float = 1.0
    amp: bool = True
    ema: float = 0.995
    dice_weight: float = 1.0
    validation: tuple[str, ...] = ("11", "61", "107", "118", "129", "136")
    validate_every: int = 500
    phantoms: int = 460
    seed: int = 1
    init: str = ""
    save_every_s: float = 30.0
    workers: int = 1

    @property
    def architecture(self) -> dict[str, Any]:
        """Arguments of :func:`cauda.nets.network.build_network` that differ from its defaults."""
        count = len(self.meanings.structures)
        structures = {"structures": count} if count != len(STRUCTURES) else {}
        refine = {"refine": self.refine} if self.refine else {}
        return {"channels": self.channels, **structures, **refine}

    @property
    def multiple(self) -> int:
        """What the axes of the input must be a multiple of: every level but one halves it."""
        return int(2 ** (len(self.channels) - 1))

    def as_json(self) -> dict[str, Any]:
        """Plain values, as written to the configuration file."""
        return {"plane": self.plane.value, **asdict(self)}


@dataclass(frozen=True, slots=True, kw_only=True)
class TrainConfig(RunConfig):
    """Everything that decides a training run of the sagittal network.

    Parameters
    ----------
    crop : (2,) tuple of int
        Pixels of a training crop along posterior and superior.
    phantom : int
        Phantom slices in one step.
    phantom_from : int
        First step with phantoms; before it real slices fill the batch.
    pseudo : int
        Slices of a step that a teacher network labelled.
    pseudo_from : int
        First step with those.
    mild : float
        Share of the real slices that are changed only a little.
    validation_phantoms : int
        Unseen phantoms that are validated besides.
    data : tuple of str
        Cards of data sets to learn from, beside those that the command names.
    """

    plane: ClassVar[Plane] = Plane.SAGITTAL
    meanings: ClassVar[Meanings] = SAGITTAL

    crop: tuple[int, int] = (224, 320)
    phantom: int = 3
    phantom_from: int = 300
    pseudo: int = 0
    pseudo_from: int = 0
    mild: float = 0.0
    validation_phantoms: int = 4
    data: tuple[str, ...] = ()

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


Config = TypeVar("Config", bound=RunConfig)


def read_config(path: Path) -> TrainConfig:
    """Read the configuration of a sagittal network, as :func:`read_as` does."""
    return read_as(TrainConfig, path)


def read_as(kind: type[Config], path: Path) -> Config:
    """Read the ``training`` table of a JSON file.

    Raises
    ------
    UsageError
        If the file is not JSON, is of another plane, or names an unknown setting.
    """
    table = _table(path)
    plane = table.pop("plane", Plane.SAGITTAL.value)
    if plane != kind.plane.value:
        msg = f"{path} is of plane {plane!r}, but one of plane {kind.plane.value!r} is needed."
        raise UsageError(msg)
    known = {f.name for f in fields(kind)}
    unknown = sorted(set(table) - known)
    if unknown:
        msg = f"{path}: unknown setting {unknown[0]!r}; known are {', '.join(sorted(known))}."
        raise UsageError(msg)
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return kind(**values)


def is_axial(path: Path) -> bool:
    """Whether a configuration says ``"plane": "axial"``; without a plane it is of a sagittal one.

    Raises
    ------
    UsageError
        If the file is not JSON.
    """
    return bool(_table(path).get("plane") == Plane.AXIAL.value)


def _table(path: Path) -> dict[str, Any]:
    try:
        return dict(json.loads(path.read_text(encoding="utf-8"))["training"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        msg = f"{path} is no training configuration: it needs JSON with a 'training' table."
        raise UsageError(msg) from error
