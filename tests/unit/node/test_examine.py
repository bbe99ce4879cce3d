from __future__ import annotations

import struct
import zlib
from pathlib import Path

import pytest
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000Lossless,
    JPEGLSLossless,
    RLELossless,
)

from cauda.errors import RefusedObjectError
from cauda.node.examine import (
    CANNOT_UNDERSTAND,
    DOES_NOT_MATCH,
    NOT_SUPPORTED,
    TOO_LARGE,
    examine,
)

# pydicom warns of invalid values, naming them; a node silences it when it starts.
pytestmark = pytest.mark.filterwarnings("ignore")

MIB = 1024**2
SYNTAXES = [
    ImplicitVRLittleEndian,
    ExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    DeflatedExplicitVRLittleEndian,
    RLELossless,
    JPEGLSLossless,
    JPEG2000Lossless,
]


def refused(path, max_bytes=MIB, announced=None):
    with pytest.raises(RefusedObjectError) as caught:
        examine(path, max_bytes, announced)
    return caught.value.status


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_a_whole_object_is_taken_in_every_syntax(tmp_path, write, syntax, datasets) -> None:
    dataset = datasets(size=64)[0]
    received = examine(write(dataset, tmp_path / "a.dcm", syntax), MIB)
    assert received.study_uid == dataset.StudyInstanceUID
    assert received.sop_uid == dataset.SOPInstanceUID


@pytest.mark.parametrize("syntax", SYNTAXES)
def test_an_object_cut_anywhere_in_its_pixels_is_refused(tmp_path, write, syntax, datasets) -> None:
    path = write(datasets(size=64)[0], tmp_path / "a.dcm", syntax)
    whole = path.read_bytes()
    for cut in (2, 7, 40, 100):
        path.write_bytes(whole[:-cut])
        assert refused(path) == CANNOT_UNDERSTAND, cut


@pytest.mark.parametrize("keep", [0, 4, 128, 131, 132, 140, 200, 300, 600])
def test_an_object_cut_in_its_header_is_refused(tmp_path, write, keep, datasets) -> None:
    path = write(datasets()[0], tmp_path / "a.dcm")
    path.write_bytes(path.read_bytes()[:keep])
    assert refused(path) in {CANNOT_UNDERSTAND, DOES_NOT_MATCH}


@pytest.mark.parametrize(
    ("change", "status"),
    [
        ({"Modality": "CT"}, DOES_NOT_MATCH),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.2"}, DOES_NOT_MATCH),
        ({"StudyInstanceUID": ""}, CANNOT_UNDERSTAND),
        ({"Rows": 60000, "Columns": 60000}, TOO_LARGE),
        ({"Rows": 17}, CANNOT_UNDERSTAND),
        ({"Rows": 0}, CANNOT_UNDERSTAND),
    ],
)
def test_what_is_no_sane_mr_image_is_refused(tmp_path, write, change, status, datasets) -> None:
    dataset = datasets()[0]
    for keyword, value in change.items():
        setattr(dataset, keyword, value)
    assert refused(write(dataset, tmp_path / "a.dcm")) == status


@pytest.mark.parametrize("uid", ["../../../etc/x", "/etc/passwd", "1.2/3", "1.2.3\\4", "1..2", "a"])
def test_a_path_is_no_uid(tmp_path, write, uid, datasets) -> None:
    path = write(datasets()[0], tmp_path / "a.dcm")
    original = datasets()[0].SOPInstanceUID.encode()
    # The same length, so that the bytes around it stay as they are.
    hostile = uid.encode().ljust(len(original), b"/")[: len(original)]
    raw = path.read_bytes()
    assert original in raw
    path.write_bytes(raw.replace(original, hostile))
    assert refused(path) == CANNOT_UNDERSTAND


def test_an_object_must_be_the_announced_one(tmp_path, write, datasets) -> None:
    first, second, _ = datasets()
    path = write(first, tmp_path / "a.dcm")
    announced = (str(first.SOPClassUID), str(first.SOPInstanceUID))
    examine(path, MIB, announced)
    other = (announced[0], str(second.SOPInstanceUID))
    assert refused(path, announced=other) == DOES_NOT_MATCH


def test_a_deflated_bomb_is_stopped_at_the_limit(tmp_path, write, datasets) -> None:
    path = write(datasets()[0], tmp_path / "a.dcm", DeflatedExplicitVRLittleEndian)
    raw = path.read_bytes()
    start = 144 + struct.unpack("<L", raw[140:144])[0]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    inflated = zlib.decompress(raw[start:], -zlib.MAX_WBITS)
    bomb = packer.compress(inflated + bytes(64 * MIB)) + packer.flush()
    path.write_bytes(raw[:start] + bomb)
    assert path.stat().st_size < MIB
    assert refused(path) == TOO_LARGE
    assert list(tmp_path.iterdir()) == [path]


def test_compressed_pixels_that_would_explode_are_refused(tmp_path, write, datasets) -> None:
    dataset = datasets()[0]
    path = write(dataset, tmp_path / "a.dcm", RLELossless)
    raw = path.read_bytes()
    rows = b"\x28\x00\x10\x00US\x02\x00"
    columns = b"\x28\x00\x11\x00US\x02\x00"
    assert rows in raw
    huge = struct.pack("<H", 8000)
    raw = raw.replace(rows + b"\x10\x00", rows + huge).replace(
        columns + b"\x10\x00", columns + huge
    )
    path.write_bytes(raw)
    assert refused(path, max_bytes=1024 * MIB) == TOO_LARGE


def test_an_unknown_syntax_is_refused_as_such(tmp_path, write, datasets) -> None:
    path = write(datasets()[0], tmp_path / "a.dcm", ExplicitVRLittleEndian)
    raw = path.read_bytes()
    path.write_bytes(raw.replace(b"1.2.840.10008.1.2.1\0", b"1.2.840.10008.1.9.9\0"))
    assert refused(path) == NOT_SUPPORTED


def test_bytes_that_are_no_dicom_are_refused(tmp_path) -> None:
    path = tmp_path / "a.dcm"
    for data in (
        b"",
        b"PK\x03\x04" * 100,
        bytes(128) + b"DICM",
        bytes(128) + b"DICM" + b"\xff" * 999,
    ):
        path.write_bytes(data)
        assert refused(path) == CANNOT_UNDERSTAND


def test_random_damage_never_raises_anything_else(tmp_path, write, datasets) -> None:
    import numpy as np

    rng = np.random.default_rng(3)
    path = write(datasets()[0], tmp_path / "a.dcm")
    whole = np.frombuffer(path.read_bytes(), np.uint8)
    for _ in range(150):
        raw = whole.copy()
        raw[rng.integers(132, len(raw), 6)] = rng.integers(0, 256, 6)
        path.write_bytes(raw.tobytes())
        try:
            examine(path, MIB)
        except RefusedObjectError:
            continue


def test_content_tells_datasets_apart_and_ignores_the_file_meta(
    tmp_path: Path, write, datasets
) -> None:
    first, second, _ = datasets()
    path = write(first, tmp_path / "a.dcm")
    content = examine(path, MIB).content
    raw = path.read_bytes()
    path.write_bytes(b"X" * 128 + raw[128:])
    assert examine(path, MIB).content == content
    assert examine(write(second, tmp_path / "b.dcm"), MIB).content != content
