"""A phantom's own axial segmentation."""

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.phantom import StudyPlan, truth_segmentation
from cauda.phantom.mirror import mirrored
from cauda.phantom.stacks import axial_spaces
from cauda.vocab import AXIAL_STRUCTURES, Plane, Structure

SMALL = StudyPlan(axial_slices=3, axial_matrix=96, axial_pixel_mm=1.0)


def _areas(segmentation):
    pixel = np.prod(segmentation.space.spacing_mm[:2])
    sums = segmentation.probabilities[:, :, :, 1].sum(axis=(1, 2)) * pixel
    return dict(zip(segmentation.structures, sums, strict=True))


@pytest.fixture(scope="module")
def lowest(healthy):
    """The L5-S1 stack of the healthy spine."""
    return list(axial_spaces(healthy, SMALL, "1.2.3"))[-1]


def test_it_lies_on_the_canonical_axial_grid_with_every_axial_structure(healthy, lowest):
    segmentation = truth_segmentation(healthy, lowest, "ax_t2", subsamples=(1, 1, 1))
    assert segmentation.plane is Plane.AXIAL
    assert segmentation.structures == AXIAL_STRUCTURES
    assert segmentation.space.shape == (96, 96, 3)
    assert (np.diag(segmentation.space.matrix[:3, :3]) > 0).all()
    assert segmentation.probabilities.sum(axis=0) == pytest.approx(1.0)
    areas = _areas(segmentation)
    assert 900 < areas[Structure.DISC] < 2200
    assert 60 < areas[Structure.SAC] < 350
    assert 40 < areas[Structure.EPIDURAL_FAT] < 500
    assert areas[Structure.ROOT] > 10
    assert areas[Structure.FORAMEN] > 20


def test_its_grid_does_not_depend_on_how_the_series_is_stored(healthy, lowest):
    flip = np.eye(4)
    flip[[0, 1, 2], [0, 1, 2]] = (-1, 1, -1)
    flip[0, 3], flip[2, 3] = 95, 2
    stored = Space.from_matrix(lowest.shape, lowest.matrix @ flip, "1.2.3")
    first, second = (
        truth_segmentation(healthy, s, "ax", subsamples=(1, 1, 1)) for s in (lowest, stored)
    )
    assert np.allclose(first.space.matrix, second.space.matrix)
    assert np.array_equal(first.probabilities, second.probabilities)


def test_a_mirrored_spine_has_mirrored_axial_truth(ill):
    step = np.diag([1.0, 1.0, 4.0, 1.0])
    step[:3, 3] = (-47.5, -20.0, -40.0)
    space = Space.from_matrix((96, 80, 4), step, "1.2.3")
    plain, flipped = (
        truth_segmentation(a, space, "ax", subsamples=(1, 1, 1)).probabilities
        for a in (ill, mirrored(ill))
    )
    differing = np.abs(plain[:, ::-1] - flipped).max(axis=0)
    # Rootlets are not mirrored but count as sac, so only points on a surface may differ.
    assert differing.mean() < 0.002


def test_canal_fat_lies_round_the_sac_and_not_in_it(healthy, lowest):
    segmentation = truth_segmentation(healthy, lowest, "ax")
    fat, sac = (segmentation.probability(s) for s in (Structure.EPIDURAL_FAT, Structure.SAC))
    rows = np.arange(96)[None, :, None]
    assert (fat * rows).sum() / fat.sum() == pytest.approx((sac * rows).sum() / sac.sum(), abs=6.0)
    assert float((fat * sac).max()) <= 0.25 + 1e-6
