"""One phantom study, loaded once, and the same patient mirrored, turned or moved."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cauda.geometry import Space, resample
from cauda.load import load
from cauda.phantom import Lesion, LesionKind
from cauda.phantom.stacks import StudyPlan
from cauda.phantom.study import write_study
from cauda.pipeline import analyze_study
from cauda.records import Analysis, Study, Volume
from cauda.settings import Settings
from cauda.vocab import Contrast, Level, Side, Zone
from cauda.wiring import connect

SEED = 40
LESIONS = (
    Lesion(
        kind=LesionKind.EXTRUSION,
        level=Level.L5_S1,
        side=Side.LEFT,
        size_mm=7.0,
        zone=Zone.SUBARTICULAR,
    ),
    Lesion(
        kind=LesionKind.FACET_OVERGROWTH,
        level=Level.L4_L5,
        side=Side.RIGHT,
        size_mm=4.0,
        zone=Zone.FORAMINAL,
    ),
)
MIRROR = np.diag([-1.0, 1.0, 1.0, 1.0])


def rigid(degrees: tuple[float, float, float], shift_mm: tuple[float, float, float]) -> np.ndarray:
    """A 4 x 4 rigid motion of the patient: turns about x, y, z, then a shift."""
    matrix = np.eye(4)
    matrix[:3, :3] = Rotation.from_euler("xyz", degrees, degrees=True).as_matrix()
    matrix[:3, 3] = shift_mm
    return matrix


def moved(study: Study, motion: np.ndarray) -> Study:
    """The same voxels in a patient moved (or mirrored) by ``motion``."""
    series = []
    for one in study.used:
        space = one.volume.space
        placed = Space.from_matrix(space.shape, motion @ space.matrix, space.frame_of_reference)
        series.append(replace(one, volume=replace(one.volume, space=placed)))
    return replace(study, series=tuple(series))


@pytest.fixture(scope="session")
def study(tmp_path_factory: pytest.TempPathFactory) -> Study:
    """A sagittal T2 and T1 study with a left L5-S1 extrusion and a narrow right L4-L5 foramen."""
    folder: Path = tmp_path_factory.mktemp("phantom")
    plan = StudyPlan(contrasts=(Contrast.T2,), has_axial=False)
    write_study(folder, seed=SEED, lesions=LESIONS, plan=plan)
    return load([folder / "dicom"])


@pytest.fixture(scope="session")
def move() -> Callable[..., Study]:
    """Return a function that turns (degrees about x, y, z), shifts (mm) or mirrors a study."""

    def apply(
        study: Study,
        *,
        degrees: tuple[float, float, float] = (0.0, 0.0, 0.0),
        shift_mm: tuple[float, float, float] = (0.0, 0.0, 0.0),
        mirror: bool = False,
    ) -> Study:
        motion = rigid(degrees, shift_mm)
        return moved(study, motion @ MIRROR if mirror else motion)

    return apply


@pytest.fixture(scope="session")
def resampled() -> Callable[[Study, float], Study]:
    """Return a function that puts a study on other pixels, in the same slices."""

    def apply(study: Study, pixel_mm: float) -> Study:
        series = tuple(replace(s, volume=_on_pixels(s.volume, pixel_mm)) for s in study.used)
        return replace(study, series=series)

    return apply


def _on_pixels(volume: Volume, pixel_mm: float) -> Volume:
    old = np.array(volume.space.spacing_mm)
    new = np.array([pixel_mm, pixel_mm, old[2]])
    matrix = volume.space.matrix
    matrix[:3, :3] = volume.space.directions * new
    extent = (np.array(volume.space.shape) - 1) * old
    shape = tuple(int(n) for n in np.floor(extent / new + 1e-6) + 1)
    target = Space.from_matrix(shape, matrix, volume.space.frame_of_reference)
    voxels = resample(volume.voxels.astype(np.float32), volume.space, target, order=3)
    return replace(volume, voxels=voxels, space=target)


@pytest.fixture(scope="session")
def analyzed() -> Callable[[Study], Analysis]:
    """Return a function that runs the shipped network and every stage on a study."""
    return lambda study: analyze_study(study, connect(Settings()))


@pytest.fixture(scope="session")
def analysis(study: Study, analyzed: Callable[[Study], Analysis]) -> Analysis:
    """The unmoved study, analyzed."""
    return analyzed(study)
