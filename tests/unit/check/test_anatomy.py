"""Cord, curve, ranges, order, asymmetry, fracture, numbering."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cauda.check import anatomy
from cauda.records import Numbering
from cauda.vocab import Condition, Level, Quantity, Side, Vertebra


def test_cord_beside_a_disc_withholds_its_canal_only(make_scene, make_boxes):
    labels = make_boxes()
    labels[6:9, 50:57, 150:] = 51
    (limit,) = anatomy.cord(make_scene(labels=labels))
    assert (limit.id, limit.effect, limit.level) == ("cord-in-slice", "withhold", Level.L1_L2)
    assert limit.conditions == (Condition.CANAL_STENOSIS,)


def test_cord_that_ends_above_the_disc_withholds_nothing(make_scene, make_boxes):
    labels = make_boxes()
    labels[6:9, 50:57, 170:] = 51
    assert not list(anatomy.cord(make_scene(labels=labels)))


def test_a_speck_of_cord_is_taken_for_an_error(make_scene, make_boxes):
    labels = make_boxes()
    labels[7, 52, 158:160] = 51
    assert not list(anatomy.cord(make_scene(labels=labels)))


def bent(vertebrae, degrees):
    """Centroids on an arc with that angle between its end tangents."""
    heights = np.array([v.centroid_lps[2] for v in vertebrae[1:]])
    middle, half = heights.mean(), np.ptp(heights) / 2
    slope = np.tan(np.radians(degrees / 2)) * (heights - middle) / half
    x_mm = slope * (heights - middle) / 2
    moved = [
        replace(v, centroid_lps=(float(x), *v.centroid_lps[1:]))
        for v, x in zip(vertebrae[1:], x_mm, strict=True)
    ]
    return (vertebrae[0], *moved)


@pytest.mark.parametrize("degrees", [0.0, 8.0, 12.0, 20.0, 30.0])
def test_the_curve_is_the_angle_between_the_end_tangents(make_scene, degrees):
    curve = anatomy.coronal_curve_deg(bent(make_scene().spine.vertebrae, degrees))
    assert curve == pytest.approx(degrees, abs=0.1)


@pytest.mark.parametrize(("degrees", "effect"), [(8.0, None), (12.0, "lower"), (16.0, "withhold")])
def test_a_curved_spine_lowers_then_withholds(make_scene, change_spine, degrees, effect):
    scene = make_scene()
    scene = change_spine(scene, vertebrae=bent(scene.spine.vertebrae, degrees))
    assert [x.effect for x in anatomy.scoliosis(scene)] == ([effect] if effect else [])


def test_a_tilted_but_straight_spine_is_not_curved(make_scene):
    tilted = tuple(
        replace(v, centroid_lps=(0.2 * v.centroid_lps[2], *v.centroid_lps[1:]))
        for v in make_scene().spine.vertebrae
    )
    assert anatomy.coronal_curve_deg(tilted) == pytest.approx(0.0, abs=1e-6)


def test_three_vertebrae_do_not_tell_a_curve(make_scene):
    assert anatomy.coronal_curve_deg(bent(make_scene().spine.vertebrae, 30.0)[:4]) == 0.0


@pytest.mark.parametrize(
    ("quantity", "value", "condition"),
    [
        (Quantity.SAC_AP, 40.0, Condition.CANAL_STENOSIS),
        (Quantity.SAC_AREA, 900.0, Condition.CANAL_STENOSIS),
        (Quantity.DISC_HEIGHT_MIDDLE, 30.0, Condition.DISC_NARROWING),
        (Quantity.DISPLACEMENT, 25.0, Condition.DISC_HERNIATION),
        (Quantity.SLIP_PERCENT, -60.0, Condition.SPONDYLOLISTHESIS),
        (Quantity.DISC_DEPTH, 5.0, Condition.SPONDYLOLISTHESIS),
    ],
)
def test_what_no_spine_has_is_withheld(make_scene, make_measurement, quantity, value, condition):
    scene = make_scene()
    wrong = make_measurement(quantity, Level.L3_L4, value)
    limits = list(anatomy.out_of_range(replace(scene, measurements=(*scene.measurements, wrong))))
    assert {(x.effect, x.level) for x in limits} == {("withhold", Level.L3_L4)}
    assert condition in limits[0].conditions
    assert "L3-L4" in limits[0].reason


def test_disease_stays_within_the_plausible(make_scene, make_measurement):
    sick = {
        Quantity.SAC_AP: 3.0,
        Quantity.SAC_AREA: 20.0,
        Quantity.SAC_RATIO: 0.1,
        Quantity.DISC_HEIGHT_MIDDLE: 1.5,
        Quantity.DISPLACEMENT: 12.0,
        Quantity.SLIP_PERCENT: 60.0,
        Quantity.FORAMEN_HEIGHT: 6.0,
        Quantity.FORAMEN_AREA: 10.0,
        Quantity.NUCLEUS_SIGNAL: 0.05,
    }
    measured = tuple(make_measurement(q, Level.L4_L5, v) for q, v in sick.items())
    assert not list(anatomy.out_of_range(replace(make_scene(), measurements=measured)))


def test_a_missed_disc_withholds_both_levels_beside_it(make_scene, change_spine):
    scene = make_scene()
    levels = (scene.spine.levels[0], *scene.spine.levels[2:])
    limits = list(anatomy.disc_order(change_spine(scene, levels=levels)))
    assert {x.level for x in limits} == {Level.L5_S1, Level.L3_L4}
    assert {x.effect for x in limits} == {"withhold"}
    assert "68 mm" in limits[0].reason
    assert not list(anatomy.disc_order(scene))


def test_discs_out_of_order_are_withheld(make_scene, change_spine):
    scene = make_scene()
    first, second, *_ = scene.spine.levels
    limits = list(anatomy.disc_order(change_spine(scene, levels=(second, first))))
    assert {x.level for x in limits} == {first.name, second.name}


@pytest.mark.parametrize(("upper_low", "doubted"), [(20.0, [Level.L5_S1, Level.L4_L5]), (50.0, [])])
def test_material_measured_at_two_discs_is_doubted(
    make_scene, make_measurement, upper_low, doubted
):
    measured = tuple(
        make_measurement(
            Quantity.DISPLACEMENT_EXTENT,
            level,
            10.0,
            segment_lps=((0.0, 46.0, low), (0.0, 46.0, high)),
        )
        for level, low, high in ((Level.L5_S1, 15.0, 40.0), (Level.L4_L5, upper_low, 60.0))
    )
    limits = list(anatomy.shared_material(replace(make_scene(), measurements=measured)))
    assert [x.level for x in limits] == doubted
    assert all(Condition.DISC_HERNIATION in x.conditions for x in limits)


@pytest.mark.parametrize(("left", "lowered"), [(60.0, 0), (19.0, 1), (500.0, 1)])
def test_very_unequal_foramina_are_doubted(make_scene, make_measurement, left, lowered):
    measured = (
        make_measurement(Quantity.FORAMEN_AREA, Level.L4_L5, left, side=Side.LEFT),
        make_measurement(Quantity.FORAMEN_AREA, Level.L4_L5, 80.0, side=Side.RIGHT),
    )
    limits = list(anatomy.asymmetry(replace(make_scene(), measurements=measured)))
    assert len(limits) == lowered
    assert all(x.effect == "lower" and x.level == Level.L4_L5 for x in limits)


@pytest.mark.parametrize(
    ("anterior", "middle", "suspected"),
    [(26.0, 25.0, False), (21.0, 25.0, False), (20.0, 25.0, True), (26.0, 19.0, True)],
)
def test_a_wedged_or_dished_body_is_said_without_an_age(
    make_scene, make_measurement, anterior, middle, suspected
):
    heights = {
        Quantity.VERTEBRA_HEIGHT_ANTERIOR: anterior,
        Quantity.VERTEBRA_HEIGHT_MIDDLE: middle,
        Quantity.VERTEBRA_HEIGHT_POSTERIOR: 26.0,
    }
    measured = tuple(make_measurement(q, None, v, vertebra=Vertebra.L2) for q, v in heights.items())
    limits = list(anatomy.fracture(replace(make_scene(), measurements=measured)))
    assert bool(limits) is suspected
    if suspected:
        assert "age not determined" in limits[0].reason
        withheld = [x for x in limits if x.effect == "withhold"]
        assert {x.level for x in withheld} == {Level.L1_L2, Level.L2_L3}
        assert {c for x in withheld for c in x.conditions} == {Condition.DISC_NARROWING}


def test_a_body_cut_by_the_image_edge_is_not_called_fractured(
    make_scene, make_measurement, change_spine
):
    scene = make_scene()
    *others, top = scene.spine.vertebrae
    measured = (
        make_measurement(Quantity.VERTEBRA_HEIGHT_MIDDLE, None, 10.0, vertebra=top.name),
        make_measurement(Quantity.VERTEBRA_HEIGHT_POSTERIOR, None, 26.0, vertebra=top.name),
    )
    scene = replace(scene, measurements=measured)
    assert list(anatomy.fracture(scene))
    cut = change_spine(scene, vertebrae=(*others, replace(top, is_partial=True)))
    assert not list(anatomy.fracture(cut))


def test_uncertain_numbering_lowers_every_finding_and_says_why(make_scene, change_spine):
    scene = make_scene()
    assert not list(anatomy.numbering(scene))
    unsure = Numbering(state="uncertain", reasons=("six lumbar vertebrae",), lumbar_count=6)
    (limit,) = anatomy.numbering(change_spine(scene, numbering=unsure))
    assert "six lumbar vertebrae" in limit.reason
    assert limit.effect == "lower"
    assert all(limit.applies(c, level, None) for c in Condition for level in Level)
