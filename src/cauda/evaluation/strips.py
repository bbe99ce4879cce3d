"""Score an axial segmenter on real patients: labelled sagittal slabs, cut across at their discs.

No axial slice of a patient has labels here, but near-isotropic sagittal volumes do. They are slabs
round the midline, so that such a slice is a strip with nothing beside it; only inside it is scored.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.evaluation.axial import axial_series
from cauda.evaluation.overlap import Score, score
from cauda.evaluation.segmentation import THREE_LABELS
from cauda.geometry import Array, Space, resample
from cauda.ports import Segmenter
from cauda.records import Series
from cauda.vocab import AXIAL_STRUCTURES

DISC = list(THREE_LABELS).index("disc") + 1
PIXEL_MM, SIDE = 0.6, 200
"""Pixel and pixels a side of a strip's slices."""
THICKNESS_MM, SPACING_MM, SLICES, ACROSS = 4.0, 4.4, 3, 4
"""A clinical stack at a disc; ``ACROSS`` planes are averaged over a slice's thickness."""
STRIP_MATRIX = np.diag([PIXEL_MM, PIXEL_MM, SPACING_MM, 1.0])
"""The affine of a strip's labels."""
LEAST_PIXELS = 200
"""A disc with fewer pixels in the middle slice is a fragment."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Strip:
    """One disc's stack.

    Parameters
    ----------
    series : Series
    labels : (I, J, S) uint8 array
        0 unlabelled, 1 vertebra, 2 disc, 3 canal: what fills most of a voxel.
    known : (I, J, S) bool array
        Where the slab lies.
    """

    series: Series
    labels: Array
    known: Array


def strips(
    name: str, signal: Array, labels: Array, spacing_mm: tuple[float, float, float]
) -> Iterator[Strip]:
    """Cut a stack along every disc.

    Parameters
    ----------
    name : str
    signal, labels : (I, J, K) arrays
        Axes left, posterior, superior.
    spacing_mm : (3,) tuple
    """
    middle = labels[len(labels) // 2] == DISC
    components, count = ndimage.label(middle)
    for n in range(1, count + 1):
        disc = np.argwhere(components == n)
        if len(disc) < LEAST_PIXELS:
            continue
        places = _places(disc * np.asarray(spacing_mm[1:]), len(labels), spacing_mm)
        lit = _sampled(signal.astype(np.float32), places, 1)
        parts = [
            _sampled((labels == v).astype(np.float32), places, 1)
            for v in range(1, len(THREE_LABELS) + 1)
        ]
        most = np.stack([np.full_like(lit, 0.5 - 1e-3), *parts]).argmax(axis=0)
        known = _sampled(np.ones(labels.shape, dtype=np.float32), places, 0) > 0.5
        series = axial_series(
            f"{name}_{n}", np.moveaxis(lit, 2, 0), (SPACING_MM, PIXEL_MM, PIXEL_MM)
        )
        yield Strip(series=series, labels=most.astype(np.uint8), known=known)


def score_strip(strip: Strip, segmenter: Segmenter) -> dict[str, Score]:
    """Dice and distances of vertebra, disc and canal inside the strip."""
    found = segmenter(strip.series)
    space = Space.from_matrix(strip.labels.shape, STRIP_MATRIX)
    carried = np.stack(
        [resample(np.asarray(p, dtype=np.float32), found.space, space) for p in found.probabilities]
    )
    scores = {}
    for value, (name, structures) in enumerate(THREE_LABELS.items(), start=1):
        members = [AXIAL_STRUCTURES.index(s) for s in structures]
        guess = np.isin(carried.argmax(axis=0), members) & strip.known
        truth = (strip.labels == value) & strip.known
        scores[name] = score(truth, guess, space.spacing_mm)
    return scores


def backward(disc_mm: Array) -> Array:
    """(2,): unit vector to the back along a disc cut sagittally, the main axis of its pixels.

    Parameters
    ----------
    disc_mm : (N, 2) array
        Its pixels, mm, posterior and superior.
    """
    main: Array = np.linalg.svd(disc_mm - disc_mm.mean(axis=0), full_matrices=False)[2][0]
    return main if main[0] > 0 else -main


def _places(
    disc_mm: Array, slices: int, spacing_mm: tuple[float, float, float]
) -> list[list[Array]]:
    """Voxel coordinates, (3, I, J), of the planes of every slice of a stack along a disc."""
    center, back = disc_mm.mean(axis=0), backward(disc_mm)
    up = np.asarray([-back[1], back[0]])
    axis = (np.arange(SIDE) - (SIDE - 1) / 2) * PIXEL_MM
    left, behind = np.meshgrid(axis, axis, indexing="ij")
    middle_mm = (slices - 1) / 2 * spacing_mm[0]
    across = ((np.arange(ACROSS) + 0.5) / ACROSS - 0.5) * THICKNESS_MM

    def plane(height: float) -> Array:
        j = center[0] + behind * back[0] + height * up[0]
        k = center[1] + behind * back[1] + height * up[1]
        points = np.stack([left + middle_mm, j, k])
        return np.asarray(points / np.asarray(spacing_mm)[:, None, None])

    middles = (np.arange(SLICES) - (SLICES - 1) / 2) * SPACING_MM
    return [[plane(float(m + a)) for a in across] for m in middles]


def _sampled(volume: Array, places: list[list[Array]], order: int) -> Array:
    """(I, J, S): means over each slice's planes; 0 outside the volume."""
    means = [
        np.mean([ndimage.map_coordinates(volume, p, order=order) for p in planes], axis=0)
        for planes in places
    ]
    return np.stack(means, axis=-1)
