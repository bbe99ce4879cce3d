"""Training the axial network on phantoms and on real volumes cut across.

One file says how; a run that is killed goes on from its last minute.
"""

from __future__ import annotations

import copy
import json
import logging
import time
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from cauda.errors import UsageError
from cauda.evaluation.overlap import dice
from cauda.nets.memory import keep_freed_memory
from cauda.nets.network import build_network
from cauda.nets.normalize import standardize
from cauda.training.axial_phantoms import read_case, store_cases
from cauda.training.axial_steps import AxialConfig, AxialSteps, draw_slice
from cauda.training.label_sets import AXIAL
from cauda.training.loop import one_cycle
from cauda.training.losses import PartialLabelLoss
from cauda.training.reslice import cut_slice
from cauda.training.spider import Case, patients
from cauda.training.spider import read_case as read_patient
from cauda.vocab import Plane

log = logging.getLogger(__name__)

AVERAGE, CHECKPOINT, PROGRESS = "average.pt", "checkpoint.pt", "progress.jsonl"
SAVE_EVERY_S = 60.0
REPORT_EVERY = 20
HELD_OUT_FROM = 100_000
"""Number of the first phantom that is validated on; training numbers lie below."""
SLICES_A_PATIENT = 6
"""Slices of each unseen patient that are validated on."""


@dataclass(slots=True, kw_only=True)
class AxialRun:
    """What changes while training; all of it is in a checkpoint."""

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    step: int = 0

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a saved state."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = int(state["step"])


def read_axial_config(path: Path) -> AxialConfig:
    """Read the ``training`` table of a JSON file whose plane is axial.

    Raises
    ------
    UsageError
        If the file is not JSON, is of another plane, or names an unknown setting.
    """
    try:
        table = json.loads(path.read_text(encoding="utf-8"))["training"]
    except (OSError, ValueError, KeyError) as error:
        msg = f"{path} is no training configuration: it needs JSON with a 'training' table."
        raise UsageError(msg) from error
    unknown = sorted(set(table) - {f.name for f in fields(AxialConfig)})
    if unknown or table.get("plane") != Plane.AXIAL.value:
        wrong = f"unknown setting {unknown[0]!r}" if unknown else "its plane is not 'axial'"
        msg = f"{path}: {wrong}; see cauda.training.axial_steps.AxialConfig for what is allowed."
        raise UsageError(msg)
    values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in table.items()}
    return AxialConfig(**values)


def smoke(config: AxialConfig) -> AxialConfig:
    """The same recipe, shortened to give numbers within minutes."""
    return replace(config, steps=40, batch=2, crop=128, phantoms=4, held_out=2, validate_every=40)


def train_axial(
    config: AxialConfig, folder: Path, phantoms: Path, spider: Path | None = None
) -> Path:
    """Train, or go on training, the axial network.

    Parameters
    ----------
    config : AxialConfig
    folder : Path
        Gets ``checkpoint.pt`` at least every minute, ``progress.jsonl`` and ``average.pt``.
    phantoms : Path
        Where phantoms are kept; missing ones are made.
    spider : Path, optional
        Folder of SPIDER's SPACE cases, which are cut across; phantoms alone without it.

    Returns
    -------
    Path
        The averaged weights.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    torch.manual_seed(config.seed)
    run = _start(config)
    if (folder / CHECKPOINT).exists():
        run.restore(torch.load(folder / CHECKPOINT, weights_only=True))
        log.info("going on from step %d", run.step)
    held_out = range(HELD_OUT_FROM, HELD_OUT_FROM + config.held_out)
    store_cases(phantoms, held_out, config.seed)
    real, examined = _volumes(config, spider)
    left = Subset(AxialSteps(config, phantoms, real), range(run.step, config.steps))
    loss_of = PartialLabelLoss(meanings=AXIAL)
    saved = started = time.monotonic()
    losses: list[float] = []
    for signals, codes in DataLoader(left, batch_size=None, num_workers=1, prefetch_factor=4):
        losses.append(_step(run, loss_of, signals, codes, config))
        if run.step % REPORT_EVERY == 0:
            pace = (time.monotonic() - started) / len(losses)
            _report(folder, run.step, {"loss": float(np.mean(losses)), "s": pace})
            started, losses = time.monotonic(), []
        is_over = run.step == config.steps
        if run.step % config.validate_every == 0 or is_over:
            _report(folder, run.step, validate(run.average, config, phantoms, examined))
        if time.monotonic() - saved > SAVE_EVERY_S or is_over:
            _save(run.state(), folder / CHECKPOINT)
            saved = time.monotonic()
    _save(run.average.state_dict(), folder / AVERAGE)
    return folder / AVERAGE


def _start(config: AxialConfig) -> AxialRun:
    network = build_network(**config.architecture)
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    return AxialRun(network=network, average=copy.deepcopy(network).eval(), optimizer=optimizer)


def _step(
    run: AxialRun, loss_of: nn.Module, signals: Tensor, codes: Tensor, config: AxialConfig
) -> float:
    """Do one optimizer step and return its loss."""
    run.network.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = run.network(signals.contiguous(memory_format=torch.channels_last))
    loss: Tensor = loss_of(logits, codes)
    for group in run.optimizer.param_groups:
        group["lr"] = config.learning_rate * one_cycle(run.step / config.steps)
    run.optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(run.network.parameters(), config.clip_norm)
    run.optimizer.step()
    run.step += 1
    decay = min(config.ema, (1 + run.step) / (10 + run.step))
    with torch.no_grad():
        new = [p.detach() for p in run.network.parameters()]
        torch._foreach_lerp_(list(run.average.parameters()), new, 1.0 - decay)
    return float(loss.detach())


def _volumes(config: AxialConfig, spider: Path | None) -> tuple[list[Case], list[Case]]:
    """Patients to learn from, and those kept out."""
    if spider is None:
        return [], []
    known = patients(spider)
    learned = [read_patient(spider, p) for p in known if p not in config.validation]
    return learned, [read_patient(spider, p) for p in known if p in config.validation]


def validate(
    network: nn.Module, config: AxialConfig, phantoms: Path, examined: Sequence[Case] = ()
) -> dict[str, float]:
    """Dice on one posed slice of every phantom held out, and on slices of unseen patients."""
    numbers = range(HELD_OUT_FROM, HELD_OUT_FROM + config.held_out)
    drawn = [
        draw_slice(
            read_case(phantoms / f"{n:05d}.npz"),
            np.random.default_rng(n),
            config.pixel_mm,
            config.crop,
        )
        for n in numbers
    ]
    figures = _overlaps(network, drawn, "dice")
    upright = _upright(config.pixel_mm, config.crop)
    cut = [
        cut_slice(case, np.random.default_rng(n), upright)
        for case in examined
        for n in range(SLICES_A_PATIENT)
    ]
    return figures | (_overlaps(network, cut, "real") if cut else {})


def _upright(pixel_mm: float, crop: int) -> Tensor:
    """(I, J, 2) places of an unturned crop's pixels."""
    axis = (torch.arange(crop) - (crop - 1) / 2) * pixel_mm
    return torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1)


def _overlaps(
    network: nn.Module, drawn: Sequence[tuple[Tensor, Tensor]], name: str
) -> dict[str, float]:
    """Pooled Dice of every group that occurs, where its membership is known."""
    known, inside = AXIAL.membership()
    guesses = []
    for signal, _ in drawn:
        # Standardized as in training, but not otherwise changed.
        flat = np.stack([standardize(plane) for plane in signal.numpy()])
        with torch.inference_mode():
            guesses.append(network(torch.from_numpy(flat)[None])[0].argmax(dim=0).numpy())
    truth, guess = np.stack([codes.numpy() for _, codes in drawn]), np.stack(guesses)
    member = AXIAL.grouped().astype(bool)
    figures = {}
    for n, group in enumerate(AXIAL.groups):
        sure = known[truth, n] > 0
        found = dice(sure & (inside[truth, n] > 0), sure & member[n][guess])
        if np.isfinite(found):
            figures[f"{name}_{'+'.join(sorted(s.value for s in group))}"] = found
    return figures


def _save(state: dict[str, Any], path: Path) -> None:
    """Write so that a kill never leaves a broken file."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)


def _report(folder: Path, step: int, figures: dict[str, float]) -> None:
    row = {"step": step} | {name: round(value, 4) for name, value in figures.items()}
    log.info(" ".join(f"{name}={value}" for name, value in row.items()))
    with (folder / PROGRESS).open("a", encoding="utf-8") as out:
        out.write(json.dumps(row) + "\n")
