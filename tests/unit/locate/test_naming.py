"""Names, the three states of the numbering, and the signs that make it uncertain."""

from __future__ import annotations

import pytest

from cauda.knowledge import rows
from cauda.locate.lstv import transitional_signs
from cauda.locate.naming import alternate, conus_flags, names, numbering
from cauda.records import Conus
from cauda.vocab import Level, Vertebra


def test_names_stop_where_the_vocabulary_stops():
    found = names(14, has_sacrum=True)
    assert found.vertebrae[0] is Vertebra.L5
    assert (found.vertebrae[-1], found.levels[-1]) == (Vertebra.T8, Level.T8_T9)
    relative = names(14, has_sacrum=False)
    assert (relative.vertebrae[-1], relative.levels[-1]) == (Vertebra.V10, Level.D9)
    assert all(level.is_relative for level in relative.levels)
    assert names(1, has_sacrum=False).levels == ()


SIGNS = [
    ({}, []),
    ({"last_to_next": 0.51}, []),
    ({"last_to_next": 0.5}, ["low-last-disc"]),
    ({"share": 0.79}, []),
    ({"share": 0.8, "ratio": 1.5}, ["residual-disc"]),
    ({"ratio": 1.37, "junction_mm": 5.4}, []),
    ({"ratio": 1.38, "junction_mm": 5.5}, []),
    ({"junction_mm": 5.5}, []),
    ({"ratio": 1.37, "junction_mm": 5.5}, ["squared-s1"]),
    ({"angle_deg": 0.9}, []),
    ({"angle_deg": 1.0, "last_to_next": 0.4}, ["flat-last-angle", "low-last-disc"]),
    ({"ratio": 1.1, "junction_mm": 6.5, "angle_deg": 3.3}, ["squared-s1", "flat-last-angle"]),
]


@pytest.mark.parametrize(("measures", "expected"), SIGNS)
def test_signs_are_met_at_their_limits(measures, expected):
    assert [row.id for row in transitional_signs(measures)] == expected


def test_the_state_follows_from_sacrum_doubts_and_signs():
    sign = transitional_signs({"share": 0.9})
    plain = numbering(5, True, (), ())
    assert (plain.state, plain.lumbar_count, plain.flags) == ("conventional", 5, ())
    assert numbering(4, True, (), ()).lumbar_count is None
    doubted = numbering(6, True, ("a disc was not seen.",), ())
    assert (doubted.state, doubted.lumbar_count, doubted.alternate) == ("uncertain", None, None)
    suspected = numbering(6, True, (), sign)
    assert suspected.state == "uncertain"
    assert suspected.flags == ("LSTV sign: residual-disc",)
    assert "four" in suspected.alternate or "L4" in suspected.alternate
    blind = numbering(6, False, ("a doubt.",), ())
    assert blind.state == "uncertain"
    assert "a doubt." in blind.reasons


def test_a_low_last_disc_alone_is_flagged_but_does_not_widen_the_roots():
    plain = numbering(5, True, (), transitional_signs({"last_to_next": 0.3}))
    assert (plain.state, plain.lumbar_count) == ("conventional", 5)
    assert plain.flags == ("LSTV sign: low-last-disc",)
    assert any("lowest disc" in reason for reason in plain.reasons)


@pytest.mark.parametrize(
    ("measures", "level", "expected"),
    [
        ({"last_to_next": 0.3}, Level.L5_S1, None),
        ({"share": 0.9, "last_to_next": 0.3}, Level.L5_S1, Level.L4_L5),
        ({"share": 0.9}, Level.L5_S1, Level.L4_L5),
        ({"share": 0.9}, Level.L1_L2, Level.T12_L1),
        ({"angle_deg": 9.0}, Level.L5_S1, Level.L6_S1),
        ({"ratio": 1.1, "junction_mm": 6.5, "angle_deg": 3.3}, Level.L5_S1, Level.L4_L5),
        ({"share": 0.9}, Level.T8_T9, None),
        ({}, Level.L5_S1, None),
    ],
)
def test_alternates_are_one_off_in_the_direction_of_the_sign(measures, level, expected):
    assert alternate(level, transitional_signs(measures)) == expected


def test_an_unusual_conus_is_only_flagged():
    def conus(level):
        return Conus(level=level, tip_lps=None, reason="given")

    assert conus_flags(conus("L1-L2"), has_sacrum=True) == ()
    assert conus_flags(conus("L3-L4"), has_sacrum=True) != ()
    assert conus_flags(conus("T11"), has_sacrum=True) != ()
    assert conus_flags(conus("V7"), has_sacrum=False) == ()
    assert conus_flags(conus(None), has_sacrum=True) == ()


def test_every_sign_says_which_way_the_names_would_shift():
    for row in rows("numbering.toml", "lstv", ("measure", "text", "shift")):
        assert row.text("shift") in {"higher", "lower"}
