"""Shift logits so that surfaces lie where the masks' surfaces lie; fitted on training patients.

Phantoms and masks do not agree to a fraction of a pixel on where a disc or the sac ends. Lengths
are read off iso-surfaces of the probabilities, so the last layer's bias is set by the real masks.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
import torch
from torch import nn

from cauda.evaluation.overlap import dice
from cauda.evaluation.segmentation import THREE_LABELS, LabelledCase, as_series
from cauda.geometry import Array, Space, resample
from cauda.ports import Segmenter
from cauda.vocab import STRUCTURES

OFFSETS = tuple(float(v) for v in np.round(np.arange(-1.0, 1.21, 0.1), 1))
"""Logit offsets that are tried."""


def fit_offsets(cases: Sequence[LabelledCase], segmenter: Segmenter) -> dict[str, float]:
    """Find for each mask the logit offset with the best mean Dice.

    Returns
    -------
    dict of mask name -> offset of the logits of its structures
    """
    table = {key: np.zeros(len(OFFSETS)) for key in THREE_LABELS}
    for case in cases:
        segmentation = segmenter(as_series(case))
        space = Space.from_matrix(case.signal.shape, np.diag([*case.spacing_mm, 1.0]))
        for key, members in THREE_LABELS.items():
            share = resample(segmentation.probability(*members), segmentation.space, space)
            table[key] += _dice_by_offset(case.masks[key], share)
    return {key: OFFSETS[int(np.argmax(total))] for key, total in table.items()}


def _dice_by_offset(mask: Array, share: Array) -> Array:
    """Dice of a mask after each offset: adding it to a logit moves the threshold of 0.5."""
    thresholds = [1.0 / (1.0 + np.exp(offset)) for offset in OFFSETS]
    return np.asarray([dice(mask, share > threshold) for threshold in thresholds])


def add_offsets(network: nn.Module, offsets: Mapping[str, float]) -> None:
    """Add offsets to the last convolution's bias, in place."""
    *_, last = (m for m in network.modules() if isinstance(m, nn.Conv2d))
    bias = last.get_parameter("bias")
    with torch.no_grad():
        for key, offset in offsets.items():
            for structure in THREE_LABELS[key]:
                bias[STRUCTURES.index(structure)] += offset
