"""Random contrast, shading, noise and resolution, so that no one contrast is learned by heart."""

from __future__ import annotations

import numpy as np
import torch
from torch import Tensor
from torch.nn import functional

GAMMA = 0.6
"""Natural logarithm of the strongest gamma."""
MILD_GAMMA, MILD_NOISE = 0.15, 0.03
"""The same for slices that are changed only a little."""
KNOTS = 6
"""Control points of the random intensity curve."""
NOISE = 0.10
BLUR_PIXELS = 1.1
BIAS = 0.4
"""Standard deviation of the logarithm of the shading field."""


def augment(signal: Tensor, rng: np.random.Generator) -> Tensor:
    """Change how a slice and its neighbors look, not where anything is.

    Parameters
    ----------
    signal : (3, J, K) float32 tensor
        About 0 to 1.
    rng : numpy Generator

    Returns
    -------
    (3, J, K) float32 tensor, unscaled
    """
    out = signal.clamp(0, 1) ** float(np.exp(rng.uniform(-GAMMA, GAMMA)))
    if rng.random() < 0.45:
        out = _remap(out, rng)
    if rng.random() < 0.1:
        out = 1.0 - out
    if rng.random() < 0.6:
        out = out * _shading(rng, out.shape[1:])
    if rng.random() < 0.5:
        out = _blur(out, rng.uniform(0.3, BLUR_PIXELS))
    if rng.random() < 0.2:
        out = _coarsen(out, rng)
    if rng.random() < 0.15:
        out = _void(out, rng)
    if rng.random() < 0.7:
        noise = rng.standard_normal(out.shape, dtype=np.float32) * rng.uniform(0, NOISE)
        out = (out + torch.from_numpy(noise)).abs()
    return out


def augment_mildly(signal: Tensor, rng: np.random.Generator) -> Tensor:
    """A little gamma and noise: the images as they are, for borders drawn as they are labelled.

    Parameters
    ----------
    signal : (3, J, K) float32 tensor
    rng : numpy Generator

    Returns
    -------
    (3, J, K) float32 tensor, unscaled
    """
    noise = rng.standard_normal(signal.shape, dtype=np.float32) * rng.uniform(0, MILD_NOISE)
    gamma = float(np.exp(rng.uniform(-MILD_GAMMA, MILD_GAMMA)))
    return signal.clamp(0, 1) ** gamma + torch.from_numpy(noise)


def _remap(signal: Tensor, rng: np.random.Generator) -> Tensor:
    """Random smooth curve from old to new intensity, blended with the old one."""
    values = torch.from_numpy(rng.uniform(0, 1, KNOTS).astype(np.float32))
    position = signal.clamp(0, 1) * (KNOTS - 1)
    low = position.floor().clamp(max=KNOTS - 2)
    share = position - low
    share = share * share * (3 - 2 * share)
    index = low.to(torch.int64)
    mapped = values[index] * (1 - share) + values[index + 1] * share
    blend = rng.uniform(0.3, 1.0)
    return mapped * blend + signal * (1 - blend)


def _shading(rng: np.random.Generator, shape: torch.Size) -> Tensor:
    """(J, K) smooth positive field."""
    coarse = rng.normal(0, rng.uniform(0, BIAS), (1, 1, 4, 5)).astype(np.float32)
    field = functional.interpolate(
        torch.from_numpy(coarse), size=tuple(shape), mode="bicubic", align_corners=True
    )
    return field[0, 0].exp()


def _blur(signal: Tensor, sigma: float) -> Tensor:
    """Gaussian blur, sigma in pixels."""
    radius = 3
    taps = torch.arange(-radius, radius + 1, dtype=torch.float32)
    kernel = torch.exp(-0.5 * (taps / sigma) ** 2)
    kernel = (kernel / kernel.sum()).to(signal.dtype)
    padded = functional.pad(signal[:, None], (radius,) * 4, mode="replicate")
    rows = functional.conv2d(padded, kernel[None, None, :, None])
    return functional.conv2d(rows, kernel[None, None, None, :])[:, 0]


def _coarsen(signal: Tensor, rng: np.random.Generator) -> Tensor:
    """Lower the resolution along one or both axes and come back."""
    factors = np.exp(rng.uniform(0, np.log(2.2), 2))
    size = [max(8, int(n / f)) for n, f in zip(signal.shape[1:], factors, strict=True)]
    small = functional.interpolate(signal[None], size=size, mode="area")
    back = functional.interpolate(
        small, size=list(signal.shape[1:]), mode="bilinear", align_corners=False
    )
    return back[0]


def _void(signal: Tensor, rng: np.random.Generator) -> Tensor:
    """Darken a soft ellipse, as metal or gas does."""
    center = rng.uniform(0.1, 0.9, 2)
    radii = rng.uniform(0.02, 0.09, 2)
    axes = [torch.linspace(0, 1, n) for n in signal.shape[1:]]
    distance = ((axes[0] - center[0]) / radii[0])[:, None] ** 2 + (
        (axes[1] - center[1]) / radii[1]
    )[None, :] ** 2
    return signal * torch.sigmoid((distance - 1.0) * 6.0)
