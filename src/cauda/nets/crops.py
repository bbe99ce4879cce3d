"""Small boxes cut out of a series at a level: what the crop graders look at.

Two kinds: a foramen on sagittal slices, and the back of a disc with canal and recesses on axial
ones. Both lie in the level's own frame and are mirrored so that the side asked about comes as the
left one; so a grader cannot tell right from left and treats both alike.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cauda.geometry import Array, Frame, Space
from cauda.vocab import Side

Crop = NDArray[np.float32]
DARK_PERCENTILE, BRIGHT_PERCENTILE = 1.0, 99.0
"""Of a crop's own signal: they become 0 and 1."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Box:
    """Points of a level's frame (x' to the asked side, y' posterior, z' up), mm.

    Parameters
    ----------
    x_mm, y_mm, z_mm : tuple of float
    planes : {"x", "z"}
        The axis along which the images' slices lie: it comes first in a crop.
    least_inside : float
        A series that covers a smaller share of the points does not show the box; points a little
        outside take the nearest slice.
    """

    x_mm: tuple[float, ...]
    y_mm: tuple[float, ...]
    z_mm: tuple[float, ...]
    planes: str
    least_inside: float

    @property
    def shape(self) -> tuple[int, int, int]:
        """Planes, then rows and columns of a crop."""
        x, y, z = len(self.x_mm), len(self.y_mm), len(self.z_mm)
        return (x, y, z) if self.planes == "x" else (z, x, y)


def _steps(first_mm: float, last_mm: float, count: int) -> tuple[float, ...]:
    return tuple(float(v) for v in np.linspace(first_mm, last_mm, count))


FORAMEN = Box(
    x_mm=(8.0, 12.0, 16.0, 20.0, 24.0, 28.0),
    y_mm=_steps(2.0, 44.0, 64),
    z_mm=_steps(-21.0, 21.0, 64),
    planes="x",
    least_inside=0.8,
)
"""From the canal to beyond the pedicles, from the middle of the body to behind the facets."""

CANAL = Box(
    x_mm=_steps(-33.6, 33.6, 112),
    y_mm=_steps(8.0, 46.0, 64),
    z_mm=(4.0, 0.0, -3.0, -6.0, -9.5),
    planes="z",
    least_inside=0.8,
)
"""From above the disc down to the pedicles below it, both sides, with what lies beside."""


def cut(voxels: Array, space: Space, frame: Frame, side: Side, box: Box) -> Crop | None:
    """Read the box out of a series.

    Parameters
    ----------
    voxels : (I, J, K) array
    space : Space
    frame : Frame
        Of the level.
    side : Side
        It comes at positive x'.
    box : Box

    Returns
    -------
    (planes, rows, columns) float32 array or None
        About 0 to 1; None where the series does not show the box, or shows nothing there.
    """
    sign = 1.0 if side is Side.LEFT else -1.0
    limits = np.array(voxels.shape) - 1
    middle = np.array([np.mean(axis) for axis in (box.x_mm, box.y_mm, box.z_mm)])
    # Where its middle lies outside, less than half of a box lies inside.
    if not np.all(_is_inside(space.to_ijk(frame.to_lps(middle * [sign, 1.0, 1.0])), limits)):
        return None
    x, y, z = np.meshgrid(sign * np.array(box.x_mm), box.y_mm, box.z_mm, indexing="ij")
    points = space.to_ijk(frame.to_lps(np.stack([x, y, z], axis=-1)))
    if np.mean(_is_inside(points, limits)) < box.least_inside:
        return None
    low = np.clip(np.floor(points.min(axis=(0, 1, 2))).astype(int), 0, limits)
    high = np.clip(np.ceil(points.max(axis=(0, 1, 2))).astype(int) + 1, low + 1, limits + 1)
    part = np.asarray(
        voxels[low[0] : high[0], low[1] : high[1], low[2] : high[2]], dtype=np.float32
    )
    places = np.moveaxis(points - low, -1, 0)
    signal = ndimage.map_coordinates(part, places, order=1, mode="nearest")
    return _scaled(signal if box.planes == "x" else np.moveaxis(signal, 2, 0))


def _is_inside(points: Array, limits: Array) -> NDArray[np.bool_]:
    """Whether points lie in the volume, the outer halves of its voxels included."""
    inside: NDArray[np.bool_] = (points >= -0.5) & (points <= limits + 0.5)
    result: NDArray[np.bool_] = np.all(inside, axis=-1, keepdims=False)
    return result


def _scaled(signal: Crop) -> Crop | None:
    dark, bright = np.percentile(signal, (DARK_PERCENTILE, BRIGHT_PERCENTILE))
    if not bright > dark:
        return None
    result: Crop = np.clip((signal - dark) / (bright - dark), 0.0, 1.0).astype(np.float32)
    return result
