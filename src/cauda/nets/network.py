"""The network: MONAI's 2-D U-Net on a slice and its two neighbors, sharpened where it draws."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from cauda.vocab import STRUCTURES

if TYPE_CHECKING:
    from torch import nn

INPUT_SLICES = 3
"""The neighbor to the right, the slice itself, the neighbor to the left."""


def build_network(
    channels: Sequence[int], structures: int = len(STRUCTURES), *, refine: int = 0
) -> nn.Module:
    """Build the U-Net with random weights.

    Every level, the first included, halves the resolution: full-resolution features are what
    costs time on a CPU. ``refine`` adds a few of them behind the U-Net, where borders are drawn.

    Parameters
    ----------
    channels : sequence of int
        Feature channels from the finest level to the coarsest.
    structures : int
        How many structures are told apart: those of a sagittal network by default.
    refine : int
        Full-resolution channels that correct the U-Net's answer beside the image; 0 for none.

    Returns
    -------
    torch Module
        (B, 3, J, K) standardized slices to (B, structures, J, K) logits; J and K must be
        multiples of ``2 ** (len(channels) - 1)``.
    """
    from monai.networks.nets import UNet  # noqa: PLC0415 - torch loads only when it is used

    network: nn.Module = UNet(
        spatial_dims=2,
        in_channels=INPUT_SLICES,
        out_channels=structures,
        channels=tuple(channels),
        strides=(2,) * len(channels[:-1]),
        num_res_units=2,
        norm="INSTANCE",
    )
    if not refine:
        return network
    from cauda.nets.refine import Refined  # noqa: PLC0415 - it needs torch

    return Refined(network, INPUT_SLICES, structures, refine)
