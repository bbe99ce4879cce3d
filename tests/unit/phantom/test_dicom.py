"""Written series are valid, placed right, reproducible, and exact in every syntax."""

from __future__ import annotations

import shutil
import subprocess

import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from cauda.errors import GeometryError, UsageError
from cauda.geometry import Space
from cauda.phantom.dicom import Protocol, Visit, write_series
from cauda.phantom.multiframe import write_multiframe
from cauda.records import Volume

SYNTAXES = [ExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless]
OBLIQUE = np.array(
    [
        [0.1, 0.02, -4.3, 31.25],
        [0.59, 0.06, 0.3, -80.5],
        [0.05, -0.7, -0.9, 120.125],
        [0, 0, 0, 1],
    ]
)


@pytest.fixture
def oblique() -> Volume:
    """A stack turned about all three axes; its columns are made orthogonal."""
    turn, _ = np.linalg.qr(OBLIQUE[:3, :3])
    matrix = OBLIQUE.copy()
    matrix[:3, :3] = turn * np.array([0.6, 0.7, 4.4])
    voxels = np.random.default_rng(1).integers(0, 4000, (48, 40, 4))
    return Volume(voxels=voxels, space=Space.from_matrix(voxels.shape, matrix))


def read_with_sitk(paths):
    image = sitk.ReadImage([str(p) for p in paths])
    matrix = np.eye(4)
    matrix[:3, :3] = np.reshape(image.GetDirection(), (3, 3)) * np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    return np.transpose(sitk.GetArrayFromImage(image), (2, 1, 0)), matrix


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_independent_reader_finds_the_same_voxels_at_the_same_points(tmp_path, oblique, syntax):
    paths = write_series(tmp_path, oblique, transfer_syntax=syntax)
    assert pydicom.dcmread(paths[0]).file_meta.TransferSyntaxUID == syntax
    positions = [np.array(pydicom.dcmread(p).ImagePositionPatient, float) for p in paths]
    normal = np.cross(*np.split(np.array(pydicom.dcmread(paths[0]).ImageOrientationPatient), 2))
    order = np.argsort([p @ normal for p in positions])
    voxels, matrix = read_with_sitk([paths[i] for i in order])
    points = Space.from_matrix(voxels.shape, matrix).to_lps(np.argwhere(np.ones(voxels.shape)))
    found = np.rint(oblique.space.to_ijk(points)).astype(int)
    np.testing.assert_allclose(oblique.space.to_ijk(points), found, atol=2e-3)
    np.testing.assert_array_equal(voxels.ravel(), oblique.voxels[tuple(found.T)])


def test_the_same_facts_give_the_same_bytes_and_another_seed_other_uids(tmp_path, oblique):
    first = write_series(tmp_path / "a", oblique, visit=Visit(seed=3))
    second = write_series(tmp_path / "b", oblique, visit=Visit(seed=3))
    assert [p.read_bytes() for p in first] == [p.read_bytes() for p in second]
    other = pydicom.dcmread(write_series(tmp_path / "c", oblique, visit=Visit(seed=4))[0])
    mine = pydicom.dcmread(first[0])
    for keyword in ("StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID"):
        assert mine[keyword].value != other[keyword].value
    assert mine.FrameOfReferenceUID != other.FrameOfReferenceUID


def test_series_of_one_visit_share_study_and_frame_but_not_series(tmp_path, oblique):
    one, two = (
        pydicom.dcmread(write_series(tmp_path, oblique, series_number=n)[0]) for n in (1, 2)
    )
    assert one.StudyInstanceUID == two.StudyInstanceUID
    assert one.FrameOfReferenceUID == two.FrameOfReferenceUID
    assert one.SeriesInstanceUID != two.SeriesInstanceUID


def test_the_header_says_what_the_protocol_says(tmp_path, oblique):
    protocol = Protocol(
        description="stir sag",
        echo_ms=60.0,
        repetition_ms=4000.0,
        inversion_ms=160.0,
        sequence=("SE", "IR"),
        contrast_agent="GADO",
        thickness_mm=4.0,
    )
    header = pydicom.dcmread(write_series(tmp_path, oblique, protocol=protocol)[0])
    assert (header.EchoTime, header.RepetitionTime, header.InversionTime) == (60, 4000, 160)
    assert list(header.ScanningSequence) == ["SE", "IR"]
    assert header.ContrastBolusAgent == "GADO"
    assert (header.SliceThickness, header.SpacingBetweenSlices) == (4.0, pytest.approx(4.4))
    assert list(header.PixelSpacing) == pytest.approx([0.7, 0.6])
    assert header.PatientIdentityRemoved == "YES"
    assert "Laterality" not in header


def test_slices_along_another_axis_are_written_as_the_same_patient(tmp_path, oblique):
    turned = Volume(
        voxels=np.transpose(oblique.voxels, (2, 0, 1)),
        space=Space.from_matrix((4, 48, 40), oblique.space.matrix[:, [2, 0, 1, 3]]),
        slice_axis=0,
    )
    straight = write_series(tmp_path / "a", oblique)
    moved = write_series(tmp_path / "b", turned)
    assert [p.read_bytes() for p in straight] == [p.read_bytes() for p in moved]


def test_several_stacks_make_one_series(tmp_path, oblique):
    paths = write_series(tmp_path, [oblique, oblique])
    headers = [pydicom.dcmread(p) for p in paths]
    assert len(paths) == 8
    assert len({h.SeriesInstanceUID for h in headers}) == 1
    assert len({h.SOPInstanceUID for h in headers}) == 8


@pytest.mark.parametrize("value", [70000, -40000, np.nan])
def test_voxels_beyond_16_bits_are_refused(tmp_path, oblique, value):
    voxels = np.full(oblique.voxels.shape, value, dtype=float)
    with pytest.raises(UsageError, match="16-bit"):
        write_series(tmp_path, Volume(voxels=voxels, space=oblique.space))


def test_negative_voxels_are_kept(tmp_path, oblique):
    volume = Volume(voxels=oblique.voxels - 2000, space=oblique.space)
    first = pydicom.dcmread(write_series(tmp_path, volume)[0]).pixel_array
    np.testing.assert_array_equal(first.T, volume.voxels[:, :, 0])


def test_a_sheared_slice_is_refused(tmp_path, oblique):
    matrix = oblique.space.matrix
    matrix[:3, 1] += 0.1 * matrix[:3, 0]
    space = Space.from_matrix(oblique.voxels.shape, matrix)
    with pytest.raises(GeometryError, match="right angles"):
        write_series(tmp_path, Volume(voxels=oblique.voxels, space=space))


def test_a_multiframe_object_holds_every_frame_at_its_place(tmp_path, oblique):
    dataset = pydicom.dcmread(write_multiframe(tmp_path / "mf.dcm", oblique))
    assert dataset.NumberOfFrames == 4
    for k, groups in enumerate(dataset.PerFrameFunctionalGroupsSequence):
        position = groups.PlanePositionSequence[0].ImagePositionPatient
        np.testing.assert_allclose(position, oblique.space.to_lps(np.array([0, 0, k])), atol=1e-6)
        np.testing.assert_array_equal(dataset.pixel_array[k].T, oblique.voxels[:, :, k])


@pytest.mark.integration
@pytest.mark.skipif(shutil.which("dciodvfy") is None, reason="dicom3tools is not installed")
def test_a_validator_finds_no_error(tmp_path, oblique):
    files = [
        *write_series(
            tmp_path / "a", oblique, protocol=Protocol(inversion_ms=160.0, sequence=("SE", "IR"))
        ),
        write_multiframe(tmp_path / "mf.dcm", oblique),
    ]
    for path in files:
        said = subprocess.run(
            ["dciodvfy", "-new", str(path)], capture_output=True, text=True, check=False
        )
        assert "Error" not in said.stderr
