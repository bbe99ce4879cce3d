"""A small convolutional network on the picture of a disc, for all targets at once."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
import torch
from numpy.typing import NDArray
from torch import nn

from cauda.nets.crop_input import crop_input

Floats = NDArray[np.float32]

WIDTHS = (16, 32, 48, 64)
EPOCHS = 30
BATCH = 32
RATE = 3e-3
DECAY = 0.02
DROPOUT = 0.3
SHIFT = 3
"""Largest shift in samples."""
GAIN = 0.15
"""Spread of the signals' scale, as a natural logarithm."""
ABSENT = 0.15
"""Share of the training pictures from which one contrast is taken away."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Recipe:
    """How long and in how many copies the network is trained."""

    epochs: int = EPOCHS
    copies: int = 1


def build_crop_network(outputs: int) -> nn.Module:
    """Four strided convolutions, mean and maximum over the picture, one linear layer."""
    layers: list[nn.Module] = []
    channels = 7
    for width in WIDTHS:
        layers += [
            nn.Conv2d(channels, width, 3, stride=2, padding=1, bias=False),
            nn.BatchNorm2d(width),
            nn.ReLU(),
        ]
        channels = width
    return nn.Sequential(*layers, _Pool(), nn.Dropout(DROPOUT), nn.Linear(2 * channels, outputs))


class _Pool(nn.Module):
    """Mean and maximum over the picture."""

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        return torch.cat([x.mean(dim=(2, 3)), x.amax(dim=(2, 3))], dim=1)


def fit_crops(patches: Floats, outputs: Floats, seed: int, recipe: Recipe) -> nn.Module:
    """Train on (N, 5, 80, 48) patches and (N, O) outputs of 0 and 1."""
    torch.manual_seed(seed)
    rng = np.random.default_rng(seed)
    network = build_crop_network(outputs.shape[1])
    optimizer = torch.optim.AdamW(network.parameters(), lr=RATE, weight_decay=DECAY)
    total = recipe.epochs * math.ceil(len(patches) / BATCH)
    schedule = torch.optim.lr_scheduler.OneCycleLR(optimizer, RATE, total_steps=total)
    rarity = torch.from_numpy((1 - outputs.mean(axis=0)) / np.maximum(outputs.mean(axis=0), 0.02))
    loss_of = nn.BCEWithLogitsLoss(pos_weight=rarity.float().clamp(1.0, 8.0) ** 0.5)
    network.train()
    for _ in range(recipe.epochs):
        order = rng.permutation(len(patches))
        for start in range(0, len(order), BATCH):
            chosen = order[start : start + BATCH]
            picture = torch.from_numpy(_varied(patches[chosen], rng))
            loss = loss_of(network(picture), torch.from_numpy(outputs[chosen]))
            optimizer.zero_grad()
            loss.backward()
            optimizer.step()
            schedule.step()
    return network.eval()


def predict_crops(network: nn.Module, patches: Floats) -> Floats:
    """(N, O) probabilities."""
    with torch.inference_mode():
        return np.asarray(network(torch.from_numpy(crop_input(patches))).sigmoid().numpy())


def _varied(patches: Floats, rng: np.random.Generator) -> Floats:
    """Shifted and scaled copies, some without one of two contrasts."""
    varied = np.empty_like(patches)
    for n, patch in enumerate(patches):
        moved = np.roll(patch, tuple(rng.integers(-SHIFT, SHIFT + 1, 2)), axis=(1, 2))
        varied[n] = moved
        varied[n, :2] *= np.exp(rng.normal(0.0, GAIN, 2)).astype(np.float32)[:, None, None]
        both = np.isfinite(moved[:2]).any(axis=(1, 2)).all()
        if both and rng.random() < ABSENT:
            varied[n, rng.integers(0, 2)] = np.nan
    return crop_input(varied)
