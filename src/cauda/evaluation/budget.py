"""The error budget: measured values against a phantom's exact truth.

Pure comparison; ``scripts/error_budget.py`` makes the phantoms and prints the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np

from cauda.records import Measurement
from cauda.vocab import Level, Quantity, Side, Vertebra


@dataclass(frozen=True, slots=True, kw_only=True)
class Comparison:
    """One measured value beside its truth.

    Parameters
    ----------
    quantity : Quantity
    level, vertebra, side
        Where; ``None`` where it does not apply.
    measured, truth, uncertainty : float
        In the quantity's unit; uncertainty is the half-width of the 90 % interval.
    """

    quantity: Quantity
    level: Level | None
    vertebra: Vertebra | None
    side: Side | None
    measured: float
    truth: float
    uncertainty: float

    @property
    def error(self) -> float:
        """Measured minus true."""
        return self.measured - self.truth

    @property
    def is_covered(self) -> bool:
        """Whether the 90 % interval holds the truth."""
        return abs(self.error) <= self.uncertainty


@dataclass(frozen=True, slots=True, kw_only=True)
class BudgetRow:
    """How one quantity did over all phantoms.

    Parameters
    ----------
    n : int
        Values compared.
    missing : int
        Truths for which nothing was measured.
    mean_absolute, bias, percentile_95 : float
        Of the error, in the quantity's unit.
    relative : float
        Mean absolute error over mean absolute truth.
    coverage : float
        Share of 90 % intervals that hold the truth.
    """

    quantity: Quantity
    n: int
    missing: int
    mean_absolute: float
    bias: float
    percentile_95: float
    relative: float
    coverage: float


Where = tuple[Quantity, Level | None, Vertebra | None, Side | None]


def where(measurement: Measurement) -> Where:
    """What a measurement is of, without its series."""
    return (measurement.quantity, measurement.level, measurement.vertebra, measurement.side)


def compare(
    measured: Iterable[Measurement], truth: Iterable[Measurement]
) -> tuple[tuple[Comparison, ...], tuple[Where, ...]]:
    """Pair preferred measurements with the truth of the same place.

    Returns
    -------
    comparisons : tuple of Comparison
    missing : tuple of Where
        Truths without a measurement.
    """
    found = {where(m): m for m in measured if m.preferred}
    comparisons, missing = [], []
    for true in truth:
        key = where(true)
        if key not in found:
            missing.append(key)
            continue
        own = found[key]
        comparisons.append(
            Comparison(
                quantity=true.quantity,
                level=true.level,
                vertebra=true.vertebra,
                side=true.side,
                measured=own.value,
                truth=true.value,
                uncertainty=own.uncertainty,
            )
        )
    return tuple(comparisons), tuple(missing)


def summarize(
    comparisons: Sequence[Comparison], missing: Sequence[Where] = ()
) -> tuple[BudgetRow, ...]:
    """One row a quantity, in the vocabulary's order."""
    rows = []
    for quantity in Quantity:
        own = [c for c in comparisons if c.quantity is quantity]
        if not own:
            continue
        errors = np.array([c.error for c in own])
        truths = np.array([c.truth for c in own])
        rows.append(
            BudgetRow(
                quantity=quantity,
                n=len(own),
                missing=sum(1 for key in missing if key[0] is quantity),
                mean_absolute=float(np.abs(errors).mean()),
                bias=float(errors.mean()),
                percentile_95=float(np.percentile(np.abs(errors), 95)),
                relative=float(np.abs(errors).mean() / max(np.abs(truths).mean(), 1e-9)),
                coverage=float(np.mean([c.is_covered for c in own])),
            )
        )
    return tuple(rows)


def side_errors(comparisons: Sequence[Comparison], margin: float) -> tuple[Comparison, ...]:
    """Foraminal values nearer to the other side's truth although the sides truly differ.

    Parameters
    ----------
    comparisons : sequence of Comparison
    margin : float
        Least true left-right difference, in the quantity's unit, that makes a swap decidable.
    """
    truth = {(c.quantity, c.level, c.side): c.truth for c in comparisons if c.side}
    swapped = []
    for own in comparisons:
        if own.side is None:
            continue
        other = truth.get((own.quantity, own.level, own.side.opposite))
        if other is None or abs(other - own.truth) < margin:
            continue
        if abs(own.measured - other) < abs(own.measured - own.truth):
            swapped.append(own)
    return tuple(swapped)
