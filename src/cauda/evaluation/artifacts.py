"""Spoil a study in a known way, to see whether the checks notice."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from types import MappingProxyType

import numpy as np
from scipy import ndimage

from cauda.geometry import Array
from cauda.records import Series, Study, Volume

Spoil = Callable[[Study, np.random.Generator], Study]
"""The same study with an artifact."""

VOID_MM = 13.0
"""Radius of the signal void of a pedicle screw."""
NOISE = 0.35
"""Standard deviation of the noise as a share of the bright signal."""
BLUR_MM = 2.5
SHAKE = 0.5
"""Largest phase error along the phase-encoding direction, radians."""
MOVED_MM = (2.0, 5.0)
"""Least and most that a patient moves between the two halves of an interleaved scan."""
KEPT = 0.45
"""Share of the field of view along the spine that a short scan keeps, from below."""


def metal(study: Study, rng: np.random.Generator) -> Study:
    """A black ball near a pedicle, at one place in the patient for every series."""
    anchor = next(s.volume for s in study.used if s.volume is not None).space
    middle = np.array(anchor.shape) / 2.0 + rng.uniform(-0.12, 0.12, 3) * np.array(anchor.shape)
    center_lps = anchor.to_lps(middle)

    def spoiled(volume: Volume) -> Array:
        places = np.indices(volume.space.shape).reshape(3, -1).T
        far = np.linalg.norm(volume.space.to_lps(places) - center_lps, axis=1)
        shade = 1.0 / (1.0 + np.exp((VOID_MM - far) / 0.7))
        return np.asarray(volume.voxels * shade.reshape(volume.space.shape))

    return _each(study, spoiled)


def noise(study: Study, rng: np.random.Generator) -> Study:
    """Rician noise over everything."""

    def spoiled(volume: Volume) -> Array:
        sigma = NOISE * float(np.percentile(volume.voxels, 95))
        real, imaginary = rng.normal(0.0, sigma, (2, *volume.space.shape))
        noisy: Array = np.hypot(volume.voxels + real, imaginary)
        return noisy

    return _each(study, spoiled)


def blur(study: Study, _rng: np.random.Generator) -> Study:
    """Edges smeared inside the slices."""

    def spoiled(volume: Volume) -> Array:
        sigma = [BLUR_MM / mm for mm in volume.space.spacing_mm]
        sigma[volume.slice_axis] = 0.0
        return np.asarray(ndimage.gaussian_filter(np.asarray(volume.voxels, float), sigma))

    return _each(study, spoiled)


def motion(study: Study, rng: np.random.Generator) -> Study:
    """Ghosts: a phase error that swings along one in-plane direction of k-space."""

    def spoiled(volume: Volume) -> Array:
        axis = next(a for a in range(3) if a != volume.slice_axis)
        spectrum = np.fft.fft(np.asarray(volume.voxels, float), axis=axis)
        count = volume.space.shape[axis]
        swing = SHAKE * np.sin(np.arange(count) * rng.uniform(0.5, 2.5))
        shape = [1, 1, 1]
        shape[axis] = count
        ghosted: Array = np.abs(
            np.fft.ifft(spectrum * np.exp(1j * swing).reshape(shape), axis=axis)
        )
        return ghosted

    return _each(study, spoiled)


def moved_slices(study: Study, rng: np.random.Generator) -> Study:
    """Every second slice displaced in its plane, as when a patient moves in an interleaved scan."""

    def spoiled(volume: Volume) -> Array:
        angle = rng.uniform(0.0, 2.0 * np.pi)
        way_mm = rng.uniform(*MOVED_MM) * np.array([np.cos(angle), np.sin(angle)])
        slices = np.array(np.moveaxis(volume.voxels, volume.slice_axis, 0), dtype=np.float64)
        spacing_mm = np.delete(volume.space.spacing_mm, volume.slice_axis)
        for index in range(1, len(slices), 2):
            slices[index] = ndimage.shift(
                slices[index], way_mm / spacing_mm, order=1, mode="nearest"
            )
        return np.moveaxis(slices, 0, volume.slice_axis)

    return _each(study, spoiled)


def short_scan(study: Study, _rng: np.random.Generator) -> Study:
    """Only the lower part of the field of view, as when the spine was not covered."""

    def cropped(series: Series) -> Series:
        volume = series.volume
        if volume is None or not series.used:
            return series
        axis = int(np.argmax(np.abs(volume.space.directions[2])))
        if axis == volume.slice_axis:
            return series
        count = volume.space.shape[axis]
        kept = round(KEPT * count)
        start = 0 if volume.space.directions[2, axis] > 0 else count - kept
        box = [slice(None)] * 3
        box[axis] = slice(start, start + kept)
        matrix = volume.space.matrix.copy()
        matrix[:3, 3] += start * matrix[:3, axis]
        voxels = volume.voxels[tuple(box)]
        space = type(volume.space).from_matrix(
            voxels.shape, matrix, volume.space.frame_of_reference
        )
        return replace(series, volume=replace(volume, voxels=voxels, space=space))

    return replace(study, series=tuple(cropped(s) for s in study.series))


def untouched(study: Study, _rng: np.random.Generator) -> Study:
    """No artifact."""
    return study


ARTIFACTS: Mapping[str, Spoil] = MappingProxyType(
    {
        "none": untouched,
        "metal": metal,
        "noise": noise,
        "blur": blur,
        "motion": motion,
        "moved slices": moved_slices,
        "short scan": short_scan,
    }
)


def _each(study: Study, spoiled: Callable[[Volume], Array]) -> Study:
    """The study with the voxels of every used series replaced."""
    series = tuple(
        replace(s, volume=replace(s.volume, voxels=spoiled(s.volume).astype(np.float32)))
        if s.volume is not None and s.used
        else s
        for s in study.series
    )
    return replace(study, series=series)
