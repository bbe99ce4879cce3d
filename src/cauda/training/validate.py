"""Early figures while training: Dice of the averaged network on cases kept out."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from torch import nn

from cauda.evaluation.overlap import dice
from cauda.evaluation.segmentation import (
    SINGLE_STRUCTURES,
    THREE_LABELS,
    LabelledCase,
    as_series,
    merged_winner,
    phantom_case,
    three_label_case,
)
from cauda.geometry import Space
from cauda.nets.grid import Layout
from cauda.nets.torch_segmenter import segmenter_of
from cauda.ports import Segmenter
from cauda.training.spider import read_masks
from cauda.vocab import Structure

CLINICAL_SLICES = 4
"""Native 1 mm slices averaged to one, as clinical slices are thick."""
PHANTOM_SEED = 880_000
"""Far from every training seed, and from those of the final evaluation."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Examined:
    """A case that is validated.

    Parameters
    ----------
    case : LabelledCase
    structures : mapping of mask name -> structures whose probabilities are summed for it
    prefix : str
        Put before the names of its figures; figures of different kinds are not averaged.
    """

    case: LabelledCase
    structures: Mapping[str, tuple[Structure, ...]]
    prefix: str = "dice"


def validation_cases(folder: Path, patients: Sequence[str]) -> tuple[Examined, ...]:
    """Held-out SPIDER patients at simulated 4 mm slices."""
    return tuple(
        Examined(
            case=three_label_case(p, *read_masks(folder, p), slices=CLINICAL_SLICES),
            structures=THREE_LABELS,
        )
        for p in patients
    )


def validation_phantoms(count: int) -> tuple[Examined, ...]:
    """Unseen phantoms, every structure by itself."""
    return tuple(
        Examined(
            case=phantom_case(PHANTOM_SEED + n), structures=SINGLE_STRUCTURES, prefix="dice_phantom"
        )
        for n in range(count)
    )


def mean_dice(
    examined: Sequence[Examined], layout: Layout, device: str = "cpu"
) -> Callable[[nn.Module], dict[str, float]]:
    """Make the function that the loop calls: network -> mean Dice per structure."""

    def validate(network: nn.Module) -> dict[str, float]:
        segmenter = segmenter_of(network, layout, device=device)
        found: dict[str, list[float]] = {}
        for one in examined:
            for name, value in case_dice(one, segmenter).items():
                found.setdefault(f"{one.prefix}_{name}".replace(" ", "_"), []).append(value)
        known = {name: [v for v in values if not np.isnan(v)] for name, values in found.items()}
        return {name: round(float(np.mean(v)), 4) for name, v in known.items() if v}

    return validate


def case_dice(one: Examined, segmenter: Segmenter) -> dict[str, float]:
    """Dice of every structure of a case on the case's own pixels; NaN where it is nowhere."""
    case = one.case
    space = Space.from_matrix(case.signal.shape, np.diag([*case.spacing_mm, 1.0]))
    winner = merged_winner(segmenter(as_series(case)), one.structures, space)
    return {
        name: dice(case.masks[name], winner == n) for n, name in enumerate(one.structures, start=1)
    }
