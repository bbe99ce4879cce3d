"""A phantom's own segmentation: class probabilities by supersampling, with its rendered signal."""

from __future__ import annotations

import numpy as np

from cauda.geometry import Array, Space, canonical
from cauda.phantom.anatomy import Anatomy
from cauda.phantom.grid import Grid
from cauda.phantom.materials import structure_table
from cauda.phantom.paint import paint
from cauda.phantom.render import render
from cauda.phantom.tissue import PROTOCOLS, Protocol
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Contrast

TRUTH_BUNDLE = "truth"


def truth_segmentation(
    anatomy: Anatomy,
    space: Space,
    series_key: str,
    *,
    protocol: Protocol | None = None,
    subsamples: tuple[int, int, int] = (1, 3, 3),
) -> Segmentation:
    """Segment a phantom exactly, as a perfect network would.

    Parameters
    ----------
    anatomy : Anatomy
    space : Space
        Re-indexed to the canonical axes (left, posterior, superior) first.
    series_key : str
    protocol : Protocol or None
        How the signal is rendered; a clinical T2 by default.
    subsamples : tuple of int
        Points a voxel along I, J, K, whose mean gives the probabilities. One along I reads the
        middle plane of each slice, which is what the network's training labels show.

    Returns
    -------
    Segmentation
        Bundle ``"truth"``.
    """
    _, grid_space = canonical(np.empty(space.shape, dtype=np.uint8), space)
    scan = protocol or PROTOCOLS[Contrast.T2]
    signal = render(anatomy, grid_space, scan, np.random.default_rng(anatomy.seed))
    return Segmentation(
        series=series_key,
        probabilities=probabilities(anatomy, grid_space, subsamples),
        space=grid_space,
        signal=signal,
        bundle=TRUTH_BUNDLE,
        contrast=scan.contrast,
    )


def probabilities(anatomy: Anatomy, space: Space, subsamples: tuple[int, int, int]) -> Array:
    """(C, I, J, K) float32: the share of each voxel's sample points in every structure."""
    fine = Grid.of(space).refined(subsamples)
    labels = structure_table(anatomy)[paint(anatomy, fine, with_surroundings=False)]
    blocks = [n for pair in zip(space.shape, subsamples, strict=True) for n in pair]
    split = labels.reshape(blocks)
    result = np.empty((len(STRUCTURES), *space.shape), dtype=np.float32)
    for channel in range(len(STRUCTURES)):
        result[channel] = (split == channel).mean(axis=(1, 3, 5), dtype=np.float32)
    return result
