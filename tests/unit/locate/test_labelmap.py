"""Written label maps: numbers of every scheme, on the target's own grid."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.errors import UsageError
from cauda.geometry import Space
from cauda.knowledge import rows
from cauda.locate import SCHEMES, labelmap
from cauda.locate.schemes import scheme_numbers

EXPECTED = {
    "cauda": {1: 50, 2: 45, 202: 45, 3: 44, 101: 100, 102: 95, 302: 295, 402: 395, 401: 400},
    "totalspineseg": {1: 50, 2: 45, 202: 45, 101: 100, 102: 95, 302: 0, 50: 2, 51: 1},
    "spineps": {1: 26, 2: 24, 3: 23, 101: 124, 102: 123, 302: 0, 50: 0},
    "spider": {1: 0, 2: 1, 3: 2, 203: 2, 101: 201, 102: 202, 302: 0, 50: 100, 51: 100},
}


@pytest.mark.parametrize(("scheme", "expected"), EXPECTED.items())
def test_schemes_number_the_same_spine_their_own_way(make_case, scheme, expected):
    numbers = scheme_numbers(make_case().spine, scheme)
    assert {label: numbers[label] for label in expected} == expected


def test_spider_marks_partly_visible_vertebrae(make_case):
    case = make_case()
    spine = case.cropped(2, 0, case.height(4)).spine
    assert scheme_numbers(spine, "spider")[4] == 103


def test_every_scheme_has_a_sourced_row():
    assert {row.id for row in rows("labels.toml", "schemes")} == set(SCHEMES)


def native(space, scale=0.6):
    """A finer grid of the same volume as a scanner stores it: down, back, right to left."""
    sign = np.diag([scale, scale, -1, 1])
    matrix = space.matrix[:, [1, 2, 0, 3]] @ sign
    matrix[:3, 1] *= -1
    shape = (int(space.shape[1] / scale), int(space.shape[2] / scale), space.shape[0])
    corner = np.array([space.shape[0] - 1, 0, space.shape[2] - 1])
    matrix[:3, 3] = space.to_lps(corner)
    return Space.from_matrix(shape, matrix, space.frame_of_reference)


def test_a_map_lies_on_the_targets_grid_with_smooth_outlines(make_case):
    case = make_case()
    target = native(case.space)
    labels = labelmap(case.spine, case.segmentation(), target)
    assert labels.dtype == np.uint16
    assert labels.shape == target.shape
    discs = {95: 102, 94: 103, 92: 105}
    for number, label in discs.items():
        seen = target.to_lps(np.argwhere(labels == number)).mean(axis=0)
        true = case.space.to_lps(np.argwhere(case.labels == label)).mean(axis=0)
        assert np.linalg.norm(seen - true) < 1.0, number
        volume = (labels == number).sum() * target.voxel_mm3
        assert volume == pytest.approx((case.labels == label).sum() * case.space.voxel_mm3, rel=0.1)


def test_left_and_right_are_the_patients_in_any_axis_order(make_case):
    case = make_case()
    for target in (case.space, native(case.space)):
        labels = labelmap(case.spine, case.segmentation(), target)
        left = target.to_lps(np.argwhere(labels == 295))[:, 0]
        right = target.to_lps(np.argwhere(labels == 395))[:, 0]
        assert left.min() > right.max()


def test_parts_need_no_names_and_keep_a_foramen_of_unknown_side(make_case):
    case = make_case()
    whole = labelmap(case.spine, case.segmentation(), case.space, "parts")
    assert set(np.unique(whole)) >= {0, 1, 2, 3, 4, 5, 6, 7, 10}
    seen = [(case.labels == label).sum(axis=(1, 2)) for label in (3, 302)]
    index = int(np.minimum(*seen).argmax())
    side = case.cropped(0, index, index + 1)
    parts = labelmap(side.spine, side.segmentation(), side.space, "parts")
    assert (parts == 9).sum() > 30
    assert not np.isin(parts, (6, 7)).any()


def test_relative_names_have_numbers_only_where_the_scheme_keeps_some_for_them(make_case):
    case = make_case()
    cut = case.cropped(2, case.height(2), case.space.shape[2])
    labels = labelmap(cut.spine, cut.segmentation(), cut.space)
    assert {141, 142, 151, 152} <= set(np.unique(labels).tolist())
    assert not ((labels > 10) & (labels < 141)).any()
    for scheme in ("totalspineseg", "spineps", "spider"):
        with pytest.raises(UsageError, match="no anatomical names"):
            labelmap(cut.spine, cut.segmentation(), cut.space, scheme)


def test_an_unknown_scheme_is_refused(make_case):
    case = make_case()
    with pytest.raises(UsageError, match="choose one of cauda"):
        labelmap(case.spine, case.segmentation(), case.space, "itksnap")


def test_a_target_elsewhere_stays_empty(make_case):
    case = make_case()
    matrix = case.space.matrix.copy()
    matrix[:3, 3] += 900
    far = Space.from_matrix((4, 5, 6), matrix, case.space.frame_of_reference)
    assert not labelmap(case.spine, case.segmentation(), far).any()
