"""Scoring of axial segmenters on phantoms."""

import numpy as np
import pytest

from cauda.evaluation import axial
from cauda.evaluation.axial import axial_series, score_axial_phantom
from cauda.geometry import canonical
from cauda.phantom.axial_sample import axial_training_sample
from cauda.records import Segmentation
from cauda.vocab import AXIAL_STRUCTURES, Plane, Structure


@pytest.fixture(autouse=True)
def small(monkeypatch):
    monkeypatch.setattr(axial, "SLICES", 2)
    monkeypatch.setattr(axial, "SHAPE", (96, 96))


def knowing(seed, shift=0):
    """A segmenter that knows the truth, moved to the left by some pixels."""
    _, labels, _ = axial_training_sample(np.random.default_rng(seed), slices=2, shape=(96, 96))
    moved = np.roll(np.moveaxis(labels, 0, 2), shift, axis=0)

    def segment(series):
        voxels, space = canonical(series.volume.voxels, series.volume.space)
        return Segmentation(
            series=series.key,
            probabilities=np.stack([moved == n for n in range(len(AXIAL_STRUCTURES))]).astype(
                np.float32
            ),
            space=space,
            signal=voxels,
            bundle="truth",
            plane=Plane.AXIAL,
            structures=AXIAL_STRUCTURES,
        )

    return segment


def test_the_truth_scores_one_and_a_shifted_one_less():
    perfect = score_axial_phantom(11, knowing(11))
    shifted = score_axial_phantom(11, knowing(11, shift=4))
    assert Structure.BACKGROUND not in perfect
    assert perfect[Structure.SAC].dice == 1.0
    assert perfect[Structure.SAC].assd_mm == 0.0
    assert 0.3 < shifted[Structure.SAC].dice < 0.95
    assert shifted[Structure.SAC].assd_mm > 0.15


def test_a_series_keeps_slices_apart_from_pixels():
    series = axial_series("a", np.zeros((3, 8, 6)), (4.4, 0.5, 0.6))
    assert series.volume.space.spacing_mm == pytest.approx((0.5, 0.6, 4.4))
    assert (series.plane, series.volume.voxels.shape) == (Plane.AXIAL, (8, 6, 3))
