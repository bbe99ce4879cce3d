"""Names, labels and frames on spines whose anatomy is known exactly."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.phantom import landmarks
from cauda.records import (
    DISC_LABELS,
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    SAC_LABEL,
)
from cauda.vocab import Level, Vertebra

UPWARD = ["S1", "L5", "L4", "L3", "L2", "L1", "T12"]

PLACEMENTS = [
    pytest.param({}, id="straight"),
    pytest.param({"seed": 2, "turn_deg": (14, 0, 0), "shift": (0, 5, 12)}, id="pitched"),
    pytest.param({"seed": 3, "turn_deg": (-12, 4, 0)}, id="pitched and rolled"),
    pytest.param({"seed": 4, "turn_deg": (5, -3, 12), "shift": (2, 0, 0)}, id="oblique stack"),
    pytest.param({"seed": 5, "slice_mm": 4.0, "pixel_mm": 0.8}, id="finer"),
]


def dice(first, second):
    return 2 * (first & second).sum() / max(first.sum() + second.sum(), 1)


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_five_lumbar_spines_are_named_labeled_and_framed(make_case, placement):
    case = make_case(**placement)
    spine = case.spine
    assert spine.numbering.state == "conventional"
    assert spine.numbering.lumbar_count == 5
    assert [v.name for v in spine.vertebrae][:7] == UPWARD
    assert [v.label for v in spine.vertebrae] == list(range(1, len(spine.vertebrae) + 1))
    found = spine.instances["sag_t2"]
    for vertebra in spine.vertebrae[:6]:
        own = case.labels == vertebra.label
        assert dice(own, found == vertebra.label) > 0.9, vertebra.name
    for level in spine.levels[:6]:
        assert dice(case.labels == level.label, found == level.label) > 0.9, level.name
        assert level.alternate is None


@pytest.mark.parametrize("placement", PLACEMENTS)
def test_frames_are_right_handed_and_follow_the_anatomy(make_case, placement):
    case = make_case(**placement)
    spine = case.spine
    true = {disc.level: disc for disc in case.anatomy.discs}
    for level in spine.levels[:6]:
        axes = level.frame.axes
        np.testing.assert_allclose(axes @ axes.T, np.eye(3), atol=1e-9)
        assert np.linalg.det(axes) == pytest.approx(1)
        angles = np.degrees(np.arccos(np.clip((axes * true[level.name].axes).sum(axis=1), -1, 1)))
        assert angles[2] < 2.0, (level.name, angles)
        assert angles.max() < 7.0, (level.name, angles)
        x, y, z = level.frame.to_local(true[level.name].origin_lps)
        assert abs(x) < 1.5
        assert abs(y) < 4.0  # a wedged disc's centroid lies in front of its plane's middle
        assert abs(z) < 0.6


def test_every_foramen_has_its_level_and_the_patients_side(make_case):
    case = make_case()
    spine = case.spine
    found = spine.instances["sag_t2"]
    for level in spine.levels[:5]:
        for offset in (LEFT_FORAMEN_OFFSET, RIGHT_FORAMEN_OFFSET):
            label = level.label + offset
            assert dice(case.labels == label, found == label) > 0.7, label
    left = (found > 300) & (found < 400)
    right = found >= 400
    x = case.space.to_lps(np.argwhere(left))[:, 0], case.space.to_lps(np.argwhere(right))[:, 0]
    assert x[0].min() > x[1].max()


def test_arches_go_to_their_own_vertebra(make_case):
    case = make_case()
    found = case.spine.instances["sag_t2"]
    is_arch = (case.labels > 200) & (case.labels < 300) & (found > 200) & (found < 300)
    assert (case.labels[is_arch] == found[is_arch]).mean() > 0.88


def test_mirroring_the_patient_swaps_sides_and_nothing_else(make_case):
    case = make_case()
    mirror = np.diag([-1.0, 1, 1, 1])
    flipped = mirror @ case.space.matrix @ np.diag([-1.0, 1, 1, 1])
    flipped[:3, 3] = (mirror @ case.space.matrix)[:3] @ [case.space.shape[0] - 1, 0, 0, 1]
    twin = case.moved(flipped)
    object.__setattr__(twin, "probabilities", case.probabilities[:, ::-1])
    one, two = case.spine, twin.spine
    assert [v.name for v in one.vertebrae] == [v.name for v in two.vertebrae]
    for mine, other in zip(one.levels, two.levels, strict=True):
        swapped = np.array(other.frame.origin_lps) * [-1, 1, 1]
        np.testing.assert_allclose(mine.frame.origin_lps, swapped, atol=0.02)
    first, second = one.instances["sag_t2"], two.instances["sag_t2"][::-1]
    left = (first > 300) & (first < 400)
    assert left.any()
    np.testing.assert_array_equal(second[left], first[left] + 100)
    same = first < 200
    np.testing.assert_array_equal(second[same], first[same])


def test_turning_and_shifting_the_whole_patient_moves_frames_along(make_case):
    case = make_case()
    angle = np.radians(8)
    turn = np.eye(4)
    turn[:3, :3] = [
        [np.cos(angle), -np.sin(angle), 0],
        [np.sin(angle), np.cos(angle), 0],
        [0, 0, 1],
    ]
    turn[:3, 3] = (30, -12, 50)
    one, two = case.spine, case.moved(turn @ case.space.matrix).spine
    np.testing.assert_array_equal(one.instances["sag_t2"], two.instances["sag_t2"])
    for mine, other in zip(one.levels, two.levels, strict=True):
        moved = (turn @ [*mine.frame.origin_lps, 1])[:3]
        np.testing.assert_allclose(other.frame.origin_lps, moved, atol=1e-3)
        np.testing.assert_allclose(other.frame.axes, mine.frame.axes @ turn[:3, :3].T, atol=1e-3)


@pytest.mark.parametrize("lumbar", [4, 6])
def test_other_counts_are_named_from_the_sacrum_and_said_to_be_assumed(make_case, lumbar):
    spine = make_case(seed=3, lumbar=lumbar).spine
    assert [v.name for v in spine.vertebrae][:5] == UPWARD[:5]
    assert "four or six" in spine.numbering.reasons[0]
    assert spine.numbering.state != "verified"


def test_endplates_face_each_other_across_every_disc(make_case):
    case = make_case(seed=5, slice_mm=4.0, pixel_mm=0.8)
    spine = case.spine
    true = {d.level: d for d in case.anatomy.discs}
    for level in spine.levels[:5]:
        upper, lower = spine.vertebra(level.above).lower, spine.vertebra(level.below).upper
        gap = level.frame.to_local(upper.point_lps)[2] - level.frame.to_local(lower.point_lps)[2]
        # the planes lie inside the concave endplates, so a little farther apart than the rims
        assert true[level.name].height_mm - 0.5 < gap < true[level.name].height_mm + 3.5


def test_the_conus_tip_is_found_and_named(make_case):
    case = make_case()
    spine = case.spine
    true = np.array(landmarks(case.anatomy).conus_lps)
    assert np.linalg.norm(np.array(spine.conus.tip_lps) - true) < 5.0
    assert spine.conus.level in {"T12", "T12-L1", "L1", "L1-L2", "L2"}
    assert spine.conus.level in spine.conus.reason


def test_a_cord_that_leaves_the_field_of_view_has_no_tip(make_case):
    case = make_case(shift=(0, 0, 70))
    cord = np.argwhere(case.labels == SAC_LABEL + 1)
    cut = case.cropped(2, int(cord[:, 2].min()) + 10, case.space.shape[2])
    conus = cut.spine.conus
    assert conus.level is None
    assert conus.tip_lps is None
    assert "edge" in conus.reason


def test_levels_join_the_vertebrae_they_lie_between(make_case):
    spine = make_case().spine
    for n, level in enumerate(spine.levels, start=1):
        assert (level.label, level.below, level.above) == (DISC_LABELS + n, n, n + 1)
    assert spine.level(Level.L4_L5).label == 102
    assert spine.vertebrae[0].name is Vertebra.S1
    assert spine.vertebrae[0].ordinal == 0
    assert spine.vertebrae[0].lower is None
