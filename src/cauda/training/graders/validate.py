"""Patient-level cross-validation in which nothing is chosen on the patients it is tested on.

The learners are fitted without each fold and without each pair of folds. For an outer fold, the
fits without it and one other give predictions by which the blend is chosen and calibrated; the
fit without it alone is then tested on it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np
from numpy.typing import NDArray

from cauda.nets.calibration import Calibration
from cauda.training.graders.calibrate import SHARES, calibrations
from cauda.training.graders.targets import TARGETS, output_slices

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]

FOLDS = 5


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Graded discs, ready to learn from.

    Parameters
    ----------
    patients : tuple of str
        One a disc.
    numbers : (N, F) float32 array
    signals : (N, 2, 80, 48) float32 array
    ranks : (N, targets) array
    names : tuple of str
        Of the columns of ``numbers``.
    """

    patients: tuple[str, ...]
    numbers: NDArray[np.float32]
    signals: NDArray[np.float32]
    ranks: Ints
    names: tuple[str, ...]

    def part(self, chosen: NDArray[np.bool_]) -> Table:
        """The chosen discs."""
        rows = np.flatnonzero(chosen)
        return Table(
            patients=tuple(self.patients[n] for n in rows),
            numbers=self.numbers[rows],
            signals=self.signals[rows],
            ranks=self.ranks[rows],
            names=self.names,
        )


Learn = Callable[[Table, Table, int], tuple[Floats, Floats]]
"""Training discs, discs to predict, seed -> (N, outputs) of the forest and of the kernel."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Tested:
    """Predictions for every disc by learners that had not seen its patient.

    Parameters
    ----------
    forest, kernel : (N, outputs) arrays
        Before calibration.
    probabilities : mapping of target name to (N, grades) array
    shares : mapping of target name to tuple of float
        The forest's weight chosen in each fold.
    alone : mapping of learner to mapping of target name to (N, grades) array
        What either learner would give by itself, calibrated in the same way.
    """

    forest: Floats
    kernel: Floats
    probabilities: Mapping[str, Floats]
    shares: Mapping[str, tuple[float, ...]]
    alone: Mapping[str, Mapping[str, Floats]]


def folds_of(patients: Sequence[str], seed: int) -> Ints:
    """(N,): fold of every disc; all discs of a patient lie in one."""
    names = sorted(set(patients), key=int)
    order = np.random.default_rng(seed).permutation(len(names))
    fold = {names[n]: place % FOLDS for place, n in enumerate(order)}
    return np.array([fold[p] for p in patients])


def cross_validate(table: Table, learn: Learn, seed: int) -> Tested:
    """Predict every disc by learners and a calibration that had not seen its patient."""
    fold = folds_of(table.patients, seed)
    without: dict[frozenset[int], tuple[Floats, Floats]] = {}
    singles = [frozenset([n]) for n in range(FOLDS)]
    for left in (*singles, *map(frozenset, combinations(range(FOLDS), 2))):
        out = np.isin(fold, list(left))
        without[left] = _spread(learn(table.part(~out), table.part(out), seed), out)
    forest, kernel = _own(without, fold, singles)
    ways: dict[str, tuple[float, ...]] = {"": SHARES, "forest": (1.0,), "kernel": (0.0,)}
    found = {way: {t.name: np.zeros((len(fold), t.ranks)) for t in TARGETS} for way in ways}
    shares: dict[str, list[float]] = {t.name: [] for t in TARGETS}
    for n in range(FOLDS):
        inner = [frozenset([n, other]) for other in range(FOLDS)]
        own = fold == n
        seen = _own(without, fold, inner)
        for way, tried in ways.items():
            fitted = calibrations(seen[0][~own], seen[1][~own], table.ranks[~own], tried)
            for name, probabilities in apply_all(fitted, forest[own], kernel[own]).items():
                found[way][name][own] = probabilities
                if not way:
                    shares[name].append(fitted[name].share)
    return Tested(
        forest=forest,
        kernel=kernel,
        probabilities=found[""],
        shares={name: tuple(values) for name, values in shares.items()},
        alone={way: of_way for way, of_way in found.items() if way},
    )


def _spread(predicted: tuple[Floats, Floats], out: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Predictions of some discs, put at their places among all."""
    whole = []
    for part in predicted:
        full = np.full((len(out), part.shape[1]), np.nan)
        full[out] = part
        whole.append(full)
    return whole[0], whole[1]


def _own(
    without: Mapping[frozenset[int], tuple[Floats, Floats]],
    fold: Ints,
    lefts: Sequence[frozenset[int]],
) -> tuple[Floats, Floats]:
    """For every disc of fold n, the prediction of the n-th of the fits."""
    first = np.stack([without[left][0][:] for left in lefts])[fold, np.arange(len(fold))]
    second = np.stack([without[left][1][:] for left in lefts])[fold, np.arange(len(fold))]
    return first, second


def apply_all(
    fitted: Mapping[str, Calibration], forest: Floats, kernel: Floats
) -> dict[str, Floats]:
    """(N, grades) probabilities of every target."""
    columns = output_slices()
    return {
        name: calibration(forest[:, columns[name]], kernel[:, columns[name]])
        for name, calibration in fitted.items()
    }
