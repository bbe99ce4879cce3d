"""From what the learners say to probabilities that can be trusted, one for every grade."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
LEAST = 0.002
"""No learner is believed to be surer than this or one minus it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Calibration:
    """How the learners' outputs for one target become the probabilities of its grades.

    Parameters
    ----------
    share : float
        Weight of the forest; the rest is that of the kernel regression.
    slope : float
    offsets : tuple of float
        One a step between neighboring grades: ``P(rank > g) = sigmoid(slope * logit + offset_g)``.
    """

    share: float
    slope: float
    offsets: tuple[float, ...]

    def __call__(self, forest: Floats, kernel: Floats) -> Floats:
        """(L, grades) probabilities from (L, steps) outputs of the two learners."""
        steps = blended(forest, kernel, self.share)
        above = 1 / (1 + np.exp(-(self.slope * steps + np.array(self.offsets))))
        return grade_probabilities(above)


def blended(forest: Floats, kernel: Floats, share: float) -> Floats:
    """(L, steps): weighted mean of the two learners' logits."""
    return share * logit(forest) + (1 - share) * logit(kernel)


def logit(probability: Floats) -> Floats:
    """Logarithm of the odds, kept finite."""
    kept = np.clip(np.asarray(probability, dtype=np.float64), LEAST, 1 - LEAST)
    result: Floats = np.log(kept / (1 - kept))
    return result


def grade_probabilities(above: Floats) -> Floats:
    """(L, grades) from (L, steps): P(rank > g), made to fall with g."""
    falling = np.minimum.accumulate(above, axis=1)
    edges = np.concatenate([np.ones((len(above), 1)), falling, np.zeros((len(above), 1))], axis=1)
    result: Floats = edges[:, :-1] - edges[:, 1:]
    return result
