"""Sagittal slabs cut across at their discs."""

import dataclasses

import numpy as np
import pytest

from cauda.evaluation.strips import PIXEL_MM, score_strip, strips
from cauda.geometry import Space
from cauda.records import Segmentation
from cauda.vocab import AXIAL_STRUCTURES, Contrast, Plane, Structure

SPACING_MM = (1.0, 0.5, 0.5)
SLABS = 21


def slab(tilt_deg: float):
    """A column of bodies, one tilted disc and a canal behind, as labels and as signal."""
    _, j, k = np.meshgrid(np.arange(SLABS), np.arange(160), np.arange(160), indexing="ij")
    back, up = (j - 60) * 0.5, (k - 80) * 0.5
    tilt = np.deg2rad(tilt_deg)
    along, across = (
        back * np.cos(tilt) - up * np.sin(tilt),
        back * np.sin(tilt) + up * np.cos(tilt),
    )
    labels = np.zeros(back.shape, dtype=np.uint8)
    labels[np.abs(back) < 17] = 1
    labels[(np.abs(along) < 17) & (np.abs(across) < 3.5)] = 2
    labels[(back > 18) & (back < 32)] = 3
    return labels, np.asarray([20, 120, 60, 220], dtype=np.uint8)[labels]


def oracle(series) -> Segmentation:
    """Read the structure off the signal: what a perfect network would say."""
    voxels = series.volume.voxels
    probabilities = np.zeros((len(AXIAL_STRUCTURES), *voxels.shape), dtype=np.float32)
    named = {Structure.BODY: (90, 150), Structure.DISC: (40, 90), Structure.SAC: (150, 256)}
    for structure, (low, high) in named.items():
        probabilities[AXIAL_STRUCTURES.index(structure)] = (voxels >= low) & (voxels < high)
    probabilities[0] = 1 - probabilities.sum(axis=0)
    return Segmentation(
        series=series.key,
        contrast=Contrast.T2,
        plane=Plane.AXIAL,
        structures=AXIAL_STRUCTURES,
        space=series.volume.space,
        probabilities=probabilities,
        signal=voxels,
        bundle="oracle",
    )


@pytest.mark.parametrize("tilt_deg", [-25.0, 0.0, 25.0])
def test_the_middle_slice_lies_along_the_disc(tilt_deg):
    labels, signal = slab(tilt_deg)
    (strip,) = strips("a", signal, labels, SPACING_MM)
    middle = strip.labels[..., 1] == 2
    column = middle[middle.shape[0] // 2]
    # A slice that left the disc's plane would show bone at one end of its 34 mm.
    assert column.sum() * PIXEL_MM == pytest.approx(34, abs=2.0)
    assert (strip.labels[..., 0] == 2).sum() < 0.2 * middle.sum()


def test_only_the_slab_is_known():
    labels, signal = slab(0.0)
    (strip,) = strips("a", signal, labels, SPACING_MM)
    width = strip.known[:, 100, 1].sum() * PIXEL_MM
    assert width == pytest.approx(SLABS * SPACING_MM[0], abs=1.5)


def test_a_perfect_segmenter_scores_one_and_a_shifted_one_less():
    labels, signal = slab(10.0)
    (strip,) = strips("a", signal, labels, SPACING_MM)
    right = score_strip(strip, oracle)
    assert min(right[name].dice for name in ("vertebra", "disc", "canal")) > 0.93

    def shifted(series):
        found = oracle(series)
        matrix = found.space.matrix
        matrix[1, 3] += 4.0
        space = Space.from_matrix(found.space.shape, matrix)
        return dataclasses.replace(found, space=space)

    moved = score_strip(strip, shifted)
    assert moved["canal"].dice < right["canal"].dice - 0.15
    assert moved["disc"].assd_mm > 2 * right["disc"].assd_mm
