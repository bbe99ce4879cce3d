"""Comparison of measured values with the truth."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cauda.evaluation.budget import Where, compare, summarize, summarize_stated
from cauda.evaluation.places import exchanged, side_errors
from cauda.evaluation.zones import named_zone_pairs, zone_kappa, zone_pairs
from cauda.records import Finding, Measurement
from cauda.vocab import Condition, Level, Plane, Quantity, Scale, Side, Zone


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
    assert missing == (Where(Quantity.SLIP, Level.L4_L5, None, None),)


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
    assert len(side_errors(comparisons, margin=3.0)) == len(exchanged(comparisons, 3.0)) == swaps


def test_a_narrow_side_read_as_wide_is_near_the_other_but_exchanges_none() -> None:
    height = Quantity.FORAMEN_HEIGHT
    truth = [value(height, 20.0, side=Side.LEFT), value(height, 10.0, side=Side.RIGHT)]
    measured = [value(height, 20.0, side=Side.LEFT), value(height, 19.0, side=Side.RIGHT)]
    comparisons, _ = compare(measured, truth)
    assert [c.side for c in side_errors(comparisons, margin=3.0)] == [Side.RIGHT]
    assert exchanged(comparisons, margin=3.0) == ()


def test_nearly_equal_sides_cannot_be_told_swapped() -> None:
    height = Quantity.FORAMEN_HEIGHT
    truth = [value(height, 15.0, side=Side.LEFT), value(height, 14.0, side=Side.RIGHT)]
    measured = [value(height, 14.0, side=Side.LEFT), value(height, 15.0, side=Side.RIGHT)]
    comparisons, _ = compare(measured, truth)
    assert side_errors(comparisons, margin=3.0) == ()


def test_a_value_is_held_to_the_truth_of_its_own_plane() -> None:
    sagittal, axial = (
        value(Quantity.SAC_AREA, 100.0, preferred=False),
        value(Quantity.SAC_AREA, 120.0),
    )
    measured = [sagittal, replace(axial, plane=Plane.AXIAL, series="ax_t2")]
    truth = [
        value(Quantity.SAC_AREA, 101.0),
        replace(value(Quantity.SAC_AREA, 118.0), plane=Plane.AXIAL),
    ]
    comparisons, missing = compare(measured, truth)
    assert [(c.error, c.series) for c in comparisons] == [(-1.0, "sag_t2"), (2.0, "ax_t2")]
    assert not missing
    assert [r.plane for r in summarize(comparisons)] == [Plane.SAGITTAL, Plane.AXIAL]
    (stated,) = summarize_stated(comparisons)
    assert (stated.n, stated.bias, stated.plane) == (1, 2.0, None)


def zone(level: Level, kind: Zone, share: float, side: Side | None = None) -> Measurement:
    found = value(Quantity.DISPLACEMENT_ZONE, share, side=side)
    return replace(found, level=level, zone=kind, plane=Plane.AXIAL)


def test_zones_are_compared_by_their_largest_share() -> None:
    l4, l5 = Level.L4_L5, Level.L5_S1
    truth = [
        zone(l4, Zone.CENTRAL, 0.3),
        zone(l4, Zone.SUBARTICULAR, 0.7, Side.LEFT),
        zone(l5, Zone.CENTRAL, 1.0),
    ]
    swapped = [
        zone(l4, Zone.SUBARTICULAR, 0.6, Side.RIGHT),
        zone(l5, Zone.FORAMINAL, 0.9, Side.LEFT),
    ]
    assert zone_kappa(zone_pairs(truth, truth)) == 1.0
    pairs = {p.level: p for p in zone_pairs(swapped, truth)}
    assert pairs[l4].measured is pairs[l4].truth
    assert pairs[l4].is_wrong_side
    assert not pairs[l5].is_wrong_side
    assert zone_kappa(tuple(pairs.values())) < 1.0
    assert [p.measured for p in zone_pairs([], truth)] == [None, None]


def contour(level: Level, grade: str, found: Zone | None, side: Side | None = None) -> Finding:
    return Finding(
        id=f"{level}/disc_contour/fardon",
        condition=Condition.DISC_CONTOUR,
        level=level,
        scale=Scale.FARDON,
        grade=grade,
        rule="by hand",
        certainty="high",
        zone=found,
        side=side,
    )


def test_named_zones_are_compared_for_every_built_herniation() -> None:
    l3, l4, l5 = Level.L3_L4, Level.L4_L5, Level.L5_S1
    truth = [
        contour(l3, "bulge", None),
        contour(l4, "protrusion", Zone.CENTRAL, Side.LEFT),
        contour(l5, "extrusion", Zone.FORAMINAL, Side.LEFT),
    ]
    found = [
        contour(l3, "protrusion", Zone.CENTRAL),
        contour(l4, "protrusion", Zone.CENTRAL, Side.RIGHT),
        contour(l5, "extrusion", Zone.FORAMINAL, Side.RIGHT),
    ]
    pairs = {p.level: p for p in named_zone_pairs(found, truth)}
    assert set(pairs) == {l4, l5}
    assert not pairs[l4].is_wrong_side, "a central herniation has no side to be wrong about"
    assert pairs[l5].is_wrong_side
    assert pairs[l5].measured is pairs[l5].truth
    assert [p.measured for p in named_zone_pairs([], truth)] == [None, None]
