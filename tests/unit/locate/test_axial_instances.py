"""Axial voxels named by the levels that sagittal images gave."""

from __future__ import annotations

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.locate.axial_instances import KnownArches, axial_instances
from cauda.phantom import draw_anatomy, instance_labels
from cauda.phantom.endplates import level_frame
from cauda.phantom.segmentation import probabilities
from cauda.phantom.truth import levels_of
from cauda.records import ARCH_OFFSET, SAC_LABEL, LevelInstance, Segmentation, VertebraInstance
from cauda.vocab import AXIAL_STRUCTURES, Plane, Structure, Vertebra

SPACING = np.diag([1.2, 1.2, 3.0, 1.0])


@pytest.fixture(scope="module")
def drawn():
    """A straight axial stack from L4 to S1, its true instances, and a spine's levels."""
    anatomy = draw_anatomy(np.random.default_rng(31), lesions=())
    n = anatomy.sacral_count - 1
    center = np.array(anatomy.discs[n].origin_lps)
    matrix = SPACING.copy()
    matrix[:3, 3] = center - [54.0, 35.0, 12.0]
    space = Space.from_matrix((90, 75, 18), matrix, "1.2.3")
    segmentation = Segmentation(
        series="ax_t2",
        probabilities=probabilities(anatomy, space, (1, 1, 1), Plane.AXIAL),
        space=space,
        signal=np.zeros(space.shape, np.float32),
        bundle="truth",
        plane=Plane.AXIAL,
        structures=AXIAL_STRUCTURES,
    )
    return anatomy, segmentation, instance_labels(anatomy, space)


def levels(anatomy):
    first = anatomy.sacral_count - 1
    return tuple(
        LevelInstance(
            name=name,
            alternate=None,
            label=101 + n - first,
            above=2 + n - first,
            below=1 + n - first,
            frame=level_frame(anatomy, n),
        )
        for n, name in levels_of(anatomy)
    )


def sacrum():
    return VertebraInstance(
        name=Vertebra.S1, label=1, ordinal=0, centroid_lps=(0.0, 0.0, 0.0), upper=None, lower=None
    )


def known(anatomy, matrix):
    """The arches as coarse sagittal slices show them."""
    space = Space.from_matrix((30, 60, 60), matrix, "1.2.3")
    labels = instance_labels(anatomy, space)
    found = np.argwhere((labels > ARCH_OFFSET) & (labels < ARCH_OFFSET + SAC_LABEL))
    return KnownArches(points_lps=space.to_lps(found), labels=labels[tuple(found.T)])


def test_nearly_every_voxel_gets_its_true_instance(drawn):
    anatomy, segmentation, truth = drawn
    matrix = np.diag([4.0, 1.5, 1.5, 1.0])
    matrix[:3, 3] = segmentation.space.to_lps(np.zeros(3)) - [5.0, 5.0, 20.0]
    found = axial_instances(segmentation, (sacrum(),), levels(anatomy), known(anatomy, matrix))
    # Roots in a foramen carry its number in the truth; on axial slices they are told apart.
    is_root = segmentation.probability(Structure.ROOT) > 0.5
    for first, last in ((1, 50), (50, 52), (101, 200), (201, 250), (301, 500)):
        named = (truth >= first) & (truth < last) & ~is_root
        assert named.sum() > 100
        assert (found[named] == truth[named]).mean() > 0.95, (first, last)


def test_without_levels_only_the_sac_is_named(drawn):
    _, segmentation, truth = drawn
    none = KnownArches(points_lps=np.empty((0, 3)), labels=np.empty(0, np.int16))
    found = axial_instances(segmentation, (), (), none)
    assert set(np.unique(found)) <= {0, 50, 51}
    assert ((found > 0) == np.isin(truth, (50, 51))).all()
