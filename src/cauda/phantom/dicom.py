"""Volumes written as valid, de-identified MR DICOM: same facts, same bytes.

Nothing reads a clock or a random number: every UID is a hash of the visit's seed, the series
number and the slice, and every date comes from the :class:`Visit`.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import UID, ExplicitVRLittleEndian, MRImageStorage

from cauda.errors import GeometryError, UsageError
from cauda.geometry import Array
from cauda.records import Volume

ORTHOGONAL_TOLERANCE = 1e-4
"""Largest cosine between rows and columns; DICOM cannot describe a sheared slice."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How a series was acquired, as its header says it.

    Parameters
    ----------
    description : str
        Series description and protocol name.
    echo_ms, repetition_ms, inversion_ms : float or None
        TE, TR, TI in ms; ``None`` leaves the value out.
    sequence, variant, options, image_type : tuple of str
        Scanning Sequence, Sequence Variant, Scan Options and Image Type.
    flip_deg, field_strength_t, thickness_mm : float
        ``thickness_mm`` is ``None`` where slices touch (thickness = spacing).
    echo_train : int
    contrast_agent : str
        Empty where none was given.
    body_part : str
    """

    description: str = "t2_tse_sag"
    echo_ms: float | None = 100.0
    repetition_ms: float | None = 3500.0
    inversion_ms: float | None = None
    sequence: tuple[str, ...] = ("SE",)
    variant: tuple[str, ...] = ("SK",)
    options: tuple[str, ...] = ()
    image_type: tuple[str, ...] = ("ORIGINAL", "PRIMARY", "OTHER")
    flip_deg: float = 90.0
    field_strength_t: float = 1.5
    thickness_mm: float | None = None
    echo_train: int = 16
    contrast_agent: str = ""
    body_part: str = "LSPINE"


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """The synthetic patient and study that several series share.

    Parameters
    ----------
    seed : int
        Decides every UID and the patient id.
    sex : str
        ``"M"``, ``"F"`` or ``"O"``.
    age : str
        DICOM age string; may be empty.
    birth_date, date, time : str
        DICOM dates and time; ``birth_date`` may be empty.
    description : str
        Study description.
    """

    seed: int = 0
    sex: str = "O"
    age: str = "045Y"
    birth_date: str = ""
    date: str = "20200101"
    time: str = "120000"
    description: str = "Synthetic lumbar spine"

    def uid(self, *parts: object) -> UID:
        """Return the UID that these parts always give for this visit."""
        return _uid("/".join(("phantom", str(self.seed), *(str(p) for p in parts))))


def _uid(text: str) -> UID:
    """Hash a text to a UUID-derived UID (DICOM PS3.5 B.2)."""
    return UID(f"2.25.{uuid.uuid5(uuid.NAMESPACE_OID, f'cauda/{text}').int}")


def write_series(
    folder: Path,
    volumes: Volume | Sequence[Volume],
    *,
    protocol: Protocol | None = None,
    visit: Visit | None = None,
    series_number: int = 1,
    transfer_syntax: str = ExplicitVRLittleEndian,
) -> tuple[Path, ...]:
    """Write one classic MR series, one file a slice.

    Parameters
    ----------
    folder : Path
        Made if absent; files are ``IM_<series>_<instance>.dcm``.
    volumes : Volume or sequence of Volume
        One or several stacks of any orientation; voxels are rounded to 16-bit integers.
    protocol, visit : optional
        What the headers say; the defaults are a plain T2 spin echo of patient 0.
    series_number : int
    transfer_syntax : str
        UID of an uncompressed or losslessly compressed syntax that pydicom can write.

    Returns
    -------
    tuple of Path
        In the order of the stacks and of their slices.

    Raises
    ------
    UsageError
        If voxels do not fit 16 bits.
    GeometryError
        If rows and columns are not at right angles.
    """
    stacks = (volumes,) if isinstance(volumes, Volume) else tuple(volumes)
    datasets = series_datasets(
        stacks, protocol or Protocol(), visit or Visit(), series_number=series_number
    )
    folder.mkdir(parents=True, exist_ok=True)
    paths = []
    for number, dataset in enumerate(datasets, start=1):
        path = folder / f"IM_{series_number:03d}_{number:04d}.dcm"
        save(dataset, path, transfer_syntax)
        paths.append(path)
    return tuple(paths)


def series_datasets(
    stacks: Iterable[Volume], protocol: Protocol, visit: Visit, *, series_number: int = 1
) -> tuple[Dataset, ...]:
    """Build the datasets of :func:`write_series` without writing them."""
    made: list[Dataset] = []
    for stack in stacks:
        volume = slices_last(stack)
        stored = stored_integers(volume.voxels)
        for k in range(volume.space.shape[2]):
            number = len(made) + 1
            dataset = common_header(protocol, visit, volume, series_number)
            dataset.SOPClassUID = MRImageStorage
            dataset.SOPInstanceUID = visit.uid("image", series_number, number)
            dataset.InstanceNumber = number
            _add_protocol(dataset, protocol)
            _add_plane(dataset, volume, k, protocol)
            add_pixels(dataset, stored[:, :, k].T)
            made.append(dataset)
    return tuple(made)


def common_header(protocol: Protocol, visit: Visit, volume: Volume, series_number: int) -> Dataset:
    """Patient, study, series, frame of reference and equipment: what every MR object holds."""
    dataset = Dataset()
    dataset.SpecificCharacterSet = "ISO_IR 192"
    dataset.ImageType = list(protocol.image_type)
    dataset.StudyDate = dataset.SeriesDate = dataset.ContentDate = visit.date
    dataset.AcquisitionDate = visit.date
    dataset.StudyTime = dataset.SeriesTime = dataset.ContentTime = visit.time
    dataset.AcquisitionTime = visit.time
    dataset.AccessionNumber = dataset.ReferringPhysicianName = ""
    dataset.Modality = "MR"
    dataset.Manufacturer = "Cauda"
    dataset.ManufacturerModelName = "Synthetic lumbar phantom"
    dataset.DeviceSerialNumber = "0"
    dataset.SoftwareVersions = "1"
    dataset.StudyDescription = visit.description
    dataset.SeriesDescription = dataset.ProtocolName = protocol.description
    dataset.BodyPartExamined = protocol.body_part
    dataset.PatientName = f"PHANTOM^{visit.seed}"
    dataset.PatientID = f"PHANTOM-{visit.seed}"
    dataset.PatientBirthDate = visit.birth_date
    dataset.PatientSex = visit.sex
    if visit.age:
        dataset.PatientAge = visit.age
    dataset.PatientIdentityRemoved = "YES"
    dataset.DeidentificationMethod = "Synthetic: no patient was imaged"
    dataset.PatientPosition = "HFS"
    dataset.StudyInstanceUID = visit.uid("study")
    dataset.SeriesInstanceUID = visit.uid("series", series_number)
    dataset.StudyID = "1"
    dataset.SeriesNumber = series_number
    dataset.AcquisitionNumber = 1
    own = volume.space.frame_of_reference
    dataset.FrameOfReferenceUID = own or visit.uid("frame of reference")
    dataset.PositionReferenceIndicator = ""
    return dataset


def _add_protocol(dataset: Dataset, protocol: Protocol) -> None:
    dataset.ScanningSequence = list(protocol.sequence)
    dataset.SequenceVariant = list(protocol.variant)
    dataset.ScanOptions = list(protocol.options)
    dataset.MRAcquisitionType = "2D"
    dataset.MagneticFieldStrength = protocol.field_strength_t
    dataset.FlipAngle = protocol.flip_deg
    dataset.EchoTrainLength = protocol.echo_train
    dataset.EchoNumbers = 1
    for keyword, value in (
        ("RepetitionTime", protocol.repetition_ms),
        ("EchoTime", protocol.echo_ms),
        ("InversionTime", protocol.inversion_ms),
    ):
        if value is not None:
            setattr(dataset, keyword, value)
    if protocol.contrast_agent:
        dataset.ContrastBolusAgent = protocol.contrast_agent


def _add_plane(dataset: Dataset, volume: Volume, k: int, protocol: Protocol) -> None:
    dataset.ImagePositionPatient, dataset.ImageOrientationPatient = plane_of(volume, k)
    column_mm, row_mm, slice_mm = volume.space.spacing_mm
    dataset.PixelSpacing = [decimal(row_mm), decimal(column_mm)]
    dataset.SliceThickness = decimal(protocol.thickness_mm or slice_mm)
    dataset.SpacingBetweenSlices = decimal(slice_mm)


def plane_of(volume: Volume, k: int) -> tuple[list[float], list[float]]:
    """Image Position (Patient) and Image Orientation (Patient) of slice ``k``, LPS.

    Source: DICOM PS3.3 C.7.6.2.1.1; the first triplet runs along a row (axis i).
    """
    along_row, along_column = volume.space.directions[:, 0], volume.space.directions[:, 1]
    if abs(float(along_row @ along_column)) > ORTHOGONAL_TOLERANCE:
        msg = "Rows and columns are not at right angles, so DICOM cannot describe the slice."
        raise GeometryError(msg)
    position = volume.space.to_lps(np.array((0, 0, k)))
    orientation = [*along_row, *along_column]
    return [decimal(v) for v in position], [decimal(v) for v in orientation]


def decimal(value: float) -> float:
    """Round to what a DICOM decimal string (16 characters) holds; no negative zero."""
    return round(float(value), 9 if abs(value) < 100 else 6) + 0.0


def slices_last(volume: Volume) -> Volume:
    """Return the same volume with its slices along axis 2."""
    if volume.slice_axis == 2:
        return volume
    order = [a for a in range(3) if a != volume.slice_axis] + [volume.slice_axis]
    matrix = volume.space.matrix[:, [*order, 3]]
    voxels = np.transpose(volume.voxels, order)
    space = volume.space.from_matrix(voxels.shape, matrix, volume.space.frame_of_reference)
    return Volume(voxels=voxels, space=space)


def stored_integers(voxels: Array) -> Array:
    """Round voxels to ``uint16``, or ``int16`` where some are negative.

    Raises
    ------
    UsageError
        If a value is not finite or does not fit.
    """
    rounded = np.rint(voxels)
    low, high = float(rounded.min()), float(rounded.max())
    kind = np.int16 if low < 0 else np.uint16
    limits = np.iinfo(kind)
    if not (limits.min <= low and high <= limits.max):
        msg = f"Voxels from {low:g} to {high:g} do not fit 16-bit integers; scale them first."
        raise UsageError(msg)
    return rounded.astype(kind)


def add_pixels(dataset: Dataset, frames: Array) -> None:
    """Add the Image Pixel module for (rows, columns) or (frames, rows, columns) integers."""
    dataset.SamplesPerPixel = 1
    dataset.PhotometricInterpretation = "MONOCHROME2"
    dataset.Rows, dataset.Columns = (int(n) for n in frames.shape[-2:])
    dataset.BitsAllocated = dataset.BitsStored = 16
    dataset.HighBit = 15
    dataset.PixelRepresentation = int(frames.dtype == np.int16)
    low, high = float(frames.min()), float(frames.max())
    dataset.WindowCenter = (low + high) / 2
    dataset.WindowWidth = max(1.0, high - low)
    dataset.PixelData = (
        np.ascontiguousarray(frames).astype(frames.dtype.newbyteorder("<")).tobytes()
    )
    dataset["PixelData"].VR = "OW"


def save(dataset: Dataset, path: Path, transfer_syntax: str = ExplicitVRLittleEndian) -> None:
    """Write a dataset as a DICOM file; the same dataset always gives the same bytes."""
    meta = FileMetaDataset()
    meta.MediaStorageSOPClassUID = dataset.SOPClassUID
    meta.MediaStorageSOPInstanceUID = dataset.SOPInstanceUID
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.ImplementationClassUID = _uid("implementation")
    meta.ImplementationVersionName = "CAUDA"
    dataset.file_meta = meta
    if UID(transfer_syntax).is_compressed:
        dataset.compress(UID(transfer_syntax), generate_instance_uid=False)
    else:
        meta.TransferSyntaxUID = UID(transfer_syntax)
    dataset.save_as(path, enforce_file_format=True)
