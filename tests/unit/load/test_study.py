"""A study in any packing gives the same record; what is broken is named and nothing is guessed."""

from __future__ import annotations

import random
import shutil
import time
import zipfile

import gdcm
import numpy as np
import pydicom
import pytest
import SimpleITK as sitk  # noqa: N813
from pydicom.dataset import FileMetaDataset
from pydicom.uid import (
    ExplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLosslessSV1,
    JPEGLSLossless,
    MediaStorageDirectoryStorage,
    RLELossless,
)

from cauda.errors import (
    GeometryError,
    MixedStudiesError,
    NothingFoundError,
    OutOfScopeError,
    UnreadableError,
)
from cauda.load import load
from cauda.phantom.dicom import Protocol, Visit, write_series
from cauda.phantom.multiframe import write_multiframe
from cauda.vocab import Contrast, Plane

T1 = Protocol(description="t1_tse_sag", echo_ms=9.0, repetition_ms=550.0)
STIR = Protocol(
    description="tirm",
    echo_ms=60.0,
    repetition_ms=4000.0,
    inversion_ms=160.0,
    sequence=("SE", "IR"),
)
AXIAL = Protocol(description="t2_tse_tra")
SYNTAXES = [ExplicitVRLittleEndian, RLELossless, JPEGLSLossless, JPEG2000Lossless]


def edit(path, **changes):
    dataset = pydicom.dcmread(path)
    for keyword, value in changes.items():
        if value is None:
            delattr(dataset, keyword)
        else:
            setattr(dataset, keyword, value)
    dataset.save_as(path)


def points_and_values(volume):
    """The (x, y, z) of each voxel and its value, sorted, whatever the axes' order."""
    indices = np.argwhere(np.ones(volume.voxels.shape))
    table = np.c_[np.round(volume.space.to_lps(indices), 3) + 0.0, volume.voxels.ravel()]
    return table[np.lexsort(table.T)]


def summary(study):
    return [
        (
            s.key,
            s.used,
            s.reason,
            s.warnings,
            [h["00080018"]["Value"][0] for h in s.headers],
            None if s.volume is None else (s.volume.space, s.volume.voxels.tobytes()),
        )
        for s in study.series
    ]


@pytest.fixture(scope="module")
def lumbar(tmp_path_factory, volume):
    """Sagittal T2, T1, STIR and a two-stack axial T2 of one visit; tests do not change it."""
    folder = tmp_path_factory.mktemp("lumbar") / "study"
    write_series(folder / "a" / "b", volume(seed=1), series_number=2)
    write_series(folder / "c", volume(seed=2), protocol=T1, series_number=3)
    write_series(folder, volume(seed=3), protocol=STIR, series_number=4)
    stacks = [
        volume("axial", seed=4, lean_deg=25, origin=(-30, -30, -60)),
        volume("axial", seed=5, lean_deg=5, origin=(-30, -30, 0)),
    ]
    write_series(folder / "d", stacks, protocol=AXIAL, series_number=5)
    return folder


@pytest.fixture(scope="module")
def study(lumbar):
    return load(lumbar)


# ------------------------------------------------------------------- what a whole study gives


def test_a_study_is_told_apart(study):
    assert [s.key for s in study.series] == ["sag_t2", "sag_t1", "sag_stir", "ax_t2_1", "ax_t2_2"]
    assert all(s.used and s.reason.endswith(".") for s in study.series)
    planes = [Plane.SAGITTAL] * 3 + [Plane.AXIAL] * 2
    assert [s.plane for s in study.series] == planes
    t2, t1, stir = study.series[:3]
    assert (t2.contrast, t1.contrast, stir.contrast) == (Contrast.T2, Contrast.T1, Contrast.STIR)
    assert (stir.echo_ms, stir.repetition_ms, stir.inversion_ms) == (60, 4000, 160)
    assert stir.fat_suppressed
    assert not t2.fat_suppressed
    assert len({s.volume.space.frame_of_reference for s in study.series}) == 1


def test_stacks_of_one_axial_series_are_numbered_from_the_head_down(study):
    upper, lower = (study.by_key(k).volume.space for k in ("ax_t2_1", "ax_t2_2"))
    assert upper.affine[2][3] > lower.affine[2][3]
    assert upper.shape == lower.shape == (36, 40, 5)


def test_every_voxel_lies_where_it_was_written(study, volume):
    np.testing.assert_allclose(
        points_and_values(study.by_key("sag_t2").volume),
        points_and_values(volume(seed=1)),
        atol=2e-3,
    )


def test_an_independent_reader_agrees_on_the_geometry(tmp_path, volume):
    paths = write_series(tmp_path, volume("axial", lean_deg=20))
    mine = load(tmp_path).series[0].volume
    image = sitk.ReadImage([str(p) for p in paths])
    theirs = np.transpose(sitk.GetArrayFromImage(image), (2, 1, 0))
    np.testing.assert_array_equal(mine.voxels, theirs)
    for index in ((0, 0, 0), (3, 7, 4), (35, 39, 2)):
        point = image.TransformIndexToPhysicalPoint(index)
        np.testing.assert_allclose(mine.space.to_lps(np.array(index)), point, atol=2e-3)


def test_slices_run_along_axis_2_contiguously_and_cannot_be_written(study):
    volume = study.by_key("sag_t2").volume
    assert volume.slice_axis == 2
    assert volume.voxels.dtype == np.int16
    assert volume.space.spacing_mm == pytest.approx((0.6, 0.7, 4.4))
    with pytest.raises(ValueError, match="read-only"):
        volume.voxels[0, 0, 0] = 1


def test_names_and_order_of_files_decide_nothing(lumbar, study, tmp_path):
    expected = summary(study)
    files = sorted(lumbar.rglob("*.dcm"))
    rng = random.Random(5)
    for attempt in range(2):
        rng.shuffle(files)
        folder = tmp_path / f"shuffled{attempt}"
        folder.mkdir()
        for number, path in enumerate(files):
            shutil.copy(path, folder / f"{rng.random():.12f}{number}")
        assert summary(load(folder)) == expected
    assert summary(load(files)) == expected


def test_instance_numbers_decide_nothing(tmp_path, volume):
    paths = write_series(tmp_path, volume())
    expected = load(tmp_path).series[0].volume
    for path, number in zip(paths, (9, 2, 7, 1, 5), strict=True):
        edit(path, InstanceNumber=number)
    again = load(tmp_path).series[0].volume
    np.testing.assert_array_equal(again.voxels, expected.voxels)
    assert again.space == expected.space


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_every_lossless_syntax_gives_the_same_voxels(tmp_path, volume, syntax):
    write_series(tmp_path, volume(), transfer_syntax=syntax)
    np.testing.assert_allclose(
        points_and_values(load(tmp_path).series[0].volume),
        points_and_values(volume()),
        atol=2e-3,
    )


def test_jpeg_lossless_gives_the_same_voxels(tmp_path, volume):
    for path in write_series(tmp_path / "plain", volume()):
        reader = gdcm.ImageReader()
        reader.SetFileName(str(path))
        assert reader.Read()
        change = gdcm.ImageChangeTransferSyntax()
        change.SetTransferSyntax(gdcm.TransferSyntax(gdcm.TransferSyntax.JPEGLosslessProcess14_1))
        change.SetInput(reader.GetImage())
        assert change.Change()
        writer = gdcm.ImageWriter()
        writer.SetFile(reader.GetFile())
        writer.SetImage(change.GetOutput())
        writer.SetFileName(str(tmp_path / path.name))
        assert writer.Write()
        written = pydicom.dcmread(tmp_path / path.name).file_meta.TransferSyntaxUID
        assert written == JPEGLosslessSV1
    plain, packed = load(tmp_path / "plain"), load(sorted(tmp_path.glob("*.dcm")))
    np.testing.assert_array_equal(packed.series[0].volume.voxels, plain.series[0].volume.voxels)


def test_a_multiframe_object_gives_the_same_volume_as_a_classic_series(tmp_path, volume):
    write_series(tmp_path / "classic", volume(), protocol=STIR)
    write_multiframe(tmp_path / "mf" / "x", volume(), protocol=STIR)
    classic, multi = (load(tmp_path / n).series[0] for n in ("classic", "mf"))
    np.testing.assert_array_equal(classic.volume.voxels, multi.volume.voxels)
    np.testing.assert_allclose(classic.volume.space.matrix, multi.volume.space.matrix, atol=1e-6)
    assert (classic.key, classic.reason) == (multi.key, multi.reason)
    assert (multi.echo_ms, multi.repetition_ms, multi.inversion_ms) == (60, 4000, 160)
    assert len(multi.headers) == 1


def test_a_multiframe_gradient_echo_with_agent_is_told(tmp_path, volume):
    protocol = Protocol(sequence=("GR",), contrast_agent="GADO", options=("FS",))
    series = load(write_multiframe(tmp_path / "x", volume(), protocol=protocol)).series[0]
    assert series.contrast is Contrast.UNKNOWN
    assert "gradient echo" in series.reason
    assert series.contrast_agent
    assert series.fat_suppressed


def test_a_truncated_multiframe_object_is_named(tmp_path, volume):
    path = write_multiframe(tmp_path / "x", volume())
    path.write_bytes(path.read_bytes()[:-4000])
    with pytest.raises(UnreadableError, match="truncated"):
        load(path)


def test_a_sheared_stack_stays_one_and_keeps_its_shear(tmp_path, volume):
    paths = write_series(tmp_path, volume("axial"))
    for path in paths:
        x, y, z = pydicom.dcmread(path).ImagePositionPatient
        edit(path, ImagePositionPatient=[x, y + 0.5 * z, z])
    series = load(tmp_path).series[0]
    assert series.volume.space.shape[2] == 5
    step = series.volume.space.matrix[:3, 2]
    np.testing.assert_allclose(step, (0, 2.2, 4.4), atol=1e-6)


def test_rescale_may_differ_between_slices(tmp_path, volume):
    paths = write_series(tmp_path, volume())
    plain = load(tmp_path).series[0].volume.voxels
    edit(paths[0], RescaleSlope="3", RescaleIntercept="0")
    scaled = load(tmp_path).series[0].volume.voxels
    ratios = scaled.sum(axis=(0, 1)) / plain.sum(axis=(0, 1))
    assert sorted(ratios) == pytest.approx([1, 1, 1, 1, 3])


def test_frames_out_of_order_are_ordered_by_geometry(tmp_path, volume):
    path = write_multiframe(tmp_path / "mf.dcm", volume())
    expected = load(path).series[0].volume
    dataset = pydicom.dcmread(path)
    order = [3, 0, 4, 2, 1]
    frames = dataset.PerFrameFunctionalGroupsSequence
    dataset.PerFrameFunctionalGroupsSequence = [frames[i] for i in order]
    dataset.PixelData = np.ascontiguousarray(dataset.pixel_array[order]).tobytes()
    dataset.save_as(path)
    again = load(path).series[0].volume
    np.testing.assert_array_equal(again.voxels, expected.voxels)
    assert again.space == expected.space


def test_files_without_a_preamble_are_read(tmp_path, volume):
    paths = write_series(tmp_path, volume())
    expected = load(tmp_path).series[0].volume
    for path in paths:
        dataset = pydicom.dcmread(path)
        del dataset.file_meta
        dataset.preamble = None
        dataset.save_as(path, implicit_vr=True, little_endian=True, enforce_file_format=False)
        assert path.read_bytes()[128:132] != b"DICM"
    np.testing.assert_array_equal(load(tmp_path).series[0].volume.voxels, expected.voxels)


def test_other_objects_of_the_study_do_no_harm(tmp_path, volume):
    write_series(tmp_path, volume())
    document = pydicom.dcmread(next(tmp_path.iterdir()))
    for keyword in ("Rows", "Columns", "PixelData"):
        delattr(document, keyword)
    document.Modality, document.SOPInstanceUID, document.SeriesInstanceUID = "SR", "1.2", "1.3"
    document.StudyInstanceUID = "1.4"
    document.save_as(tmp_path / "sr")
    study = load(tmp_path)
    assert [(s.key, s.used) for s in study.series] == [("sag_t2", True), ("aside_1", False)]
    assert "it is SR, not MR" in study.series[1].reason


def test_color_images_are_set_aside(tmp_path, volume):
    for path in write_series(tmp_path / "color", volume(), series_number=2):
        dataset = pydicom.dcmread(path)
        dataset.SamplesPerPixel, dataset.PhotometricInterpretation = 3, "RGB"
        dataset.save_as(path)
    with pytest.raises(UnreadableError, match="in color"):
        load(tmp_path)


def test_inverted_gray_is_turned_over(tmp_path, volume):
    paths = write_series(tmp_path, volume())
    plain = load(tmp_path).series[0].volume.voxels
    for path in paths:
        edit(path, PhotometricInterpretation="MONOCHROME1")
    turned = load(tmp_path).series[0].volume.voxels
    np.testing.assert_array_equal(turned, plain.max() - plain)


def test_planes_merged_into_one_long_series_are_kept(tmp_path, volume):
    write_series(tmp_path, [volume(shape=(36, 40, 12)), volume("axial", shape=(36, 40, 3))])
    assert [s.key for s in load(tmp_path).used] == ["sag_t2", "ax_t2"]


def test_a_lone_slice_loads_with_its_thickness(tmp_path, volume):
    series = load(write_series(tmp_path, volume())[2]).series[0]
    assert series.volume.space.shape == (36, 40, 1)
    assert series.volume.space.spacing_mm[2] == pytest.approx(4.4)


def test_rescale_is_applied_slice_by_slice(tmp_path, volume):
    paths = write_series(tmp_path, volume())
    plain = load(tmp_path).series[0].volume.voxels
    for path in paths:
        edit(path, RescaleSlope="2.5", RescaleIntercept="-10")
    scaled = load(tmp_path).series[0].volume.voxels
    assert scaled.dtype == np.float32
    np.testing.assert_allclose(scaled, plain * 2.5 - 10)


# ------------------------------------------------------------------------------- packings


def zipped(folder, path):
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        for file in sorted(folder.rglob("*")):
            if file.is_file():
                archive.write(file, file.relative_to(folder))
    return path


def test_a_zip_gives_the_same_study(lumbar, study, tmp_path):
    assert summary(load(zipped(lumbar, tmp_path / "s.zip"))) == summary(study)


def test_junk_and_nested_zips_in_a_folder_do_no_harm(lumbar, study, tmp_path):
    expected = summary(study)
    folder = shutil.copytree(lumbar, tmp_path / "copy")
    shutil.rmtree(folder / "a")
    zipped(lumbar / "a", folder / "inner.zip")
    for name in ("notes.txt", ".DS_Store", "DICOMDIR", "picture.png", "empty"):
        (folder / name).write_bytes(b"" if name == "empty" else b"not an image")
    assert summary(load(folder)) == expected


def test_a_mixed_list_is_one_study(lumbar, study):
    listed = load([lumbar / "a", lumbar / "c", *sorted(lumbar.glob("*.dcm")), str(lumbar / "d")])
    assert summary(listed) == summary(study)


def test_the_same_files_twice_are_one_study_with_a_warning(lumbar, study, tmp_path):
    twice = load([lumbar, zipped(lumbar / "c", tmp_path / "again.zip")])
    assert twice.by_key("sag_t1").warnings == ("Duplicate files left out: 5.",)
    assert [s.key for s in twice.series] == [s.key for s in study.series]


def write_dicomdir(folder, files):
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = MediaStorageDirectoryStorage
    meta.MediaStorageSOPInstanceUID = "1.2.3"
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    catalog = pydicom.Dataset()
    catalog.file_meta = meta
    catalog.DirectoryRecordSequence = [pydicom.Dataset()]
    for parts in files:
        record = pydicom.Dataset()
        record.DirectoryRecordType = "IMAGE"
        record.ReferencedFileID = parts
        catalog.DirectoryRecordSequence.append(record)
    catalog.save_as(folder / "DICOMDIR", enforce_file_format=True)
    return folder / "DICOMDIR"


@pytest.mark.filterwarnings("ignore:Invalid value for VR CS")
def test_a_dicomdir_leads_to_its_files_and_no_further(tmp_path, volume):
    write_series(tmp_path / "outside", volume(seed=7), series_number=2)
    paths = write_series(tmp_path / "cd" / "DISC", volume())
    for number, path in enumerate(paths):
        path.rename(path.with_name(f"IM{number}"))
    listed = [["DISC", f"IM{n}"] for n in range(5)] + [["..", "outside", "IM_002_0001.dcm"]]
    catalog = write_dicomdir(tmp_path / "cd", listed)
    series = load(catalog).series
    assert len(series) == 1
    assert series[0].volume.space.shape[2] == 5
    (tmp_path / "cd" / "DISC" / "IM4").unlink()
    cut = load(catalog).series[0]
    assert cut.volume.space.shape[2] == 4
    assert cut.warnings == ("Files that the DICOMDIR lists and that are not there: 1.",)
    shutil.rmtree(tmp_path / "cd" / "DISC")
    with pytest.raises(NothingFoundError, match="give their folder"):
        load(catalog)


# ------------------------------------------------------------------------ splitting a series


def test_a_dual_echo_series_becomes_two_volumes(tmp_path, volume):
    for number, echo in ((1, 12.0), (2, 100.0)):
        protocol = Protocol(echo_ms=echo, repetition_ms=3000.0)
        for path in write_series(
            tmp_path / str(number), volume(seed=number), protocol=protocol, series_number=number
        ):
            edit(path, SeriesInstanceUID="1.2.3", SeriesNumber=1)
    study = load(tmp_path)
    assert [s.key for s in study.series] == ["sag_t2", "sag_unknown"]
    assert "proton density" in study.by_key("sag_unknown").reason
    np.testing.assert_allclose(
        points_and_values(study.by_key("sag_t2").volume),
        points_and_values(volume(seed=2)),
        atol=2e-3,
    )


def test_a_dynamic_series_becomes_one_volume_a_time_point(tmp_path, volume):
    for number in (1, 2):
        for path in write_series(tmp_path / str(number), volume(seed=number), series_number=number):
            edit(path, SeriesInstanceUID="1.2.3", SeriesNumber=1, TemporalPositionIdentifier=number)
    first, second = load(tmp_path).series
    assert (first.key, second.key) == ("sag_t2_1", "sag_t2_2")
    for series, seed in ((first, 1), (second, 2)):
        np.testing.assert_allclose(
            points_and_values(series.volume), points_and_values(volume(seed=seed)), atol=2e-3
        )


def test_an_uneven_repetition_is_refused(tmp_path, volume):
    write_series(tmp_path / "1", volume(seed=1))
    extra = write_series(tmp_path / "2", volume(seed=2), series_number=2)
    for number, path in enumerate(extra):
        edit(path, SeriesInstanceUID=Visit().uid("series", 1), InstanceNumber=number)
    extra[0].unlink()
    with pytest.raises(GeometryError, match="others up to 2 different"):
        load(tmp_path)


def test_parallel_stacks_offset_sideways_stay_apart(tmp_path, volume):
    stacks = [
        volume("axial", origin=(-30, -30, 0)),
        volume("axial", origin=(-30, -22, -15), seed=9),
    ]
    write_series(tmp_path, stacks)
    assert [s.volume.space.shape[2] for s in load(tmp_path).series] == [5, 5]


def test_axial_blocks_with_a_wide_gap_stay_apart_with_a_warning(tmp_path, volume):
    stacks = [volume("axial", origin=(-30, -30, z)) for z in (0.0, -60.0)]
    write_series(tmp_path, stacks)
    study = load(tmp_path)
    assert [s.key for s in study.series] == ["ax_t2_1", "ax_t2_2"]
    assert all("wide gap" in s.warnings[0] for s in study.series)


def test_a_change_of_matrix_splits(tmp_path, volume):
    stacks = [volume(seed=1), volume(seed=2, shape=(36, 44, 3), origin=(60, -40, 50))]
    write_series(tmp_path, stacks)
    assert {s.volume.space.shape for s in load(tmp_path).series} == {(36, 40, 5), (36, 44, 3)}


# ---------------------------------------------------------------------- what is set aside


def test_localizers_derived_and_foreign_series_are_set_aside_with_their_reason(tmp_path, volume):
    write_series(tmp_path, volume(), series_number=1)
    original = ("ORIGINAL", "PRIMARY")
    asides = {
        2: (Protocol(image_type=(*original, "LOCALIZER")), "localizer"),
        3: (Protocol(image_type=("DERIVED", "SECONDARY", "MPR")), "derived"),
        4: (Protocol(description="SubtleSYNTH STIR sag"), "computed"),
        5: (Protocol(description="loc 3-plane"), "localizer"),
        6: (Protocol(description="t2 C-spine sag", body_part="CSPINE"), "another body region"),
        7: (Protocol(image_type=(*original, "P")), "not an anatomical"),
    }
    for number, (protocol, _) in asides.items():
        write_series(tmp_path, volume(), protocol=protocol, series_number=number)
    three = [volume(p, shape=(36, 40, 3)) for p in ("sagittal", "axial", "coronal")]
    write_series(tmp_path, three, protocol=Protocol(description="x"), series_number=8)
    study = load(tmp_path)
    assert [s.key for s in study.used] == ["sag_t2"]
    aside = study.series[1:]
    assert [s.key for s in aside] == [f"aside_{n}" for n in range(1, 8)]
    for series, words in zip(
        aside, [w for _, w in asides.values()] + ["several planes"], strict=True
    ):
        assert words in series.reason
        assert series.volume is None
        assert not series.used


def test_the_body_part_alone_never_excludes(tmp_path, volume):
    write_series(
        tmp_path, volume(), protocol=Protocol(body_part="TSPINE"), visit=Visit(description="")
    )
    series = load(tmp_path).series[0]
    assert series.used
    assert "another body part" in series.warnings[0]


def test_a_ct_is_out_of_scope(tmp_path, volume):
    for path in write_series(tmp_path, volume()):
        edit(path, Modality="CT")
    with pytest.raises(OutOfScopeError, match="it is CT, not MR"):
        load(tmp_path)


# --------------------------------------------------------------------- what is broken


def test_a_missing_slice_is_refused_and_never_interpolated(tmp_path, volume):
    write_series(tmp_path, volume())[2].unlink()
    with pytest.raises(
        GeometryError, match=r"Slices are missing .* about 1: .* 8\.8 mm where 4\.4 mm"
    ):
        load(tmp_path)


def test_of_two_gaps_the_wide_one_is_the_missing_slice(tmp_path, volume):
    write_series(tmp_path, volume(shape=(36, 40, 4)))[1].unlink()
    with pytest.raises(GeometryError, match=r"about 1: a gap of 8\.8 mm where 4\.4"):
        load(tmp_path)


def test_every_second_slice_missing_is_said(tmp_path, volume):
    paths = write_series(tmp_path, volume())
    for path in paths[1::2]:
        path.unlink()
    series = load(tmp_path).series[0]
    assert series.volume.space.spacing_mm[2] == pytest.approx(8.8)
    assert "slices are 4.4 mm apart; their positions, which are used, say 8.8" in series.warnings[0]


def test_a_broken_series_is_set_aside_where_another_can_be_used(tmp_path, volume):
    write_series(tmp_path, volume(), series_number=1)[2].unlink()
    write_series(tmp_path, volume(), protocol=T1, series_number=2)
    study = load(tmp_path)
    assert [s.key for s in study.series] == ["sag_t1", "aside_1"]
    broken = study.series[1]
    assert "missing inside the stack" in broken.reason
    assert (broken.plane, broken.contrast) == (Plane.SAGITTAL, Contrast.T2)


@pytest.mark.parametrize(("shift_mm", "warns"), [(0.01, False), (0.3, True)])
def test_small_unevenness_is_tolerated_and_said(tmp_path, volume, shift_mm, warns):
    path = write_series(tmp_path, volume())[2]
    x, y, z = pydicom.dcmread(path).ImagePositionPatient
    edit(path, ImagePositionPatient=[x + shift_mm, y, z])
    assert any("even spacing" in w for w in load(tmp_path).series[0].warnings) == warns


def test_uneven_gaps_are_refused(tmp_path, volume):
    path = write_series(tmp_path, volume())[2]
    x, y, z = pydicom.dcmread(path).ImagePositionPatient
    edit(path, ImagePositionPatient=[x + 1.5, y, z])
    with pytest.raises(GeometryError, match="unevenly"):
        load(tmp_path)


def test_a_copied_image_under_another_uid_is_left_out_with_a_warning(tmp_path, volume):
    path = write_series(tmp_path, volume())[1]
    shutil.copy(path, tmp_path / "copy")
    edit(tmp_path / "copy", SOPInstanceUID="1.2.3.4")
    series = load(tmp_path).series[0]
    assert series.volume.space.shape[2] == 5
    assert series.warnings == ("Duplicate images left out: 1.",)


@pytest.mark.parametrize(
    "keyword", ["ImagePositionPatient", "ImageOrientationPatient", "PixelSpacing"]
)
def test_missing_geometry_is_named(tmp_path, volume, keyword):
    for path in write_series(tmp_path, volume()):
        edit(path, **{keyword: None})
    with pytest.raises(GeometryError, match="missing or contradicts itself"):
        load(tmp_path)


def test_contradictory_orientation_is_named(tmp_path, volume):
    for path in write_series(tmp_path, volume()):
        edit(path, ImageOrientationPatient=[1, 0, 0, 1, 0, 0])
    with pytest.raises(GeometryError, match="contradicts itself"):
        load(tmp_path)


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_truncated_pixels_are_named(tmp_path, volume, syntax):
    path = write_series(tmp_path, volume(), transfer_syntax=syntax)[2]
    whole = path.read_bytes()
    path.write_bytes(whole[: len(whole) - 900])
    with pytest.raises(UnreadableError, match=r"truncated|damaged"):
        load(tmp_path)


def test_a_file_cut_within_its_header_is_named(tmp_path, volume):
    path = write_series(tmp_path, volume())[0]
    path.write_bytes(path.read_bytes()[:260])
    with pytest.raises(UnreadableError, match="damaged header, which could not be read: 1"):
        load(path)


def test_an_unsupported_syntax_is_named(tmp_path, volume):
    path = write_series(tmp_path, volume())[0]
    dataset = pydicom.dcmread(path)
    dataset.file_meta.TransferSyntaxUID = "1.2.840.113619.5.2"
    dataset.save_as(path, implicit_vr=False, little_endian=True, enforce_file_format=True)
    with pytest.raises(UnreadableError, match=r"syntax 1\.2\.840\.113619\.5\.2|cannot be decoded"):
        load(path)


def test_several_patients_or_studies_are_refused_and_counted(tmp_path, volume):
    write_series(tmp_path / "1", volume(), visit=Visit(seed=1))
    write_series(tmp_path / "2", volume(shape=(36, 40, 3)), visit=Visit(seed=2))
    with pytest.raises(MixedStudiesError) as caught:
        load(tmp_path)
    assert "patients: 2, studies: 2, files in each study: 5, 3" in str(caught.value)
    assert "PHANTOM" not in str(caught.value)


@pytest.mark.parametrize("make", [lambda p: p.mkdir(), lambda p: None])
def test_an_empty_or_absent_folder_is_named_without_its_path(tmp_path, make):
    folder = tmp_path / "DOE_JOHN"
    make(folder)
    with pytest.raises(NothingFoundError) as caught:
        load(folder)
    assert "DOE" not in str(caught.value)


def test_a_folder_of_text_is_named(tmp_path):
    (tmp_path / "notes.txt").write_text("no image")
    with pytest.raises(NothingFoundError, match="None of the 1 files"):
        load(tmp_path)


# --------------------------------------------------------------------- identifiers and person


def test_identifiers_stay_in_one_place(tmp_path, volume):
    for path in write_series(tmp_path, volume()):
        edit(
            path,
            PatientName="DOE^JANE",
            PatientID="4711",
            InstitutionName="St Elsewhere",
            OperatorsName="SMITH",
            AccessionNumber="ACC9",
        )
    study = load(tmp_path)
    assert study.identifiers["PatientName"] == "DOE^JANE"
    assert study.identifiers["AccessionNumber"] == "ACC9"
    shown = repr(study) + repr([[dict(h) for h in s.headers] for s in study.series])
    assert not [w for w in ("DOE", "4711", "Elsewhere", "SMITH", "ACC9") if w in shown]


def test_nothing_of_a_malformed_header_is_logged(tmp_path, volume, caplog):
    paths = write_series(tmp_path, volume())
    for path in paths:
        content = (
            path.read_bytes().replace(b"045Y", b"DOE!").replace(b"PHANTOM-0", b"DOE" + bytes(6))
        )
        path.write_bytes(content)
    assert load(tmp_path).age_years is None
    assert caplog.text == ""


def test_headers_follow_the_slices_and_hold_no_pixels(tmp_path, volume):
    write_series(tmp_path, volume())
    series = load(tmp_path).series[0]
    space = series.volume.space
    assert len(series.headers) == 5
    for k, header in enumerate(series.headers):
        assert "7FE00010" not in header
        position = header["00200032"]["Value"]
        np.testing.assert_allclose(position, space.to_lps(np.array([0, 0, k])), atol=1e-3)
    with pytest.raises(TypeError):
        series.headers[0]["00100010"] = {}


@pytest.mark.parametrize(
    ("age", "born", "expected"),
    [
        ("063Y", "", 63.0),
        ("018M", "", 1.5),
        ("", "19800615", 39.0),
        ("", "19800101", 40.0),
        ("", "", None),
        ("", "not a date", None),
    ],
)
def test_age_from_its_field_or_the_birth_date(tmp_path, volume, age, born, expected):
    paths = write_series(tmp_path, volume(), visit=Visit(age=age, date="20200101"))
    if born:
        for path in paths:
            dataset = pydicom.dcmread(path)
            pydicom.config.settings.writing_validation_mode = pydicom.config.IGNORE
            dataset["PatientBirthDate"] = pydicom.DataElement(0x00100030, "LO", born)
            dataset.save_as(path)
    assert load(tmp_path).age_years == expected


@pytest.mark.parametrize(("sex", "expected"), [("M", "M"), ("F", "F"), ("O", None)])
def test_sex(tmp_path, volume, sex, expected):
    write_series(tmp_path, volume(), visit=Visit(sex=sex))
    assert load(tmp_path).sex == expected


@pytest.mark.slow
def test_a_whole_study_loads_within_two_seconds(tmp_path, volume):
    big = [volume(shape=(512, 512, 17), seed=s) for s in (1, 2)]
    write_series(tmp_path, big[0], series_number=1)
    write_series(tmp_path, big[1], protocol=T1, series_number=2)
    axial = volume("axial", shape=(512, 512, 30))
    write_series(tmp_path, axial, protocol=AXIAL, series_number=3)
    start = time.process_time()
    study = load(tmp_path)
    assert time.process_time() - start < 2.0
    assert [s.key for s in study.used] == ["sag_t2", "sag_t1", "ax_t2"]
