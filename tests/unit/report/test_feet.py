from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace

import pytest

from cauda.report.feet import described, feet_svg, shades, territory
from cauda.report.footshape import VIEWS
from cauda.vocab import Root, Side


def labels(svg: str) -> list[str]:
    tree = ET.fromstring(svg)
    return [t.text for t in tree.iter() if t.get("class") == "foot-root"]


def test_each_root_shades_its_own_side_only(analysis):
    links = analysis.relation.roots
    assert {s for shade in shades(links, Side.LEFT).values() for s in shade.roots} == {"S1"}
    assert {s for shade in shades(links, Side.RIGHT).values() for s in shade.roots} == {"L4"}


def test_swapping_sides_swaps_the_drawing(analysis):
    links = analysis.relation.roots
    swapped = tuple(replace(lk, side=lk.side.opposite) for lk in links)
    assert shades(swapped, Side.LEFT) == shades(links, Side.RIGHT)
    assert shades(swapped, Side.RIGHT) == shades(links, Side.LEFT)


def test_the_strongest_root_of_a_region_decides_its_shade(analysis):
    link = analysis.relation.roots[0]
    both = (replace(link, tier=1), replace(link, root=Root.CAUDA, tier=3))
    shade = shades(both, link.side)["heel"]
    assert shade.tier == 3
    assert set(shade.roots) == {"S1", "cauda equina"}


def test_tier_zero_shades_nothing(analysis):
    links = tuple(replace(lk, tier=0) for lk in analysis.relation.roots)
    assert labels(feet_svg(links)) == []
    assert described(links).startswith("No area is shaded")


@pytest.mark.parametrize("root", [Root.L4, Root.L5, Root.S1])
def test_every_foot_root_has_a_region_that_is_drawn(root):
    drawn = {region.id for view in VIEWS for region in view.regions}
    assert drawn & set(territory(root))


def test_the_drawing_is_well_formed_and_described(analysis):
    svg = feet_svg(analysis.relation.roots)
    tree = ET.fromstring(svg)
    assert tree.get("role") == "img"
    assert set(labels(svg)) == {"S1", "L4"}
    texts = [t.text for t in tree.iter() if t.get("class") == "foot-side"]
    assert texts == ["R: right foot", "L: left foot"]
    sides = [t for t in tree.iter() if t.get("class") == "foot-side"]
    assert float(sides[0].get("x")) < float(sides[1].get("x"))
