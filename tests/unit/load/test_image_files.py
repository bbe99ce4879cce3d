"""NIfTI, MHA and NRRD land where an independent reader puts them; contrast says its source."""

from __future__ import annotations

import json

import nibabel
import numpy as np
import pytest
import SimpleITK as sitk  # noqa: N813

from cauda.errors import GeometryError, OutOfScopeError, SpaceMismatchError, UnreadableError
from cauda.geometry import Space, require_same_frame
from cauda.load import load
from cauda.phantom.dicom import write_series
from cauda.vocab import Contrast, Plane

RAS = np.diag((-1.0, -1.0, 1.0, 1.0))


def write_nifti(path, volume, order=(0, 1, 2), **header):
    """Write a volume as NIfTI with its axes in another order."""
    voxels = np.transpose(volume.voxels, order)
    image = nibabel.Nifti1Image(voxels, RAS @ volume.space.matrix[:, [*order, 3]])
    for name, value in header.items():
        getattr(image.header, name)(value)
    nibabel.save(image, path)
    return path


def sitk_image(volume):
    image = sitk.GetImageFromArray(np.transpose(volume.voxels, (2, 1, 0)))
    image.SetSpacing(volume.space.spacing_mm)
    image.SetDirection(volume.space.directions.ravel())
    image.SetOrigin(volume.space.matrix[:3, 3])
    return image


@pytest.mark.parametrize("order", [(0, 1, 2), (2, 0, 1), (1, 2, 0)])
@pytest.mark.parametrize("plane", [Plane.SAGITTAL, Plane.AXIAL, Plane.CORONAL])
def test_a_nifti_volume_keeps_its_points_and_its_slices_last(tmp_path, volume, plane, order):
    truth = volume(plane.value, lean_deg=12)
    series = load(write_nifti(tmp_path / "x_t2.nii.gz", truth, order)).series[0]
    assert series.plane is plane
    assert series.volume.space.spacing_mm[2] == pytest.approx(4.4)
    index = np.argwhere(np.ones(truth.voxels.shape))
    back = np.rint(series.volume.space.to_ijk(truth.space.to_lps(index))).astype(int)
    np.testing.assert_array_equal(series.volume.voxels[tuple(back.T)], truth.voxels.ravel())


def test_nibabel_agrees_on_where_a_voxel_lies(tmp_path, volume):
    path = write_nifti(tmp_path / "x_t2.nii.gz", volume(lean_deg=20))
    mine, theirs = load(path).series[0].volume, nibabel.load(path)
    for index in ((0, 0, 0), (5, 7, 3)):
        ras = theirs.affine @ [*index, 1]
        np.testing.assert_allclose(
            mine.space.to_lps(np.array(index)), ras[:3] * (-1, -1, 1), atol=1e-4
        )
        assert mine.voxels[index] == theirs.dataobj[index]


@pytest.mark.parametrize("ending", [".mha", ".nrrd", ".nii"])
def test_every_format_gives_the_volume_of_the_dicom_series(tmp_path, volume, ending):
    truth = volume("axial", lean_deg=25)
    write_series(tmp_path / "dicom", truth)
    sitk.WriteImage(sitk_image(truth), str(tmp_path / f"x_t2{ending}"))
    dicom, file = load(tmp_path / "dicom").series[0], load(tmp_path / f"x_t2{ending}").series[0]
    np.testing.assert_array_equal(file.volume.voxels, dicom.volume.voxels)
    np.testing.assert_allclose(file.volume.space.matrix, dicom.volume.space.matrix, atol=1e-3)
    assert (file.key, file.plane) == (dicom.key, dicom.plane)


@pytest.mark.parametrize(
    ("name", "key"),
    [
        ("12_t1", "sag_t1"),
        ("12_t2_SPACE", "sag_t2"),
        ("sub-01_acq-sag_T2w", "sag_t2"),
        ("sub-01_T1w", "sag_t1"),
        ("lumbar_STIR", "sag_stir"),
    ],
)
def test_contrast_from_the_name(tmp_path, volume, name, key):
    series = load(write_nifti(tmp_path / f"{name}.nii.gz", volume())).series[0]
    assert series.key == key
    assert "file name" in series.reason


def test_a_sidecar_wins_over_the_name_and_the_user_over_both(tmp_path, volume):
    path = write_nifti(tmp_path / "x_T2w.nii.gz", volume())
    facts = {"EchoTime": 0.009, "RepetitionTime": 0.55, "ScanningSequence": "SE"}
    (tmp_path / "x_T2w.json").write_text(json.dumps(facts))
    series = load(path).series[0]
    assert (series.contrast, series.echo_ms, series.repetition_ms) == (Contrast.T1, 9, 550)
    assert "sidecar" in series.reason
    told = load(path, contrast=Contrast.STIR).series[0]
    assert told.contrast is Contrast.STIR
    assert "user" in told.reason
    assert "says T1; the user, who decides, STIR" in told.warnings[0]


def test_a_damaged_sidecar_is_no_obstacle(tmp_path, volume):
    path = write_nifti(tmp_path / "x_T2w.nii.gz", volume())
    (tmp_path / "x_T2w.json").write_text("{")
    assert load(path).series[0].contrast is Contrast.T2


def test_noise_of_no_name_stays_unknown(tmp_path, volume):
    series = load(write_nifti(tmp_path / "x.nii.gz", volume())).series[0]
    assert series.contrast is Contrast.UNKNOWN
    assert series.key == "sag_unknown"


@pytest.mark.parametrize("axis", [0, 1, 2])
def test_a_single_slice_loads_wherever_its_thin_axis_is(tmp_path, volume, axis):
    order = {0: (2, 0, 1), 1: (0, 2, 1), 2: (0, 1, 2)}[axis]
    path = write_nifti(tmp_path / "x_t2.nii.gz", volume(shape=(36, 40, 1)), order)
    series = load(path).series[0]
    assert series.volume.voxels.shape == (36, 40, 1)
    assert series.plane is Plane.SAGITTAL


def test_a_two_dimensional_nifti_loads(tmp_path):
    picture = np.arange(1600, dtype=np.int16).reshape(40, 40)
    nibabel.save(nibabel.Nifti1Image(picture, np.diag((0.6, 0.6, 4.0, 1))), tmp_path / "a_t2.nii")
    assert load(tmp_path / "a_t2.nii").series[0].volume.voxels.shape == (40, 40, 1)


def test_scaled_and_metric_niftis_are_converted(tmp_path, volume):
    truth = volume()
    matrix = RAS @ truth.space.matrix
    matrix[:3] /= 1000
    image = nibabel.Nifti1Image(truth.voxels * np.float32(0.5), matrix)
    image.header.set_xyzt_units("meter")
    nibabel.save(image, tmp_path / "x_t2.nii")
    mine = load(tmp_path / "x_t2.nii").series[0].volume
    assert mine.voxels.dtype == np.float32
    np.testing.assert_allclose(mine.space.matrix, truth.space.matrix, atol=1e-3)
    np.testing.assert_allclose(mine.voxels, truth.voxels * 0.5)


def test_files_have_no_frame_of_reference_unless_the_user_says_so(tmp_path, volume):
    write_nifti(tmp_path / "a_t2.nii.gz", volume())
    write_nifti(tmp_path / "b_t1.nii.gz", volume())
    apart = [s.volume.space for s in load(tmp_path).series]
    with pytest.raises(SpaceMismatchError):
        require_same_frame(*apart)
    require_same_frame(*[s.volume.space for s in load(tmp_path, same_frame=True).series])


def test_same_frame_joins_a_file_to_the_only_dicom_frame(tmp_path, volume):
    write_series(tmp_path / "dicom", volume())
    write_nifti(tmp_path / "b_t1.nii.gz", volume())
    require_same_frame(*[s.volume.space for s in load(tmp_path, same_frame=True).series])


# ------------------------------------------------------------------------------ what is broken


def test_a_nifti_without_orientation_is_refused(tmp_path, volume):
    image = nibabel.Nifti1Image(volume().voxels, None)
    nibabel.save(image, tmp_path / "x_t2.nii")
    with pytest.raises(GeometryError, match="states no orientation"):
        load(tmp_path)


@pytest.mark.parametrize(
    ("ending", "key"),
    [(".mha", b"TransformMatrix"), (".nrrd", b"space:"), (".nrrd", b"space directions")],
)
def test_a_file_without_orientation_is_refused(tmp_path, volume, ending, key):
    path = tmp_path / f"x_t2{ending}"
    sitk.WriteImage(sitk_image(volume()), str(path))
    lines = path.read_bytes().split(b"\n")
    assert any(line.startswith(key) for line in lines)
    path.write_bytes(b"\n".join(line for line in lines if not line.startswith(key)))
    with pytest.raises(GeometryError, match="states no orientation"):
        load(tmp_path)


@pytest.mark.parametrize("ending", [".nii", ".nii.gz", ".mha", ".nrrd"])
def test_a_truncated_file_is_named(tmp_path, volume, ending):
    path = tmp_path / f"DOE_t2{ending}"
    sitk.WriteImage(sitk_image(volume()), str(path))
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) // 2])
    with pytest.raises(UnreadableError, match="damaged") as caught:
        load(path)
    assert "DOE" not in str(caught.value)


def test_several_volumes_in_one_file_are_refused(tmp_path, volume):
    voxels = np.stack([volume(seed=1).voxels, volume(seed=2).voxels], axis=-1)
    nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), tmp_path / "x_t2.nii")
    with pytest.raises(UnreadableError, match="one gray-scale volume"):
        load(tmp_path)


def test_infinite_and_color_voxels_are_refused(tmp_path, volume):
    voxels = volume().voxels.astype(np.float32)
    voxels[0, 0, 0] = np.nan
    nibabel.save(nibabel.Nifti1Image(voxels, np.eye(4)), tmp_path / "x_t2.nii")
    with pytest.raises(UnreadableError, match="not finite"):
        load(tmp_path / "x_t2.nii")
    color = sitk.GetImageFromArray(np.zeros((4, 40, 40, 3), np.uint8), isVector=True)
    sitk.WriteImage(color, str(tmp_path / "c.mha"))
    with pytest.raises(UnreadableError, match="one gray-scale"):
        load(tmp_path / "c.mha")


def test_a_label_map_beside_the_image_is_set_aside(tmp_path, volume):
    write_nifti(tmp_path / "x_t2.nii.gz", volume())
    labels = volume()
    space = Space.from_matrix(labels.voxels.shape, labels.space.matrix)
    blocks = np.zeros(labels.voxels.shape, dtype=np.int16)
    for value in range(8):
        blocks[:, 5 * value : 5 * value + 4] = 100 + value
    masked = type(labels)(voxels=blocks, space=space)
    write_nifti(tmp_path / "x_t2_seg.nii.gz", masked)
    study = load(tmp_path)
    assert [s.key for s in study.series] == ["sag_t2", "aside_1"]
    assert "label map" in study.series[1].reason
    with pytest.raises(OutOfScopeError, match="label map"):
        load(tmp_path / "x_t2_seg.nii.gz")


def test_a_contrast_judged_by_look_is_said_to_be(tmp_path):
    picture = np.full((200, 160), 300, dtype=np.int16)
    picture[:, 90:104] = 1000
    picture[:, 135:152] = 900
    picture[:, 152:] = 0
    voxels = np.repeat(picture.T[None], 3, axis=0) + np.arange(3, dtype=np.int16)[:, None, None]
    voxels = voxels + np.arange(160, dtype=np.int16)[None, :, None] % 40
    matrix = np.array([[4.0, 0, 0, 0], [0, -1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]])
    nibabel.save(nibabel.Nifti1Image(voxels, matrix), tmp_path / "x.nii")
    series = load(tmp_path).series[0]
    assert series.contrast is Contrast.T2
    assert "bright band of fluid" in series.reason
    assert "appearance alone" in series.warnings[0]
    assert load(tmp_path, contrast=Contrast.T1).series[0].warnings == ()


@pytest.mark.slow
def test_a_real_stack_loads_as_sagittal_t2(real_data):
    path = sorted((real_data / "spider_t2_space").glob("*_t2_SPACE.nii.gz"))[0]
    series = load(path).series[0]
    assert series.key == "sag_t2"
    assert series.volume.space.spacing_mm == pytest.approx((0.469, 0.469, 1.0), abs=0.01)
