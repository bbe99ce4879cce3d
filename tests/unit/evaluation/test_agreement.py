"""Weighted kappa and the pairing of grades."""

from __future__ import annotations

import math

import pytest

from cauda.evaluation.agreement import (
    GradePair,
    grade_pairs,
    kappa_interval,
    weighted_kappa,
)
from cauda.records import Finding
from cauda.vocab import UNKNOWN, Condition, Level, Scale


def pair(measured: int, truth: int) -> GradePair:
    return GradePair(
        condition="canal_stenosis", scale=Scale.LEE_CANAL.value, measured=measured, truth=truth
    )


@pytest.mark.parametrize(
    ("pairs", "kappa"),
    [
        ([(0, 0), (1, 1), (2, 2), (3, 3)], 1.0),
        ([(0, 3), (3, 0)], -1.0),
        # By hand: one pair is off by one; by chance (9 + 3 + 5 + 15) / 4 = 8 would be expected.
        ([(0, 0), (1, 1), (2, 2), (3, 2)], 1 - 1 / 8),
    ],
)
def test_kappa(pairs: list[tuple[int, int]], kappa: float) -> None:
    assert weighted_kappa([pair(*p) for p in pairs]) == pytest.approx(kappa)


def test_kappa_of_one_grade_is_undefined() -> None:
    assert math.isnan(weighted_kappa([pair(0, 0), pair(0, 0)]))


def test_the_interval_of_kappa_is_drawn_by_study() -> None:
    good, poor = [pair(0, 0), pair(2, 2)], [pair(2, 0), pair(0, 2)]
    low, high = kappa_interval([good, good, good, poor])
    assert low < weighted_kappa([*good, *good, *good, *poor]) < high == 1.0
    # All draws of like studies are alike, however many pairs they hold.
    low, high = kappa_interval([[*good, pair(1, 0)]] * 9)
    assert low == pytest.approx(high)


def test_the_interval_leaves_out_what_was_not_graded() -> None:
    assert kappa_interval([[pair(0, 0), pair(2, 2), pair(-1, 3)]] * 3) == (1.0, 1.0)


def finding(grade: str, level: Level = Level.L4_L5) -> Finding:
    return Finding(
        id=f"{level}/canal",
        condition=Condition.CANAL_STENOSIS,
        level=level,
        scale=Scale.LEE_CANAL,
        grade=grade,
        rule="test",
        certainty="high",
        reason_unknown="not seen" if grade == UNKNOWN else "",
    )


def test_unknown_grades_are_paired_as_such_and_unknown_truths_left_out() -> None:
    measured = [finding(UNKNOWN), finding("2", Level.L5_S1)]
    truth = [finding("3"), finding(UNKNOWN, Level.L5_S1), finding("1", Level.L1_L2)]
    assert [(p.measured, p.truth) for p in grade_pairs(measured, truth)] == [(-1, 3)]
