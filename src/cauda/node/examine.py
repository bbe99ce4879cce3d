"""One received file: whether it is a whole MR object of sane size, and whose.

Nothing is decoded and no pixel is held in memory: the header is read, the pixel data walked
over by its lengths.
"""

from __future__ import annotations

import struct
import zlib
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from pydicom import dcmread
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.filereader import read_file_meta_info
from pydicom.filewriter import write_file_meta_info
from pydicom.uid import (
    DeflatedExplicitVRLittleEndian,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
)

from cauda.errors import RefusedObjectError
from cauda.node.names import digest_file
from cauda.node.syntaxes import PLAIN, SOP_CLASSES, transfer_syntaxes

CANNOT_UNDERSTAND = 0xC000
DOES_NOT_MATCH = 0xA900
OUT_OF_RESOURCES = 0xA700
TOO_LARGE = 0xA701
NOT_SUPPORTED = 0x0122
"""DIMSE status codes of C-STORE (PS3.4 table B.2-1, PS3.7 annex C).

All A7xx mean out of resources; A701 here says that sending again will not help.
"""

PREAMBLE_BYTES = 132
EXPANSION_MAX = 200
"""Decoded to received size of compressed pixels; a blank MR slice shrinks about 100-fold."""
EXPANSION_FREE_BYTES = 64 * 1024**2
"""Below this decoded size no ratio is asked: a small object does no harm."""
UNDEFINED = 0xFFFFFFFF
ITEM, DELIMITER = (0xFFFE, 0xE000), (0xFFFE, 0xE0DD)
PIXEL_TAGS = ((0x7FE0, 0x0010), (0x7FE0, 0x0008), (0x7FE0, 0x0009))
LONG_VRS = (b"OB", b"OD", b"OF", b"OL", b"OV", b"OW", b"UN")
"""Explicit VRs with a 32-bit length that pixel data may have (PS3.5 7.1.2)."""
WANTED = [
    "SOPClassUID",
    "SOPInstanceUID",
    "StudyInstanceUID",
    "SeriesInstanceUID",
    "Modality",
    "Rows",
    "Columns",
    "NumberOfFrames",
    "SamplesPerPixel",
    "BitsAllocated",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Received:
    """What one accepted object is.

    Parameters
    ----------
    study_uid, sop_uid : str
        Valid UIDs.
    content : str
        SHA-256 of the file, its preamble and file meta left out.
    size_bytes : int
    """

    study_uid: str
    sop_uid: str
    content: str
    size_bytes: int


def examine(path: Path, max_bytes: int, announced: tuple[str, str] | None = None) -> Received:
    """Check a received DICOM file; a deflated one is inflated in place, within ``max_bytes``.

    Parameters
    ----------
    path : Path
    max_bytes : int
        Largest object, inflated and as decoded pixels.
    announced : (str, str), optional
        SOP class and instance UID that the sender's command named.

    Raises
    ------
    RefusedObjectError
        With the status that says why.
    """
    if path.stat().st_size > max_bytes:
        raise RefusedObjectError(_too_large(max_bytes), TOO_LARGE)
    try:
        return _examined(path, max_bytes, announced)
    except RefusedObjectError:
        raise
    except Exception as error:
        msg = "The object cannot be read: it is damaged or is not DICOM."
        raise RefusedObjectError(msg, CANNOT_UNDERSTAND) from error


def _examined(path: Path, max_bytes: int, announced: tuple[str, str] | None) -> Received:
    with path.open("rb") as stream:
        if stream.read(PREAMBLE_BYTES)[128:] != b"DICM":
            msg = "The object has no DICOM header."
            raise RefusedObjectError(msg, CANNOT_UNDERSTAND)
    meta = read_file_meta_info(path)
    syntax = str(meta.TransferSyntaxUID)
    if syntax not in transfer_syntaxes():
        msg = "The transfer syntax cannot be decoded here."
        raise RefusedObjectError(msg, NOT_SUPPORTED)
    if syntax == DeflatedExplicitVRLittleEndian:
        syntax = _inflate(path, meta, max_bytes)
    with path.open("rb") as stream:
        header = dcmread(stream, stop_before_pixels=True, specific_tags=list(WANTED))
        _check_identity(header, announced)
        _check_pixels(stream, header, syntax, max_bytes)
    return Received(
        study_uid=str(header.StudyInstanceUID),
        sop_uid=str(header.SOPInstanceUID),
        content=digest_file(path, _dataset_start(path)),
        size_bytes=path.stat().st_size,
    )


def _check_identity(header: Dataset, announced: tuple[str, str] | None) -> None:
    sop_class = str(header.get("SOPClassUID", ""))
    if sop_class not in SOP_CLASSES or header.get("Modality", "") != "MR":
        msg = "The object is not an MR image; this node takes MR images only."
        raise RefusedObjectError(msg, DOES_NOT_MATCH)
    uids = ("SOPInstanceUID", "StudyInstanceUID", "SeriesInstanceUID")
    if not all(_is_uid(header.get(keyword)) for keyword in uids):
        msg = "The object lacks a valid study, series or instance UID."
        raise RefusedObjectError(msg, CANNOT_UNDERSTAND)
    if announced is not None and announced != (sop_class, str(header.SOPInstanceUID)):
        msg = "The object is not the one that the C-STORE command announced."
        raise RefusedObjectError(msg, DOES_NOT_MATCH)


def _is_uid(value: object) -> bool:
    """Whether a value is a UID of PS3.5 9.1; leading zeros, common in the field, are let pass."""
    text = str(value or "")
    return (
        0 < len(text) <= 64 and text.isascii() and all(part.isdigit() for part in text.split("."))
    )


def _check_pixels(stream: BinaryIO, header: Dataset, syntax: str, max_bytes: int) -> None:
    """Refuse pixels that are absent, cut short, or decode to more than can be held."""
    length = _pixel_length(stream, syntax)
    start = stream.tell()
    if length is None:
        _walk_items(stream)
    received = stream.seek(0, 2) - start
    decoded = _decoded_bytes(header)
    if decoded > max_bytes:
        raise RefusedObjectError(_too_large(max_bytes), TOO_LARGE)
    if length is not None:
        is_short = length > received or (syntax in PLAIN and length < decoded)
        if is_short or decoded == 0:
            raise RefusedObjectError(_truncated(), CANNOT_UNDERSTAND)
    elif decoded > EXPANSION_FREE_BYTES and decoded > EXPANSION_MAX * received:
        msg = "The compressed pixels would expand far beyond what an image does."
        raise RefusedObjectError(msg, TOO_LARGE)


def _decoded_bytes(header: Dataset) -> int:
    samples = int(header.get("SamplesPerPixel") or 1) * int(header.get("NumberOfFrames") or 1)
    bits = samples * int(header.get("BitsAllocated") or 0)
    return int(header.get("Rows") or 0) * int(header.get("Columns") or 0) * bits // 8


def _pixel_length(stream: BinaryIO, syntax: str) -> int | None:
    """Length in bytes of the pixel data that follow the stream, ``None`` for encapsulated ones."""
    order = ">" if syntax == ExplicitVRBigEndian else "<"
    head = stream.read(8)
    tag = struct.unpack(f"{order}HH", head[:4])
    if tag not in PIXEL_TAGS:
        raise RefusedObjectError(_truncated(), CANNOT_UNDERSTAND)
    if syntax == ImplicitVRLittleEndian:
        (length,) = struct.unpack("<L", head[4:])
    elif head[4:6] in LONG_VRS:
        (length,) = struct.unpack(f"{order}L", stream.read(4))
    else:
        raise RefusedObjectError(_truncated(), CANNOT_UNDERSTAND)
    return None if length == UNDEFINED else int(length)


def _walk_items(stream: BinaryIO) -> None:
    """Step over the items of encapsulated pixels up to their delimiter (PS3.5 A.4)."""
    while True:
        head = stream.read(8)
        if len(head) < 8:
            raise RefusedObjectError(_truncated(), CANNOT_UNDERSTAND)
        group, element, length = struct.unpack("<HHL", head)
        if (group, element) == DELIMITER:
            return
        if (group, element) != ITEM or length == UNDEFINED:
            raise RefusedObjectError(_truncated(), CANNOT_UNDERSTAND)
        stream.seek(length, 1)


def _inflate(path: Path, meta: FileMetaDataset, max_bytes: int) -> str:
    """Rewrite a deflated file as explicit little endian; memory stays flat."""
    start = _dataset_start(path)
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    target = path.with_suffix(".inflated")
    try:
        with path.open("rb") as source, target.open("wb") as sink:
            source.seek(start)
            sink.write(b"\0" * 128 + b"DICM")
            write_file_meta_info(sink, meta)
            _pump(source, sink, max_bytes)
        target.replace(path)
    finally:
        target.unlink(missing_ok=True)
    return str(ExplicitVRLittleEndian)


def _pump(source: BinaryIO, sink: BinaryIO, max_bytes: int) -> None:
    """Inflate in small steps, stopping at ``max_bytes``."""
    unpacker = zlib.decompressobj(-zlib.MAX_WBITS)
    block, written = source.read(65536), 0
    while block and not unpacker.eof:
        data = unpacker.decompress(block, 1024**2)
        written += sink.write(data)
        if written > max_bytes:
            raise RefusedObjectError(_too_large(max_bytes), TOO_LARGE)
        block = unpacker.unconsumed_tail or source.read(65536)
    if not unpacker.eof:
        raise RefusedObjectError(_truncated(), CANNOT_UNDERSTAND)


def _dataset_start(path: Path) -> int:
    """Offset of the first byte after the file meta (group length element, PS3.10 7.1)."""
    with path.open("rb") as stream:
        stream.seek(PREAMBLE_BYTES)
        head = stream.read(12)
        tag = struct.unpack("<HH", head[:4])
        if tag != (0x0002, 0x0000) or head[4:6] != b"UL":
            msg = "The file meta has no group length."
            raise RefusedObjectError(msg, CANNOT_UNDERSTAND)
        return PREAMBLE_BYTES + 12 + int(struct.unpack("<L", head[8:])[0])


def _too_large(max_bytes: int) -> str:
    return f"The object is larger than the {max_bytes / 1024**2:.0f} MiB that this node takes."


def _truncated() -> str:
    return "The object is cut short: its pixel data are absent or incomplete."
