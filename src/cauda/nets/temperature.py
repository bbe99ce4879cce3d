"""One temperature that makes a network's probabilities true to what was drawn.

A temperature T divides the logits. The softmax of divided logits is p^(1/T), scaled to sum to one
again, so the probabilities alone suffice: the exported graph stays as it is.
"""

from __future__ import annotations

import numpy as np

from cauda.geometry import Array
from cauda.nets.grid import Predict

SMALLEST = 1e-7
"""Probabilities below it are raised to it."""


def tempered(probabilities: Array, temperature: float, axis: int = -1) -> Array:
    """Give probabilities as their logits divided by ``temperature`` would give them.

    Parameters
    ----------
    probabilities : array
        Classes along ``axis``.
    temperature : float
        Above 1 softens, below 1 sharpens.
    axis : int
    """
    if temperature == 1.0:
        return probabilities
    raised = np.log(np.maximum(probabilities, SMALLEST))
    raised = np.exp(np.divide(raised, temperature, out=raised), out=raised)
    raised /= raised.sum(axis=axis, keepdims=True)
    return raised


def softened(predict: Predict, temperature: float) -> Predict:
    """Divide the logits behind a network's probabilities by ``temperature``."""
    if temperature == 1.0:
        return predict
    return lambda batch: tempered(predict(batch), temperature, axis=1)
