import numpy as np
import pytest

from cauda.evaluation.overlap import dice
from cauda.evaluation.robustness import (
    conditions,
    dice_under,
    disc_heights,
    lower_half,
    rotated,
    without_sacrum,
)
from cauda.evaluation.segmentation import LabelledCase
from cauda.geometry import canonical
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Contrast, Structure

DISC = STRUCTURES.index(Structure.DISC)
GROUPS = {"disc": (Structure.DISC,)}
HEIGHTS = (20.5, 50.5, 80.5, 110.5, 140.5)
BY_NAME = {(c.name, c.level): c for c in conditions()}


@pytest.fixture
def case():
    """Five bright discs, more of them on the left and in front."""
    disc = np.zeros((4, 60, 160), dtype=bool)
    for height in HEIGHTS:
        disc[1:, 10:30, int(height) - 3 : int(height) + 5] = True
    signal = np.where(disc, 900.0, 100.0)
    return LabelledCase(name="a", signal=signal, masks={"disc": disc}, spacing_mm=(4.0, 1.0, 0.8))


def bright_is_disc(series):
    """Stand in for a network that needs the header: the left half of a stack is the left half."""
    signal, space = canonical(np.asarray(series.volume.voxels), series.volume.space)
    probabilities = np.zeros((len(STRUCTURES), *signal.shape))
    probabilities[DISC] = signal > 500
    probabilities[0] = 1 - probabilities[DISC]
    return Segmentation(
        series=series.key,
        probabilities=probabilities,
        space=space,
        signal=signal,
        bundle="by hand",
        contrast=Contrast.UNKNOWN,
    )


@pytest.mark.parametrize(
    "key",
    [
        ("as it is", ""),
        ("rotation", "+20 deg"),
        ("rotation", "-10 deg"),
        ("field of view", "L3-S1 only"),
        ("field of view", "no sacrum"),
        ("stored flipped", "left-right"),
        ("stored flipped", "up-down"),
        ("noise", "0.05"),
    ],
)
def test_masks_go_with_the_image(case, key):
    assert dice_under(BY_NAME[key], case, bright_is_disc, GROUPS)["disc"] > 0.95


def test_inverting_deceives_what_reads_brightness(case):
    inverted = BY_NAME["inverted contrast", ""]
    assert dice_under(inverted, case, bright_is_disc, GROUPS)["disc"] < 0.3


def test_a_header_that_does_not_tell_of_a_flip_would_be_seen(case):
    """The stand-in is right only because the header is: without it the masks lie elsewhere."""
    up_down = BY_NAME["stored flipped", "up-down"]
    mirrored = LabelledCase(
        name="a",
        signal=np.flip(case.signal, 1),
        masks=case.masks,
        spacing_mm=case.spacing_mm,
    )
    assert dice_under(up_down, mirrored, bright_is_disc, GROUPS)["disc"] < 0.5


def test_discs_are_counted_from_below_and_views_end_at_them(case):
    assert disc_heights(case) == pytest.approx(HEIGHTS)
    assert lower_half(case).signal.shape[2] == 110
    assert without_sacrum(case).signal.shape[2] == 160 - 35
    assert len(disc_heights(without_sacrum(case))) == 4


def test_turning_there_and_back_gives_the_middle_back(case):
    middle = (slice(None), slice(15, 45), slice(60, 100))
    turned = rotated(case, 20.0)
    assert turned.signal.shape == case.signal.shape
    assert dice(case.masks["disc"][middle], turned.masks["disc"][middle]) < 0.9
    back = rotated(turned, -20.0)
    assert dice(case.masks["disc"][middle], back.masks["disc"][middle]) > 0.9


def test_every_condition_but_the_first_and_the_flips_changes_the_image(case):
    for condition in conditions():
        changed = condition.change(case).signal
        is_same = changed.shape == case.signal.shape and np.allclose(changed, case.signal)
        assert is_same == (condition.name in {"as it is", "stored flipped"})
