"""One mid-sagittal picture as a series of one slice, the right way up and in millimeters.

The pictures carry no geometry: rows are taken to run downward, columns to the back. Which way up a
picture is shows in what the network finds. Many were stretched when they were made: all pictures
of one spacing show the same field of view, whatever their number of rows and columns, so pixels
follow from the field of view and not from the spacing that the header gives.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from cauda.errors import UnreadableError
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


NOMINAL_COLUMNS = {
    0.2865: 1024, 0.3125: 896, 0.3646: 768, 0.3906: 768, 0.4557: 672, 0.4688: 512, 0.4712: 650,
    0.4783: 640, 0.5: 640, 0.5729: 512, 0.5859: 512, 0.625: 448, 0.6641: 512, 0.6771: 384,
    0.7292: 384, 0.8125: 320, 0.875: 320, 0.9375: 320, 1.0: 340, 1.0625: 320,
}  # fmt: skip
"""Columns of an unstretched picture by the header's spacing (mm): the commonest size of each
spacing, or what makes the field of view that of the patient's other series."""
SPACE_PIXEL_MM = 0.46875
"""Spacing of the 3-D series, which some rows of the overview wrongly give for a 2-D one."""
SPACE_SHARE = 1.25
"""Rows to columns of the 3-D series; the field of view of all others is square."""
USUAL_PIXEL_MM = 0.5859375
"""Spacing of the 2-D series of scanners that made the 3-D ones."""


def pixel_mm(name: str, header_mm: float, shape: tuple[int, int]) -> tuple[float, float]:
    """Row and column spacing of a picture.

    Parameters
    ----------
    name : str
        As ``12_t2_SPACE``.
    header_mm : float
        Spacing by the overview.
    shape : (rows, columns)

    Raises
    ------
    UnreadableError
        If no picture of that spacing is known.
    """
    is_volume = name.endswith("SPACE")
    is_mistaken = not is_volume and abs(header_mm - SPACE_PIXEL_MM) < 1e-4
    spacing = USUAL_PIXEL_MM if is_mistaken else header_mm
    known = min(NOMINAL_COLUMNS, key=lambda mm: abs(mm - spacing))
    if abs(known - spacing) > 1e-3:
        msg = f"{name}: no field of view is known for a spacing of {spacing:.4f} mm."
        raise UnreadableError(msg)
    field = spacing * NOMINAL_COLUMNS[known]
    return field * (SPACE_SHARE if is_volume else 1.0) / shape[0], field / shape[1]


def read_picture(path: Path) -> Array:
    """(rows, columns) float32 signal of a picture."""
    with Image.open(path) as picture:
        return np.asarray(picture.convert("F"), dtype=np.float32)


def contrast_of(name: str) -> Contrast:
    """T1 or T2, from a name as ``12_t2_SPACE``."""
    return Contrast.T1 if name.split("_")[1] == "t1" else Contrast.T2


def series_of(
    picture: Array, spacing_mm: tuple[float, float], key: str, contrast: Contrast, *, turned: bool
) -> Series:
    """One slice placed in the patient.

    Parameters
    ----------
    picture : (rows, columns) array
    spacing_mm : (rows, columns)
    key : str
        Name of the series.
    contrast : Contrast
    turned : bool
        Whether the picture is upside down.
    """
    upright = picture[::-1] if turned else picture
    voxels = np.ascontiguousarray(upright.T)[:, :, None]
    matrix = np.zeros((4, 4))
    row_mm, column_mm = spacing_mm
    matrix[1, 0], matrix[2, 1], matrix[0, 2], matrix[3, 3] = column_mm, -row_mm, SLICE_MM, 1.0
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
