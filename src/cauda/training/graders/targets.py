"""What is learned: each target's condition, scale and rank by the reader's table."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.training.graders.tables import Grades
from cauda.vocab import Condition, Scale


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One thing to learn.

    Parameters
    ----------
    name : str
    rank : callable
        Position on the scale, 0 being normal.
    ranks : int
        How many grades the scale has.
    condition, scale : Condition, Scale or None
        None for what is tested but has no finding of its own.
    bar : float
        The goal: quadratic weighted kappa of an ordered target, AUC of the others; NaN without.
    """

    name: str
    rank: Callable[[Grades], int]
    ranks: int = 2
    condition: Condition | None = None
    scale: Scale | None = None
    bar: float = float("nan")

    @property
    def is_ordered(self) -> bool:
        """Whether there are more grades than absent and present."""
        return self.ranks > 2


_PRESENCE = Scale.PRESENCE

TARGETS = (
    Target(
        name="pfirrmann", rank=lambda g: g.pfirrmann - 1, ranks=5, bar=0.78,
        condition=Condition.DISC_DEGENERATION, scale=Scale.PFIRRMANN,
    ),
    Target(
        name="narrowing", rank=lambda g: int(g.narrowing), bar=0.93,
        condition=Condition.DISC_NARROWING, scale=_PRESENCE,
    ),
    Target(
        name="bulge", rank=lambda g: int(g.bulge), bar=0.90,
        condition=Condition.DISC_BULGE, scale=_PRESENCE,
    ),
    Target(
        name="herniation", rank=lambda g: int(g.herniation), bar=0.87,
        condition=Condition.DISC_HERNIATION, scale=_PRESENCE,
    ),
    Target(
        name="spondylolisthesis", rank=lambda g: int(g.slip), bar=0.93,
        condition=Condition.SPONDYLOLISTHESIS, scale=_PRESENCE,
    ),
    Target(
        name="modic", rank=lambda g: int(g.modic > 0), bar=0.82,
        condition=Condition.ENDPLATE_CHANGE, scale=_PRESENCE,
    ),
    Target(name="endplate_upper", rank=lambda g: int(g.upper)),
    Target(name="endplate_lower", rank=lambda g: int(g.lower)),
)  # fmt: skip
"""Everything that is learned; the table has one reader's word for each disc."""


def rank_table(grades: Sequence[Grades]) -> NDArray[np.int64]:
    """(N, targets): rank of every disc on every target's scale."""
    return np.array([[t.rank(g) for t in TARGETS] for g in grades], dtype=np.int64)


def steps(ranks: NDArray[np.int64]) -> NDArray[np.float32]:
    """(N, outputs): 1 where a target's rank is above a grade, for every grade but its highest."""
    columns = [ranks[:, n] > grade for n, t in enumerate(TARGETS) for grade in range(t.ranks - 1)]
    return np.stack(columns, axis=1).astype(np.float32)


def output_slices() -> dict[str, slice]:
    """Which outputs of :func:`steps` belong to each target."""
    found, start = {}, 0
    for target in TARGETS:
        found[target.name] = slice(start, start + target.ranks - 1)
        start += target.ranks - 1
    return found
