"""A picture in which nothing but sacrum was recognized gives no spine, and no error."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.locate import locate
from cauda.records import Segmentation, Study
from cauda.vocab import STRUCTURES, Structure

SHAPE = (1, 120, 160)


@pytest.mark.parametrize(
    ("sacrum", "disc"), [((10, 50), None), ((63, 119), (108, 113)), ((61, 129), (119, 126))]
)
def test_a_sacrum_alone_is_no_spine(sacrum, disc):
    kind = np.zeros(SHAPE, dtype=int)
    kind[:, 40:75, slice(*sacrum)] = STRUCTURES.index(Structure.SACRUM)
    if disc is not None:
        kind[:, 40:75, slice(*disc)] = STRUCTURES.index(Structure.DISC)
    kind[:, 80:100, 5:155] = STRUCTURES.index(Structure.SAC)
    segmentation = Segmentation(
        series="sag_t2",
        probabilities=np.stack([kind == n for n in range(len(STRUCTURES))]).astype(np.float32),
        space=Space.from_matrix(SHAPE, np.diag([4.0, 0.75, 0.75, 1.0])),
        signal=np.zeros(SHAPE, dtype=np.float32),
        bundle="test",
    )
    spine = locate((segmentation,), Study(series=()))
    assert spine.levels == ()
    assert "No vertebral" in spine.numbering.reasons[0]
