import numpy as np
import pytest

from cauda.training import label_sets
from cauda.training.label_sets import GROUPS, LABEL_SETS, SAGITTAL
from cauda.vocab import STRUCTURES, Structure

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
