"""Score an axial segmenter on unseen axial phantoms: no real axial slice has labels."""

from __future__ import annotations

import numpy as np

from cauda.evaluation.overlap import Score, score
from cauda.geometry import Array, Space, resample
from cauda.phantom.axial_sample import axial_training_sample
from cauda.ports import Segmenter
from cauda.records import Series, Volume
from cauda.vocab import AXIAL_STRUCTURES, Contrast, Plane, Structure

SLICES = 5
SHAPE = (288, 288)
"""Slices and pixels (I, J) of a phantom that is scored: one level's stack."""


def axial_series(key: str, signal: Array, spacing_mm: tuple[float, float, float]) -> Series:
    """An axial series at an arbitrary place.

    Parameters
    ----------
    key : str
    signal : (S, I, J) array
        Slices run upward, I to the left, J posterior.
    spacing_mm : (3,) tuple of float
        In the order of the axes of ``signal``.
    """
    between, *pixel = spacing_mm
    voxels = np.moveaxis(signal, 0, 2)
    space = Space.from_matrix(voxels.shape, np.diag([*pixel, between, 1.0]))
    return Series(
        key=key,
        plane=Plane.AXIAL,
        contrast=Contrast.T2,
        volume=Volume(voxels=voxels, space=space, slice_axis=2),
        used=True,
        reason="A case to be scored.",
    )


def axial_phantom(seed: int) -> tuple[Series, Array, Space]:
    """Draw one random phantom, which depends on the seed alone.

    Returns
    -------
    series : Series
    labels : (I, J, K) integer array
        Indices into ``AXIAL_STRUCTURES``.
    space : Space
        Of the labels.
    """
    signal, labels, spacing = axial_training_sample(
        np.random.default_rng(seed), slices=SLICES, shape=SHAPE
    )
    truth = np.moveaxis(labels, 0, 2)
    space = Space.from_matrix(truth.shape, np.diag([spacing[1], spacing[2], spacing[0], 1.0]))
    return axial_series(str(seed), signal, spacing), truth, space


def score_axial_phantom(seed: int, segmenter: Segmenter) -> dict[Structure, Score]:
    """Segment one random phantom and score each structure on the phantom's own pixels.

    Parameters
    ----------
    seed : int
        The phantom depends on it alone.
    segmenter : Segmenter
        Of axial series.

    Returns
    -------
    dict of Structure -> Score
        Of every structure but the background; NaN where a structure is neither there nor found.
    """
    series, truth, space = axial_phantom(seed)
    found = segmenter(series)
    carried = [
        resample(np.asarray(p, dtype=np.float32), found.space, space) for p in found.probabilities
    ]
    winner = np.argmax(np.stack(carried), axis=0)
    return {
        structure: score(truth == n, winner == n, space.spacing_mm)
        for n, structure in enumerate(AXIAL_STRUCTURES)
        if structure is not Structure.BACKGROUND
    }
