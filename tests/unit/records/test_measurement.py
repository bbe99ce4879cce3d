"""When two readings differ."""

import math
from dataclasses import dataclass

import pytest

from cauda.records import error_of_difference


@dataclass
class Reading:
    uncertainty: float


@pytest.mark.parametrize(
    ("one", "other", "expected"), [(3.0, 4.0, 5.0), (2.0, 0.0, 2.0), (1.0, 1.0, math.sqrt(2))]
)
def test_the_error_of_a_difference_is_the_root_of_both_squares(one, other, expected):
    for pair in ((one, other), (other, one)):
        assert error_of_difference(*map(Reading, pair)) == pytest.approx(expected)
