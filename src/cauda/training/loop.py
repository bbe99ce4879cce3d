"""The training loop: resumable to the minute, averaged weights, validation on whole slices."""

from __future__ import annotations

import math
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import torch
from torch import Tensor, nn
from torch.utils.data import DataLoader, Dataset, Subset

from cauda.training.config import RunConfig
from cauda.training.journal import Journal
from cauda.training.losses import PartialLabelLoss
from cauda.training.state import BEST, CHECKPOINT, Run, Weights, prepared, save
from cauda.training.team import Team

REPORT_EVERY = 20
EARLY = (1, 5, 10)
"""Steps that are reported besides, so that a wrong start is seen at once."""
WARM_UP = 0.1
"""Share of the one-cycle schedule in which the learning rate rises."""
LOWEST_RATE = 1e-3
"""Learning rate at both ends, as a share of the largest."""

Batches = Dataset[tuple[Tensor, Tensor]]
"""By step number: (B, 3, J, K) float32 signals and (B, J, K) int64 codes, of any plane."""
Validate = Callable[[nn.Module], dict[str, float]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Desk:
    """Where a run computes, and where it reports to.

    Parameters
    ----------
    folder : Path
        Gets ``checkpoint.pt`` every ``config.save_every_s``, ``best.pt`` (the averaged weights
        with the best validation so far) and ``progress.jsonl``.
    validate : callable
        From the averaged network to named figures; the mean of those that begin with ``dice``
        says which weights are best.
    journal : Journal
    team : Team
    """

    folder: Path
    validate: Validate
    journal: Journal
    team: Team = field(default_factory=Team)


def train(
    config: RunConfig, steps: Batches, desk: Desk, weights: Weights | None = None
) -> nn.Module:
    """Train, or go on training, and return the averaged network.

    Parameters
    ----------
    config : RunConfig
    steps : Batches
        What this process learns from.
    desk : Desk
    weights : mapping of str -> Tensor, optional
        Weights to begin with, for fine-tuning; random ones, if left out.
    """
    run = prepared(config, desk.folder, desk.team, weights)
    if desk.team.is_first:
        desk.journal.resume(run.step)
    _go(run, config, steps, desk)
    return run.average


def _go(run: Run, config: RunConfig, steps: Batches, desk: Desk) -> None:
    """Do the steps that are left."""
    team = desk.team
    loader = DataLoader(
        Subset(steps, range(run.step, config.steps)),
        batch_size=None,
        num_workers=config.workers,
        prefetch_factor=4 if config.workers else None,
        pin_memory=team.device.type == "cuda",
    )
    forward = team.joined(run.network)
    loss_of = PartialLabelLoss(config.dice_weight, config.meanings).to(team.device)
    clock = _Clock()
    for batch in loader:
        run.losses.append(optimizer_step(run, forward, loss_of, batch, config, team))
        if team.is_first:
            desk.journal.advance(run.step)
            _tell(run, desk, clock)
            _keep(run, config, desk, clock)


@dataclass(slots=True)
class _Clock:
    """When the last row and the last checkpoint were written."""

    told: float = field(default_factory=time.monotonic)
    saved: float = field(default_factory=time.monotonic)


def _tell(run: Run, desk: Desk, clock: _Clock) -> None:
    """Report mean loss and seconds a step since the last report, now and then."""
    if run.step % REPORT_EVERY and run.step not in EARLY:
        return
    now = time.monotonic()
    pace = (now - clock.told) / len(run.losses)
    figures = {"loss": round(float(np.mean(run.losses)), 4), "s": round(pace, 3)}
    desk.journal.row(run.step, figures)
    run.losses.clear()
    clock.told = now


def _keep(run: Run, config: RunConfig, desk: Desk, clock: _Clock) -> None:
    """Save in time, and before a validation, which may take longer than that; then validate."""
    is_judged = run.step % config.validate_every == 0 or run.step == config.steps
    if is_judged or time.monotonic() - clock.saved > config.save_every_s:
        save(run.state(), desk.folder / CHECKPOINT)
        clock.saved = time.monotonic()
    if is_judged and _validate(run, desk):
        save(run.state(), desk.folder / CHECKPOINT)


def _validate(run: Run, desk: Desk) -> bool:
    """Report the figures of the averaged network; keep it if it is the best so far, and say so."""
    figures = desk.validate(run.average)
    if figures:
        desk.journal.row(run.step, figures)
    dice = [value for name, value in figures.items() if name.startswith("dice")]
    if not dice or float(np.nanmean(dice)) <= run.best:
        return False
    run.best = float(np.nanmean(dice))
    save(run.average.state_dict(), desk.folder / BEST)
    return True


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


def optimizer_step(
    run: Run,
    forward: nn.Module,
    loss_of: PartialLabelLoss,
    batch: tuple[Tensor, Tensor],
    config: RunConfig,
    team: Team,
) -> float:
    """Do one optimizer step and return its loss.

    The loss is taken over the batches of all processes together, as if one had computed them:
    a Dice of the whole is not the mean of its parts'. Each process sends back the gradient of its
    own part; their average times their number is the gradient of the whole.
    """
    signals, codes = (part.to(team.device, non_blocking=True) for part in batch)
    run.network.train()
    with torch.autocast(team.device.type, dtype=team.precision, enabled=config.amp):
        logits = forward(signals.contiguous(memory_format=torch.channels_last))
    loss: Tensor = loss_of(team.together(logits.float()), team.together(codes))
    for group in run.optimizer.param_groups:
        group["lr"] = config.learning_rate * one_cycle(run.step / config.steps)
    run.optimizer.zero_grad(set_to_none=True)
    torch.autograd.backward(run.scaler.scale(loss * team.size))
    run.scaler.unscale_(run.optimizer)
    nn.utils.clip_grad_norm_(run.network.parameters(), config.clip_norm)
    run.scaler.step(run.optimizer)
    run.scaler.update()
    run.step += 1
    run.follow(min(config.ema, (1 + run.step) / (10 + run.step)))
    return float(loss.detach())
