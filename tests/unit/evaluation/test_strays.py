import numpy as np
import pytest

from cauda.evaluation.strays import strays
from cauda.geometry import Space

SPACE = Space.from_matrix((6, 60, 60), np.diag([4.0, 1.0, 1.0, 1.0]))


@pytest.fixture
def spine():
    mask = np.zeros(SPACE.shape, dtype=bool)
    mask[:, 20:30, 5:55] = True
    return mask


def piece(label, j, side):
    found = np.zeros(SPACE.shape, dtype=int)
    found[2, j : j + side, 10 : 10 + side] = label
    return found


@pytest.mark.parametrize(
    ("j", "side", "is_stray"),
    [
        pytest.param(45, 6, True, id="a piece 16 mm behind"),
        pytest.param(33, 6, False, id="one within reach"),
        pytest.param(45, 4, False, id="one too small to be a structure"),
        pytest.param(22, 6, False, id="one inside the spine"),
    ],
)
def test_only_large_pieces_away_from_the_spine_are_strays(spine, j, side, is_stray):
    found = strays(spine, SPACE, piece(3, j, side), SPACE)
    assert len(found) == is_stray
    if is_stray:
        assert found[0].label == 3
        assert found[0].volume_mm3 == pytest.approx(4 * side**2)
        assert found[0].distance_mm == pytest.approx(j - 29)


def test_two_pieces_of_one_label_are_told_apart_and_ordered_by_size(spine):
    found = strays(spine, SPACE, piece(3, 45, 6) + np.roll(piece(3, 45, 9), 25, axis=2), SPACE)
    assert [round(s.volume_mm3 / 4) for s in found] == [81, 36]


def test_what_lies_beyond_the_grid_of_the_truth_is_not_judged(spine):
    shifted = SPACE.matrix.copy()
    shifted[1, 3] += 200.0
    found_space = Space.from_matrix(SPACE.shape, shifted)
    assert strays(spine, SPACE, piece(3, 45, 6), found_space) == ()
