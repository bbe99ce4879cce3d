"""NIfTI, MHA and NRRD files -> volumes in LPS with their slices along axis 2."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import nibabel
import numpy as np
import SimpleITK
from nibabel.filebasedimages import ImageFileError
from nibabel.wrapstruct import WrapStructError

from cauda.errors import GeometryError, UnreadableError
from cauda.geometry import Array, Space
from cauda.load.pixels import compact
from cauda.records import Volume

NIFTI = (".nii", ".nii.gz")
ITK = (".mha", ".mhd", ".nrrd", ".nhdr")
RAS_TO_LPS = np.diag((-1.0, -1.0, 1.0, 1.0))
UNIT_MM = {"meter": 1000.0, "mm": 1.0, "micron": 0.001, "unknown": 1.0}
"""Millimeters in a NIfTI spatial unit; most files without one mean mm."""
ANISOTROPY = 1.2
"""The slice axis is told by its spacing where that is this much coarser than the finest."""
HEADER_BYTES = 65_536


def is_image_file(path: Path) -> bool:
    """Whether the name is that of a NIfTI, MHA or NRRD file."""
    return path.name.lower().endswith(NIFTI + ITK)


def stem(path: Path) -> str:
    """The file name without ``.nii.gz`` and the like."""
    name = path.name
    for ending in sorted(NIFTI + ITK, key=len, reverse=True):
        if name.lower().endswith(ending):
            return name[: -len(ending)]
    return name


def read_image_file(path: Path) -> Volume:
    """Read one file as one volume without a frame of reference.

    Raises
    ------
    UnreadableError
        If the file is damaged, in color, or holds more than one volume.
    GeometryError
        If it does not say how it is oriented.
    """
    if path.name.lower().endswith(NIFTI):
        voxels, matrix = _nifti(path)
    else:
        voxels, matrix = _itk(path)
    voxels, matrix = _slices_last(voxels, matrix)
    voxels = compact(voxels)
    return Volume(voxels=voxels, space=Space.from_matrix(voxels.shape, matrix))


def sidecar(path: Path) -> Mapping[str, Any]:
    """The BIDS sidecar beside a file; empty where there is none or it is not a JSON object."""
    try:
        text = path.with_name(stem(path) + ".json").read_text(encoding="utf-8")
        found = json.loads(text)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


def _nifti(path: Path) -> tuple[Array, Array]:
    try:
        image = nibabel.load(path)
        header = image.header
        codes = int(header.get("sform_code", 0)), int(header.get("qform_code", 0))
        unit_mm = UNIT_MM.get(header.get_xyzt_units()[0], 1.0)
        stored = np.asanyarray(image.dataobj)
    except (
        ImageFileError,
        WrapStructError,
        OSError,
        EOFError,
        ValueError,
        AttributeError,
    ) as error:
        msg = "A NIfTI file is damaged or truncated; export it again."
        raise UnreadableError(msg) from error
    if codes == (0, 0):
        msg = (
            "A NIfTI file states no orientation (sform and qform codes are 0), so sides are "
            "unknown; export it again with its orientation."
        )
        raise GeometryError(msg)
    matrix = RAS_TO_LPS @ np.asarray(image.affine, dtype=float)
    matrix[:3] *= unit_mm
    return _one_volume(stored), matrix


def _one_volume(stored: Array) -> Array:
    voxels = stored.reshape(*stored.shape, *(1,) * (3 - stored.ndim))
    while voxels.ndim > 3 and voxels.shape[-1] == 1:
        voxels = voxels[..., 0]
    if voxels.ndim != 3 or voxels.dtype.fields or np.iscomplexobj(voxels):
        msg = f"A file must hold one gray-scale volume, not an array of shape {stored.shape}."
        raise UnreadableError(msg)
    if not np.isfinite(voxels).all():
        msg = "A file holds voxels that are not finite numbers; export it again."
        raise UnreadableError(msg)
    return voxels


def _itk(path: Path) -> tuple[Array, Array]:
    if not _states_orientation(path):
        msg = "An MHA or NRRD file states no orientation, so sides are unknown; export it again."
        raise GeometryError(msg)
    try:
        image = SimpleITK.ReadImage(str(path))
    except RuntimeError as error:
        msg = "An MHA or NRRD file is damaged, truncated or lacks its data file."
        raise UnreadableError(msg) from error
    if image.GetDimension() != 3 or image.GetNumberOfComponentsPerPixel() != 1:
        msg = f"A file must hold one gray-scale 3-D volume, not {image.GetDimension()}-D data."
        raise UnreadableError(msg)
    matrix = np.eye(4)
    direction = np.reshape(image.GetDirection(), (3, 3))
    matrix[:3, :3] = direction * np.array(image.GetSpacing())
    matrix[:3, 3] = image.GetOrigin()
    return _one_volume(np.transpose(SimpleITK.GetArrayFromImage(image), (2, 1, 0))), matrix


def _states_orientation(path: Path) -> bool:
    """Whether the text header has a direction matrix (ITK would silently assume identity)."""
    try:
        with path.open("rb") as stream:
            start = stream.read(HEADER_BYTES)
    except OSError as error:
        msg = "A file cannot be opened; check its permissions."
        raise UnreadableError(msg) from error
    lines = start.split(b"\n")
    if path.suffix.lower() in (".mha", ".mhd"):
        return any(x.startswith((b"TransformMatrix", b"Orientation", b"Rotation")) for x in lines)
    # Without a named space the directions have no anatomical meaning.
    named = (b"space:", b"space directions:")
    return all(any(x.startswith(key) for x in lines) for key in named)


def _slices_last(voxels: Array, matrix: Array) -> tuple[Array, Array]:
    """Bring the slice axis to the end; the other two keep their order."""
    axis = _slice_axis(voxels.shape, matrix)
    order = [a for a in range(3) if a != axis] + [axis]
    return np.transpose(voxels, order), matrix[:, [*order, 3]]


def _slice_axis(shape: tuple[int, ...], matrix: Array) -> int:
    """One slice thin, else clearly coarsest, else (isotropic) the one running left-right."""
    thin = [a for a in range(3) if shape[a] == 1]
    if thin:
        return thin[-1]
    spacing = np.linalg.norm(matrix[:3, :3], axis=0)
    if spacing.max() > ANISOTROPY * spacing.min():
        return int(spacing.argmax())
    return int(np.abs(matrix[0, :3] / spacing).argmax())
