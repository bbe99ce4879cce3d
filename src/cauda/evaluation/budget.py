"""The error budget: measured values against a phantom's exact truth.

Pure comparison; ``scripts/error_budget.py`` makes the phantoms and prints the table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cauda.records import Measurement
from cauda.vocab import Level, Plane, Quantity, Side, Vertebra


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
    plane : Plane
        Of the slices it was measured on.
    series : str
        The series the measured value comes from.
    preferred : bool
        Whether a report states it, of all planes and series that show it.
    """

    quantity: Quantity
    level: Level | None
    vertebra: Vertebra | None
    side: Side | None
    measured: float
    truth: float
    uncertainty: float
    plane: Plane = Plane.SAGITTAL
    series: str = ""
    preferred: bool = True

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
    """How one quantity of one plane did over all phantoms.

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
    plane : Plane or None
        ``None`` where each value is of the plane that a report states.
    """

    quantity: Quantity
    n: int
    missing: int
    mean_absolute: float
    bias: float
    percentile_95: float
    relative: float
    coverage: float
    plane: Plane | None = Plane.SAGITTAL


class Where(NamedTuple):
    """What a measurement is of, without its series."""

    quantity: Quantity
    level: Level | None
    vertebra: Vertebra | None
    side: Side | None
    plane: Plane = Plane.SAGITTAL


def where(measurement: Measurement) -> Where:
    """What a measurement is of, without its series."""
    return Where(
        measurement.quantity,
        measurement.level,
        measurement.vertebra,
        measurement.side,
        measurement.plane,
    )


def compare(
    measured: Iterable[Measurement], truth: Iterable[Measurement]
) -> tuple[tuple[Comparison, ...], tuple[Where, ...]]:
    """Pair measurements with the truth of the same place and plane.

    Of several series of a plane the preferred one is taken; where the preferred one is of the
    other plane, the surest that does not stand apart. Shares of zones are left out: see
    :mod:`cauda.evaluation.zones`.

    Returns
    -------
    comparisons : tuple of Comparison
    missing : tuple of Where
        Truths without a measurement.
    """
    found: dict[Where, Measurement] = {}
    for own in sorted(measured, key=lambda m: (not m.preferred, bool(m.apart), m.uncertainty)):
        found.setdefault(where(own), own)
    comparisons, missing = [], []
    for true in truth:
        if true.quantity is Quantity.DISPLACEMENT_ZONE:
            continue
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
                plane=own.plane,
                series=own.series,
                preferred=own.preferred,
            )
        )
    return tuple(comparisons), tuple(missing)


def summarize(
    comparisons: Sequence[Comparison], missing: Sequence[Where] = ()
) -> tuple[BudgetRow, ...]:
    """One row a quantity and plane, in the vocabulary's order."""
    rows = []
    for quantity, plane in ((q, p) for q in Quantity for p in (Plane.SAGITTAL, Plane.AXIAL)):
        own = [c for c in comparisons if (c.quantity, c.plane) == (quantity, plane)]
        lost = sum(1 for key in missing if (key.quantity, key.plane) == (quantity, plane))
        if own:
            rows.append(_row(quantity, plane, own, lost))
    return tuple(rows)


def summarize_stated(comparisons: Sequence[Comparison]) -> tuple[BudgetRow, ...]:
    """One row a quantity that both planes show: of the values that a report states."""
    rows = []
    for quantity in Quantity:
        own = [c for c in comparisons if c.quantity is quantity]
        if len({c.plane for c in own}) > 1:
            rows.append(_row(quantity, None, [c for c in own if c.preferred], 0))
    return tuple(rows)


def _row(
    quantity: Quantity, plane: Plane | None, own: Sequence[Comparison], missing: int
) -> BudgetRow:
    errors = np.array([c.error for c in own])
    truths = np.array([c.truth for c in own])
    return BudgetRow(
        quantity=quantity,
        n=len(own),
        missing=missing,
        plane=plane,
        mean_absolute=float(np.abs(errors).mean()),
        bias=float(errors.mean()),
        percentile_95=float(np.percentile(np.abs(errors), 95)),
        relative=float(np.abs(errors).mean() / max(np.abs(truths).mean(), 1e-9)),
        coverage=float(np.mean([c.is_covered for c in own])),
    )
