"""Disc and bone on axial slices, told by the sagittal series."""

import dataclasses

import numpy as np
import pytest

from cauda.evaluation.overlap import dice
from cauda.geometry import Space
from cauda.phantom import draw_anatomy, truth_segmentation
from cauda.phantom.stacks import StudyPlan, axial_spaces, sagittal_space
from cauda.segment.column import told_by
from cauda.vocab import AXIAL_STRUCTURES, Plane, Structure

BODY, DISC, SACRUM = (
    AXIAL_STRUCTURES.index(s) for s in (Structure.BODY, Structure.DISC, Structure.SACRUM)
)
FRAME = "1.2.3"
PLAN = StudyPlan(sagittal_matrix=256, axial_matrix=160)


@pytest.fixture(scope="module")
def true():
    """Sagittal segmentation, and that of the axial stack at L4-L5."""
    anatomy = draw_anatomy(np.random.default_rng(3), lesions=())
    spaces = list(axial_spaces(anatomy, PLAN, FRAME))
    sagittal = truth_segmentation(anatomy, sagittal_space(anatomy, PLAN, FRAME), "sag_t2")
    return sagittal, truth_segmentation(anatomy, spaces[-2], "ax_t2")


def changed(segmentation, probabilities):
    return dataclasses.replace(segmentation, probabilities=probabilities)


def mistaken(axial):
    """A network that calls every disc bone."""
    wrong = np.array(axial.probabilities)
    wrong[BODY] += wrong[DISC]
    wrong[DISC] = 0
    return changed(axial, wrong)


def moved(axial, shift_mm):
    matrix = axial.space.matrix
    matrix[:3, 3] += shift_mm
    return dataclasses.replace(
        axial, space=Space.from_matrix(axial.space.shape, matrix, axial.space.frame_of_reference)
    )


def discs(segmentation):
    return segmentation.probabilities.argmax(axis=0) == DISC


def test_a_disc_taken_for_bone_becomes_disc_again(true):
    sagittal, axial = true
    assert axial.plane is Plane.AXIAL
    assert discs(axial).sum() > 2000
    told = told_by([sagittal], mistaken(axial))
    assert dice(discs(axial), discs(told)) > 0.9


def test_what_is_right_stays_and_nothing_but_the_column_changes(true):
    sagittal, axial = true
    told = told_by([sagittal], axial)
    assert dice(discs(axial), discs(told)) > 0.93
    others = [n for n in range(1, len(AXIAL_STRUCTURES)) if n not in {BODY, DISC, SACRUM}]
    assert np.array_equal(told.probabilities[others], axial.probabilities[others])
    assert told.probabilities.sum(axis=0) == pytest.approx(
        axial.probabilities.sum(axis=0), abs=1e-5
    )


@pytest.mark.parametrize("depth_mm", [5.0, 12.0])
def test_displaced_disc_that_only_the_slice_shows_stays_disc(true, depth_mm):
    sagittal, axial = true
    behind = np.array(axial.probabilities)
    k = int(discs(axial).sum(axis=(0, 1)).argmax())
    i = int(np.argwhere(discs(axial)[..., k])[:, 0].mean())
    back = int(np.flatnonzero(discs(axial)[i, :, k])[-1])
    lesion = (
        slice(i - 3, i + 4),
        slice(back + 1, back + 1 + round(depth_mm / axial.space.spacing_mm[1])),
        k,
    )
    behind[(slice(None), *lesion)] = 0
    behind[(DISC, *lesion)] = 1
    told = told_by([sagittal], changed(axial, behind))
    assert told.probabilities[(DISC, *lesion)].mean() > 0.95


def test_a_vessel_taken_for_bone_before_the_column_is_none(true):
    sagittal, axial = true
    leaked = np.array(axial.probabilities)
    k = leaked.shape[3] // 2
    column = np.argwhere(leaked[BODY] + leaked[DISC] > 0.5)
    reach = round(9.0 / axial.space.spacing_mm[1])
    # A millimeter beyond the reach of what may still be column.
    i, j = int(column[:, 0].mean()), column[:, 1].min() - reach
    vessel = (slice(i - 3, i + 4), slice(j - 3, j), k)
    leaked[(slice(None), *vessel)] = 0
    leaked[(BODY, *vessel)] = 1
    told = told_by([sagittal], changed(axial, leaked))
    is_left = told.probabilities[(BODY, *vessel)].mean()
    assert is_left == pytest.approx(0.0, abs=0.01)


@pytest.mark.parametrize(("gap_mm", "from_mm"), [(1.5, 0.0), (0.0, 2.5)])
def test_bone_beside_the_disc_stays_bone(true, gap_mm, from_mm):
    """The wing of the sacrum stands apart from the disc, a ridge hangs on it: neither is disc."""
    sagittal, axial = true
    beside = np.array(axial.probabilities)
    k = int(discs(axial).sum(axis=(0, 1)).argmax())
    column = np.argwhere(discs(axial)[..., k])
    pixel_mm = axial.space.spacing_mm[0]
    j = int(column[:, 1].mean())
    edge = int(column[column[:, 1] == j][:, 0].max()) + 1
    first = edge + round(gap_mm / pixel_mm)
    piece = (slice(first, first + round(6.0 / pixel_mm)), slice(j - 4, j + 5), k)
    beside[(slice(None), *piece)] = 0
    beside[(SACRUM, *piece)] = 1
    told = told_by([sagittal], changed(axial, beside))
    outer = (slice(first + round(from_mm / pixel_mm), piece[0].stop), *piece[1:])
    assert told.probabilities[(DISC, *outer)].max() < 0.05


@pytest.mark.parametrize("shift_mm", [(6.0, 0.0, 0.0), (0.0, -6.0, 0.0)])
def test_a_patient_who_moved_in_between_is_not_settled(true, shift_mm):
    sagittal, axial = true
    wrong = moved(mistaken(axial), shift_mm)
    assert discs(told_by([sagittal], wrong)).sum() == 0


def test_other_frames_are_never_combined(true):
    sagittal, axial = true
    elsewhere = dataclasses.replace(axial, space=axial.space.replace(frame_of_reference="9.9"))
    assert told_by([sagittal], elsewhere) is elsewhere
    nowhere = dataclasses.replace(axial, space=axial.space.replace(frame_of_reference=None))
    assert told_by([sagittal], nowhere) is nowhere
    assert told_by([], axial) is axial
