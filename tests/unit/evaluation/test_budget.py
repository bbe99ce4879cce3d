"""Comparison of measured values with the truth."""

from __future__ import annotations

import pytest

from cauda.evaluation.budget import compare, side_errors, summarize
from cauda.records import Measurement
from cauda.vocab import Level, Quantity, Side


def value(
    quantity: Quantity, number: float, *, side: Side | None = None, preferred: bool = True
) -> Measurement:
    return Measurement(
        id=f"L4-L5/{quantity}/{side}/{preferred}",
        quantity=quantity,
        level=Level.L4_L5,
        side=side,
        value=number,
        uncertainty=1.0,
        method="test",
        series="sag_t2",
        preferred=preferred,
    )


def test_only_the_preferred_series_is_compared() -> None:
    measured = [value(Quantity.SLIP, 9.0, preferred=False), value(Quantity.SLIP, 3.5)]
    comparisons, missing = compare(measured, [value(Quantity.SLIP, 3.0)])
    assert [c.error for c in comparisons] == [0.5]
    assert missing == ()


def test_a_truth_without_a_measurement_is_counted_as_missing() -> None:
    comparisons, missing = compare([], [value(Quantity.SLIP, 3.0)])
    assert comparisons == ()
    assert missing == ((Quantity.SLIP, Level.L4_L5, None, None),)


def test_summary_gives_error_bias_and_coverage() -> None:
    measured = [value(Quantity.SAC_AP, 12.5), value(Quantity.SLIP, 5.0)]
    truth = [value(Quantity.SAC_AP, 12.0), value(Quantity.SLIP, 3.0)]
    sac, slip = summarize(*compare(measured, truth))
    assert (sac.mean_absolute, sac.bias, sac.coverage) == (0.5, 0.5, 1.0)
    assert (slip.mean_absolute, slip.coverage, slip.missing) == (2.0, 0.0, 0)
    assert slip.relative == pytest.approx(2 / 3)


@pytest.mark.parametrize(("left", "right", "swaps"), [(20.0, 10.0, 0), (10.0, 20.0, 2)])
def test_swapped_sides_are_found(left: float, right: float, swaps: int) -> None:
    height = Quantity.FORAMEN_HEIGHT
    truth = [value(height, 20.0, side=Side.LEFT), value(height, 10.0, side=Side.RIGHT)]
    measured = [value(height, left, side=Side.LEFT), value(height, right, side=Side.RIGHT)]
    comparisons, _ = compare(measured, truth)
    assert len(side_errors(comparisons, margin=3.0)) == swaps


def test_nearly_equal_sides_cannot_be_told_swapped() -> None:
    height = Quantity.FORAMEN_HEIGHT
    truth = [value(height, 15.0, side=Side.LEFT), value(height, 14.0, side=Side.RIGHT)]
    measured = [value(height, 14.0, side=Side.LEFT), value(height, 15.0, side=Side.RIGHT)]
    comparisons, _ = compare(measured, truth)
    assert side_errors(comparisons, margin=3.0) == ()
