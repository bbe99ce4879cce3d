import numpy as np
import pytest

from cauda.evaluation.calibration import (
    Sample,
    fit_temperature,
    grouped,
    reliability,
    sample_of,
    tempered,
)
from cauda.evaluation.segmentation import THREE_LABELS, LabelledCase
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Contrast, Structure

DISC = STRUCTURES.index(Structure.DISC)
GROUPS = {"disc": (Structure.DISC,)}


def stated_and_drawn(overconfidence, count=40_000):
    """Voxels whose logits are ``overconfidence`` times what the truth was drawn from."""
    rng = np.random.default_rng(0)
    logits = rng.normal(0, 1.5, count)
    drawn = rng.random(count) < 1 / (1 + np.exp(-logits))
    probabilities = np.zeros((count, len(STRUCTURES)))
    probabilities[:, DISC] = 1 / (1 + np.exp(-overconfidence * logits))
    probabilities[:, 0] = 1 - probabilities[:, DISC]
    return Sample(probabilities=probabilities, group=drawn.astype(int))


@pytest.mark.parametrize("factor", [0.7, 1.0, 2.0])
def test_the_temperature_that_made_them_wrong_is_found(factor):
    assert fit_temperature([stated_and_drawn(factor)], GROUPS) == pytest.approx(factor, rel=0.08)


def test_the_error_falls_with_the_fitted_temperature_and_is_small_where_all_is_true():
    wrong, right = stated_and_drawn(2.5), stated_and_drawn(1.0)
    before = reliability([wrong], GROUPS)["disc"].error
    after = reliability([wrong], GROUPS, fit_temperature([wrong], GROUPS))["disc"].error
    assert before > 0.08
    assert after < 0.02
    assert reliability([right], GROUPS)["disc"].error < 0.02


def test_the_error_is_the_weighted_distance_of_a_case_worked_by_hand():
    probabilities = np.zeros((4, len(STRUCTURES)))
    probabilities[:, DISC] = [0.95, 0.95, 0.95, 0.25]
    probabilities[:, 0] = 1 - probabilities[:, DISC]
    found = reliability([Sample(probabilities=probabilities, group=np.array([1, 1, 0, 0]))], GROUPS)
    # Three voxels state 0.95 and two were drawn; one states 0.25 and was not.
    expected = 0.75 * abs(0.95 - 2 / 3) + 0.25 * 0.25
    assert found["disc"].error == pytest.approx(expected)
    assert found["disc"].count.sum() == 4


def test_tempering_keeps_the_winner_and_the_sum():
    rng = np.random.default_rng(1)
    probabilities = rng.dirichlet(np.ones(len(STRUCTURES)), 50)
    soft = tempered(probabilities, 2.0)
    assert soft.sum(axis=1) == pytest.approx(1)
    assert (soft.argmax(axis=1) == probabilities.argmax(axis=1)).all()
    assert (soft.max(axis=1) <= probabilities.max(axis=1) + 1e-9).all()
    assert tempered(probabilities, 1.0) is probabilities


def test_groups_sum_to_one_with_the_rest():
    probabilities = np.random.default_rng(2).dirichlet(np.ones(len(STRUCTURES)), 20)
    assert grouped(probabilities, THREE_LABELS).sum(axis=1) == pytest.approx(1)


def test_masks_are_carried_to_the_networks_grid():
    masks = {n: np.zeros((2, 8, 8), dtype=bool) for n in THREE_LABELS}
    masks["disc"][:, 2:6, 2:6] = True
    case = LabelledCase(
        name="a", signal=np.zeros((2, 8, 8)), masks=masks, spacing_mm=(4.0, 1.0, 1.0)
    )

    def segmenter(series):
        probabilities = np.full((len(STRUCTURES), 2, 8, 8), 1 / len(STRUCTURES))
        return Segmentation(
            series=series.key,
            probabilities=probabilities,
            space=series.volume.space,
            signal=np.zeros((2, 8, 8)),
            bundle="by hand",
            contrast=Contrast.UNKNOWN,
        )

    sample = sample_of(case, segmenter, THREE_LABELS)
    assert len(sample.group) == 128
    assert (sample.group == 2).sum() == 32
