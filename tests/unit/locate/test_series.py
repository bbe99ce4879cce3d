"""Several series: which is located on, who gets its names, which axial slice is where."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.locate import locate
from cauda.records import Series, Volume
from cauda.vocab import Contrast, Level, Plane


def under_frame(case, uid, shift=(0, 0, 0)):
    matrix = case.space.matrix.copy()
    matrix[:3, 3] += shift
    twin = case.moved(matrix)
    object.__setattr__(twin, "space", twin.space.replace(frame_of_reference=uid))
    return twin


def test_a_second_series_gets_the_same_names_by_its_place(make_case, make_study):
    case = make_case()
    other = case.cropped(2, 20, case.space.shape[2] - 40)
    pair = [other.segmentation("sag_t1"), case.segmentation("sag_t2")]
    spine = locate(pair, make_study(("sag_t1", Contrast.T1), ("sag_t2", Contrast.T2)))
    small, large = spine.instances["sag_t1"], spine.instances["sag_t2"][:, :, 20:-40]
    assert (small == large).mean() > 0.995
    assert spine.numbering.state == "conventional"


def test_the_located_series_is_t2_unless_it_shows_less(make_case, make_study):
    case = make_case()
    low = case.cropped(2, 0, case.height(3))
    series = (("sag_t1", Contrast.T1), ("sag_t2", Contrast.T2))
    short_t2 = [case.segmentation("sag_t1"), low.segmentation("sag_t2")]
    spine = locate(short_t2, make_study(*series))
    assert len(spine.levels) == len(case.spine.levels)


def test_movement_between_series_is_followed_and_flagged(make_case, make_study):
    case = make_case()
    moved = under_frame(case, case.space.frame_of_reference, shift=(0, 0, 6))
    spine = locate(
        [case.segmentation("sag_t2"), moved.segmentation("sag_t1")],
        make_study(("sag_t2", Contrast.T2), ("sag_t1", Contrast.T1)),
    )
    one, two = spine.instances["sag_t2"], spine.instances["sag_t1"]
    assert (one == two).mean() > 0.995
    assert any("moved by about" in flag for flag in spine.numbering.flags)


@pytest.mark.parametrize("uid", ["9.9", None])
def test_a_series_of_another_or_unknown_frame_is_left_out(make_case, make_study, uid):
    case = make_case()
    stranger = under_frame(case, uid)
    spine = locate(
        [case.segmentation("sag_t2"), stranger.segmentation("sag_t1")],
        make_study(("sag_t2", Contrast.T2), ("sag_t1", Contrast.T1)),
    )
    assert set(spine.instances) == {"sag_t2"}
    assert any("sag_t1 was left out" in r for r in spine.numbering.reasons)
    assert spine.numbering.state == "conventional"


def test_a_lone_series_without_a_frame_is_located(make_case, make_study):
    alone = under_frame(make_case(), None)
    spine = locate([alone.segmentation("sag")], make_study(("sag", Contrast.T2)))
    assert set(spine.instances) == {"sag"}


def axial(center, normal, count=1, step=4.0, uid=None, size=200):
    """A stack of square axial slices around a center, columns to the left."""
    normal = np.asarray(normal, float) / np.linalg.norm(normal)
    across = np.array([1.0, 0, 0]) - normal[0] * normal
    across /= np.linalg.norm(across)
    matrix = np.eye(4)
    matrix[:3, :3] = np.stack([across, np.cross(normal, across), normal * step], axis=1)
    matrix[:3, 3] = np.asarray(center) - matrix[:3, :3] @ [size / 2, size / 2, (count - 1) / 2]
    space = Space.from_matrix((size, size, count), matrix, uid)
    return Series(
        key="ax_t2",
        plane=Plane.AXIAL,
        contrast=Contrast.T2,
        volume=Volume(voxels=np.zeros(space.shape, np.uint8), space=space),
        used=True,
        reason="given",
    )


def assigned(case, make_study, series):
    sagittal = ("sag_t2", Contrast.T2)
    spine = locate([case.segmentation()], make_study(sagittal, others=(series,)))
    return spine.axial_slices


def test_slices_through_a_disc_get_its_level_distance_and_angle(make_case, make_study):
    case = make_case()
    frame = case.spine.level(Level.L4_L5).frame
    tilt = np.radians(12)
    normal = np.array(frame.up_lps) * np.cos(tilt) + np.array(frame.left_lps) * np.sin(tilt)
    center = np.array(frame.to_lps([0, 25, 2]))
    slices = assigned(
        case, make_study, axial(center, normal, 3, 4.0, case.space.frame_of_reference)
    )
    assert [s.level for s in slices] == [Level.L4_L5] * 3
    for s, expected in zip(slices, (-2, 2, 6), strict=True):
        assert s.angle_deg == pytest.approx(12, abs=0.01)
        assert s.distance_mm == pytest.approx(expected, abs=0.2)


def test_a_slice_through_a_body_or_beside_the_spine_has_no_level(make_case, make_study):
    case = make_case()
    body = case.spine.vertebra(3)
    uid = case.space.frame_of_reference
    up = body.upper.normal_lps
    (mid_body,) = assigned(case, make_study, axial(body.centroid_lps, up, uid=uid))
    frame = case.spine.level(Level.L4_L5).frame
    aside = frame.to_lps([150, 0, 0])
    (beside,) = assigned(case, make_study, axial(aside, frame.up_lps, uid=uid))
    for s in (mid_body, beside):
        assert s.level is None
        assert np.isnan(s.angle_deg)
        assert np.isnan(s.distance_mm)


def test_axial_slices_of_another_frame_are_not_assigned(make_case, make_study):
    case = make_case()
    frame = case.spine.level(Level.L4_L5).frame
    assert assigned(case, make_study, axial(frame.origin_lps, frame.up_lps, uid="9.9")) == ()
    assert assigned(case, make_study, axial(frame.origin_lps, frame.up_lps, uid=None)) == ()
