import numpy as np
import pytest

from cauda.evaluation.segmentation import THREE_LABELS, as_series, score_case, three_label_case
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Structure


@pytest.fixture
def labels():
    volume = np.zeros((8, 40, 60), dtype=np.uint8)
    volume[:, 5:20, 10:22] = 1
    volume[:, 5:20, 22:28] = 2
    volume[2:6, 20:26, 5:55] = 3
    return volume


def exact_segmenter(labels, body_share=1.0):
    """Answer with the truth itself, vertebra split between body and arch."""

    def segment(series):
        probabilities = np.zeros((len(STRUCTURES), *labels.shape), dtype=np.float32)
        parts = {Structure.BODY: 1, Structure.DISC: 2, Structure.CORD: 3, Structure.BACKGROUND: 0}
        for structure, value in parts.items():
            probabilities[STRUCTURES.index(structure)] = labels == value
        body = probabilities[STRUCTURES.index(Structure.BODY)]
        probabilities[STRUCTURES.index(Structure.ARCH)] = body * (1 - body_share)
        probabilities[STRUCTURES.index(Structure.BODY)] = body * body_share
        return Segmentation(
            series=series.key,
            probabilities=probabilities,
            space=series.volume.space,
            signal=series.volume.voxels,
            bundle="truth",
        )

    return segment


@pytest.mark.parametrize("body_share", [1.0, 0.5, 0.0])
def test_what_the_labels_merge_is_merged_before_it_is_compared(labels, body_share):
    case = three_label_case("a", labels.astype(float), labels, (1.0, 0.5, 0.5))
    scores = score_case(case, exact_segmenter(labels, body_share), THREE_LABELS)
    assert {key: s.dice for key, s in scores.items()} == dict.fromkeys(THREE_LABELS, 1.0)


def test_a_wrong_answer_scores_low(labels):
    case = three_label_case("a", labels.astype(float), labels, (1.0, 0.5, 0.5))
    scores = score_case(case, exact_segmenter(np.roll(labels, 6, axis=2)), THREE_LABELS)
    assert scores["disc"].dice == 0
    assert scores["vertebra"].dice == pytest.approx(0.5)
    assert scores["disc"].assd_mm > 1


def test_thick_slices_average_signal_and_vote_on_labels(labels):
    labels[3, 5:20, 10:22] = 0
    signal = np.arange(8.0)[:, None, None] * np.ones(labels.shape)
    case = three_label_case("a", signal, labels, (1.0, 0.5, 0.5), slices=4)
    assert case.signal.shape == (2, 40, 60)
    assert case.signal[0].flat[0] == pytest.approx(1.5)
    assert case.spacing_mm == (4.0, 0.5, 0.5)
    assert case.masks["vertebra"].sum() == 2 * 15 * 12
    assert case.masks["canal"].sum() == 2 * 6 * 50  # filled by two of four slices: owned
    assert as_series(case).volume.space.spacing_mm == pytest.approx((4.0, 0.5, 0.5))
