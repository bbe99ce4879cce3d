"""Train one crop grader on stored samples: a few minutes on a CPU."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import Tensor, nn
from torch.nn import functional

from cauda.nets.crop_questions import Task
from cauda.training.crops.sample import UNTOLD
from cauda.training.crops.shards import Table

CHANNELS = (24, 40, 64, 96)
DROPOUT = 0.15
SHIFT = 3
"""Largest move of a crop, pixels."""
GAMMA, NOISE = 0.25, 0.03
"""Spread of the logarithm of the tone curve's power; largest added noise."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Plan:
    """How long and how fast.

    Parameters
    ----------
    steps, batch : int
    rate : float
        Largest learning rate of the one-cycle schedule.
    seed : int
    """

    steps: int = 2300
    batch: int = 48
    rate: float = 3e-3
    seed: int = 0


def build(task: Task) -> nn.Module:
    """MONAI's residual regressor from a crop (B, planes, rows, columns) to the task's logits."""
    from monai.networks.nets import Regressor  # noqa: PLC0415 - slow to import

    network: nn.Module = Regressor(
        in_shape=task.box.shape,
        out_shape=(task.outputs,),
        channels=CHANNELS,
        strides=(2,) * len(CHANNELS),
        num_res_units=2,
        norm="BATCH",
        dropout=DROPOUT,
    )
    return network


def learn(task: Task, table: Table, plan: Plan, tell: Callable[[int, float], None]) -> nn.Module:
    """Train from random weights; the same plan and samples give the same network.

    Parameters
    ----------
    task : Task
    table : Table
        Samples to learn from.
    plan : Plan
    tell : callable
        Told the step and its loss.
    """
    torch.manual_seed(plan.seed)
    rng = np.random.default_rng(plan.seed)
    network = build(task)
    optimizer = torch.optim.AdamW(network.parameters(), lr=plan.rate, weight_decay=1e-3)
    cycle = torch.optim.lr_scheduler.OneCycleLR(optimizer, plan.rate, total_steps=plan.steps)
    network.train()
    for step in range(plan.steps):
        crops, ranks = _batch(task, table, rng, plan.batch)
        loss = loss_of(task, network(crops), ranks)
        optimizer.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimizer.step()
        cycle.step()
        tell(step + 1, float(loss.detach()))
    return network.eval()


def loss_of(task: Task, logits: Tensor, ranks: Tensor) -> Tensor:
    """Mean over the questions of the cross-entropy of every step; untold grades left out."""
    losses = []
    for n, question in enumerate(task.questions):
        rank = ranks[:, n]
        told = rank != UNTOLD
        if told.any():
            steps = torch.arange(question.steps)
            above = (rank[told, None] > steps).float()
            own = logits[told][:, task.columns(question.name)]
            losses.append(functional.binary_cross_entropy_with_logits(own, above))
    if task.has_place:
        losses.append(functional.cross_entropy(logits[:, task.columns("place")], ranks[:, -1]))
    return torch.stack(losses).mean()


def _batch(task: Task, table: Table, rng: np.random.Generator, size: int) -> tuple[Tensor, Tensor]:
    """Random samples, half of them mirrored where both sides are told, varied a little."""
    crops, left, right = table
    chosen = rng.integers(len(crops), size=size)
    signal: NDArray[np.float32] = crops[chosen].astype(np.float32) / np.float32(255)
    ranks = left[chosen].astype(np.int64)
    if right.shape[1]:
        turned = rng.random(size) < 0.5
        signal[turned] = signal[turned][:, :, ::-1]
        ranks[turned] = right[chosen][turned]
    return torch.from_numpy(_varied(signal, rng)), torch.from_numpy(ranks)


def _varied(signal: NDArray[np.float32], rng: np.random.Generator) -> NDArray[np.float32]:
    """Other tones, a shift, a little noise."""
    count = len(signal)
    power = np.exp(rng.normal(0, GAMMA, (count, 1, 1, 1)))
    result = signal**power
    result += rng.uniform(0, NOISE, (count, 1, 1, 1)) * rng.standard_normal(result.shape)
    moves = rng.integers(-SHIFT, SHIFT + 1, (count, 2))
    for crop, (down, along) in zip(result, moves, strict=True):
        crop[:] = np.roll(crop, (down, along), axis=(1, 2))
    return np.ascontiguousarray(result, dtype=np.float32)


def answers(network: nn.Module, crops: NDArray[np.uint8], batch: int = 256) -> Tensor:
    """(N, outputs) logits of stored crops."""
    parts = []
    with torch.no_grad():
        for first in range(0, len(crops), batch):
            part = crops[first : first + batch].astype(np.float32) / 255
            parts.append(network(torch.from_numpy(part)))
    return torch.cat(parts)
