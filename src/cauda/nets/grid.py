"""From a series to the network's input and from its output to a segmentation; plain NumPy.

The slice planes stay where they are; only the pixels inside them are resampled. "Slices first"
arrays hold a sagittal stack as (I, J, K) and an axial one as (K, I, J).
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.errors import GeometryError
from cauda.geometry import Array, Space, canonical
from cauda.nets.normalize import standardize
from cauda.records import Segmentation, Series
from cauda.vocab import STRUCTURES, Plane, Structure

NEIGHBOR_MM = 3.0
"""Where the neighbors of thin slices are taken: the middle of what the network was trained on."""
ANTIALIAS = 0.4
"""Gaussian sigma in source pixels per unit of sqrt(ratio^2 - 1) when pixels become larger."""

SLICE_AXIS = {Plane.SAGITTAL: 0, Plane.AXIAL: 2}
"""The canonical axis that runs across the slices."""
STEEPEST = 0.4
"""Least cosine between the two: axial slices along a disc lean forward by up to 65 degrees."""

Predict = Callable[[Array], Array]
"""(N, 3, R, S) float32 standardized slices -> (N, C, R, S) float32 probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the network expects of its input.

    Parameters
    ----------
    pixel_mm : float
        Isotropic in-plane pixel.
    multiple : int
        The axes of a slice are padded to multiples of this.
    batch : int
        Slices a call, which bounds memory.
    plane : Plane
        Sagittal or axial.
    structures : tuple of Structure
        What the network's channels stand for.
    crop : int or None
        Only this many pixels along each side of a slice's middle are looked at; the rest is
        background. ``None`` looks at all.
    """

    pixel_mm: float
    multiple: int
    batch: int = 1
    plane: Plane = Plane.SAGITTAL
    structures: tuple[Structure, ...] = STRUCTURES
    crop: int | None = None


def segment_series(series: Series, predict: Predict, layout: Layout, bundle: str) -> Segmentation:
    """Run a network over every slice of a series of its plane.

    Parameters
    ----------
    series : Series
        Its volume must be present and its slices nearest to the layout's plane.
    predict : callable
    layout : Layout
    bundle : str
        Name to record.

    Raises
    ------
    GeometryError
        If the series has no pixels or its slices are of another plane.
    """
    signal, space = working_signal(series, layout.pixel_mm, layout.plane)
    axis = SLICE_AXIS[layout.plane]
    slices = np.moveaxis(signal, axis, 0)
    seen = _middle(slices.shape[1:], layout.crop)
    looked_at = slices[(slice(None), *seen)]
    probabilities = np.zeros((len(layout.structures), *signal.shape), dtype=np.float32)
    probabilities[0] = 1.0  # What the network does not look at is background.
    target = np.moveaxis(probabilities, axis + 1, 1)[(slice(None), slice(None), *seen)]
    done = 0
    for batch in network_input(looked_at, space.spacing_mm[axis], layout):
        found = np.moveaxis(predict(batch), 1, 0)
        target[:, done : done + len(batch)] = found[:, :, : target.shape[2], : target.shape[3]]
        done += len(batch)
    return Segmentation(
        series=series.key,
        probabilities=probabilities,
        space=space,
        signal=signal,
        bundle=bundle,
        contrast=series.contrast,
        plane=layout.plane,
        structures=layout.structures,
    )


def _middle(shape: tuple[int, ...], crop: int | None) -> tuple[slice, slice]:
    """The part of a slice's axes that a network looks at."""
    size = [n if crop is None else min(n, crop) for n in shape]
    first, second = ((n - s) // 2 for n, s in zip(shape, size, strict=True))
    return slice(first, first + size[0]), slice(second, second + size[1])


def working_signal(
    series: Series, pixel_mm: float, plane: Plane = Plane.SAGITTAL
) -> tuple[Array, Space]:
    """Resample a series in its slice planes, axes to the left, posterior and superior.

    Returns
    -------
    signal : (I, J, K) float32 array
    space : Space
    """
    if series.volume is None:
        msg = f"Series {series.key} has no pixels; only series with a volume can be segmented."
        raise GeometryError(msg)
    stacked = series.volume.slice_axis
    across = series.volume.space.directions[:, stacked]
    axis = SLICE_AXIS[plane]
    if abs(across[axis]) < STEEPEST:
        msg = f"The slices of {series.key} are not {plane}; this network reads {plane} series."
        raise GeometryError(msg)
    voxels, space = canonical(series.volume.voxels, series.volume.space, (stacked, axis))
    slices = np.asarray(np.moveaxis(voxels, axis, 0), dtype=np.float32)
    order = (axis, *(a for a in range(3) if a != axis))
    signal, grid = resample_in_plane(slices, _permuted(space, order), pixel_mm)
    back = tuple(int(n) for n in np.argsort(order))
    return np.ascontiguousarray(np.moveaxis(signal, 0, axis)), _permuted(grid, back)


def _permuted(space: Space, order: tuple[int, ...]) -> Space:
    """The same grid with its axes in another order."""
    shape = (space.shape[order[0]], space.shape[order[1]], space.shape[order[2]])
    return Space.from_matrix(shape, space.matrix[:, [*order, 3]], space.frame_of_reference)


def resample_in_plane(voxels: Array, space: Space, pixel_mm: float) -> tuple[Array, Space]:
    """Change the pixels of axes 1 and 2 to ``pixel_mm``, keeping the field of view's corner.

    Pixels that become larger are smoothed first, so that nothing aliases.
    """
    ratio = pixel_mm / np.asarray(space.spacing_mm[1:])
    shape = [max(1, round(n / r)) for n, r in zip(voxels.shape[1:], ratio, strict=True)]
    offset = (ratio - 1.0) / 2.0
    sigma = ANTIALIAS * np.sqrt(np.maximum(ratio**2 - 1.0, 0.0))
    planes = [
        ndimage.affine_transform(
            ndimage.gaussian_filter(plane, sigma) if sigma.any() else plane,
            ratio,
            offset=offset,
            output_shape=shape,
            order=1,
            mode="nearest",
        )
        for plane in voxels
    ]
    matrix = space.matrix.copy()
    matrix[:3, 3] += matrix[:3, 1:3] @ offset
    matrix[:3, 1:3] *= ratio
    signal = np.stack(planes).astype(np.float32)
    return signal, Space.from_matrix(signal.shape, matrix, space.frame_of_reference)


def network_input(signal: Array, spacing_mm: float, layout: Layout) -> Iterator[Array]:
    """Give (N, 3, R', S') float32 batches: each slice between its neighbors, padded.

    Parameters
    ----------
    signal : (slices, R, S) array
    spacing_mm : float
        Distance between slices.
    layout : Layout
    """
    count, *plane = signal.shape
    step = max(1, round(NEIGHBOR_MM / spacing_mm))
    padding = [(0, -n % layout.multiple) for n in plane]
    scaled = np.stack([np.pad(p, padding, mode="minimum") for p in map(standardize, signal)])

    def triple(index: int) -> Array:
        wanted = (index - step, index, index + step)
        return scaled[[n if 0 <= n < count else index for n in wanted]]

    for start in range(0, count, layout.batch):
        stop = min(count, start + layout.batch)
        yield np.stack([triple(n) for n in range(start, stop)])
