"""Render a painted anatomy as an MR series: signal, texture, slice profile, blur, noise, bias."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cauda.geometry import Space
from cauda.phantom.anatomy import Anatomy
from cauda.phantom.grid import Grid, XArray
from cauda.phantom.materials import Base, OfDisc, OfSegment, of_disc, of_segment
from cauda.phantom.paint import paint
from cauda.phantom.texture import smooth_noise, upsample
from cauda.phantom.tissue import Protocol, spin_echo, tissue_table

SUB_PLANES = 4
"""Planes averaged across a slice."""


def render(
    anatomy: Anatomy, space: Space, protocol: Protocol, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Render one series on the voxel grid of ``space``.

    Parameters
    ----------
    anatomy : Anatomy
    space : Space
        The slices are the planes of its thinnest-sampled axis (the one of widest spacing).
    protocol : Protocol
    rng : numpy.random.Generator
        Noise and tissue jitter; the texture of the tissue itself comes from the anatomy.

    Returns
    -------
    signal : (I, J, K) float32 array
        Arbitrary units, non-negative; about 1 for the brightest tissue.
    """
    axis = int(np.argmax(space.spacing_mm))
    counts, widths = [1, 1, 1], [1.0, 1.0, 1.0]
    counts[axis] = SUB_PLANES
    widths[axis] = min(1.0, protocol.slice_mm / space.spacing_mm[axis])
    grid = Grid.of(space).refined(
        (counts[0], counts[1], counts[2]), (widths[0], widths[1], widths[2])
    )
    materials = paint(anatomy, grid)
    signal = acquire(
        anatomy, materials, axis, (protocol, receive_field(Grid.of(space), protocol)), rng
    )
    result: NDArray[np.float32] = signal
    return result


def acquire(
    anatomy: Anatomy,
    materials: XArray,
    axis: int,
    scan: tuple[Protocol, NDArray[np.float32]],
    rng: np.random.Generator,
) -> XArray:
    """Turn a painted grid, whose ``axis`` holds SUB_PLANES planes a slice, into a series.

    ``scan`` is the protocol and the receive field, which broadcasts to the series.
    """
    protocol, field = scan
    table = jittered(tissue_table(anatomy), rng, protocol.texture)
    bright = spin_echo(table, protocol).astype(np.float32)
    bright /= float(np.max(bright[[Base.FAT, Base.CSF]]))
    uneven, streaky = texture_tables(anatomy, bright)
    clean = _mean(bright[materials], axis)
    rough = _mean(uneven[materials], axis)
    streak = _mean(streaky[materials], axis)
    shape = clean.shape
    order = [axis, *(a for a in range(3) if a != axis)]
    moved = tuple(shape[a] for a in order)
    local = np.random.default_rng(anatomy.seed)
    fine = smooth_noise(local, moved, (1, 2, 2)) + 1.2 * smooth_noise(local, moved, (1, 12, 12))
    back = np.argsort(order)
    clean = clean + protocol.texture * rough * np.transpose(fine, back)
    fat = anatomy.surroundings.muscle_fat
    streaks = smooth_noise(local, moved, (1, 2, 16)) + 0.7 * smooth_noise(local, moved, (1, 5, 24))
    fatty = np.clip(0.5 * streaks + fat - 0.35, 0, 1) + 0.35 * fat
    clean = clean + streak * np.transpose(np.clip(fatty, 0, 1), back)
    clean = np.clip(clean, 0, None) * field
    return finish(np.transpose(clean, order), protocol, rng).transpose(back)


def receive_field(grid: Grid, protocol: Protocol) -> NDArray[np.float32]:
    """Fall-off from a coil behind the patient, and a saturation band in front of the spine."""
    _, y, _ = grid.local((0.0, 0.0, 0.0), ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0)))
    field = np.exp((y - 20.0) / protocol.coil_mm)
    if protocol.saturation_mm is not None:
        field = field * (1 - 0.9 / (1 + np.exp((y - protocol.saturation_mm) / 5.0)))
    result: NDArray[np.float32] = field.astype(np.float32)
    return result


def jittered(
    table: NDArray[np.float64], rng: np.random.Generator, strength: float
) -> NDArray[np.float64]:
    """Tissue times and densities varied by some percent; blocks of a level vary together."""
    base = rng.normal(0, 0.06, (32, 3))
    common = rng.normal(0, 0.05, (7, 3))
    own = rng.normal(0, 0.02, (256, 3))
    spread = own.copy()
    spread[:32] += base
    spread[32:] += common[(np.arange(32, 256) - 32) % 7]
    result: NDArray[np.float64] = table * np.exp(strength * spread)
    return result


def texture_tables(
    anatomy: Anatomy, bright: NDArray[np.float32]
) -> tuple[NDArray[np.float32], NDArray[np.float32]]:
    """Per material: amplitude of its unevenness, and how much a fat streak adds."""
    share = np.full(256, 0.06, dtype=np.float32)
    for n in range(len(anatomy.segments)):
        for part in (
            OfSegment.MARROW,
            OfSegment.ARCH,
            OfSegment.MODIC_UPPER,
            OfSegment.MODIC_LOWER,
        ):
            share[of_segment(n, part)] = 0.10
    for n in range(len(anatomy.discs)):
        share[of_disc(n, OfDisc.NUCLEUS)] = 0.08
    share[[Base.BOWEL, Base.ORGAN, Base.INTERSPINOUS]] = 0.15
    share[Base.CSF] = 0.04
    streaky = np.zeros(256, dtype=np.float32)
    for muscle, weight in ((Base.MUSCLE, 0.9), (Base.PSOAS, 0.3), (Base.INTERSPINOUS, 0.5)):
        streaky[muscle] = weight * max(float(bright[Base.FAT] - bright[muscle]), 0.0)
    return bright * share, streaky


def _mean(values: XArray, axis: int) -> XArray:
    """Average the SUB_PLANES planes of each slice."""
    shape = list(values.shape)
    shape[axis : axis + 1] = [shape[axis] // SUB_PLANES, SUB_PLANES]
    return values.reshape(shape).mean(axis + 1)


def finish(
    clean: NDArray[np.float32], protocol: Protocol, rng: np.random.Generator
) -> NDArray[np.float32]:
    """Blur, ghosts, ringing, bias field and Rician noise of (slices, rows, columns)."""
    _, rows, columns = clean.shape
    spectrum = np.fft.rfft2(clean)
    spectrum *= _window(rows, columns, protocol)
    if protocol.motion > 0:
        wave = np.sin(np.arange(rows) * rng.uniform(0.5, 2.5) + rng.uniform(0, 6))
        spectrum *= np.exp(1j * protocol.motion * wave)[None, :, None]
    image = np.fft.irfft2(spectrum, s=(rows, columns)).astype(np.float32)
    field = upsample(rng.normal(0, 1, (1, 4, 4)), (1, rows, columns))
    image = np.abs(image) * np.exp(protocol.bias * field).astype(np.float32)
    real = image + protocol.noise * rng.standard_normal(clean.shape, dtype=np.float32)
    imaginary = protocol.noise * rng.standard_normal(clean.shape, dtype=np.float32)
    result: NDArray[np.float32] = np.sqrt(real * real + imaginary * imaginary)
    return result


def _window(rows: int, columns: int, protocol: Protocol) -> NDArray[np.float32]:
    """Weights in k-space: a Gaussian for the blur and a cut that rings."""
    fy = np.fft.fftfreq(rows)[:, None]
    fx = np.fft.rfftfreq(columns)[None, :]
    blur = np.exp(-2 * (np.pi * protocol.blur_px) ** 2 * (fx * fx + fy * fy))
    edge = 0.5 - 0.15 * protocol.gibbs
    cut = (np.abs(fx) <= edge) & (np.abs(fy) <= edge)
    weights: NDArray[np.float32] = (blur * np.where(cut, 1.0, 1 - protocol.gibbs)).astype(
        np.float32
    )
    return weights
