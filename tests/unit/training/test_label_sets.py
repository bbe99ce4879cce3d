import numpy as np
import pytest

from cauda.training import label_sets
from cauda.training.label_sets import (
    AXIAL,
    AXIAL_LABEL_SETS,
    GROUPS,
    LABEL_SETS,
    SAGITTAL,
)
from cauda.training.reslice import OFFSET
from cauda.vocab import AXIAL_STRUCTURES, STRUCTURES, Structure

DISC = GROUPS.index(frozenset({Structure.DISC}))
VERTEBRA = GROUPS.index(frozenset({Structure.BODY, Structure.ARCH}))
BODY = GROUPS.index(frozenset({Structure.BODY}))
SACRUM = GROUPS.index(frozenset({Structure.SACRUM}))


def test_the_first_codes_are_the_structures_themselves():
    assert (SAGITTAL.allowed()[: len(STRUCTURES)] == np.eye(len(STRUCTURES))).all()


@pytest.mark.parametrize(
    ("code", "allowed"),
    [
        (label_sets.VERTEBRA, {Structure.BODY, Structure.ARCH}),
        (label_sets.CANAL, {Structure.SAC, Structure.CORD}),
        (label_sets.ANY, set(STRUCTURES)),
        (
            label_sets.UNLABELLED,
            {Structure.BACKGROUND, Structure.SACRUM, Structure.FORAMEN, Structure.ROOT},
        ),
        (label_sets.NOT_SACRUM, {Structure.BACKGROUND, Structure.FORAMEN, Structure.ROOT}),
        (label_sets.NOT_LATERAL, {Structure.BACKGROUND, Structure.SACRUM}),
    ],
)
def test_what_each_code_allows(code, allowed):
    assert LABEL_SETS[code] == allowed


@pytest.mark.parametrize(
    ("code", "group", "known", "inside"),
    [
        (label_sets.VERTEBRA, VERTEBRA, True, True),
        (label_sets.VERTEBRA, BODY, False, False),
        (label_sets.VERTEBRA, DISC, True, False),
        (label_sets.UNLABELLED, DISC, True, False),
        (label_sets.UNLABELLED, SACRUM, False, False),
        (label_sets.NOT_SACRUM, SACRUM, True, False),
        (label_sets.ANY, DISC, False, False),
        (STRUCTURES.index(Structure.BODY), VERTEBRA, True, True),
    ],
)
def test_whether_a_code_decides_membership(code, group, known, inside):
    is_known, is_inside = SAGITTAL.membership()
    assert bool(is_known[code, group]) is known
    assert bool(is_inside[code, group]) is inside


def test_the_first_axial_codes_are_the_structures_themselves():
    count = len(AXIAL_STRUCTURES)
    assert (AXIAL.allowed()[:count] == np.eye(count)).all()


@pytest.mark.parametrize("code", range(len(LABEL_SETS)))
def test_a_sagittal_code_on_an_axial_slice_allows_fat_where_it_allowed_background(code):
    fat = {Structure.EPIDURAL_FAT} if Structure.BACKGROUND in LABEL_SETS[code] else set()
    assert AXIAL_LABEL_SETS[code + OFFSET] == LABEL_SETS[code] | fat


def test_where_nothing_is_known_all_ten_axial_structures_may_be():
    assert AXIAL_LABEL_SETS[label_sets.ANY + OFFSET] == set(AXIAL_STRUCTURES)
    assert len(AXIAL_STRUCTURES) == 10
    known, _ = AXIAL.membership()
    assert not known[label_sets.ANY + OFFSET].any()


@pytest.mark.parametrize(
    ("code", "structure", "known", "inside"),
    [
        (label_sets.UNLABELLED, Structure.EPIDURAL_FAT, False, False),
        (label_sets.UNLABELLED, Structure.DISC, True, False),
        (STRUCTURES.index(Structure.BACKGROUND), Structure.EPIDURAL_FAT, False, False),
        (label_sets.CANAL, Structure.EPIDURAL_FAT, True, False),
        (STRUCTURES.index(Structure.DISC), Structure.DISC, True, True),
    ],
)
def test_what_a_sagittal_code_decides_on_an_axial_slice(code, structure, known, inside):
    group = AXIAL.groups.index(frozenset({structure}))
    is_known, is_inside = AXIAL.membership()
    assert bool(is_known[code + OFFSET, group]) is known
    assert bool(is_inside[code + OFFSET, group]) is inside
