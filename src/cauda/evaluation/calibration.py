"""Are probabilities true? Reliability of every structure, and the one temperature that mends it.

Lengths are read off the surface where a probability crosses one half, so a probability that is
wrong moves borders. A temperature T divides the logits; with the probabilities alone at hand that
is p^(1/T), scaled to sum to one again.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.optimize import minimize_scalar

from cauda.evaluation.segmentation import LabelledCase, as_series
from cauda.geometry import Array, Space, resample
from cauda.ports import Segmenter
from cauda.vocab import STRUCTURES, Structure

BINS = 10
POSSIBLE = 0.01
"""Voxels where a structure is at least this probable, or drawn, count; all others are easy."""
SMALLEST = 1e-7
TEMPERATURES = (0.5, 3.0)
"""Range in which a temperature is sought."""

Groups = Mapping[str, tuple[Structure, ...]]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sample:
    """Voxels of one case, on the network's own grid.

    Parameters
    ----------
    probabilities : (N, C) float32 array
        In the order of ``STRUCTURES``.
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
    segmentation = segmenter(as_series(case))
    space = Space.from_matrix(case.signal.shape, np.diag([*case.spacing_mm, 1.0]))
    group: Array = np.zeros(segmentation.space.shape, dtype=np.int64)
    for number, name in enumerate(groups, start=1):
        carried = resample(case.masks[name].astype(np.float32), space, segmentation.space)
        group[carried > 0.5] = number
    probabilities = np.moveaxis(np.asarray(segmentation.probabilities), 0, -1)
    flat = probabilities.reshape(-1, probabilities.shape[-1])
    group = group.ravel()
    is_open = (flat[:, 0] < 1.0 - POSSIBLE) | (group > 0)
    return Sample(probabilities=flat[is_open], group=group[is_open])


def tempered(probabilities: Array, temperature: float) -> Array:
    """(N, C) probabilities as their logits divided by ``temperature`` would give."""
    if temperature == 1.0:
        return probabilities
    raised = np.maximum(probabilities, SMALLEST) ** (1.0 / temperature)
    scaled: Array = raised / raised.sum(axis=-1, keepdims=True)
    return scaled


def grouped(probabilities: Array, groups: Groups) -> Array:
    """(N, 1 + groups) summed probabilities: none of the groups first."""
    columns = [
        probabilities[:, [STRUCTURES.index(s) for s in members]].sum(axis=1)
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
