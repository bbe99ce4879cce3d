import math

import numpy as np
import pytest

from cauda.datasets import Masks, named_map, own_map
from cauda.evaluation.comparison import comparable, parts_of, score_parts
from cauda.evaluation.naming import check_names, share_correct
from cauda.geometry import Space
from cauda.vocab import Structure

S = Structure
SPACE = Space.from_matrix((4, 20, 40), np.diag([4.0, 0.5, 0.5, 1.0]))


def masks(labels, rows, space=SPACE):
    """Numbers in rows of 5 along K, from below."""
    numbers = np.zeros(space.shape, dtype=np.int32)
    for row, number in enumerate(rows):
        numbers[1:3, 5:15, 5 * row : 5 * row + 5] = number
    return Masks(
        numbers=numbers,
        space=space,
        meanings=labels.resolved(np.unique(numbers)),
        told=labels.told,
    )


def sets(*groups):
    return tuple(frozenset(g) for g in groups)


BODY, ARCH, VERTEBRA = {S.BODY}, {S.ARCH}, {S.BODY, S.ARCH}


@pytest.mark.parametrize(
    ("truth", "predicted", "expected"),
    [
        (sets(VERTEBRA), sets(BODY, ARCH), sets(VERTEBRA)),
        (sets(BODY, ARCH), sets(VERTEBRA), sets(VERTEBRA)),
        (sets(BODY, ARCH), sets(BODY, ARCH), sets(BODY, ARCH)),
        (sets(BODY), sets(VERTEBRA), ()),
        (sets({S.SAC}), sets({S.SAC, S.CORD}), ()),
        (sets({S.SAC, S.CORD}), sets({S.SAC}, {S.CORD}), sets({S.SAC, S.CORD})),
        (sets({S.DISC}), sets({S.DISC}, {S.SACRUM}), sets({S.DISC})),
        (sets({S.DISC}, {S.SACRUM}), sets({S.DISC}), sets({S.DISC})),
        (sets({S.DISC}), (), ()),
    ],
)
def test_only_what_both_can_tell_is_compared(truth, predicted, expected):
    assert set(comparable(truth, predicted)) == set(expected)


def test_the_same_truth_scores_one_under_any_map():
    truth = masks(named_map("spider"), [1, 201, 2, 100])
    rows = {
        "totalspineseg": [45, 100, 44, 2],
        "cauda": [45, 100, 44, 1],
        "parts": [1, 3, 2, 10],
        "spider-merged": [1, 2, 1, 3],
    }
    for name, numbers in rows.items():
        found = score_parts(truth, masks(named_map(name), numbers))
        assert {k: s.dice for k, s in found.items()} == {"vertebra": 1, "disc": 1, "canal": 1}


def test_volumes_and_distances_are_physical():
    truth = masks(named_map("spider-merged"), [2, 2, 0, 0])
    found = score_parts(truth, masks(named_map("spider-merged"), [2, 2, 2, 0]))["disc"]
    assert found.dice == pytest.approx(0.8)
    assert found.truth_ml == pytest.approx(2 * 10 * 10 * 4 * 0.25 / 1000)
    assert found.volume_error_percent == pytest.approx(50)
    assert found.hd95_mm <= 2.5
    empty = score_parts(masks(named_map("spider-merged"), [1]), truth)["disc"]
    assert (empty.dice, empty.truth_ml) == (0, 0)
    assert math.isnan(empty.volume_error_percent)
    assert math.isnan(empty.assd_mm)


def test_what_the_data_set_did_not_draw_is_not_held_against_the_prediction():
    truth = masks(named_map("spider-merged"), [0, 2])
    found = score_parts(truth, masks(named_map("totalspineseg"), [50, 100]))
    assert found["disc"].dice == 1
    assert "sacrum" not in found


def test_voxels_that_the_truth_leaves_open_count_for_neither():
    own = own_map({1: "disc", 2: "unknown"})
    found = score_parts(masks(own, [1, 2]), masks(named_map("spider-merged"), [2, 2]))
    assert found["disc"].dice == 1
    assert score_parts(masks(own, [1, 0]), masks(named_map("spider-merged"), [2, 2]))[
        "disc"
    ].dice == pytest.approx(2 / 3)


def test_foramina_are_scored_by_side_so_that_a_swap_shows():
    truth = masks(named_map("parts"), [6, 0, 7])
    same = score_parts(truth, masks(named_map("cauda"), [295, 0, 395]))
    swapped = score_parts(truth, masks(named_map("cauda"), [395, 0, 295]))
    assert {k: v.dice for k, v in same.items() if "foramen" in k} == {
        "foramen": 1,
        "left foramen": 1,
        "right foramen": 1,
    }
    assert swapped["foramen"].dice == 1
    assert swapped["left foramen"].dice == swapped["right foramen"].dice == 0
    unsided = masks(named_map("parts"), [9, 0, 9])
    assert {p.name for p in parts_of(truth, unsided)} >= {"foramen"}
    assert "left foramen" not in {p.name for p in parts_of(truth, unsided)}


@pytest.mark.parametrize(
    ("labels", "rows", "verdicts"),
    [
        ("totalspineseg", [45, 100, 44, 95], ["correct", "correct", "correct", "correct"]),
        ("totalspineseg", [44, 95, 43, 94], ["wrong", "wrong", "wrong", "wrong"]),
        ("totalspineseg", [45, 100, 0, 0], ["correct", "missing", "correct", "missing"]),
        ("spider-merged", [1, 2, 1, 2], ["unnamed"] * 4),
        ("cauda", [141, 151, 142, 152], ["unnamed"] * 4),
    ],
)
def test_names_are_compared_instance_by_instance(labels, rows, verdicts):
    truth = masks(named_map("spider"), [1, 201, 2, 202])
    checks = check_names(truth, masks(named_map(labels), rows))
    assert [c.kind for c in checks] == ["level", "level", "vertebra", "vertebra"]
    assert sorted(c.verdict for c in checks) == sorted(verdicts)
    levels = [c for c in checks if c.kind == "level"]
    assert share_correct(checks) == np.mean([c.verdict == "correct" for c in levels])


def test_partly_visible_vertebrae_and_nameless_truths_are_not_asked_for():
    truth = masks(named_map("spider"), [101, 201])
    checks = check_names(truth, masks(named_map("spider"), [1, 201]))
    assert [(c.truth, c.verdict) for c in checks] == [("L5-S1", "correct")]
    assert math.isnan(share_correct(checks, "vertebra"))
    merged = masks(named_map("spider-merged"), [1, 2])
    assert check_names(merged, truth) == ()


def test_a_neighbor_that_touches_a_disc_does_not_name_it():
    truth = masks(named_map("spider"), [0, 201])
    other = np.zeros(SPACE.shape, dtype=np.int32)
    other[1:3, 5:15, 9:12] = 202  # only 2 of the true disc's 5 rows, of another disc
    other[1:3, 5:15, 5] = 201
    labels = named_map("spider")
    predicted = Masks(
        numbers=other, space=SPACE, meanings=labels.resolved([201, 202]), told=labels.told
    )
    assert check_names(truth, predicted)[0].verdict == "missing"
