"""A phantom's own segmentation: class probabilities by supersampling, with its rendered signal."""

from __future__ import annotations

import numpy as np

from cauda.geometry import Array, Space, canonical
from cauda.phantom.anatomy import Anatomy
from cauda.phantom.grid import Grid
from cauda.phantom.materials import axial_labels, structure_table
from cauda.phantom.paint import paint
from cauda.phantom.render import render
from cauda.phantom.tissue import PROTOCOLS, Protocol
from cauda.records import Segmentation
from cauda.vocab import AXIAL_STRUCTURES, STRUCTURES, Contrast, Plane, Structure

TRUTH_BUNDLE = "truth"
ACROSS_AXIAL = 2
"""The canonical axis that runs across axial slices: K, to superior."""


def truth_segmentation(
    anatomy: Anatomy,
    space: Space,
    series_key: str,
    *,
    protocol: Protocol | None = None,
    subsamples: tuple[int, int, int] | None = None,
) -> Segmentation:
    """Segment a phantom exactly, as a perfect network would.

    Parameters
    ----------
    anatomy : Anatomy
    space : Space
        Re-indexed to the canonical axes (left, posterior, superior) first. If its widest spacing
        is then along K, its slices are axial: the segmentation has ``plane`` axial and
        ``AXIAL_STRUCTURES``; otherwise it is a sagittal one.
    series_key : str
    protocol : Protocol or None
        How the signal is rendered; a clinical T2 by default.
    subsamples : tuple of int or None
        Points a voxel along I, J, K, whose mean gives the probabilities; three along each axis of
        the slice and one across it by default. One across reads the middle plane of each slice,
        which is what the network's training labels show.

    Returns
    -------
    Segmentation
        Bundle ``"truth"``.
    """
    _, grid_space = canonical(np.empty(space.shape, dtype=np.uint8), space)
    scan = protocol or PROTOCOLS[Contrast.T2]
    signal = render(anatomy, grid_space, scan, np.random.default_rng(anatomy.seed))
    is_axial = int(np.argmax(grid_space.spacing_mm)) == ACROSS_AXIAL
    counts = subsamples or ((3, 3, 1) if is_axial else (1, 3, 3))
    plane = Plane.AXIAL if is_axial else Plane.SAGITTAL
    return Segmentation(
        series=series_key,
        probabilities=probabilities(anatomy, grid_space, counts, plane),
        space=grid_space,
        signal=signal,
        bundle=TRUTH_BUNDLE,
        contrast=scan.contrast,
        plane=plane,
        structures=structures_of(plane),
    )


def structures_of(plane: Plane) -> tuple[Structure, ...]:
    """The structures that a segmentation of slices of this plane tells apart."""
    return AXIAL_STRUCTURES if plane is Plane.AXIAL else STRUCTURES


def probabilities(
    anatomy: Anatomy,
    space: Space,
    subsamples: tuple[int, int, int],
    plane: Plane = Plane.SAGITTAL,
) -> Array:
    """(C, I, J, K) float32: the share of each voxel's sample points in every structure."""
    fine = Grid.of(space).refined(subsamples)
    materials = paint(anatomy, fine, with_surroundings=False)
    is_axial = plane is Plane.AXIAL
    labels = axial_labels(anatomy, materials) if is_axial else structure_table(anatomy)[materials]
    blocks = [n for pair in zip(space.shape, subsamples, strict=True) for n in pair]
    split = labels.reshape(blocks)
    count = len(structures_of(plane))
    result = np.empty((count, *space.shape), dtype=np.float32)
    for channel in range(count):
        result[channel] = (split == channel).mean(axis=(1, 3, 5), dtype=np.float32)
    return result
