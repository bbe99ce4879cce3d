"""Early figures while training: Dice of the averaged network on the patients kept out."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path

import numpy as np
from torch import nn

from cauda.evaluation.segmentation import THREE_LABELS, LabelledCase, score_case, three_label_case
from cauda.nets.grid import Layout
from cauda.nets.torch_segmenter import segmenter_of
from cauda.training.spider import read_masks

CLINICAL_SLICES = 4
"""Native 1 mm slices averaged to one, as clinical slices are thick."""


def validation_cases(folder: Path, patients: Sequence[str]) -> tuple[LabelledCase, ...]:
    """Held-out patients at simulated 4 mm slices."""
    return tuple(
        three_label_case(p, *read_masks(folder, p), slices=CLINICAL_SLICES) for p in patients
    )


def mean_dice(
    cases: Sequence[LabelledCase], layout: Layout
) -> Callable[[nn.Module], dict[str, float]]:
    """Make the function that the loop calls: network -> mean Dice per structure."""

    def validate(network: nn.Module) -> dict[str, float]:
        segmenter = segmenter_of(network, layout)
        scores = [score_case(case, segmenter, THREE_LABELS) for case in cases]
        return {
            f"dice_{key}": round(float(np.nanmean([s[key].dice for s in scores])), 4)
            for key in THREE_LABELS
        }

    return validate
