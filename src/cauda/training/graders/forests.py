"""Extra-trees on the numbers of a disc, one forest for all targets at once."""

from __future__ import annotations

from typing import Any

import numpy as np
from numpy.typing import NDArray
from sklearn.ensemble import ExtraTreesRegressor

from cauda.nets.forest import LEAF, SCALE, Forest

TREES = 300
LEAST_LEAF = 4
FEATURES = 0.4
"""Share of the features tried at each node."""
RARITY = 0.5
"""How far rare outputs count more in a split: weight = (their spread) ** -RARITY."""

Floats = NDArray[np.float32]


def fit_forest(table: Floats, outputs: Floats, seed: int) -> Forest:
    """Fit trees to all outputs.

    Parameters
    ----------
    table : (N, F) array
        NaN where something was not seen.
    outputs : (N, O) array
        0 to 1.
    seed : int
    """
    weight = np.maximum(outputs.std(axis=0), 0.05) ** -RARITY
    model = ExtraTreesRegressor(
        n_estimators=TREES, min_samples_leaf=LEAST_LEAF, max_features=FEATURES, random_state=seed
    ).fit(table, outputs * weight)
    return _as_forest([tree.tree_ for tree in model.estimators_], weight)


def _as_forest(trees: list[Any], weight: Floats) -> Forest:
    starts = np.cumsum([0, *(tree.node_count for tree in trees)])

    def joined(name: str) -> NDArray[Any]:
        return np.concatenate([getattr(tree, name) for tree in trees])

    shift = np.repeat(starts[:-1], [tree.node_count for tree in trees])
    left, right = joined("children_left"), joined("children_right")
    is_leaf = left < 0
    values = joined("value")[:, :, 0] / weight
    return Forest(
        roots=starts[:-1].astype(np.int32),
        feature=np.where(is_leaf, LEAF, joined("feature")).astype(np.int16),
        threshold=joined("threshold").astype(np.float32),
        left=np.where(is_leaf, 0, left + shift).astype(np.int32),
        right=np.where(is_leaf, 0, right + shift).astype(np.int32),
        missing_left=joined("missing_go_to_left").astype(bool),
        value=np.rint(np.clip(values, 0, 1) * SCALE).astype(np.uint8),
    )
