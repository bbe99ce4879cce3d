"""From a series to the network's input and from its output to a segmentation; plain NumPy.

The slice planes stay where they are; only the pixels inside them are resampled.
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

NEIGHBOR_MM = 3.0
"""Where the neighbors of thin slices are taken: the middle of what the network was trained on."""
ANTIALIAS = 0.4
"""Gaussian sigma in source pixels per unit of sqrt(ratio^2 - 1) when pixels become larger."""

Predict = Callable[[Array], Array]
"""(N, 3, J, K) float32 standardized slices -> (N, C, J, K) float32 probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """What the network expects of its input.

    Parameters
    ----------
    pixel_mm : float
        Isotropic in-plane pixel.
    multiple : int
        J and K are padded to multiples of this.
    batch : int
        Slices a call, which bounds memory.
    """

    pixel_mm: float
    multiple: int
    batch: int = 1


def segment_series(series: Series, predict: Predict, layout: Layout, bundle: str) -> Segmentation:
    """Run a network over every slice of a sagittal series.

    Parameters
    ----------
    series : Series
        Its volume must be present and its slices nearest to sagittal.
    predict : callable
    layout : Layout
    bundle : str
        Name to record.

    Raises
    ------
    GeometryError
        If the series has no pixels or its slices are not sagittal.
    """
    signal, space = working_signal(series, layout.pixel_mm)
    batches = [predict(batch) for batch in network_input(signal, space.spacing_mm[0], layout)]
    _, j, k = signal.shape
    probabilities = np.moveaxis(np.concatenate(batches), 1, 0)[:, :, :j, :k]
    return Segmentation(
        series=series.key,
        probabilities=np.ascontiguousarray(probabilities),
        space=space,
        signal=signal,
        bundle=bundle,
        contrast=series.contrast,
    )


def working_signal(series: Series, pixel_mm: float) -> tuple[Array, Space]:
    """Resample a series in its slice planes, axes to the left, posterior and superior.

    Returns
    -------
    signal : (I, J, K) float32 array
    space : Space
    """
    if series.volume is None:
        msg = f"Series {series.key} has no pixels; only series with a volume can be segmented."
        raise GeometryError(msg)
    across = series.volume.space.directions[:, series.volume.slice_axis]
    if int(np.argmax(np.abs(across))) != 0:
        msg = f"The slices of {series.key} are not sagittal; this network reads sagittal series."
        raise GeometryError(msg)
    voxels, space = canonical(series.volume.voxels, series.volume.space)
    return resample_in_plane(np.asarray(voxels, dtype=np.float32), space, pixel_mm)


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
    """Give (N, 3, J', K') float32 batches: each slice between its neighbors, padded.

    Parameters
    ----------
    signal : (I, J, K) array
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
