"""The segmentations of a whole clinical study of 512 x 512 slices stay small and readable."""

from __future__ import annotations

import shutil
import subprocess
import sys

import highdicom as hd
import numpy as np
import pytest
from pydicom import dcmread
from pydicom.uid import ExplicitVRLittleEndian

pytestmark = pytest.mark.slow

LIMIT_BYTES = 20e6


@pytest.fixture(scope="module")
def written(make_case, tmp_path_factory):
    case, folder = make_case("whole"), tmp_path_factory.mktemp("whole")
    for n, dataset in enumerate(case.segs):
        dataset.save_as(folder / f"{n}.dcm", enforce_file_format=True)
    return case, sorted(folder.glob("*.dcm"))


def test_all_segmentations_together_stay_small(written, record_property):
    case, paths = written
    shapes = [s.volume.space.shape for s in case.analysis.study.used]
    assert shapes[:2] == [(512, 512, 17)] * 2
    assert sum(shape[2] for shape in shapes[2:]) == 30
    sizes = [path.stat().st_size for path in paths]
    frames = sum(int(d.NumberOfFrames) for d in case.segs)
    told = f"{len(sizes)} SEG, {frames} frames, {sum(sizes) / 1e6:.1f} MB: {sizes}"
    record_property("segmentation_size", told)
    sys.stdout.write(f"{told}\n")
    assert sum(sizes) <= LIMIT_BYTES


def test_plain_and_deflated_ones_read_back_alike(written):
    case, paths = written
    syntaxes = set()
    for labels, path in zip(case.context.labels, paths, strict=True):
        read = hd.seg.segread(path)
        syntaxes.add(read.file_meta.TransferSyntaxUID.name)
        assert read.SegmentationType == "BINARY"
        array = read.get_volume(combine_segments=True).array
        wanted, found = (np.bincount(a.ravel(), minlength=99) for a in (labels.values, array))
        np.testing.assert_array_equal(found, wanted)
    assert syntaxes == {"Explicit VR Little Endian", "Deflated Explicit VR Little Endian"}


def test_inflated_they_pass_the_validator(written, tmp_path):
    if shutil.which("dciodvfy") is None:
        pytest.skip("dciodvfy is not installed")
    for path in written[1]:
        dataset = dcmread(path)
        dataset.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian  # Debian's cannot inflate
        plain = tmp_path / path.name
        dataset.save_as(plain, enforce_file_format=True)
        told = subprocess.run(
            ["dciodvfy", "-new", str(plain)], capture_output=True, text=True, check=False
        )
        assert "Error" not in told.stderr, told.stderr
