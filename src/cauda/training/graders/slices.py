"""One mid-sagittal picture as a series of one slice, the right way up and in millimeters.

The pictures carry no geometry: rows are taken to run downward, columns to the back. Neither which
way up a picture is nor its spacing can be trusted, so both are checked on what the network sees.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from cauda.geometry import Array, Space
from cauda.records import Segmentation, Series, Volume
from cauda.vocab import STRUCTURES, Contrast, Plane, Structure

FRAME_UID = "2.25.1"
"""Pictures of one patient are taken to lie in one frame of reference, as their series did."""
SLICE_MM = 4.0
"""Thickness given to a single slice; no length within the slice depends on it."""
LEAST_SACRUM = 0.2
"""Less sacrum than this share of the bodies' area, or ..."""
LEAST_SURE = -0.085
"""... a mean log probability of the winning class below this, and the picture is turned to try."""
SURER = 0.01
"""A turned picture must be surer than the first by this, and show more sacrum."""


def read_picture(path: Path) -> Array:
    """(rows, columns) float32 signal of a picture."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("F"), dtype=np.float32)


def contrast_of(name: str) -> Contrast:
    """T1 or T2, from a name as ``12_t2_SPACE``."""
    return Contrast.T1 if name.split("_")[1] == "t1" else Contrast.T2


def series_of(
    picture: Array, pixel_mm: float, key: str, contrast: Contrast, *, turned: bool
) -> Series:
    """One slice placed in the patient.

    Parameters
    ----------
    picture : (rows, columns) array
    pixel_mm : float
    key : str
        Name of the series.
    contrast : Contrast
    turned : bool
        Whether the picture is upside down.
    """
    upright = picture[::-1] if turned else picture
    voxels = np.ascontiguousarray(upright.T)[:, :, None]
    matrix = np.zeros((4, 4))
    matrix[1, 0], matrix[2, 1], matrix[0, 2], matrix[3, 3] = pixel_mm, -pixel_mm, SLICE_MM, 1.0
    space = Space.from_matrix(voxels.shape, matrix, FRAME_UID)
    return Series(
        key=key,
        plane=Plane.SAGITTAL,
        contrast=contrast,
        volume=Volume(voxels=voxels, space=space),
        used=True,
        reason="A single mid-sagittal slice.",
    )


def looks_turned(segmentation: Segmentation) -> bool:
    """Whether so little sacrum is seen, or so unsurely, that upside down should be tried."""
    sacrum, sure = _upright_signs(segmentation)
    return sacrum < LEAST_SACRUM or sure < LEAST_SURE


def is_better_turned(first: Segmentation, turned: Segmentation) -> bool:
    """Whether the picture shows more sacrum, more surely, once it is turned."""
    (sacrum, sure), (other_sacrum, other_sure) = _upright_signs(first), _upright_signs(turned)
    return other_sacrum > sacrum and other_sure > sure + SURER


def _upright_signs(segmentation: Segmentation) -> tuple[float, float]:
    """Sacrum's area as a share of the bodies', and mean log probability of what is found."""
    probabilities = np.asarray(segmentation.probabilities[:, 0], dtype=np.float32)
    winner = probabilities.argmax(axis=0)
    found = winner > 0
    if not found.any():
        return 0.0, -np.inf
    body = int((winner == STRUCTURES.index(Structure.BODY)).sum())
    sacrum = int((winner == STRUCTURES.index(Structure.SACRUM)).sum())
    sure = float(np.log(np.maximum(probabilities.max(axis=0)[found], 1e-3)).mean())
    return sacrum / max(body, 1), sure
