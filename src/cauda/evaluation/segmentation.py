"""Score a segmenter on cases whose masks tell only some structures apart."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from cauda.evaluation.overlap import Score, score
from cauda.geometry import Array, Space, resample
from cauda.phantom import training_sample
from cauda.ports import Segmenter
from cauda.records import Segmentation, Series, Volume
from cauda.vocab import STRUCTURES, Contrast, Plane, Structure

THREE_LABELS: Mapping[str, tuple[Structure, ...]] = {
    "vertebra": (Structure.BODY, Structure.ARCH),
    "disc": (Structure.DISC,),
    "canal": (Structure.SAC, Structure.CORD),
}
"""What the three labels 1, 2, 3 of the SPIDER masks mean."""
SINGLE_STRUCTURES: Mapping[str, tuple[Structure, ...]] = {
    s.value: (s,) for s in STRUCTURES if s is not Structure.BACKGROUND
}
"""Every structure by itself, as a phantom's labels tell them apart."""
PHANTOM_SLICES = 15
PHANTOM_SHAPE = (256, 352)
"""Slices and pixels (J, K) of a phantom that is scored: a clinical stack from side to side."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledCase:
    """A volume and its masks.

    Parameters
    ----------
    name : str
    signal : (I, J, K) array
        Axes to the left, posterior, superior.
    masks : mapping of structure name -> (I, J, K) boolean array
    spacing_mm : (3,) tuple of float
    """

    name: str
    signal: Array
    masks: Mapping[str, Array]
    spacing_mm: tuple[float, float, float]

    @property
    def space(self) -> Space:
        """Its grid, at an arbitrary place."""
        return Space.from_matrix(self.signal.shape, np.diag([*self.spacing_mm, 1.0]))


def three_label_case(
    name: str, signal: Array, labels: Array, spacing_mm: tuple[float, float, float], slices: int = 1
) -> LabelledCase:
    """Make a case of a SPIDER volume, its slices averaged to thicker ones.

    Parameters
    ----------
    signal, labels : (I, J, K) arrays
        Labels 0 unlabelled, 1 vertebra, 2 disc, 3 canal.
    slices : int
        Source slices averaged into one; 1 keeps the native ones. A rest at the end is left out.
        A thick voxel belongs to the label that fills most of it, at least half where two meet.
    """
    count = len(signal) // slices
    blocks = signal[: count * slices].reshape(count, slices, *signal.shape[1:])
    masks = labels[: count * slices].reshape(blocks.shape)
    # Unlabelled comes last, so that a structure filling just half of a thick voxel owns it.
    order = (*range(1, len(THREE_LABELS) + 1), 0)
    shares = np.stack([(masks == v).mean(axis=1) for v in order])
    winner = np.asarray(order)[shares.argmax(axis=0)]
    return LabelledCase(
        name=name,
        signal=blocks.mean(axis=1, dtype=np.float32),
        masks={key: winner == n for n, key in enumerate(THREE_LABELS, start=1)},
        spacing_mm=(spacing_mm[0] * slices, spacing_mm[1], spacing_mm[2]),
    )


def phantom_case(seed: int) -> LabelledCase:
    """Make a random phantom of a clinical stack with every structure's mask."""
    signal, labels, spacing = training_sample(
        np.random.default_rng(seed), slices=PHANTOM_SLICES, shape=PHANTOM_SHAPE
    )
    masks = {s.value: labels == n for n, s in enumerate(STRUCTURES) if n}
    return LabelledCase(name=str(seed), signal=signal, masks=masks, spacing_mm=spacing)


def as_series(case: LabelledCase) -> Series:
    """The case as a sagittal series at an arbitrary place."""
    return Series(
        key=case.name,
        plane=Plane.SAGITTAL,
        contrast=Contrast.UNKNOWN,
        volume=Volume(voxels=case.signal, space=case.space, slice_axis=0),
        used=True,
        reason="A case to be scored.",
    )


def score_case(
    case: LabelledCase, segmenter: Segmenter, structures: Mapping[str, tuple[Structure, ...]]
) -> dict[str, Score]:
    """Segment a case and score each structure on the case's own pixels.

    Parameters
    ----------
    case : LabelledCase
    segmenter : Segmenter
    structures : mapping of mask name -> structures whose probabilities are summed for it
    """
    return score_segmentation(case, segmenter(as_series(case)), structures)


def score_segmentation(
    case: LabelledCase,
    segmentation: Segmentation,
    structures: Mapping[str, tuple[Structure, ...]],
) -> dict[str, Score]:
    """Score what was found in :func:`as_series` of a case, as :func:`score_case` does."""
    winner = merged_winner(segmentation, structures, case.space)
    return {
        key: score(case.masks[key], winner == n, case.spacing_mm)
        for n, key in enumerate(structures, start=1)
    }


def merged_winner(
    segmentation: Segmentation, structures: Mapping[str, tuple[Structure, ...]], space: Space
) -> Array:
    """Most probable group at every voxel of ``space``: 0 none of them, 1, 2, ... in order.

    Probabilities are summed over each group and carried to ``space`` before they are compared.
    """
    groups = [segmentation.probability(*members) for members in structures.values()]
    carried = [resample(g, segmentation.space, space) for g in groups]
    other = 1.0 - np.sum(carried, axis=0)
    winner: Array = np.argmax(np.stack([other, *carried]), axis=0)
    return winner
