"""A displaced disc, deep and to one side, may touch the traversing root of that side only."""

from __future__ import annotations

from types import MappingProxyType

import pytest

from cauda.records import Conus, Finding, Numbering, Spine
from cauda.relate import relate
from cauda.vocab import Condition, Level, Root, Scale, Side

SPINE = Spine(
    vertebrae=(),
    levels=(),
    numbering=Numbering(state="conventional", reasons=("counted",), lumbar_count=5),
    conus=Conus(level="L1", tip_lps=None, reason="seen"),
    instances=MappingProxyType({}),
)


def contour(level: Level, apex_side: Side | None) -> Finding:
    return Finding(
        id=f"{level}/disc_contour/fardon",
        condition=Condition.DISC_CONTOUR,
        level=level,
        scale=Scale.FARDON,
        grade="displaced",
        rule="contour-sagittal",
        certainty="moderate",
        apex_side=apex_side,
        detail="sagittal only",
    )


@pytest.mark.parametrize("side", list(Side))
@pytest.mark.parametrize(("level", "root"), [(Level.L4_L5, Root.L5), (Level.L5_S1, Root.S1)])
def test_it_is_possible_on_its_own_side(level: Level, root: Root, side: Side) -> None:
    links = relate([contour(level, side)], SPINE).roots
    assert [(link.root, link.side, link.tier) for link in links] == [(root, side, 1)]


def test_without_a_clear_side_a_displacement_alone_links_nothing() -> None:
    assert relate([contour(Level.L5_S1, None)], SPINE).roots == ()
