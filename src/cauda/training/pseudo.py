"""Slices without masks as training cases: what a teacher network is sure of, nothing elsewhere.

The teacher sees each slice several times, at other scales and contrasts; a voxel gets the label
of the mean where that is sure, and is left out of the loss where it is not. Islands away from the
spine are left out as well. Some slices are stored upside down: the pose in which the teacher is
surest of canal, arches and discs in their order is taken.
"""

from __future__ import annotations

import csv
import itertools
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

import numpy as np
from PIL import Image
from scipy import ndimage

from cauda.errors import NothingFoundError
from cauda.geometry import Array
from cauda.nets.grid import Predict
from cauda.nets.normalize import standardize, unit_range
from cauda.training import label_sets
from cauda.training.phantoms import read_phantom
from cauda.training.spider import Case
from cauda.vocab import STRUCTURES, Structure

SURE = 0.8
"""Least mean probability of a label that is kept."""
GAMMAS = (0.8, 1.25)
"""Contrast changes the teacher's answer is averaged over."""
SCALES = (1.0, 1.12)
"""Changes of pixel size it is averaged over."""
LEAST_DISC_MM2 = 500.0
"""A slice in which less disc is found is not used: it is off the midline or not understood."""
WHOLE = (Structure.SAC, Structure.CORD, Structure.SACRUM)
"""Structures that are one piece in a midsagittal slice."""
ORDER = (Structure.DISC, Structure.SAC, Structure.ARCH)
"""From front to back."""
CORD_FREE_DISCS = 3
"""Below the lowest discs but this many the canal holds no cord."""
FRAGMENT = 0.2
"""Pieces of disc smaller than this share of the median are fragments."""
LOW = 0.3
"""The sacrum's center lies lower than all but this share of the disc."""
MULTIPLE = 32

POSES: Mapping[str, tuple[int, int]] = {
    "upright": (1, 1),
    "upside down": (1, -1),
    "turned": (-1, -1),
}
"""Steps along posterior and superior that undo each way a slice may be stored."""


def spacings(overview: Path) -> Mapping[str, tuple[float, float]]:
    """Pixel size (row, column), mm, of every series of SPIDER's ``overview.csv``."""
    with overview.open(encoding="utf-8", newline="") as lines:
        return {row["new_file_name"]: _spacing(row) for row in csv.DictReader(lines)}


def _spacing(row: Mapping[str, str]) -> tuple[float, float]:
    numbers = row["PixelSpacing"].strip("[]()").replace("'", "").replace("\\", ",").split(",")
    return float(numbers[0]), float(numbers[-1])


def choose_pseudo(folder: Path) -> Callable[[np.random.Generator], Case]:
    """Pick uniformly among the labelled slices of a folder.

    Raises
    ------
    NothingFoundError
        If it holds none.
    """
    files = tuple(sorted(folder.glob("*.npz")))
    if not files:
        msg = f"No labelled slices in {folder}; make them with scripts/label_slices.py."
        raise NothingFoundError(msg)

    def pick(rng: np.random.Generator) -> Case:
        return read_phantom(files[int(rng.integers(len(files)))])

    return pick


def pseudo_case(
    path: Path, spacing_mm: tuple[float, float], teacher: Predict, pixel_mm: float
) -> Case | None:
    """One slice with the labels the teacher is sure of; None where it finds no spine."""
    rows = np.asarray(Image.open(path).convert("F"), dtype=np.float32)
    # Rows run downward and columns backward: axes posterior and superior are the transpose, turned.
    stored = np.ascontiguousarray(rows.T[:, ::-1])
    spacing = (spacing_mm[1], spacing_mm[0])
    plane = resized(stored, spacing, pixel_mm)
    best, found = plane, np.zeros(0)
    for j_step, k_step in POSES.values():
        posed = np.ascontiguousarray(plane[::j_step, ::k_step])
        first = mean_probabilities(posed, teacher, gammas=(1.0,), scales=(1.0,))
        if not found.size or _sense(first) > _sense(found):
            best, found = posed, first
    probabilities = mean_probabilities(best, teacher)
    if not _sense(probabilities) or _disc(probabilities) * pixel_mm**2 < LEAST_DISC_MM2:
        return None
    return Case(
        name=path.stem,
        signal=unit_range(best)[None],
        codes=sure_codes(probabilities)[None],
        spacing_mm=(4.0, pixel_mm, pixel_mm),
    )


def resized(plane: Array, spacing_mm: tuple[float, float], pixel_mm: float) -> Array:
    """The plane on pixels of ``pixel_mm``, smoothed first where they become larger."""
    factors = np.asarray(spacing_mm) / pixel_mm
    sigma = 0.4 * np.sqrt(np.maximum(factors**-2.0 - 1.0, 0.0))
    smooth = ndimage.gaussian_filter(plane, sigma) if sigma.any() else plane
    return np.asarray(ndimage.zoom(smooth, factors, order=1, mode="nearest"), dtype=np.float32)


def mean_probabilities(
    plane: Array,
    teacher: Predict,
    gammas: Sequence[float] = GAMMAS,
    scales: Sequence[float] = SCALES,
) -> Array:
    """(C, J, K) mean of the teacher's probabilities over changes of contrast and scale."""
    total = np.zeros((len(STRUCTURES), *plane.shape), dtype=np.float32)
    for scale in scales:
        scaled = ndimage.zoom(plane, scale, order=1) if scale != 1.0 else plane
        batch = [standardize(unit_range(scaled) ** gamma) for gamma in gammas]
        padding = [(0, -n % MULTIPLE) for n in scaled.shape]
        padded = [np.pad(p, padding, mode="minimum") for p in batch]
        answer = np.mean([teacher(np.stack([p, p, p])[None])[0] for p in padded], axis=0)
        answer = answer[:, : scaled.shape[0], : scaled.shape[1]]
        ratio = (1.0, *(np.asarray(plane.shape) / answer.shape[1:]))
        total += ndimage.zoom(answer, ratio, order=1) if scale != 1.0 else answer
    mean: Array = total / len(scales)
    return mean


def sure_codes(probabilities: Array) -> Array:
    """(J, K) uint8 label-set codes: the likeliest structure where it is sure, else anything."""
    winner = probabilities.argmax(axis=0).astype(np.uint8)
    is_sure = probabilities.max(axis=0) >= SURE
    for structure in WHOLE:
        is_sure &= ~_islands(winner == STRUCTURES.index(structure))
    vertebra = probabilities[[STRUCTURES.index(s) for s in (Structure.BODY, Structure.ARCH)]]
    canal = probabilities[[STRUCTURES.index(s) for s in (Structure.SAC, Structure.CORD)]]
    codes = np.where(is_sure, winner, label_sets.ANY).astype(np.uint8)
    codes[~is_sure & (vertebra.sum(axis=0) >= SURE)] = label_sets.VERTEBRA
    codes[~is_sure & (canal.sum(axis=0) >= SURE)] = label_sets.CANAL
    _settle_canal(codes)
    return codes


def _settle_canal(codes: Array) -> None:
    """Sac below the third lowest disc; above it the teacher's word on the cord is not taken."""
    is_canal = np.isin(codes, [STRUCTURES.index(Structure.SAC), STRUCTURES.index(Structure.CORD)])
    is_canal |= codes == label_sets.CANAL
    codes[is_canal] = label_sets.CANAL
    pieces, count = ndimage.label(codes == STRUCTURES.index(Structure.DISC))
    sizes = np.bincount(pieces.ravel())[1:]
    kept = [n + 1 for n in range(count) if sizes[n] > FRAGMENT * np.median(sizes)]
    heights = sorted(ndimage.center_of_mass(pieces > 0, pieces, kept), key=lambda at: at[1])
    if len(heights) > CORD_FREE_DISCS:
        below = codes[:, : int(heights[CORD_FREE_DISCS - 1][1])]
        below[below == label_sets.CANAL] = STRUCTURES.index(Structure.SAC)


def _islands(mask: Array) -> Array:
    """All of a mask but its largest piece."""
    pieces, count = ndimage.label(mask)
    if count < 2:
        return np.zeros_like(mask)
    sizes = np.bincount(pieces.ravel())[1:]
    others: Array = mask & (pieces != 1 + int(sizes.argmax()))
    return others


def _sense(probabilities: Array) -> float:
    """How much of canal, arch and disc is sure, and lies in its order from front to back."""
    sure = {s: probabilities[STRUCTURES.index(s)] > SURE for s in ORDER}
    if not all(mask.any() for mask in sure.values()):
        return 0.0
    depth = [float(np.nonzero(mask)[0].mean()) for mask in sure.values()]
    in_order = all(a < b for a, b in itertools.pairwise(depth))
    sacrum = np.argwhere(probabilities[STRUCTURES.index(Structure.SACRUM)] > SURE)
    height = np.nonzero(sure[Structure.DISC])[1]
    is_below = len(sacrum) > 0 and sacrum[:, 1].mean() < np.quantile(height, LOW)
    area = sum(float(mask.sum()) for mask in sure.values())
    return area if in_order and is_below else 0.0


def _disc(probabilities: Array) -> float:
    """Pixels where disc is likely."""
    return float((probabilities[STRUCTURES.index(Structure.DISC)] > 0.5).sum())
