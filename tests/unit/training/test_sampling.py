import numpy as np
import pytest
import torch

from cauda.training import label_sets
from cauda.training.intensity import augment
from cauda.training.sampling import AIM_AT, draw_sample, draw_slabs, vote
from cauda.training.spider import Case

CROP = (96, 128)


@pytest.fixture
def case():
    """Bright where the code is a disc: image and label must move together."""
    codes = np.zeros((20, 200, 260), dtype=np.uint8)
    codes[:, 60:140, 40:220] = 3
    signal = (codes == 3).astype(np.float32)
    return Case(name="a", signal=signal, codes=codes, spacing_mm=(1.0, 0.5, 0.5))


@pytest.mark.parametrize("seed", range(12))
def test_image_and_labels_stay_together(case, seed):
    signal, codes = draw_sample(case, np.random.default_rng(seed), 0.75, CROP)
    assert signal.shape == (3, *CROP)
    assert codes.shape == CROP
    agree = (signal[1] > 0.5) == (codes == 3)
    assert agree.float().mean() > 0.985
    assert (codes == 3).any()


def test_the_same_seed_gives_the_same_sample(case):
    one, two = (draw_sample(case, np.random.default_rng(3), 0.75, CROP) for _ in range(2))
    assert torch.equal(one[0], two[0])
    assert torch.equal(one[1], two[1])


@pytest.mark.parametrize(("slices", "spacing"), [(20, 1.0), (3, 4.4), (1, 5.0), (13, 1.0)])
def test_slabs_stay_inside_the_stack(slices, spacing):
    for seed in range(200):
        slabs = draw_slabs(slices, spacing, np.random.default_rng(seed))
        for part in (slabs.center, slabs.below, slabs.above):
            assert part
            assert min(part) >= 0
            assert max(part) < slices
        assert len(slabs.center) * spacing <= max(spacing, 5.0)


def test_neighbors_lie_on_their_own_sides():
    slabs = [draw_slabs(30, 1.0, np.random.default_rng(n)) for n in range(100)]
    assert all(min(s.below) <= min(s.center) <= min(s.above) for s in slabs)
    assert sum(max(s.below) < min(s.center) for s in slabs) > 60


def test_the_most_frequent_code_wins():
    codes = np.array([[[1, 2, 3]], [[1, 2, 4]], [[5, 2, 4]]], dtype=np.uint8)
    assert vote(codes).tolist() == [[1, 2, 4]]
    assert vote(codes[:1]).tolist() == [[1, 2, 3]]


def test_crops_aim_at_structures_of_the_spine():
    assert AIM_AT[[1, 3, label_sets.VERTEBRA, label_sets.CANAL]].all()
    assert not AIM_AT[[0, label_sets.UNLABELLED, label_sets.ANY, label_sets.NOT_LATERAL]].any()


@pytest.mark.parametrize("seed", range(8))
def test_augmenting_changes_looks_but_leaves_edges_in_place(case, seed):
    signal = torch.from_numpy(case.signal[:3, :96, :128].copy())
    changed = augment(signal, np.random.default_rng(seed))
    assert changed.shape == signal.shape
    assert torch.isfinite(changed).all()
    inside, outside = changed[1][70:90, 60:120], changed[1][10:50, 10:30]
    assert abs(float(inside.mean() - outside.mean())) > 0.02
