"""Losses on label sets: cross-entropy of the summed probability, and Dice where it is known."""

from __future__ import annotations

import torch
from torch import Tensor

from cauda.training.label_sets import SAGITTAL, Meanings

EPSILON = 1e-5
SMOOTH = 50.0
"""Pixels added to both sides of a Dice ratio, so that absent structures do not dominate."""


class PartialLabelLoss(torch.nn.Module):
    """Cross-entropy of the allowed set's probability plus soft Dice of every known group.

    Where a code allows several structures, their probabilities are summed before the loss, so the
    network is free to choose among them; a group's Dice is taken over the pixels where its
    membership is known. A code that allows everything is left out.
    """

    allowed: Tensor
    tells: Tensor
    groups: Tensor
    known: Tensor
    inside: Tensor

    def __init__(self, dice_weight: float = 1.0, meanings: Meanings = SAGITTAL) -> None:
        super().__init__()
        self.dice_weight = dice_weight
        known, inside = meanings.membership()
        allowed = torch.from_numpy(meanings.allowed())
        self.register_buffer("allowed", allowed)
        self.register_buffer("tells", (allowed.amin(dim=1) == 0).float())
        self.register_buffer("groups", torch.from_numpy(meanings.grouped()))
        self.register_buffer("known", torch.from_numpy(known))
        self.register_buffer("inside", torch.from_numpy(inside))

    def forward(self, logits: Tensor, codes: Tensor) -> Tensor:
        """Loss of (B, C, J, K) logits under (B, J, K) codes, a scalar."""
        probabilities = logits.float().softmax(dim=1)
        allowed = self.allowed[codes].permute(0, 3, 1, 2)
        merged = (probabilities * allowed).sum(dim=1)
        weight = self.tells[codes]
        entropy = -(merged.clamp_min(EPSILON).log() * weight).sum() / weight.sum().clamp_min(1.0)
        return entropy + self.dice_weight * self._dice(probabilities, codes)

    def _dice(self, probabilities: Tensor, codes: Tensor) -> Tensor:
        """One minus the mean soft Dice of the groups that occur in the batch."""
        known = self.known[codes].flatten(0, 2)
        inside = self.inside[codes].flatten(0, 2)
        grouped = probabilities.permute(0, 2, 3, 1).flatten(0, 2) @ self.groups.T
        overlap = (grouped * inside).sum(dim=0)
        total = (grouped * known).sum(dim=0) + inside.sum(dim=0)
        present = (inside.sum(dim=0) > 0).float()
        dice = (2 * overlap + SMOOTH) / (total + SMOOTH)
        return ((1 - dice) * present).sum() / present.sum().clamp_min(1.0)
