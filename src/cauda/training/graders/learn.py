"""Both learners on a table of graded discs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from cauda.nets.forest import Forest
from cauda.nets.graders import feature_table
from cauda.nets.kernel import Kernel
from cauda.training.graders.forests import fit_forest
from cauda.training.graders.kernels import fit_kernel
from cauda.training.graders.samples import Disc
from cauda.training.graders.tables import Grades
from cauda.training.graders.targets import rank_table, steps
from cauda.training.graders.validate import Table

Floats = NDArray[np.float64]


def learning_table(pairs: Sequence[tuple[Disc, Grades]]) -> Table:
    """The discs and their grades as arrays; what a disc lacks is NaN."""
    names = tuple(sorted({name for disc, _ in pairs for name in disc.numbers}))
    return Table(
        patients=tuple(disc.patient for disc, _ in pairs),
        numbers=feature_table([disc.numbers for disc, _ in pairs], names),
        signals=np.stack([disc.signals for disc, _ in pairs]),
        ranks=rank_table([grades for _, grades in pairs]),
        names=names,
    )


def fit(table: Table, seed: int) -> tuple[Forest, Kernel]:
    """Fit both learners to every disc of a table."""
    outputs = steps(table.ranks)
    return (
        fit_forest(table.numbers, outputs, seed),
        fit_kernel(table.numbers, table.signals, outputs),
    )


def learn(known: Table, asked: Table, seed: int) -> tuple[Floats, Floats]:
    """Fit to one table and predict another: (N, outputs) of the forest and of the kernel."""
    forest, kernel = fit(known, seed)
    return (
        forest(asked.numbers).astype(np.float64),
        kernel(asked.numbers, asked.signals).astype(np.float64),
    )
