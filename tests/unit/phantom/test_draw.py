"""Drawing a spine: determinism, counts, placing, lesions."""

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest

from cauda.errors import UsageError
from cauda.phantom import Lesion, LesionKind, draw_anatomy, landmarks
from cauda.vocab import Level, Side, Vertebra, Zone


def test_same_seed_gives_the_same_spine_and_another_seed_another():
    first, second, other = (draw_anatomy(np.random.default_rng(s)) for s in (5, 5, 6))
    assert first == second
    assert first != other


@pytest.mark.parametrize(
    ("count", "lowest", "names"),
    [
        (4, Level.L4_S1, {Level.L1_L2, Level.L3_L4, Level.T12_L1}),
        (5, Level.L5_S1, {Level.L1_L2, Level.L4_L5, Level.T12_L1}),
        (6, Level.L6_S1, {Level.L1_L2, Level.L5_L6, Level.T12_L1}),
    ],
)
def test_levels_are_named_by_the_lumbar_count(count, lowest, names):
    anatomy = draw_anatomy(np.random.default_rng(1), lumbar_count=count, lesions=())
    found = [d.level for d in anatomy.discs if d.level is not None]
    assert found[0] == lowest
    assert names <= set(found)
    assert sum(s.name.startswith("L") for s in anatomy.segments) == count


def test_other_counts_are_refused():
    with pytest.raises(ValueError, match="4, 5 or 6"):
        draw_anatomy(np.random.default_rng(1), lumbar_count=7)


def test_a_level_that_is_not_there_is_refused_with_those_that_are():
    lesion = Lesion(kind=LesionKind.BULGE, level=Level.L5_L6)
    with pytest.raises(UsageError, match=r"no disc L5-L6; it has .*L5-S1"):
        draw_anatomy(np.random.default_rng(1), lesions=(lesion,))


@pytest.mark.parametrize("seed", range(8))
def test_the_spine_is_lordotic_upright_and_ordered(seed):
    anatomy = draw_anatomy(np.random.default_rng(seed), lesions=())
    places = landmarks(anatomy).bodies
    order = [Vertebra.S1, Vertebra.L5, Vertebra.L4, Vertebra.L3, Vertebra.L2, Vertebra.L1]
    heights = [places[v][2] for v in order]
    assert heights == sorted(heights)
    assert all(20.0 < b - a < 60.0 for a, b in pairwise(heights))
    assert places[Vertebra.S1][1] > places[Vertebra.L3][1]
    assert np.allclose(places[Vertebra.L3], 0.0)


def test_frames_are_right_handed_and_x_points_left():
    anatomy = draw_anatomy(np.random.default_rng(3))
    for part in (*anatomy.segments, *anatomy.discs):
        axes = np.array(part.axes)
        assert np.allclose(axes @ axes.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(axes) == pytest.approx(1.0)
        assert axes[0, 0] > 0.95


def test_conus_ends_between_t12_and_l2_and_is_above_l3():
    for seed in range(20):
        anatomy = draw_anatomy(np.random.default_rng(seed), lesions=())
        names = [s.name for s in anatomy.segments]
        assert names.index("L2") <= anatomy.sac.conus <= names.index("T12")
        assert landmarks(anatomy).conus_lps[2] > landmarks(anatomy).bodies[Vertebra.L3][2]


def test_lesions_leave_all_other_parameters_alone(healthy, ill):
    assert ill.plain == replace(healthy, plain=None)
    assert ill.segments == healthy.segments
    assert tuple(replace(d, crowding=0.0) for d in ill.discs) == healthy.discs
    assert any(d.crowding > 0 for d in ill.discs)
    assert healthy.blobs == ()
    assert {b.disc for b in ill.blobs} == {
        ill.disc_index(Level.L5_S1),
        ill.disc_index(Level.L4_L5),
    }


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("zone", [Zone.SUBARTICULAR, Zone.FORAMINAL, Zone.EXTRAFORAMINAL])
def test_a_left_lesion_lies_at_positive_x(side, zone):
    lesion = Lesion(
        kind=LesionKind.PROTRUSION, level=Level.L4_L5, side=side, zone=zone, size_mm=4.0
    )
    anatomy = draw_anatomy(np.random.default_rng(2), lesions=(lesion,))
    (blob,) = anatomy.blobs
    assert (blob.center_mm[0] > 0) == (side is Side.LEFT)


def test_zones_follow_each_other_from_the_midline_outward():
    distances = []
    for zone in (Zone.CENTRAL, Zone.SUBARTICULAR, Zone.FORAMINAL, Zone.EXTRAFORAMINAL):
        lesion = Lesion(kind=LesionKind.PROTRUSION, level=Level.L4_L5, side=Side.LEFT, zone=zone)
        anatomy = draw_anatomy(np.random.default_rng(2), lesions=(lesion,))
        distances.append(anatomy.blobs[0].center_mm[0])
    assert distances[0] == 0.0
    assert distances == sorted(distances)


def test_random_lesions_come_at_both_sides_and_many_kinds():
    lesions = [
        lesion for seed in range(60) for lesion in draw_anatomy(np.random.default_rng(seed)).lesions
    ]
    assert {x.side for x in lesions} >= {Side.LEFT, Side.RIGHT}
    assert len({x.kind for x in lesions}) >= 10
    assert {x.level for x in lesions} >= {Level.L5_S1, Level.L4_L5, Level.L1_L2}
