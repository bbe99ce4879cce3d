"""Real MRI, as a clinic would hand it over: a DICOM stack, and one lone mid-sagittal slice."""

from __future__ import annotations

import csv
from pathlib import Path

import nibabel as nib
import numpy as np
import pytest
from PIL import Image

import cauda
from cauda.geometry import Space
from cauda.phantom.dicom import Protocol, Visit, write_series
from cauda.records import Analysis, Volume
from cauda.vocab import UNKNOWN, Condition, Contrast, Quantity

STACK = "107"
SLICE = "107_t2"


@pytest.fixture(scope="module")
def stack(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """A real 3-D T2 stack, written as DICOM with its true spacing, and analyzed."""
    image = nib.load(real_data / "spider_t2_space" / f"{STACK}_t2_SPACE.nii.gz")
    matrix = np.diag([-1.0, -1.0, 1.0, 1.0]) @ image.affine
    voxels = np.asarray(image.dataobj).astype(np.int16)
    volume = Volume(voxels=voxels, space=Space.from_matrix(voxels.shape, matrix))
    folder = tmp_path_factory.mktemp("stack")
    protocol = Protocol(echo_ms=110.0, repetition_ms=1500.0, description="T2 SPACE sag")
    write_series(folder, volume, protocol=protocol, visit=Visit(seed=1))
    return cauda.analyze(folder)


@pytest.fixture(scope="module")
def lone_slice(real_data: Path, tmp_path_factory: pytest.TempPathFactory) -> Analysis:
    """One mid-sagittal slice as a one-slice NIfTI with its true pixel size, and analyzed."""
    with (real_data / "spider_tables" / "overview.csv").open() as table:
        row = next(r for r in csv.DictReader(table) if r["new_file_name"] == SLICE)
    row_mm, column_mm = (float(v) for v in row["PixelSpacing"].strip("[]").split(","))
    pixels = np.asarray(Image.open(real_data / "spider_midsagittal" / f"{SLICE}.png"))
    matrix = np.zeros((4, 4))
    matrix[1, 0], matrix[2, 1], matrix[0, 2], matrix[3, 3] = -column_mm, -row_mm, 4.0, 1.0
    path = tmp_path_factory.mktemp("slice") / f"{SLICE}.nii.gz"
    nib.save(nib.Nifti1Image(pixels.T[:, :, None].astype(np.int16), matrix), path)
    return cauda.analyze(path)


def grades(analysis: Analysis, condition: Condition) -> set[str]:
    return {f.grade for f in analysis.findings if f.condition is condition}


@pytest.mark.slow
@pytest.mark.parametrize("which", ["stack", "lone_slice"])
def test_real_images_give_levels_measurements_and_grades(
    which: str, request: pytest.FixtureRequest
) -> None:
    analysis: Analysis = request.getfixturevalue(which)
    assert len(analysis.spine.levels) >= 5
    heights = [m.value for m in analysis.measurements if m.quantity is Quantity.DISC_HEIGHT_MIDDLE]
    assert len(heights) >= 5
    assert all(2.0 < height < 20.0 for height in heights)
    assert grades(analysis, Condition.DISC_NARROWING) - {UNKNOWN}
    assert grades(analysis, Condition.DISC_DEGENERATION) - {UNKNOWN}


@pytest.mark.slow
@pytest.mark.parametrize("which", ["stack", "lone_slice"])
def test_what_sagittal_images_cannot_show_stays_unknown(
    which: str, request: pytest.FixtureRequest
) -> None:
    analysis: Analysis = request.getfixturevalue(which)
    assert grades(analysis, Condition.SUBARTICULAR_STENOSIS) == {UNKNOWN}
    assert grades(analysis, Condition.ROOT_COMPROMISE) == {UNKNOWN}
    assert all(f.reason_unknown for f in analysis.findings if not f.is_known)


@pytest.mark.slow
def test_a_lone_slice_has_neither_sides_nor_areas(lone_slice: Analysis) -> None:
    assert grades(lone_slice, Condition.FORAMINAL_STENOSIS) == {UNKNOWN}
    assert not [m for m in lone_slice.measurements if m.side is not None]
    assert not [m for m in lone_slice.measurements if m.quantity is Quantity.SAC_AREA]


@pytest.mark.slow
def test_a_lone_slice_is_told_to_be_t2_by_its_name(lone_slice: Analysis) -> None:
    assert [s.contrast for s in lone_slice.study.used] == [Contrast.T2]
