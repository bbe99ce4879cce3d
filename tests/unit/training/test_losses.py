import pytest
import torch

from cauda.training import label_sets
from cauda.training.label_sets import AXIAL
from cauda.training.losses import PartialLabelLoss
from cauda.training.reslice import OFFSET
from cauda.vocab import AXIAL_STRUCTURES, STRUCTURES, Structure

BODY, ARCH, DISC = (STRUCTURES.index(s) for s in (Structure.BODY, Structure.ARCH, Structure.DISC))


def logits_for(classes, sure=12.0, structures=STRUCTURES):
    return torch.nn.functional.one_hot(classes, len(structures)).permute(0, 3, 1, 2) * sure


@pytest.fixture
def classes():
    return torch.randint(
        0, len(STRUCTURES), (2, 24, 24), generator=torch.Generator().manual_seed(0)
    )


def test_the_right_answer_costs_nothing(classes):
    assert float(PartialLabelLoss()(logits_for(classes), classes)) < 1e-3


def test_a_wrong_answer_costs(classes):
    assert float(PartialLabelLoss()(logits_for((classes + 1) % 9), classes)) > 3


def test_body_and_arch_cost_the_same_where_the_label_merges_them():
    codes = torch.full((1, 16, 16), label_sets.VERTEBRA)
    loss = PartialLabelLoss()
    costs = [float(loss(logits_for(torch.full((1, 16, 16), c)), codes)) for c in (BODY, ARCH, DISC)]
    assert costs[0] == pytest.approx(costs[1], abs=1e-6)
    assert costs[2] > costs[0] + 1


def test_an_unlabelled_voxel_may_be_sacrum_but_not_disc():
    codes = torch.full((1, 16, 16), label_sets.UNLABELLED)
    loss = PartialLabelLoss()
    sacrum = torch.full((1, 16, 16), STRUCTURES.index(Structure.SACRUM))
    assert float(loss(logits_for(sacrum), codes)) < 1e-3
    assert float(loss(logits_for(torch.full((1, 16, 16), DISC)), codes)) > 1


def test_voxels_of_which_nothing_is_known_give_no_gradient(classes):
    codes = classes.clone()
    codes[:, :12] = label_sets.ANY
    logits = torch.randn(2, len(STRUCTURES), 24, 24, requires_grad=True)
    PartialLabelLoss()(logits, codes).backward()
    assert not logits.grad[:, :, :12].any()
    assert logits.grad[:, :, 12:].any()


def test_on_an_axial_slice_an_unlabelled_pixel_may_be_fat_but_not_disc():
    codes = torch.full((1, 16, 16), label_sets.UNLABELLED + OFFSET)
    loss = PartialLabelLoss(meanings=AXIAL)
    fat = torch.full((1, 16, 16), AXIAL_STRUCTURES.index(Structure.EPIDURAL_FAT))
    disc = torch.full((1, 16, 16), AXIAL_STRUCTURES.index(Structure.DISC))
    assert float(loss(logits_for(fat, structures=AXIAL_STRUCTURES), codes)) < 1e-3
    assert float(loss(logits_for(disc, structures=AXIAL_STRUCTURES), codes)) > 1
