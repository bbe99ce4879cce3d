"""Slices labelled by a teacher: pose, certainty, and what is left out."""

from __future__ import annotations

import numpy as np
import pytest
from PIL import Image

from cauda.errors import NothingFoundError
from cauda.training import label_sets
from cauda.training.pseudo import choose_pseudo, pseudo_case, sure_codes
from cauda.vocab import STRUCTURES, Structure

SHAPE = (128, 192)
"""Pixels of 1 mm from front to back and from below upward."""
GRAY = {
    Structure.BODY: 22,
    Structure.DISC: 56,
    Structure.ARCH: 90,
    Structure.SACRUM: 140,
    Structure.SAC: 200,
}
"""So far apart that no contrast change of the labelling turns one into another."""


def drawn():
    """Structure indices of a spine of boxes, upright: J posterior, K superior."""
    labels = np.zeros(SHAPE, dtype=np.uint8)
    labels[30:60, 8:30] = STRUCTURES.index(Structure.SACRUM)
    for n in range(5):
        low = 30 + 32 * n
        labels[30:60, low : low + 10] = STRUCTURES.index(Structure.DISC)
        labels[30:60, low + 10 : low + 32] = STRUCTURES.index(Structure.BODY)
    labels[62:76, 8:] = STRUCTURES.index(Structure.SAC)
    labels[80:100, 40:] = STRUCTURES.index(Structure.ARCH)
    return labels


def picture(labels):
    """Rows downward, columns backward, as a slice is stored."""
    gray = np.zeros(labels.shape, dtype=np.uint8)
    for structure, value in GRAY.items():
        gray[labels == STRUCTURES.index(structure)] = value
    return Image.fromarray(np.ascontiguousarray(gray[:, ::-1].T))


def teacher(batch):
    """Reads the structure off the gray value, in whatever pose."""
    plane = batch[:, 1]
    scaled = (plane - plane.min()) / (plane.max() - plane.min())
    answer = np.zeros((len(batch), len(STRUCTURES), *plane.shape[1:]), dtype=np.float32)
    grays = {0: 0.0} | {STRUCTURES.index(s): v / 200 for s, v in GRAY.items()}
    distance = np.stack([np.abs(scaled - gray) for gray in grays.values()])
    nearest = np.array(list(grays))[distance.argmin(axis=0)]
    for index in grays:
        answer[:, index] = nearest == index
    return answer


@pytest.mark.parametrize("turn", [(1, 1), (1, -1), (-1, -1)])
def test_a_slice_is_labelled_upright_however_it_was_stored(tmp_path, turn):
    labels = drawn()
    path = tmp_path / "7_t2.png"
    picture(labels[:: turn[0], :: turn[1]]).save(path)
    case = pseudo_case(path, (1.0, 1.0), teacher, 1.0)
    assert case is not None
    sure = case.codes[0]
    for structure in (Structure.DISC, Structure.SACRUM, Structure.ARCH):
        index = STRUCTURES.index(structure)
        hit = sure[labels == index] == index
        assert hit.mean() > 0.8, structure
    assert (sure[labels == STRUCTURES.index(Structure.SAC)] != 0).mean() > 0.9


def background_alone(batch):
    answer = np.zeros((len(batch), len(STRUCTURES), *batch.shape[2:]), dtype=np.float32)
    answer[:, 0] = 1.0
    return answer


def test_a_slice_without_a_spine_is_refused(tmp_path):
    path = tmp_path / "8_t1.png"
    Image.fromarray(np.full((64, 64), 9, dtype=np.uint8)).save(path)
    assert pseudo_case(path, (1.0, 1.0), background_alone, 1.0) is None


def test_what_is_unsure_or_an_island_is_left_out_and_a_unions_certainty_is_kept():
    probabilities = np.zeros((len(STRUCTURES), 20, 30), dtype=np.float32)
    background, body, arch, sacrum = (
        STRUCTURES.index(s)
        for s in (Structure.BACKGROUND, Structure.BODY, Structure.ARCH, Structure.SACRUM)
    )
    probabilities[background] = 1.0
    for where, share in (
        (np.s_[2:8, 2:8], {sacrum: 1.0}),
        (np.s_[15:17, 2:4], {sacrum: 1.0}),
        (np.s_[2:8, 12:18], {body: 0.5, arch: 0.5}),
        (np.s_[2:8, 22:28], {body: 0.6, background: 0.4}),
    ):
        probabilities[(slice(None), *where)] = 0.0
        for index, value in share.items():
            probabilities[(index, *where)] = value
    codes = sure_codes(probabilities)
    assert codes[4, 4] == sacrum
    assert codes[15, 2] == label_sets.ANY
    assert codes[4, 14] == label_sets.VERTEBRA
    assert codes[4, 24] == label_sets.ANY
    assert codes[12, 28] == background


def test_an_empty_folder_is_said(tmp_path):
    with pytest.raises(NothingFoundError, match="label_slices"):
        choose_pseudo(tmp_path)
