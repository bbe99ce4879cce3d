"""Axial training samples and the detail that is painted for them."""

import numpy as np
import pytest

from cauda.phantom.axial_detail import remodeled
from cauda.phantom.axial_sample import axial_training_sample
from cauda.phantom.axial_soft import SacShape, draw_rootlets, paint_rootlets, reshape_sac
from cauda.phantom.lesions import wall_at
from cauda.phantom.materials import Base, axial_labels
from cauda.vocab import AXIAL_STRUCTURES, Structure

SAC = AXIAL_STRUCTURES.index(Structure.SAC)


def test_samples_repeat_and_fit_their_labels():
    first, second = (
        axial_training_sample(np.random.default_rng(3), slices=2, shape=(96, 80)) for _ in range(2)
    )
    signal, labels, spacing = first
    assert np.array_equal(signal, second[0])
    assert np.array_equal(labels, second[1])
    assert signal.shape == labels.shape == (2, 96, 80)
    assert (signal.dtype, labels.dtype) == (np.float32, np.uint8)
    assert np.isfinite(signal).all()
    assert 3.0 <= spacing[0] <= 6.25
    assert spacing[1] == spacing[2]
    assert 0.4 <= spacing[1] <= 0.8


def test_every_structure_is_seen_sooner_or_later():
    seen: set[int] = set()
    for seed in range(40):
        _, labels, _ = axial_training_sample(
            np.random.default_rng((5, seed)), slices=2, shape=(80, 80)
        )
        seen |= set(np.unique(labels).tolist())
        if len(seen) == len(AXIAL_STRUCTURES):
            return
    missing = [s.value for n, s in enumerate(AXIAL_STRUCTURES) if n not in seen]
    pytest.fail(f"Never seen: {missing}")


def ellipse(a=14, b=10, shape=(60, 60, 2)):
    """Planes of canal fat with a sac amid them."""
    i, j = np.ogrid[: shape[0], : shape[1]]
    inside = ((i - 30) / a) ** 2 + ((j - 30) / b) ** 2 < 1
    materials = np.full(shape, int(Base.EPIDURAL_FAT), dtype=np.uint8)
    materials[inside] = int(Base.CSF)
    return materials


def test_a_three_cornered_sac_is_wide_in_front_and_narrow_behind():
    materials = ellipse()
    reshape_sac(materials, SacShape(share=1.0, shoulder=-0.5, power=1.0, scale=1.0), 0.6)
    widths = (materials[:, :, 0] == Base.CSF).sum(axis=0)
    assert widths[22] > 24
    assert widths[38] < 10
    assert (materials == Base.LIGAMENT).any()


def test_reshaping_leaves_everything_but_the_canal_alone():
    materials = ellipse()
    materials[:, :22] = 200
    before = materials.copy()
    reshape_sac(materials, SacShape(share=0.7, shoulder=0.0, power=0.6, scale=1.3), 0.6)
    assert (materials[:, :22] == before[:, :22]).all()
    assert (materials == Base.CSF).sum() != (before == Base.CSF).sum()


def test_rootlets_lie_in_the_sac_and_mostly_behind():
    materials = ellipse()
    sac = materials == Base.CSF
    behind = ahead = 0
    for seed in range(10):
        planes = materials.copy()
        paint_rootlets(planes, draw_rootlets(np.random.default_rng(seed)), 0.6)
        rootlets = planes == Base.ROOTLET
        assert rootlets.any()
        assert not (rootlets & ~sac).any()
        behind += int(rootlets[:, 30:].sum())
        ahead += int(rootlets[:, :30].sum())
    assert behind > 1.5 * ahead


def test_displaced_disc_follows_the_rounder_wall(ill):
    rounder = remodeled(ill, np.random.default_rng(0))
    n = ill.blobs[0].disc
    for old, new in zip(ill.blobs, rounder.blobs, strict=True):
        if old == new:
            continue
        x = old.center_mm[0]
        gaps = [
            b.center_mm[1] - sum(wall_at(a.segments[m], x) for m in (b.disc, b.disc + 1)) / 2
            for a, b in ((ill, old), (rounder, new))
        ]
        assert gaps[0] == pytest.approx(gaps[1])
    assert rounder.segments[n].squareness < ill.segments[n].squareness
    assert rounder.blobs[0] != ill.blobs[0]


def test_fat_behind_the_flavum_is_outside_the_canal(healthy):
    materials = np.full((1, 6, 1), int(Base.EPIDURAL_FAT), dtype=np.uint8)
    materials[0, 1], materials[0, 3] = int(Base.CSF), int(Base.FLAVUM)
    labels = axial_labels(healthy, materials)[0, :, 0]
    fat = AXIAL_STRUCTURES.index(Structure.EPIDURAL_FAT)
    assert labels.tolist() == [fat, SAC, fat, 0, 0, 0]
