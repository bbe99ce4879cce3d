"""What a network draws apart from the spine is neither named nor written."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.locate.labelmap import labelmap
from cauda.vocab import Structure

FAR_BEHIND = (0, 82, 0)
"""From the middle of L3: 13 mm behind the tip of its spinous process."""
RADIUS_MM = 5.0
FALSE = {
    "arch": (Structure.ARCH, 204),
    "foramen": (Structure.FORAMEN, 303),
    "root": (Structure.ROOT, 0),
    "disc": (Structure.DISC, 103),
}


def blob(case, offset):
    """Where a false piece is drawn, and where the true spine leaves room for it."""
    return case.ball(4, offset, RADIUS_MM) & (case.probabilities[0] > 0.99)


@pytest.mark.parametrize("structure", FALSE)
def test_a_piece_apart_from_the_spine_is_neither_named_nor_written(make_case, structure):
    case = make_case()
    region = blob(case, FAR_BEHIND)
    assert region.sum() * np.prod(case.space.spacing_mm) > 100
    painted = case.painted(region, FALSE[structure][0])
    assert not painted.spine.instances["sag_t2"][region].any()
    for scheme in ("cauda", "parts"):
        written = labelmap(painted.spine, painted.segmentation(), case.space, scheme)
        before = labelmap(case.spine, case.segmentation(), case.space, scheme)
        assert not written[region].any(), scheme
        assert (written[~region] == before[~region]).mean() > 0.999, scheme


def test_without_named_instances_nothing_is_apart(make_case):
    case = make_case()
    painted = case.painted(blob(case, FAR_BEHIND), Structure.ARCH)
    alone = labelmap(case.spine, painted.segmentation("other"), case.space, "parts")
    assert alone[blob(case, FAR_BEHIND)].all()


def test_a_part_of_an_arch_near_the_spine_is_kept(make_case):
    case = make_case()
    arch = case.labels == 203
    tip = np.argwhere(arch)[:, 1].max()
    cut = arch & (np.abs(np.indices(case.space.shape)[1] - (tip - 12)) < 2)
    kept = arch & (np.indices(case.space.shape)[1] >= tip - 9)
    found = case.painted(cut, Structure.BACKGROUND).spine.instances["sag_t2"]
    assert (found[kept] == 203).mean() > 0.9


def test_no_arch_reaches_farther_aside_than_the_longest_transverse_process(make_case):
    case = make_case()
    matrix = case.space.matrix.copy()
    middle = case.space.to_lps((np.array(case.space.shape) - 1) / 2)
    matrix[:3, 0] *= 2
    matrix[:3, 3] += middle - case.moved(matrix).space.to_lps((np.array(case.space.shape) - 1) / 2)
    twice_as_broad = case.moved(matrix)
    drawn, found = (
        twice_as_broad.space.to_lps(np.argwhere(labels == 204))[:, 0]
        for labels in (case.labels, twice_as_broad.spine.instances["sag_t2"])
    )
    assert np.abs(drawn).max() > 60
    assert 40 < np.abs(found).max() < 50.1
