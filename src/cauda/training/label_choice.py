"""The label set (code) of what a data set drew, for any card."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np

from cauda.datasets.masks import Masks
from cauda.datasets.meaning import Structures
from cauda.geometry import Array
from cauda.training.label_sets import LABEL_SETS
from cauda.vocab import STRUCTURES


def code_of(structures: Structures) -> int:
    """The code that allows just these structures, or else the fewest more.

    A code that allows more says less than is known, but never what is wrong.
    """
    wanted = structures & frozenset(STRUCTURES)
    fitting = [n for n, allowed in enumerate(LABEL_SETS) if wanted <= allowed]
    return min(fitting, key=lambda n: len(LABEL_SETS[n]))


def undrawn(told: Iterable[Structures]) -> Structures:
    """What a voxel with 0 may be where ``told`` was drawn: everything else."""
    return frozenset(STRUCTURES) - frozenset().union(*told)


def codes_of(masks: Masks) -> Array:
    """Label sets of every voxel.

    Returns
    -------
    (I, J, K) uint8 array of indices into :data:`cauda.training.label_sets.LABEL_SETS`
    """
    codes = np.full(masks.numbers.shape, code_of(undrawn(masks.told)), dtype=np.uint8)
    for number, meaning in masks.meanings.items():
        codes[masks.numbers == number] = code_of(meaning.structures)
    return codes
