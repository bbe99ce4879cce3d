"""DICOM files -> slices, and who they belong to; no pixels are read here."""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType
from typing import Any

from pydicom import dcmread
from pydicom.datadict import tag_for_keyword
from pydicom.dataelem import DataElement
from pydicom.dataset import Dataset
from pydicom.errors import InvalidDicomError
from pydicom.uid import MediaStorageDirectoryStorage

from cauda.load.facts import read_facts, text
from cauda.load.multiframe import flatten
from cauda.load.quiet import quiet
from cauda.load.slices import Slice, read_pose, read_turn
from cauda.records import IDENTIFIERS

BARE_STARTS = tuple(b"\x08\x00" + bytes((element, 0)) for element in (0x00, 0x05, 0x08, 0x16))
"""First tags of old files that have no preamble: group 0008 in little endian."""
_ALSO_REMOVED = (
    "OtherPatientIDs",
    "OtherPatientIDsSequence",
    "OtherPatientNames",
    "PatientAddress",
    "PatientTelephoneNumbers",
    "PatientMotherBirthName",
    "PatientBirthName",
    "PatientBirthTime",
    "PatientComments",
    "MedicalRecordLocator",
    "InstitutionAddress",
    "InstitutionalDepartmentName",
    "StationName",
    "DeviceSerialNumber",
    "RequestAttributesSequence",
    "RequestedProcedureID",
    "ImageComments",
    "AdmissionID",
)
_LINKING = {"StudyInstanceUID", "StudyDate", "StudyTime"}
"""Identifiers that stay in the headers as well: derived objects must point back with them."""
_REMOVED = {tag_for_keyword(keyword) for keyword in {*IDENTIFIERS, *_ALSO_REMOVED} - _LINKING}
_DAMAGE = (
    InvalidDicomError,
    OSError,
    EOFError,
    ValueError,
    KeyError,
    TypeError,
    AttributeError,
    NotImplementedError,
    struct.error,
)
"""What pydicom raises on a damaged header."""
_BULK = {"OB", "OW", "OD", "OF", "OL", "OV", "UN"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """Whose images they are.

    Parameters
    ----------
    age_years : float or None
    sex : str or None
    identifiers : mapping
        The values of :data:`cauda.records.IDENTIFIERS` that the header holds.
    """

    age_years: float | None
    sex: str | None
    identifiers: Mapping[str, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """All that the headers of one input say.

    Parameters
    ----------
    slices : tuple of Slice
    people : tuple of Person
        One an image file, in the order of the instance UIDs.
    others : tuple of Path
        Files that are not DICOM.
    damaged : int
        Number of DICOM files whose header could not be read.
    """

    slices: tuple[Slice, ...]
    people: tuple[Person, ...]
    others: tuple[Path, ...]
    damaged: int


def read_headers(paths: Sequence[Path]) -> Reading:
    """Read every DICOM header among the files; other files are passed on."""
    slices: list[Slice] = []
    people: dict[str, Person] = {}
    others: list[Path] = []
    damaged = 0
    for path in paths:
        if not is_dicom(path):
            others.append(path)
            continue
        try:
            dataset = _header(path)
            if dataset is not None:
                if "Rows" in dataset:
                    people[text(dataset, "SOPInstanceUID")] = _person(dataset)
                slices.extend(_slices(path, dataset))
        except _DAMAGE:
            damaged += 1
    return Reading(
        slices=tuple(sorted(slices, key=lambda s: (s.identity, _size(s.path)))),
        people=tuple(people[uid] for uid in sorted(people)),
        others=tuple(others),
        damaged=damaged,
    )


def is_dicom(path: Path) -> bool:
    """Whether a file starts like DICOM, with or without its preamble."""
    try:
        with path.open("rb") as stream:
            start = stream.read(132)
    except OSError:
        return False
    return start[128:] == b"DICM" or start[:4] in BARE_STARTS


def _header(path: Path) -> Dataset | None:
    """Read the header; ``None`` for a DICOMDIR."""
    with quiet():
        dataset = dcmread(path, stop_before_pixels=True, force=True)
    meta = getattr(dataset, "file_meta", None) or Dataset()
    if text(meta, "MediaStorageSOPClassUID") == MediaStorageDirectoryStorage:
        return None
    if "SOPClassUID" not in dataset or "SeriesInstanceUID" not in dataset:
        msg = "A DICOM header must hold its class and its series."
        raise ValueError(msg)
    return dataset


def _slices(path: Path, dataset: Dataset) -> list[Slice]:
    with quiet():
        frames = flatten(dataset)
        facts = [read_facts(frame) for frame in frames]
        poses = [read_pose(frame) for frame in frames]
        turns = [read_turn(frame) for frame in frames]
    is_single = "NumberOfFrames" not in dataset
    sop_uid, series_uid = text(dataset, "SOPInstanceUID"), text(dataset, "SeriesInstanceUID")
    header = _json(dataset) if facts[0].modality == "MR" else MappingProxyType({})
    return [
        Slice(
            path=path,
            frame=None if is_single else index,
            sop_uid=sop_uid,
            series_uid=series_uid,
            facts=facts[index],
            pose=poses[index],
            turn=turns[index],
            header=header,
        )
        for index in range(len(frames))
    ]


def _json(dataset: Dataset) -> Mapping[str, Any]:
    """DICOM JSON without private, bulk and identifying elements."""
    with quiet():
        dataset.remove_private_tags()
        dataset.walk(_drop)
        return MappingProxyType(dataset.to_json_dict(suppress_invalid_tags=True))


def _drop(dataset: Dataset, element: DataElement) -> None:
    if element.VR == "PN" or element.VR in _BULK or element.tag in _REMOVED:
        del dataset[element.tag]


def _person(dataset: Dataset) -> Person:
    identifiers = {k: text(dataset, k) for k in IDENTIFIERS}
    sex = text(dataset, "PatientSex").upper()
    return Person(
        age_years=_age(dataset),
        sex=sex if sex in ("M", "F") else None,
        identifiers=MappingProxyType({k: v for k, v in identifiers.items() if v}),
    )


def _age(dataset: Dataset) -> float | None:
    """Patient's Age, else the time between birth and study."""
    said = text(dataset, "PatientAge").upper()
    units = {"Y": 1.0, "M": 12.0, "W": 365.25 / 7, "D": 365.25}
    if said[:-1].isdigit() and said[-1] in units:
        return int(said[:-1]) / units[said[-1]]
    born, seen = _day(text(dataset, "PatientBirthDate")), _day(text(dataset, "StudyDate"))
    if born is None or seen is None or seen < born:
        return None
    return float(int(seen - born))


def _day(date: str) -> float | None:
    """A date as a fractional year; birthdays fall on the same fraction in every year."""
    digits = date.replace(".", "").replace("-", "")[:8]
    if len(digits) != 8 or not digits.isdigit():
        return None
    return int(digits[:4]) + (int(digits[4:6]) * 31 + int(digits[6:])) / 1000


def _size(path: Path) -> int:
    return path.stat().st_size
