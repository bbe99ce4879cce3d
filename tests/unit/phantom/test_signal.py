"""Signal equation, rendering and training samples."""

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.phantom import PROTOCOLS, render, training_sample, truth_segmentation
from cauda.phantom.materials import Base, OfDisc, of_disc
from cauda.phantom.tissue import spin_echo, tissue_table
from cauda.vocab import STRUCTURES, Contrast, Level, Structure

MIDDLE = np.eye(4)
"""Moves the shared grid so that its first slice is the middle one."""
MIDDLE[0, 3] = 20.0


def signal_of(anatomy, contrast):
    return spin_echo(tissue_table(anatomy), PROTOCOLS[contrast])


def test_spin_echo_agrees_with_the_equation_by_hand():
    tissue = np.array([[1000.0, 100.0, 0.5]])
    expected = 0.5 * (1 - np.exp(-3.5)) * np.exp(-1.0)
    assert spin_echo(tissue, PROTOCOLS[Contrast.T2])[0] == pytest.approx(expected)


def test_contrasts_order_tissues_as_scanners_do(healthy):
    t1, t2, stir = (signal_of(healthy, c) for c in (Contrast.T1, Contrast.T2, Contrast.STIR))
    assert t1[Base.FAT] > t1[Base.MUSCLE] > t1[Base.CSF]
    assert t2[Base.CSF] > t2[Base.FAT] > t2[Base.MUSCLE] > t2[Base.LIGAMENT]
    assert stir[Base.CSF] > stir[Base.MUSCLE] > stir[Base.FAT]
    nucleus = of_disc(healthy.disc_index(Level.L4_L5), OfDisc.NUCLEUS)
    annulus = of_disc(healthy.disc_index(Level.L4_L5), OfDisc.ANNULUS)
    assert t2[nucleus] > 3 * t2[annulus]


def test_rendering_is_reproducible_and_shows_bright_csf(healthy, sagittal):
    sagittal = Space.from_matrix((1, *sagittal.shape[1:]), MIDDLE @ sagittal.matrix)
    first, second = (
        render(healthy, sagittal, PROTOCOLS[Contrast.T2], np.random.default_rng(1))
        for _ in range(2)
    )
    assert first.dtype == np.float32
    assert np.array_equal(first, second)
    segmentation = truth_segmentation(healthy, sagittal, "sag_t2", subsamples=(1, 1, 1))
    labels = segmentation.probabilities.argmax(axis=0)
    sac = first[labels == STRUCTURES.index(Structure.SAC)].mean()
    body = first[labels == STRUCTURES.index(Structure.BODY)].mean()
    assert sac > 1.8 * body


def test_truth_segmentation_is_canonical_whatever_the_grid(healthy):
    matrix = np.array([[0, 0, -4.0, 8.0], [1.0, 0, 0, -40.0], [0, -1.0, 0, 60.0], [0, 0, 0, 1.0]])
    space = Space.from_matrix((100, 120, 5), matrix, "1.2")
    segmentation = truth_segmentation(healthy, space, "sag_t2", subsamples=(1, 1, 1))
    assert segmentation.space.shape == (5, 100, 120)
    assert (np.diag(segmentation.space.matrix[:3, :3]) > 0).all()
    assert segmentation.space.frame_of_reference == "1.2"
    assert segmentation.bundle == "truth"


def test_training_samples_are_reproducible_and_labelled():
    first = training_sample(np.random.default_rng(3), slices=3, shape=(96, 128))
    second = training_sample(np.random.default_rng(3), slices=3, shape=(96, 128))
    assert np.array_equal(first[0], second[0])
    signal, labels, spacing = first
    assert signal.shape == labels.shape == (3, 96, 128)
    assert signal.dtype == np.float32
    assert labels.dtype == np.uint8
    assert np.isfinite(signal).all()
    assert 0.4 <= spacing[1] <= 1.0
    assert 1.0 <= spacing[0] <= 7.0


def test_training_samples_show_every_structure_sooner_or_later():
    rng = np.random.default_rng(8)
    seen = set()
    for _ in range(10):
        labels = training_sample(rng, slices=2, shape=(80, 320))[1]
        seen |= set(np.unique(labels).tolist())
    assert seen == set(range(len(STRUCTURES)))
