"""Wrong names and wrong sides are found, and nothing else is called one."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cauda.evaluation.places import misnamed, on_other_side, sided
from cauda.geometry import Frame
from cauda.records import LevelInstance, Measurement
from cauda.vocab import Level, Quantity, Side

DISCS = {Level.L4_L5: (5.0, 0.0, -30.0)}
HEIGHT = Measurement(
    id="L4-L5/foramen_height_mm/left/sag_t1",
    quantity=Quantity.FORAMEN_HEIGHT,
    level=Level.L4_L5,
    side=Side.LEFT,
    value=18.0,
    uncertainty=1.0,
    method="test",
    series="sag_t1",
    segment_lps=((24.0, 10.0, -30.0), (26.0, 10.0, -12.0)),
)


@pytest.mark.parametrize(
    ("side", "x_mm", "is_wrong"),
    [
        (Side.LEFT, 25.0, False),
        (Side.RIGHT, 25.0, True),
        # Left of the scanner's origin, yet right of a disc that lies to the left of it.
        (Side.LEFT, 3.0, True),
        (Side.RIGHT, 3.0, False),
    ],
)
def test_a_side_is_told_from_the_true_disc(side, x_mm, is_wrong):
    own = replace(HEIGHT, side=side, segment_lps=((x_mm, 0.0, 0.0),))
    assert sided([own], DISCS) == (own,)
    assert on_other_side([own], DISCS) == ((own,) if is_wrong else ())


@pytest.mark.parametrize(
    "changes", [{"side": None}, {"segment_lps": ()}, {"level": Level.L5_S1}, {"level": None}]
)
def test_what_has_no_place_is_not_judged(changes):
    own = replace(HEIGHT, **changes)
    assert sided([own], DISCS) == on_other_side([own], DISCS) == ()


@pytest.mark.parametrize(("z_mm", "expected"), [(-25.0, ()), (5.0, (Level.L4_L5,))])
def test_a_level_far_from_its_disc_is_misnamed(z_mm, expected):
    frame = Frame(
        origin_lps=(5.0, 0.0, z_mm),
        left_lps=(1.0, 0.0, 0.0),
        posterior_lps=(0.0, 1.0, 0.0),
        up_lps=(0.0, 0.0, 1.0),
    )
    level = LevelInstance(
        name=Level.L4_L5, alternate=None, label=201, above=2, below=1, frame=frame
    )
    assert misnamed([level], DISCS) == expected
