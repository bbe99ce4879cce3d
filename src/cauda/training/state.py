"""What changes while training, and the files that keep it."""

from __future__ import annotations

import logging
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from cauda.errors import UsageError
from cauda.nets.memory import keep_freed_memory
from cauda.nets.network import build_network
from cauda.training.config import RunConfig
from cauda.training.team import Team

log = logging.getLogger(__name__)

CHECKPOINT = "checkpoint.pt"
BEST = "best.pt"
"""Averaged weights with the best validation so far."""

Weights = Mapping[str, Tensor]


@dataclass(slots=True, kw_only=True)
class Run:
    """What changes while training; all of it is in a checkpoint."""

    network: nn.Module
    average: nn.Module
    optimizer: torch.optim.Optimizer
    scaler: torch.amp.GradScaler
    step: int = 0
    best: float = -math.inf
    losses: list[float] = field(default_factory=list)

    def state(self) -> dict[str, Any]:
        """Everything needed to go on."""
        return {
            "network": self.network.state_dict(),
            "average": self.average.state_dict(),
            "optimizer": self.optimizer.state_dict(),
            "scaler": self.scaler.state_dict(),
            "step": self.step,
            "best": self.best,
        }

    def restore(self, state: dict[str, Any]) -> None:
        """Go back to a saved state."""
        self.network.load_state_dict(state["network"])
        self.average.load_state_dict(state["average"])
        self.optimizer.load_state_dict(state["optimizer"])
        self.scaler.load_state_dict(state.get("scaler", {}))
        self.step = int(state["step"])
        self.best = float(state.get("best", -math.inf))

    @torch.no_grad()
    def follow(self, decay: float) -> None:
        """Move the averaged weights toward the present ones."""
        new = [p.detach() for p in self.network.parameters()]
        torch._foreach_lerp_(list(self.average.parameters()), new, 1.0 - decay)
        for own, other in zip(self.average.buffers(), self.network.buffers(), strict=True):
            own.copy_(other)


def prepared(config: RunConfig, folder: Path, team: Team, weights: Weights | None) -> Run:
    """A run at its beginning, or where its checkpoint left it."""
    keep_freed_memory()
    torch.manual_seed(config.seed)
    torch.backends.cudnn.deterministic = True
    run = _start(config, team, weights)
    checkpoint = folder / CHECKPOINT
    if checkpoint.exists():
        run.restore(torch.load(checkpoint, weights_only=True, map_location=team.device))
        log.info("going on from step %d", run.step)
    return run


def _start(config: RunConfig, team: Team, weights: Weights | None) -> Run:
    network = _channels_last(build_network(**config.architecture)).to(team.device)
    if weights is not None:
        _begin_with(network, weights, config)
    average = _channels_last(build_network(**config.architecture)).to(team.device)
    average.load_state_dict(network.state_dict())
    average.eval()
    optimizer = torch.optim.AdamW(
        network.parameters(), lr=config.learning_rate, weight_decay=config.weight_decay
    )
    scaler = torch.amp.GradScaler(
        team.device.type, enabled=config.amp and team.precision is torch.float16
    )
    return Run(network=network, average=average, optimizer=optimizer, scaler=scaler)


def _begin_with(network: nn.Module, weights: Weights, config: RunConfig) -> None:
    try:
        network.load_state_dict(weights)
    except RuntimeError as error:
        msg = f"The weights to begin with are of another network than {config.architecture}."
        raise UsageError(msg) from error


def _channels_last(network: nn.Module) -> nn.Module:
    """Lay out convolution weights as the CPU and GPU kernels like them."""
    for parameter in network.parameters():
        if parameter.ndim == 4:
            parameter.data = parameter.data.contiguous(memory_format=torch.channels_last)
    return network


def save(state: dict[str, Any], path: Path) -> None:
    """Write a file so that a kill never leaves a broken one."""
    partial = path.with_suffix(".partial")
    torch.save(state, partial)
    partial.replace(path)
