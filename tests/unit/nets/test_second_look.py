"""Asking the network again about the slices of the midline."""

from dataclasses import replace

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.nets.grid import Layout
from cauda.nets.second_look import with_second_look
from cauda.records import NOT_ASKED, Segmentation
from cauda.vocab import STRUCTURES, Plane, Structure

LAYOUT = Layout(pixel_mm=0.75, multiple=16)
DISC, SAC = STRUCTURES.index(Structure.DISC), STRUCTURES.index(Structure.SAC)
SHAPE = (7, 90, 120)


def by_brightness(batch):
    """A network that calls the brightest pixels sac and bright ones disc."""
    middle = batch[:, 1]
    answer = np.zeros((len(batch), len(STRUCTURES), *middle.shape[1:]), np.float32)
    answer[:, DISC] = (middle > 0) & (middle <= 2)
    answer[:, SAC] = middle > 2
    answer[:, 0] = 1 - answer.sum(axis=1)
    return answer


def by_neighbor(batch):
    """A network that looks for disc where one neighbor alone is bright: no anatomy does that."""
    answer = np.zeros((len(batch), len(STRUCTURES), *batch.shape[2:]), np.float32)
    answer[:, DISC] = batch[:, 0] > batch[:, 2]
    answer[:, 0] = 1 - answer[:, DISC]
    return answer


@pytest.fixture(scope="module")
def found():
    """Discs from the second slice on, a sac in the middle three, on a dark ground."""
    signal = np.zeros(SHAPE, np.float32)
    discs = np.zeros(SHAPE, bool)
    for low in (30, 60, 90):
        discs[1:6, 25:55, low : low + 9] = True
    sac = np.zeros(SHAPE, bool)
    sac[2:5, 58:72, 20:110] = True
    signal[discs], signal[sac] = 500.0, 1500.0
    probabilities = np.zeros((len(STRUCTURES), *SHAPE), np.float32)
    probabilities[DISC], probabilities[SAC] = discs, sac
    probabilities[0] = 1 - probabilities.sum(axis=0)
    return Segmentation(
        series="sag_t2",
        probabilities=probabilities,
        space=Space.from_matrix(SHAPE, np.diag([4.0, 0.75, 0.75, 1.0])),
        signal=signal,
        bundle="by hand",
    )


def test_the_slices_beside_the_midline_are_asked_about_again(found):
    second = with_second_look(found, by_brightness, LAYOUT).second
    assert second.dtype == np.uint8
    assert second.shape == SHAPE
    asked = np.flatnonzero((second != NOT_ASKED).any(axis=(1, 2)))
    assert asked.tolist() == [2, 4]


def test_an_answer_that_rests_on_the_image_stays(found):
    second = with_second_look(found, by_brightness, LAYOUT).second
    asked = second != NOT_ASKED
    first = found.probabilities.argmax(axis=0)
    for structure in (DISC, SAC):
        one, two = (first == structure) & asked, (second == structure) & asked
        assert 2 * (one & two).sum() / (one.sum() + two.sum()) > 0.9


def test_neighbors_are_exchanged(found):
    """Slice 4 has the sac on its right neighbor alone, slice 2 on its left one."""
    second = with_second_look(found, by_neighbor, LAYOUT).second == DISC
    first = by_neighbor(found.signal[None, [3, 4, 5]])[0].argmax(axis=0) == DISC
    assert first[58:72, 40:100].all()
    assert not second[4, 58:72, 40:100].any()
    assert second[2, 58:72, 40:100].all()


def test_the_last_slice_has_itself_as_a_neighbor(found):
    single = Segmentation(
        series=found.series,
        probabilities=found.probabilities[:, 3:4],
        space=Space.from_matrix((1, *SHAPE[1:]), np.diag([4.0, 0.75, 0.75, 1.0])),
        signal=found.signal[3:4],
        bundle=found.bundle,
    )
    second = with_second_look(single, by_brightness, LAYOUT).second
    assert (second[0] == SAC).any()


def test_nothing_is_asked_without_a_spine_or_of_axial_slices(found):
    blank = np.zeros_like(found.probabilities)
    blank[0] = 1
    assert (
        with_second_look(replace(found, probabilities=blank), by_brightness, LAYOUT).second is None
    )
    axial = replace(found, plane=Plane.AXIAL)
    assert with_second_look(axial, by_brightness, LAYOUT) is axial


def test_a_second_look_must_fit_the_grid(found):
    with pytest.raises(ValueError, match="does not fit"):
        replace(found, second=np.zeros((1, 2, 3), np.uint8))
