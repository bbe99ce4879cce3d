"""Full-resolution layers that correct a coarser network's answer beside the image."""

from __future__ import annotations

import torch
from torch import Tensor, nn


class Refined(nn.Module):
    """A network and three convolutions that correct its logits; they start as no change.

    Parameters
    ----------
    coarse : torch Module
        (B, inputs, J, K) image to (B, outputs, J, K) logits.
    inputs, outputs : int
    width : int
        Channels of the correcting layers.
    """

    def __init__(self, coarse: nn.Module, inputs: int, outputs: int, width: int) -> None:
        super().__init__()
        self.coarse = coarse
        self.stem = nn.Sequential(nn.Conv2d(inputs, width, 3, padding=1), nn.PReLU())
        self.middle = nn.Sequential(nn.Conv2d(width + outputs, width, 3, padding=1), nn.PReLU())
        last = nn.Conv2d(width, outputs, 3, padding=1)
        nn.init.zeros_(last.weight)
        if last.bias is not None:
            nn.init.zeros_(last.bias)
        self.last = last

    def forward(self, image: Tensor) -> Tensor:
        """(B, inputs, J, K) image -> (B, outputs, J, K) logits."""
        logits: Tensor = self.coarse(image)
        features = torch.cat([self.stem(image), logits], dim=1)
        corrected: Tensor = logits + self.last(self.middle(features))
        return corrected
