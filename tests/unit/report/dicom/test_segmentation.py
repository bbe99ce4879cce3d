"""A SEG, read by highdicom and by plain pydicom with geometry, holds exactly what was drawn."""

from __future__ import annotations

import io

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread

from cauda.report.dicom import dicom_objects
from cauda.vocab import Side, Structure


def stored(dataset):
    stream = io.BytesIO()
    dataset.save_as(stream, enforce_file_format=True)
    stream.seek(0)
    return stream


def frames(dataset):
    """Yield segment number, pixels (rows, columns) and functional groups, by pydicom alone."""
    read = dcmread(stored(dataset))
    bits = np.unpackbits(np.frombuffer(read.PixelData, np.uint8), bitorder="little")
    size = read.Rows * read.Columns
    for n, groups in enumerate(read.PerFrameFunctionalGroupsSequence):
        number = groups.SegmentIdentificationSequence[0].ReferencedSegmentNumber
        yield number, bits[n * size : (n + 1) * size].reshape(read.Rows, read.Columns), groups


def resampled(dataset, space):
    """Labels on ``space`` from every frame's own position, orientation and spacing."""
    shared = dataset.SharedFunctionalGroupsSequence[0]
    row, column = np.reshape(shared.PlaneOrientationSequence[0].ImageOrientationPatient, (2, 3))
    down_mm, right_mm = shared.PixelMeasuresSequence[0].PixelSpacing
    labels = np.zeros(space.shape, np.uint8)
    for number, pixels, groups in frames(dataset):
        origin = np.array(groups.PlanePositionSequence[0].ImagePositionPatient, float)
        v, u = np.nonzero(pixels)
        points = origin + np.outer(u * right_mm, row) + np.outer(v * down_mm, column)
        index = np.rint(space.to_ijk(points)).astype(int)
        assert np.abs(space.to_lps(index) - points).max() < 0.02
        assert not labels[tuple(index.T)].any()
        labels[tuple(index.T)] = number
    return labels


def test_every_voxel_comes_back(case):
    assert len(case.segs) == len(case.analysis.segmentations)
    for labels, dataset in zip(case.context.labels, case.segs, strict=True):
        space = case.analysis.study.by_key(labels.series).volume.space
        np.testing.assert_array_equal(resampled(dataset, space), labels.values)
        assert len(labels.parts) > (5 if "ax" in labels.series else 25)


def test_highdicom_reads_the_same_voxels(case):
    for labels, dataset in zip(case.context.labels, case.segs, strict=True):
        read = hd.seg.segread(stored(dataset))
        assert read.SegmentsOverlap == "NO"
        volume = read.get_volume(combine_segments=True)
        space = case.analysis.study.by_key(labels.series).volume.space
        index = np.argwhere(volume.array)
        points = volume.affine[:3, :3] @ index.T + volume.affine[:3, 3:]
        back = np.rint(space.to_ijk(points.T)).astype(int)
        assert np.count_nonzero(labels.values) == len(index)
        found = labels.values[tuple(back.T)]
        np.testing.assert_array_equal(found, volume.array[tuple(index.T)])


def test_left_stays_left(case):
    for labels, dataset in zip(case.context.labels, case.segs, strict=True):
        space = case.analysis.study.by_key(labels.series).volume.space
        read = resampled(dataset, space)
        sac = next(p for p in labels.parts if p.structure is Structure.SAC)
        middle = space.to_lps(np.argwhere(read == sac.number)).mean(axis=0)
        checked = 0
        for part in labels.parts:
            if part.side is None or part.structure is not Structure.FORAMEN:
                continue
            x = space.to_lps(np.argwhere(read == part.number)).mean(axis=0)[0]
            assert bool(x > middle[0]) is (part.side is Side.LEFT)
            item = dataset.SegmentSequence[part.number - 1]
            kind = item.SegmentedPropertyTypeCodeSequence[0]
            code = kind.SegmentedPropertyTypeModifierCodeSequence[0].CodeMeaning
            assert code.lower() == part.side == item.SegmentLabel.rsplit(", ", 1)[1]
            checked += 1
        assert checked >= 1


def test_a_mirrored_label_volume_does_not_pass_the_comparison(make_case):
    labels, dataset = make_case("classic").context.labels[0], make_case("classic").segs[0]
    space = make_case("classic").analysis.study.by_key(labels.series).volume.space
    assert (resampled(dataset, space) != labels.values[:, :, ::-1]).any()


def test_every_frame_names_the_slice_it_lies_on(case):
    images = {}
    for path in case.folder.rglob("*.dcm"):
        source = dcmread(path)
        groups = source.get("PerFrameFunctionalGroupsSequence")
        for frame, place in enumerate(groups or [source], start=1):
            plane = place.PlanePositionSequence[0] if groups else place
            number = frame if groups else None
            images[source.SOPInstanceUID, number] = (plane.ImagePositionPatient, source)
    for dataset in case.segs:
        listed = [
            i.ReferencedSOPInstanceUID
            for s in dataset.ReferencedSeriesSequence
            for i in s.ReferencedInstanceSequence
        ]
        assert len(listed) == len(set(listed))
        for _, _, groups in frames(dataset):
            reference = groups.DerivationImageSequence[0].SourceImageSequence
            assert len(reference) == 1
            number = reference[0].get("ReferencedFrameNumber")
            position, source = images[reference[0].ReferencedSOPInstanceUID, number]
            assert list(groups.PlanePositionSequence[0].ImagePositionPatient) == list(position)
            assert reference[0].ReferencedSOPInstanceUID in listed
            assert dataset.FrameOfReferenceUID == source.FrameOfReferenceUID
            assert reference[0].SpatialLocationsPreserved == "YES"


def test_the_patient_and_study_are_the_source_s(case):
    source = dcmread(next(iter(case.folder.rglob("*.dcm"))))
    for dataset in case.objects:
        for keyword in (
            "PatientName", "PatientID", "IssuerOfPatientID", "PatientBirthDate", "PatientSex",
            "AccessionNumber", "StudyInstanceUID", "StudyID", "StudyDate", "StudyTime",
        ):  # fmt: skip
            assert dataset.get(keyword) == source.get(keyword), keyword
        assert dataset.SeriesDescription.startswith("Research - not for diagnosis")
        assert dataset.SoftwareVersions == "9.8.7"
        assert (dataset.ContentDate, dataset.ContentTime) == ("20261121", "160000")
        assert dataset.SeriesInstanceUID != source.SeriesInstanceUID


def test_the_same_input_gives_the_same_bytes(make_case):
    case = make_case("classic")
    again = dicom_objects(case.again(), ("seg", "sr"))
    for one, other in zip(case.objects, again, strict=True):
        assert stored(one).read() == stored(other).read()


def test_no_two_objects_share_a_uid(make_case):
    case = make_case("axial")
    uids = [o.SOPInstanceUID for o in case.objects]
    assert len(set(uids)) == len(uids)


def test_a_label_map_holds_the_same_voxels(make_case):
    case = make_case("classic")
    (dataset,) = dicom_objects(case.again(segmentation="labelmap"), ("seg",))
    assert dataset.SegmentationType == "LABELMAP"
    assert dataset.SOPInstanceUID != case.segs[0].SOPInstanceUID
    volume = hd.seg.segread(stored(dataset)).get_volume(combine_segments=True)
    assert np.count_nonzero(volume.array) == np.count_nonzero(case.context.labels[0].values)


@pytest.mark.parametrize("kind", ["classic", "axial"])
def test_segments_are_small_and_colored(make_case, kind):
    for dataset in make_case(kind).segs:
        colors = [tuple(s.RecommendedDisplayCIELabValue) for s in dataset.SegmentSequence]
        assert len(set(colors)) >= 5
        assert all(s.SegmentationAlgorithmIdentificationSequence for s in dataset.SegmentSequence)
