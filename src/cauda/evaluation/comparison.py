"""One case: masks of two label maps brought to what both can tell, and scored."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cauda.datasets.masks import Masks
from cauda.datasets.meaning import GROUPS, Structures, group_name
from cauda.evaluation.overlap import score
from cauda.geometry import Array
from cauda.vocab import Side

MM3_PER_ML = 1000.0


@dataclass(frozen=True, slots=True, kw_only=True)
class StructureScore:
    """How well one structure of one case was found.

    Parameters
    ----------
    dice : float
        NaN where neither truth nor prediction holds it.
    assd_mm, hd95_mm : float
        NaN where either is empty.
    truth_ml, predicted_ml : float
    """

    dice: float
    assd_mm: float
    hd95_mm: float
    truth_ml: float
    predicted_ml: float

    @property
    def volume_error_percent(self) -> float:
        """Predicted minus true volume, of the true one; NaN where nothing is there."""
        if self.truth_ml == 0:
            return math.nan
        return 100.0 * (self.predicted_ml - self.truth_ml) / self.truth_ml


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """One thing to score: a set of structures, on one side or on both."""

    name: str
    structures: Structures
    side: Side | None = None


def comparable(
    truth: Sequence[Structures], predicted: Sequence[Structures]
) -> tuple[Structures, ...]:
    """The finest sets of structures that both can tell from everything else.

    Sets that overlap are joined (body and arch where one of the two draws whole vertebrae). A
    joined set of which a part was not drawn on either side cannot be compared and is left out.
    """
    joined: list[Structures] = []
    for group in (*truth, *predicted):
        touching = [g for g in joined if g & group]
        joined = [g for g in joined if not g & group]
        joined.append(group.union(*touching))
    all_true = frozenset().union(*truth)
    all_predicted = frozenset().union(*predicted)
    return tuple(g for g in joined if g <= all_true and g <= all_predicted)


def parts_of(truth: Masks, predicted: Masks) -> tuple[Part, ...]:
    """What of a case can be scored; foramina by side too, where both tell the sides."""
    parts = [Part(name=group_name(g), structures=g) for g in comparable(truth.told, predicted.told)]
    foramen = GROUPS["foramen"]
    if any(p.structures == foramen for p in parts) and all(
        _tells_sides(m, foramen) for m in (truth, predicted)
    ):
        parts += [Part(name=f"{s} foramen", structures=foramen, side=s) for s in Side]
    return tuple(parts)


def score_parts(truth: Masks, predicted: Masks) -> Mapping[str, StructureScore]:
    """Score every part on the truth's grid.

    Parameters
    ----------
    truth : Masks
    predicted : Masks
        On any grid of the same patient.
    """
    placed = predicted.onto(truth.space)
    spacing = truth.space.spacing_mm
    voxel_ml = truth.space.voxel_mm3 / MM3_PER_ML
    found = {}
    for part, drawn, own in _masks(truth, placed):
        result = score(drawn, own, spacing)
        found[part.name] = StructureScore(
            dice=result.dice,
            assd_mm=result.assd_mm,
            hd95_mm=result.hd95_mm,
            truth_ml=float(np.count_nonzero(drawn)) * voxel_ml,
            predicted_ml=float(np.count_nonzero(own)) * voxel_ml,
        )
    return found


def part_numbers(truth: Masks, predicted: Masks) -> tuple[Array, Array, tuple[str, ...]]:
    """Both masks in the numbers 1, 2, ... of the unsided parts, for pictures.

    Returns
    -------
    truth, predicted : (I, J, K) uint8 arrays
        On the truth's grid.
    names : tuple of str
        Name of number 1, 2, ...
    """
    placed = predicted.onto(truth.space)
    first: Array = np.zeros(truth.space.shape, dtype=np.uint8)
    second = first.copy()
    names = []
    for part, drawn, own in _masks(truth, placed):
        if part.side is None:
            names.append(part.name)
            first[drawn] = len(names)
            second[own] = len(names)
    return first, second, tuple(names)


def _masks(truth: Masks, placed: Masks) -> Iterator[tuple[Part, Array, Array]]:
    """Each part with its two masks; voxels that the truth leaves open count for neither."""
    for part in parts_of(truth, placed):
        known = ~truth.undecided(part.structures)
        drawn = truth.mask(part.structures, part.side)
        yield part, drawn, placed.mask(part.structures, part.side) & known


def _tells_sides(masks: Masks, structures: Structures) -> bool:
    return any(m.side is not None for m in masks.meanings.values() if m.structures == structures)
