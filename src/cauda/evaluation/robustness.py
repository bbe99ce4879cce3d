"""Cases made harder on purpose: how far each change can go before the masks suffer.

Every change keeps image and masks in step; all numbers of an image are relative to its own bright
tissue, so that one setting means the same for every scanner.
"""

from __future__ import annotations

import dataclasses
import zlib
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.evaluation.overlap import dice
from cauda.evaluation.segmentation import LabelledCase, as_series, merged_winner
from cauda.geometry import Array, Space
from cauda.ports import Segmenter
from cauda.records import Series, Volume
from cauda.vocab import Structure

NOISE = (0.05, 0.1, 0.2, 0.4)
"""Standard deviation of complex noise, as a share of bright tissue."""
BLUR_MM = (0.5, 1.0, 2.0, 3.0)
BIAS = (0.5, 1.0, 1.5)
"""Natural logarithm of the shading between middle and edge."""
ROTATION_DEG = (-20.0, -10.0, 10.0, 20.0)
BRIGHT_PERCENTILE = 99.0
TOP_DISC, LOW_DISC = 3, 1
"""Counted from the lowest: L2-L3 ends a view of L3-S1; L4-L5 begins one without sacrum."""
FRAGMENT = 0.1
"""Disc pieces smaller than this share of the largest are no discs of their own."""

Change = Callable[[LabelledCase], LabelledCase]


@dataclass(frozen=True, slots=True, kw_only=True)
class Condition:
    """One change of a case.

    Parameters
    ----------
    name, level : str
        Kind of change, and how much of it with its unit.
    change : callable
    flips : tuple of int
        Axes along which the array is stored the other way round, with a header that says so.
    """

    name: str
    level: str
    change: Change
    flips: tuple[int, ...] = ()


def conditions() -> Iterator[Condition]:
    """Every condition but slice thickness, which needs native slices."""
    yield Condition(name="as it is", level="", change=lambda case: case)
    for share in NOISE:
        yield Condition(name="noise", level=f"{share:g}", change=_with(noisy, share))
    for sigma in BLUR_MM:
        yield Condition(name="blur", level=f"{sigma:g} mm", change=_with(blurred, sigma))
    yield Condition(name="inverted contrast", level="", change=inverted)
    for strength in BIAS:
        yield Condition(name="shading", level=f"{strength:g}", change=_with(shaded, strength))
    for angle in ROTATION_DEG:
        yield Condition(name="rotation", level=f"{angle:+g} deg", change=_with(rotated, angle))
    yield Condition(name="field of view", level="L3-S1 only", change=lower_half)
    yield Condition(name="field of view", level="no sacrum", change=without_sacrum)
    for axis, words in ((0, "left-right"), (2, "up-down")):
        yield Condition(name="stored flipped", level=words, change=lambda case: case, flips=(axis,))


def dice_under(
    condition: Condition,
    case: LabelledCase,
    segmenter: Segmenter,
    structures: Mapping[str, tuple[Structure, ...]],
) -> dict[str, float]:
    """Dice of every structure of a changed case; NaN where it is nowhere."""
    changed = condition.change(case)
    space = Space.from_matrix(changed.signal.shape, np.diag([*changed.spacing_mm, 1.0]))
    segmentation = segmenter(stored_flipped(changed, condition.flips))
    winner = merged_winner(segmentation, structures, space)
    return {
        name: dice(changed.masks[name], winner == n) for n, name in enumerate(structures, start=1)
    }


def stored_flipped(case: LabelledCase, axes: tuple[int, ...]) -> Series:
    """The case as a series whose array runs the other way along ``axes``; the header says so."""
    series = as_series(case)
    if not axes:
        return series
    matrix = np.diag([*case.spacing_mm, 1.0])
    for axis in axes:
        matrix[axis, axis] *= -1
        matrix[axis, 3] = case.spacing_mm[axis] * (case.signal.shape[axis] - 1)
    voxels = np.ascontiguousarray(np.flip(case.signal, axes))
    volume = Volume(voxels=voxels, space=Space.from_matrix(voxels.shape, matrix), slice_axis=0)
    return dataclasses.replace(series, volume=volume)


def noisy(case: LabelledCase, share: float) -> LabelledCase:
    """Magnitude of signal with complex Gaussian noise (Rician)."""
    rng = np.random.default_rng(zlib.crc32(case.name.encode()))
    scale = share * _bright(case.signal)
    real, imaginary = scale * rng.standard_normal((2, *case.signal.shape))
    return _seen(case, np.hypot(case.signal + real, imaginary))


def blurred(case: LabelledCase, sigma_mm: float) -> LabelledCase:
    """In-plane Gaussian blur."""
    sigma = (0.0, *(sigma_mm / np.asarray(case.spacing_mm[1:])))
    return _seen(case, ndimage.gaussian_filter(case.signal.astype(np.float32), sigma))


def inverted(case: LabelledCase) -> LabelledCase:
    """Bright becomes dark."""
    return _seen(case, np.clip(_bright(case.signal) - case.signal, 0.0, None))


def shaded(case: LabelledCase, strength: float) -> LabelledCase:
    """Bright behind, as under a surface coil, and dark toward the upper and lower end."""
    _, j, k = (np.linspace(-1.0, 1.0, n) for n in case.signal.shape)
    field = np.exp(strength * (j[:, None] - k[None, :] ** 2))
    return _seen(case, case.signal * field)


def rotated(case: LabelledCase, angle_deg: float) -> LabelledCase:
    """Turned in the slice plane about its middle; what comes from outside is dark."""
    spacing = np.asarray(case.spacing_mm[1:])
    turn = np.deg2rad(angle_deg)
    matrix = np.asarray([[np.cos(turn), -np.sin(turn)], [np.sin(turn), np.cos(turn)]])
    pixels = matrix * spacing[None, :] / spacing[:, None]
    middle = (np.asarray(case.signal.shape[1:]) - 1) / 2
    offset = middle - pixels @ middle

    def turned(volume: Array, order: int) -> Array:
        planes = [
            ndimage.affine_transform(plane, pixels, offset=offset, order=order) for plane in volume
        ]
        return np.stack(planes)

    masks = {n: turned(m.astype(np.uint8), 0) > 0 for n, m in case.masks.items()}
    signal = turned(case.signal.astype(np.float32), 1)
    return dataclasses.replace(case, signal=signal, masks=masks)


def lower_half(case: LabelledCase) -> LabelledCase:
    """Nothing above the disc L2-L3."""
    heights = disc_heights(case)
    top = heights[min(TOP_DISC, len(heights) - 1)] if heights else case.signal.shape[2]
    return _rows(case, 0, int(top))


def without_sacrum(case: LabelledCase) -> LabelledCase:
    """Nothing below the middle of L5."""
    heights = disc_heights(case)
    low = np.mean(heights[: LOW_DISC + 1]) if len(heights) > LOW_DISC else 0
    return _rows(case, int(low), case.signal.shape[2])


def disc_heights(case: LabelledCase) -> list[float]:
    """Row of every disc's center, lowest first."""
    pieces, count = ndimage.label(case.masks["disc"])
    if count == 0:
        return []
    index = np.arange(1, count + 1)
    sizes = ndimage.sum_labels(pieces > 0, pieces, index)
    kept = index[sizes > FRAGMENT * sizes.max()]
    return sorted(float(c[2]) for c in ndimage.center_of_mass(pieces > 0, pieces, kept))


def _rows(case: LabelledCase, low: int, high: int) -> LabelledCase:
    masks = {name: mask[:, :, low:high] for name, mask in case.masks.items()}
    return dataclasses.replace(case, signal=case.signal[:, :, low:high], masks=masks)


def _seen(case: LabelledCase, signal: Array) -> LabelledCase:
    return dataclasses.replace(case, signal=signal.astype(np.float32))


def _bright(signal: Array) -> float:
    return float(np.percentile(signal, BRIGHT_PERCENTILE))


def _with(change: Callable[[LabelledCase, float], LabelledCase], level: float) -> Change:
    return lambda case: change(case, level)
