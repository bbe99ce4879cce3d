"""The training loop: resumable to the minute, averaged weights, validation on whole slices."""

from __future__ import annotations

import json
import logging
import math
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Subset

from cauda.nets.memory import keep_freed_memory
from cauda.nets.network import build_network
from cauda.training.config import TrainConfig
from cauda.training.dataset import Steps
from cauda.training.losses import PartialLabelLoss

log = logging.getLogger(__name__)

SAVE_EVERY_S = 60.0
REPORT_EVERY = 20
WARM_UP = 0.1
"""Share of the one-cycle schedule in which the learning rate rises."""
LOWEST_RATE = 1e-3
"""Learning rate at both ends, as a share of the largest."""

Validate = Callable[[nn.Module], dict[str, float]]


@dataclass(slots=True, kw_only=True)
class Run:
    """What changes while training; all of it is in a checkpoint."""

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    step: int = 0

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        parts = {"network": self.network, "average": self.average}
        states = {name: part.state_dict() for name, part in parts.items()}
        return states | {
            "optimizer": self.optimizer.state_dict(),
            "step": self.step,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a saved state."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.step = int(state["step"])


def train(config: TrainConfig, steps: Steps, folder: Path, validate: Validate) -> nn.Module:
    """Train, or go on training, and return the averaged network.

    Parameters
    ----------
    config : TrainConfig
    steps : Steps
        The batches.
    folder : Path
        Gets ``checkpoint.pt`` at least every minute and ``progress.jsonl``.
    validate : callable
        From the averaged network to named figures.
    """
    folder.mkdir(parents=True, exist_ok=True)
    keep_freed_memory()
    torch.manual_seed(config.seed)
    run = _start(config)
    checkpoint = folder / "checkpoint.pt"
    if checkpoint.exists():
        run.restore(torch.load(checkpoint, weights_only=True))
        log.info("going on from step %d", run.step)
    loader = DataLoader(
        Subset(steps, range(run.step, config.steps)),
        batch_size=None,
        num_workers=1,
        prefetch_factor=4,
    )
    loss_of = PartialLabelLoss(config.dice_weight)
    started = saved = time.monotonic()
    recent = 0.0
    for signals, codes in loader:
        recent += _step(run, loss_of, signals, codes, config)
        if run.step % REPORT_EVERY == 0:
            pace = (time.monotonic() - started) / REPORT_EVERY
            started = time.monotonic()
            row = {"step": run.step, "loss": round(recent / REPORT_EVERY, 4), "s": round(pace, 3)}
            _report(folder, row)
            recent = 0.0
        if time.monotonic() - saved > SAVE_EVERY_S or run.step == config.steps:
            _save(run, checkpoint)
            saved = time.monotonic()
        if run.step % config.validate_every == 0 or run.step == config.steps:
            _report(folder, {"step": run.step} | validate(run.average))
    return run.average


def _start(config: TrainConfig) -> Run:
    network = _channels_last(build_network(config.channels))
    average = _channels_last(build_network(config.channels))
    average.load_state_dict(network.state_dict())
    average.eval()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    return Run(network=network, average=average, optimizer=optimizer)


def one_cycle(share: float) -> float:
    """Learning rate, as a share of the largest, after ``share`` of the steps.

    It rises along a cosine during :data:`WARM_UP`, then falls along a cosine to almost nothing.
    Being a function of the step alone, it needs no state and allows a run to be made longer.
    """
    if share < WARM_UP:
        rising = (1 - math.cos(math.pi * share / WARM_UP)) / 2
        return LOWEST_RATE + (1 - LOWEST_RATE) * rising
    falling = (1 + math.cos(math.pi * (share - WARM_UP) / (1 - WARM_UP))) / 2
    return LOWEST_RATE + (1 - LOWEST_RATE) * falling


def _channels_last(network: nn.Module) -> nn.Module:
    """Lay out convolution weights as the CPU and GPU kernels like them."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def _step(
    run: Run, loss_of: PartialLabelLoss, signals: Tensor, codes: Tensor, config: TrainConfig
) -> float:
    """Do one optimizer step and return its loss."""
    run.network.train()
    with torch.autocast("cpu", dtype=torch.bfloat16):
        logits = run.network(signals.to(memory_format=torch.channels_last))
    loss: Tensor = loss_of(logits, codes)
    for group in run.optimizer.param_groups:
        group["lr"] = config.learning_rate * one_cycle(run.step / config.steps)
    run.optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(loss)
    nn.utils.clip_grad_norm_(run.network.parameters(), config.clip_norm)
    run.optimizer.step()
    run.step += 1
    _average(run, min(config.ema, (1 + run.step) / (10 + run.step)))
    return float(loss.detach())


@torch.no_grad()
def _average(run: Run, decay: float) -> None:
    """Move the averaged weights toward the present ones."""
    new = [p.detach() for p in run.network.parameters()]
    torch._foreach_lerp_(list(run.average.parameters()), new, 1.0 - decay)


def _save(run: Run, path: Path) -> None:
    """Write a checkpoint so that a kill never leaves a broken one."""
    partial = path.with_suffix(".partial")
    torch.save(run.state(), partial)
    partial.replace(path)


def _report(folder: Path, row: dict[str, Any]) -> None:
    """Log a row and keep it for plotting."""
    log.info(" ".join(f"{key}={value}" for key, value in row.items()))
    with (folder / "progress.jsonl").open("a", encoding="utf-8") as out:
        out.write(json.dumps(row) + "\n")
