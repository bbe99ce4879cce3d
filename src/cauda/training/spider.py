"""SPIDER cases with three labels, turned into label sets.

The masks tell vertebra (body and arch together), disc and canal; everything else is unlabelled.
What plain anatomy adds is used as well: in a row that crosses a wide canal, vertebra in front of
it is body and behind it arch, and no foramen lies there; far below the conus the canal holds no
cord, and above T12-L1 what is dark amid bright fluid is cord; the sacrum lies right below the
lowest disc, and never above the second lowest.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import nibabel as nib
import numpy as np
from scipy import ndimage

from cauda.errors import NothingFoundError
from cauda.geometry import Array
from cauda.nets.normalize import unit_range
from cauda.training import label_sets
from cauda.vocab import STRUCTURES, Structure

VERTEBRA, DISC, CANAL = 1, 2, 3
"""Label values of the three-label masks."""
WIDE_CANAL_MM = 6.0
"""A canal row this wide lies near enough to the midline for the row rules."""
SACRUM_SEED_MM = (4.0, 18.0)
"""How far below the lowest disc the first sacral body surely lies (it is about 30 mm high)."""
SACRUM_SEED_BREADTH = 0.7
"""Share of the disc's depth that is moved: its rims may lie beyond the sacral body."""
SACRUM_FRONT_MM = 8.0
"""How far in front of the promontory's line a voxel must lie to be surely no sacrum."""
CORD_ABOVE_DISC = 5
"""The sixth disc from below, T12-L1 in most: above it the canal nearly always holds cord."""
CORD_CANAL_MM = 11.0
"""Canal rows at least this wide lie near the midline, where the cord is cut in full."""
CORD_CONTRAST = 0.25
"""Least difference of fluid and cord, as a share of the slice's range, to tell them apart."""
FRAGMENT = 0.1
"""Disc components smaller than this share of the median disc are fragments."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Case:
    """One volume to learn from.

    Parameters
    ----------
    name : str
        Patient or phantom number.
    signal : (I, J, K) float array
        About 0 to 1; I to the left, J posterior, K superior.
    codes : (I, J, K) uint8 array
        Indices into :data:`cauda.training.label_sets.LABEL_SETS`.
    spacing_mm : (3,) tuple of float
    """

    name: str
    signal: Array
    codes: Array
    spacing_mm: tuple[float, float, float]


def patients(folder: Path) -> tuple[str, ...]:
    """Patient numbers with an image and a mask in ``folder``, in numeric order."""
    names = {p.name.split("_", 1)[0] for p in folder.glob("*_t2_SPACE_seg.nii.gz")}
    if not names:
        msg = f"No *_t2_SPACE_seg.nii.gz in {folder}; pass the folder of the SPIDER cases."
        raise NothingFoundError(msg)
    return tuple(sorted(names, key=int))


def read_masks(folder: Path, patient: str) -> tuple[Array, Array, tuple[float, float, float]]:
    """Image and mask of one patient, axes left, posterior, superior.

    Returns
    -------
    signal : (I, J, K) uint8 array
    labels : (I, J, K) uint8 array
        0 unlabelled, 1 vertebra, 2 disc, 3 canal.
    spacing_mm : (3,) tuple
    """
    arrays = []
    for suffix in ("", "_seg"):
        image = nib.load(folder / f"{patient}_t2_SPACE{suffix}.nii.gz")
        canonical = nib.as_closest_canonical(image)
        # RAS to LPS index directions: left and posterior are the reverse of right and anterior.
        arrays.append(np.asarray(canonical.dataobj)[::-1, ::-1].astype(np.uint8))
    i, j, k = (float(v) for v in canonical.header.get_zooms()[:3])
    return arrays[0], arrays[1], (i, j, k)


def read_case(folder: Path, patient: str) -> Case:
    """One patient as a training case."""
    signal, labels, spacing = read_masks(folder, patient)
    scaled = np.stack([unit_range(plane) for plane in signal])
    return Case(
        name=patient, signal=scaled, codes=label_codes(labels, spacing, scaled), spacing_mm=spacing
    )


def label_codes(
    labels: Array, spacing_mm: tuple[float, float, float], signal: Array | None = None
) -> Array:
    """Turn three labels into label sets.

    Parameters
    ----------
    labels : (I, J, K) uint8 array
        0 unlabelled, 1 vertebra, 2 disc, 3 canal.
    spacing_mm : (3,) tuple of float
    signal : (I, J, K) array, optional
        T2 signal, 0 to 1 in each slice; with it the cord is told from the fluid above T12-L1.

    Returns
    -------
    (I, J, K) uint8 array of codes
    """
    codes = np.full(labels.shape, label_sets.UNLABELLED, dtype=np.uint8)
    codes[labels == VERTEBRA] = label_sets.VERTEBRA
    codes[labels == DISC] = _code(Structure.DISC)
    codes[labels == CANAL] = label_sets.CANAL
    rows = np.flatnonzero((labels > 0).any(axis=(0, 1)))
    if rows.size:
        codes[:, :, rows[-1] + 1 :] = label_sets.ANY
    discs = _discs(labels)
    _mark_heights(codes, discs)
    _mark_canal_rows(codes, labels, spacing_mm[1])
    if signal is not None and len(discs) > CORD_ABOVE_DISC:
        _mark_cord(
            codes, signal, int(np.mean(np.nonzero(discs[CORD_ABOVE_DISC])[2])), spacing_mm[1]
        )
    if discs:
        _mark_sacrum(codes, labels, discs[0], spacing_mm)
    return codes


def _code(structure: Structure) -> int:
    return STRUCTURES.index(structure)


def _discs(labels: Array) -> list[Array]:
    """Boolean masks of the discs, lowest first."""
    components, count = ndimage.label(labels == DISC)
    if count == 0:
        return []
    index = np.arange(1, count + 1)
    sizes = ndimage.sum_labels(components > 0, components, index)
    kept = index[sizes > FRAGMENT * np.median(sizes[sizes > sizes.max() * FRAGMENT])]
    centers = np.asarray(ndimage.center_of_mass(components > 0, components, kept))[:, 2]
    return [components == kept[n] for n in np.argsort(centers)]


def _mark_heights(codes: Array, discs: list[Array]) -> None:
    """No sacrum above the second lowest disc; no cord below the third lowest."""
    if len(discs) < 4:
        return
    second, third = (int(np.mean(np.nonzero(d)[2])) for d in discs[1:3])
    above, below = codes[:, :, second:], codes[:, :, :third]
    above[above == label_sets.UNLABELLED] = label_sets.NOT_SACRUM
    below[below == label_sets.CANAL] = _code(Structure.SAC)


def _mark_canal_rows(codes: Array, labels: Array, pixel_mm: float) -> None:
    """Tell body from arch, and rule out foramina, in rows that cross a wide canal."""
    canal = labels == CANAL
    wide = canal.sum(axis=1) * pixel_mm >= WIDE_CANAL_MM
    column = np.arange(labels.shape[1])[None, :, None]
    first = np.argmax(canal, axis=1)[:, None, :]
    last = labels.shape[1] - 1 - np.argmax(canal[:, ::-1], axis=1)[:, None, :]
    vertebra = (labels == VERTEBRA) & wide[:, None, :]
    codes[vertebra & (column < first)] = _code(Structure.BODY)
    codes[vertebra & (column > last)] = _code(Structure.ARCH)
    beside = wide[:, None, :] & (labels == 0)
    codes[beside & (codes == label_sets.NOT_SACRUM)] = _code(Structure.BACKGROUND)
    codes[beside & (codes == label_sets.UNLABELLED)] = label_sets.NOT_LATERAL


def _mark_cord(codes: Array, signal: Array, lowest: int, pixel_mm: float) -> None:
    """Above row ``lowest``, call what is dark in the canal's middle cord, and fluid sac."""
    for code, plane in zip(codes[:, :, lowest:], signal[:, :, lowest:], strict=True):
        canal = code == label_sets.CANAL
        canal &= canal.sum(axis=0) * pixel_mm >= CORD_CANAL_MM
        if canal.sum() < 100:
            continue
        dark, bright = np.percentile(plane[canal], [20, 90])
        if bright - dark < CORD_CONTRAST:
            continue
        smooth = ndimage.gaussian_filter(plane, 1.0)
        middle = ndimage.binary_erosion(canal, iterations=3)
        code[middle & (smooth < dark + 0.4 * (bright - dark))] = _code(Structure.CORD)
        code[canal & (smooth > dark + 0.7 * (bright - dark))] = _code(Structure.SAC)


def _mark_sacrum(
    codes: Array, labels: Array, disc: Array, spacing_mm: tuple[float, float, float]
) -> None:
    """Seed the first sacral body below the lowest disc, and rule out what lies before it.

    The disc's core is moved down along its normal. Nothing in front of a line from the disc's
    front, halfway between that normal and straight down, is sacrum: the rectum and bladder are.
    """
    pixel_mm = np.asarray(spacing_mm[1:])
    for plane, mask, code in zip(labels, disc, codes, strict=True):
        points = np.argwhere(ndimage.binary_erosion(mask, iterations=3)) * pixel_mm
        if len(points) < 50:
            continue
        axes = np.linalg.svd(points - points.mean(axis=0), full_matrices=False)[2]
        normal = axes[1] if axes[1][1] < 0 else -axes[1]
        _rule_out_front(code, points, normal, pixel_mm)
        along = (points - points.mean(axis=0)) @ axes[0]
        core = points[np.abs(along) < SACRUM_SEED_BREADTH * np.abs(along).max()]
        for distance in np.arange(*SACRUM_SEED_MM, 0.4):
            moved = np.rint((core + distance * normal) / pixel_mm).astype(int)
            inside = ((moved >= 0) & (moved < plane.shape)).all(axis=1)
            j, k = moved[inside].T
            free = plane[j, k] == 0
            code[j[free], k[free]] = _code(Structure.SACRUM)


def _rule_out_front(code: Array, disc_mm: Array, normal: Array, pixel_mm: Array) -> None:
    """Mark unlabelled voxels of one slice that lie in front of the sacrum."""
    down = normal + np.asarray([0.0, -1.0])
    front = np.asarray([down[1], -down[0]]) / np.linalg.norm(down)
    places = np.moveaxis(np.indices(code.shape), 0, -1) * pixel_mm
    before = (places - disc_mm[disc_mm[:, 0].argmin()]) @ front > SACRUM_FRONT_MM
    code[before & (code == label_sets.UNLABELLED)] = label_sets.NOT_SACRUM
    code[before & (code == label_sets.NOT_LATERAL)] = _code(Structure.BACKGROUND)
