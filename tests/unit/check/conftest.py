"""A spine of boxes: five lumbar levels on a sagittal stack, built by hand."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from cauda.check.scene import Scene
from cauda.geometry import Frame, Space
from cauda.records import (
    Conus,
    LevelInstance,
    Measurement,
    Numbering,
    Segmentation,
    Series,
    Spine,
    Study,
    VertebraInstance,
    Volume,
)
from cauda.vocab import STRUCTURES, Contrast, Level, Plane, Quantity, Structure, Vertebra

SLICES, DEPTH, HEIGHT = 15, 70, 210
SLICE_MM = 4.0
STEP = 34
DISC, BODY_START, FIRST = 8, 8, 20
LEVELS = (Level.L5_S1, Level.L4_L5, Level.L3_L4, Level.L2_L3, Level.L1_L2)
BODIES = (Vertebra.L5, Vertebra.L4, Vertebra.L3, Vertebra.L2, Vertebra.L1)


def space(slices=SLICES):
    matrix = np.diag([SLICE_MM, 1.0, 1.0, 1.0])
    matrix[0, 3] = -SLICE_MM * (slices - 1) / 2
    return Space.from_matrix((slices, DEPTH, HEIGHT), matrix, "1.2.3")


def boxes(slices=SLICES):
    """Instance map: discs and bodies 25 voxels deep, with a sac behind and foramina at 16 mm."""
    labels = np.zeros((slices, DEPTH, HEIGHT), np.int16)
    middle = slices // 2
    labels[:, 15:45, 2:FIRST] = 1
    for n in range(5):
        low = FIRST + n * STEP
        labels[:, 15:45, low : low + DISC] = 101 + n
        labels[:, 15:45, low + DISC : low + STEP] = 2 + n
        for side, offset in ((1, 200), (-1, 300)):
            at = middle + side * 4
            if 0 <= at < slices:
                labels[at, 46:52, low - 4 : low + DISC + 4] = 101 + n + offset
    labels[middle - min(2, middle) : middle + 3, 47:60, :] = 50
    return labels


def segmentation(slices=SLICES, labels=None, noise=3.0, key="sag_t2", contrast=Contrast.T2):
    labels = boxes(slices) if labels is None else labels
    probabilities = np.zeros((len(STRUCTURES), *labels.shape), np.float32)
    signal = np.full(labels.shape, 150.0)
    for structure, where, level in (
        (Structure.BODY, (labels >= 2) & (labels < 50), 300.0),
        (Structure.DISC, (labels > 100) & (labels < 200), 500.0),
        (Structure.SAC, labels == 50, 900.0),
        (Structure.CORD, labels == 51, 600.0),
        (Structure.SACRUM, labels == 1, 300.0),
        (Structure.FORAMEN, labels > 300, 700.0),
    ):
        probabilities[STRUCTURES.index(structure)][where] = 1.0
        signal[where] = level
    probabilities[0] = 1.0 - probabilities.sum(axis=0)
    signal += np.random.default_rng(5).normal(0.0, noise, labels.shape)
    return Segmentation(
        series=key,
        probabilities=probabilities,
        space=space(slices),
        signal=signal,
        bundle="by hand",
        contrast=contrast,
    )


def series(key="sag_t2", plane=Plane.SAGITTAL, contrast=Contrast.T2, **more):
    volume = Volume(
        voxels=np.zeros((2, 2, 2)), space=Space.from_matrix((2, 2, 2), np.eye(4), "1.2.3")
    )
    return Series(
        key=key, plane=plane, contrast=contrast, volume=volume, used=True, reason="by hand", **more
    )


def frame(n):
    return Frame(
        origin_lps=(0.0, 30.0, FIRST + n * STEP + (DISC - 1) / 2),
        left_lps=(1.0, 0.0, 0.0),
        posterior_lps=(0.0, 1.0, 0.0),
        up_lps=(0.0, 0.0, 1.0),
    )


def vertebrae():
    sacrum = VertebraInstance(
        name=Vertebra.S1,
        label=1,
        ordinal=0,
        centroid_lps=(0.0, 30.0, 10.0),
        upper=None,
        lower=None,
    )
    bodies = tuple(
        VertebraInstance(
            name=name,
            label=2 + n,
            ordinal=1 + n,
            centroid_lps=(0.0, 30.0, FIRST + n * STEP + 21.0),
            upper=None,
            lower=None,
        )
        for n, name in enumerate(BODIES)
    )
    return (sacrum, *bodies)


def spine(instances):
    levels = tuple(
        LevelInstance(
            name=name, alternate=None, label=101 + n, above=2 + n, below=1 + n, frame=frame(n)
        )
        for n, name in enumerate(LEVELS)
    )
    return Spine(
        vertebrae=vertebrae(),
        levels=levels,
        numbering=Numbering(state="conventional", reasons=(), lumbar_count=5),
        conus=Conus(level=None, tip_lps=None, reason="not looked for"),
        instances=instances,
    )


def measurement(quantity, level=None, value=1.0, **more):
    place = level or more.get("vertebra")
    return Measurement(
        id=f"{place}/{quantity.value}/{more.get('side', '')}",
        quantity=quantity,
        level=level,
        value=value,
        uncertainty=0.1,
        method="by hand",
        **{"series": "sag_t2", **more},
    )


def scene(slices=SLICES, labels=None, noise=3.0):
    """A study with sagittal T2 and axial T2, an adult, and one measurement a level."""
    labels = boxes(slices) if labels is None else labels
    measured = tuple(measurement(Quantity.DISC_HEIGHT_MIDDLE, level, 8.0) for level in LEVELS)
    measured += tuple(measurement(Quantity.SAC_AP, level, 13.0) for level in LEVELS)
    return Scene(
        study=Study(series=(series(), series("ax_t2", Plane.AXIAL)), age_years=50.0),
        segmentations=(segmentation(slices, labels, noise),),
        spine=spine({"sag_t2": labels}),
        measurements=measured,
    )


@pytest.fixture(scope="session")
def make_scene() -> Callable[..., Scene]:
    return scene


@pytest.fixture(scope="session")
def make_boxes() -> Callable[..., np.ndarray]:
    return boxes


@pytest.fixture(scope="session")
def make_series() -> Callable[..., Series]:
    return series


@pytest.fixture(scope="session")
def make_measurement() -> Callable[..., Measurement]:
    return measurement


@pytest.fixture(scope="session")
def change_spine() -> Callable[..., Scene]:
    return lambda scene, **fields: replace(scene, spine=replace(scene.spine, **fields))


@pytest.fixture(scope="session")
def change_study() -> Callable[..., Scene]:
    return lambda scene, **fields: replace(scene, study=replace(scene.study, **fields))
