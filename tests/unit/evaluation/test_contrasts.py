import numpy as np
import pytest

from cauda.evaluation.contrasts import (
    agreement,
    best_pair,
    best_pose,
    edge_shift,
    sense_mm2,
    slice_series,
)
from cauda.records import Segmentation
from cauda.vocab import STRUCTURES, Contrast, Structure

GROUPS = {"disc": (Structure.DISC,), "sac": (Structure.SAC,)}
MARKS = {Structure.DISC: 100, Structure.SAC: 200, Structure.ARCH: 300, Structure.SACRUM: 400}
PIXEL = (1.0, 0.8)


def drawn(shape=(60, 100), shift=0):
    """Disc in front, sac behind it, arch behind that; the sacrum below."""
    plane = np.zeros(shape)
    j, k = (n // 2 - 30 + shift for n in shape)
    plane[j + 5 : j + 25, k + 20 : k + 60] = MARKS[Structure.DISC]
    plane[j + 28 : j + 36, k + 5 : k + 60] = MARKS[Structure.SAC]
    plane[j + 40 : j + 50, k + 20 : k + 55] = MARKS[Structure.ARCH]
    plane[j + 12 : j + 24, k + 0 : k + 15] = MARKS[Structure.SACRUM]
    return plane


def by_mark(series):
    signal = np.asarray(series.volume.voxels)
    probabilities = np.zeros((len(STRUCTURES), *signal.shape))
    for structure, mark in MARKS.items():
        probabilities[STRUCTURES.index(structure)] = signal == mark
    probabilities[0] = 1 - probabilities[1:].sum(axis=0)
    return Segmentation(
        series=series.key,
        probabilities=probabilities,
        space=series.volume.space,
        signal=signal,
        bundle="by hand",
        contrast=Contrast.UNKNOWN,
    )


@pytest.mark.parametrize("steps", [(1, 1), (1, -1), (-1, -1)])
def test_a_slice_is_read_upright_however_it_is_stored(steps):
    stored = drawn()[:: steps[0], :: steps[1]]
    found = best_pose(stored, PIXEL, by_mark)
    assert (found.signal[0] == drawn()).all()


def test_a_slice_without_spine_is_not_compared():
    assert best_pose(np.zeros((60, 100)), PIXEL, by_mark) is None
    assert sense_mm2(by_mark(slice_series(drawn(), PIXEL, (-1, 1)))) == 0


def test_images_of_other_sizes_meet_at_their_centers():
    small, large = (
        by_mark(slice_series(drawn(shape), PIXEL, (1, 1))) for shape in ((60, 100), (80, 130))
    )
    assert agreement(small, large, GROUPS) == {"disc": 1.0, "sac": 1.0}


def test_a_shift_between_the_two_is_undone_by_their_edges():
    one, two = (by_mark(slice_series(drawn(shift=s), PIXEL, (1, 1))) for s in (0, 3))
    likeness, shift = edge_shift(one, two)
    assert shift == (-3, -3)
    assert likeness > 0.9
    assert agreement(one, two, GROUPS) == {"disc": 1.0, "sac": 1.0}


def test_what_one_contrast_misses_lowers_the_agreement():
    plane = drawn()
    less = plane.copy()
    less[10:20, 50:65] = 0
    one, two = (by_mark(slice_series(p, PIXEL, (1, 1))) for p in (plane, less))
    found = agreement(one, two, GROUPS)
    missed = (plane == 100).sum() - (less == 100).sum()
    assert missed > 50
    assert found["disc"] == pytest.approx(2 * (800 - missed) / (1600 - missed))


@pytest.mark.parametrize("stored", [(1, 1), (1, -1), (-1, -1)])
def test_a_pair_stored_in_two_ways_is_read_upright(stored):
    planes = (drawn(), drawn()[:: stored[0], :: stored[1]])
    one, two = best_pair(planes, (PIXEL, PIXEL), by_mark)
    assert (one.signal[0] == drawn()).all()
    assert (two.signal[0] == drawn()).all()
