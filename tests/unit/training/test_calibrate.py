import numpy as np
import pytest
import torch
from scipy import ndimage

from cauda.evaluation.segmentation import three_label_case
from cauda.nets.network import build_network
from cauda.records import Segmentation
from cauda.training.calibrate import add_offsets, fit_offsets
from cauda.vocab import STRUCTURES, Structure

DISC = STRUCTURES.index(Structure.DISC)


def biased_segmenter(labels, shift_mm):
    """Answer with a sigmoid of the distance to the true surface, moved outward."""

    def segment(series):
        probabilities = np.zeros((len(STRUCTURES), *labels.shape), dtype=np.float32)
        for value, channel in ((1, 1), (2, DISC), (3, 4)):
            inside = labels == value
            outer = ndimage.distance_transform_edt(~inside)
            inner = ndimage.distance_transform_edt(inside)
            probabilities[channel] = 1 / (1 + np.exp(-(inner - outer + shift_mm)))
        return Segmentation(
            series=series.key,
            probabilities=probabilities,
            space=series.volume.space,
            signal=series.volume.voxels,
            bundle="biased",
        )

    return segment


@pytest.mark.parametrize(("shift_mm", "sign"), [(1.6, -1), (-1.6, 1)])
def test_a_surface_too_far_out_is_drawn_in_and_the_reverse(shift_mm, sign):
    labels = np.zeros((4, 40, 60), dtype=np.uint8)
    labels[:, 5:15, 5:50], labels[:, 20:25, 5:50], labels[:, 30:36, 5:50] = 1, 2, 3
    case = three_label_case("a", labels.astype(float), labels, (1.0, 1.0, 1.0))
    offsets = fit_offsets([case], biased_segmenter(labels, shift_mm))
    assert all(np.sign(offset) == sign for offset in offsets.values())


def test_offsets_reach_the_logits_of_their_structures_alone():
    torch.manual_seed(0)
    network = build_network((4, 8, 16)).eval()
    image = torch.randn(1, 3, 16, 16)
    before = network(image)
    add_offsets(network, {"disc": 0.5, "canal": -0.25})
    change = (network(image) - before).mean(dim=(0, 2, 3)).tolist()
    assert change == pytest.approx([0, 0, 0, 0.5, -0.25, -0.25, 0, 0, 0], abs=1e-5)
