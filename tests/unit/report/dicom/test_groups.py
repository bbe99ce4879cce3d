"""Which segment each group of numbers points to."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.records import Labels, Part
from cauda.report.dicom.groups import Group, shown_part
from cauda.vocab import Level, Side, Structure, Vertebra

PARTS = (
    Part(number=1, structure=Structure.SACRUM, vertebra=Vertebra.S1),
    Part(number=2, structure=Structure.BODY, vertebra=Vertebra.L5),
    Part(number=3, structure=Structure.DISC, level=Level.L5_S1),
    Part(number=4, structure=Structure.FORAMEN, level=Level.L5_S1, side=Side.LEFT),
    Part(number=5, structure=Structure.FORAMEN, level=Level.L5_S1, side=Side.RIGHT),
)


def group(level=None, vertebra=None, side=None):
    return Group(
        level=level,
        vertebra=vertebra,
        side=side,
        is_name_certain=True,
        measurements=(),
        findings=(),
    )


@pytest.mark.parametrize(
    ("wanted", "number"),
    [
        (group(), 1),
        (group(vertebra=Vertebra.L5), 2),
        (group(level=Level.L5_S1), 3),
        (group(level=Level.L5_S1, side=Side.LEFT), 4),
        (group(level=Level.L5_S1, side=Side.RIGHT), 5),
        (group(level=Level.L4_L5), None),
        (group(vertebra=Vertebra.L4), None),
    ],
)
def test_a_group_points_to_what_it_is_about(wanted, number):
    labels = Labels(
        series="sag_t2",
        values=np.zeros((2, 2, 2), dtype=np.uint8),
        parts=PARTS,
    )
    found = shown_part(wanted, [labels])
    assert (found[1].number if found else None) == number
