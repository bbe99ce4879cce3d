"""Are probabilities true? Reliability of every structure, and the one temperature that mends it.

Lengths are read off the surface where a probability crosses one half, so a probability that is
wrong moves borders. A temperature divides the logits, see :mod:`cauda.nets.temperature`.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from cauda.evaluation.segmentation import LabelledCase, as_series
from cauda.geometry import Array, Space, resample
from cauda.nets.temperature import SMALLEST, tempered
from cauda.ports import Segmenter
from cauda.records import Segmentation
from cauda.vocab import AXIAL_STRUCTURES, Structure

BINS = 10
POSSIBLE = 0.01
"""Voxels where a structure is at least this probable, or drawn, count; all others are easy."""
TEMPERATURES = (0.5, 3.0)
"""Range in which a temperature is sought."""

Groups = Mapping[str, tuple[Structure, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Voxels of one case, on the network's own grid.

    Parameters
    ----------
    probabilities : (N, C) float32 array
        In the order of ``STRUCTURES``, or of ``AXIAL_STRUCTURES``.
    group : (N,) int array
        0 where no group was drawn, else 1, 2, ... in the order of the groups.
    """

    probabilities: Array
    group: Array


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Reliability:
    """Stated against observed frequency of one structure.

    Parameters
    ----------
    stated, observed : (bins,) float arrays
        Mean probability, and share that was drawn; NaN in empty bins.
    count : (bins,) int array
    """

    stated: Array
    observed: Array
    count: Array

    @property
    def error(self) -> float:
        """Expected calibration error: mean distance of stated and observed, weighted by count."""
        if not self.count.sum():
            return float("nan")
        apart = np.abs(np.nan_to_num(self.stated - self.observed))
        return float((apart * self.count).sum() / self.count.sum())


def sample_of(case: LabelledCase, segmenter: Segmenter, groups: Groups) -> Sample:
    """Segment a case and carry its masks to the network's grid."""
    space = Space.from_matrix(case.signal.shape, np.diag([*case.spacing_mm, 1.0]))
    labels: Array = np.zeros(case.signal.shape, dtype=np.uint8)
    for number, name in enumerate(groups, start=1):
        labels[case.masks[name]] = number
    return labelled_sample(segmenter(as_series(case)), labels, space)


def labelled_sample(
    found: Segmentation, labels: Array, space: Space, known: Array | None = None
) -> Sample:
    """Carry labels to a segmentation's grid and keep its voxels that are not plainly background.

    Parameters
    ----------
    found : Segmentation
    labels : (I, J, K) integer array
        On ``space``: 0 where no group was drawn, else 1, 2, ... in the order of the groups.
    space : Space
    known : (I, J, K) bool array, optional
        Where the labels hold; everywhere, if left out.
    """

    def carried(mask: Array) -> Array:
        whole = resample(mask.astype(np.float32), space, found.space) > 0.5
        inside: Array = whole.ravel()
        return inside

    group: Array = np.zeros(int(np.prod(found.space.shape)), dtype=np.int64)
    for number in range(1, int(labels.max(initial=0)) + 1):
        group[carried(labels == number)] = number
    flat = np.moveaxis(np.asarray(found.probabilities), 0, -1).reshape(len(group), -1)
    is_open = (flat[:, 0] < 1.0 - POSSIBLE) | (group > 0)
    if known is not None:
        is_open &= carried(known)
    return Sample(probabilities=flat[is_open], group=group[is_open])


def grouped(probabilities: Array, groups: Groups) -> Array:
    """(N, 1 + groups) summed probabilities: none of the groups first."""
    columns = [
        probabilities[:, [AXIAL_STRUCTURES.index(s) for s in members]].sum(axis=1)
        for members in groups.values()
    ]
    return np.stack([1.0 - np.sum(columns, axis=0), *columns], axis=1)


def fit_temperature(samples: Sequence[Sample], groups: Groups) -> float:
    """The temperature with the least mean negative log-likelihood of what was drawn."""

    def cost(temperature: float) -> float:
        total = count = 0.0
        for sample in samples:
            stated = grouped(tempered(sample.probabilities, temperature), groups)
            own = stated[np.arange(len(stated)), sample.group]
            total -= float(np.log(np.maximum(own, SMALLEST)).sum())
            count += len(own)
        return total / max(count, 1.0)

    found = minimize_scalar(cost, bounds=TEMPERATURES, method="bounded", options={"xatol": 0.005})
    return round(float(found.x), 3)


def reliability(
    samples: Sequence[Sample], groups: Groups, temperature: float = 1.0
) -> dict[str, Reliability]:
    """Reliability of every group over all samples, over the voxels where it is possible."""
    found = {}
    stated = [grouped(tempered(s.probabilities, temperature), groups) for s in samples]
    for number, name in enumerate(groups, start=1):
        own = np.concatenate([p[:, number] for p in stated])
        drawn = np.concatenate([s.group == number for s in samples])
        matters = (own >= POSSIBLE) | drawn
        found[name] = _binned(own[matters], drawn[matters])
    return found


def _binned(stated: Array, drawn: Array) -> Reliability:
    index = np.minimum((stated * BINS).astype(int), BINS - 1)
    count = np.bincount(index, minlength=BINS)
    with np.errstate(invalid="ignore"):
        mean = np.bincount(index, weights=stated, minlength=BINS) / count
        share = np.bincount(index, weights=drawn, minlength=BINS) / count
    return Reliability(stated=mean, observed=share, count=count)
