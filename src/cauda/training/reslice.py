"""Axial slices of real patients: near-isotropic sagittal volumes with masks, cut across.

The volumes are slabs round the midline, so that a slice is a strip: body, disc and canal are
labelled in it, and beside it nothing is known.
"""

from __future__ import annotations

import numpy as np
import torch
from scipy import ndimage
from torch import Tensor
from torch.nn import functional

from cauda.evaluation.strips import backward
from cauda.geometry import Array
from cauda.training.label_sets import ANY, VERTEBRA
from cauda.training.sampling import vote
from cauda.training.spider import Case
from cauda.vocab import AXIAL_STRUCTURES, STRUCTURES, Structure

OFFSET = len(AXIAL_STRUCTURES)
"""A sagittal code and this is an axial one, see ``label_sets.AXIAL_LABEL_SETS``."""
DISC, BODY = STRUCTURES.index(Structure.DISC), STRUCTURES.index(Structure.BODY)
AT_DISC = 0.6
"""Share of slices that lie at a disc, along it; the others lie anywhere in the column."""
TILT_DEG = (5.0, 15.0)
"""Typical error of an angled slice against its disc, and typical tilt of any other."""
LEAST_PIXELS = 20
"""The axis of a disc with fewer pixels means nothing."""
STEEPEST = 0.7
"""No slice is angled more than this along a disc, radians."""
THICKNESS_MM = (3.0, 4.6)
SPACING = (1.0, 1.3)
"""Distance of slices over their thickness."""
ACROSS = 3
"""Planes averaged across the thickness of a slice."""
PADDING = ("zeros", "border", "reflection")
"""What lies beside the strip, at random: no one of them is to be learned by heart."""


def cut_slice(
    case: Case, rng: np.random.Generator, offsets_mm: Tensor, *, is_alone: bool = False
) -> tuple[Tensor, Tensor]:
    """Cut one axial slice and its neighbors below and above from a sagittal volume.

    Parameters
    ----------
    case : Case
        Axes left, posterior, superior.
    rng : numpy Generator
    offsets_mm : (I, J, 2) tensor
        Where the pixels lie in the slice, to the left and backward of the point aimed at.
    is_alone : bool
        Give copies of the slice for its neighbors.

    Returns
    -------
    signal : (3, I, J) float32 tensor
        About 0 to 1.
    codes : (I, J) int64 tensor
        Indices into :data:`cauda.training.label_sets.AXIAL_LABEL_SETS`.
    """
    target, tilt = _aim(case, rng)
    thickness_mm = float(rng.uniform(*THICKNESS_MM))
    step_mm = 0.0 if is_alone else thickness_mm * float(rng.uniform(*SPACING))
    across = (np.arange(ACROSS) + 0.5) / ACROSS - 0.5
    heights = np.asarray([-step_mm, 0.0, step_mm])[:, None] + across * thickness_mm
    grid = _grid(case, target, tilt, offsets_mm, heights.ravel())
    padding = str(rng.choice(PADDING))
    signal = functional.grid_sample(
        torch.from_numpy(case.signal.astype(np.float32))[None, None],
        grid,
        mode="bilinear",
        padding_mode=padding,
        align_corners=True,
    )[0, 0]
    planes = signal.view(3, ACROSS, *signal.shape[1:]).mean(dim=1)
    middle = grid[:, ACROSS : 2 * ACROSS]
    codes = functional.grid_sample(
        torch.from_numpy(case.codes.astype(np.float32))[None, None],
        middle,
        mode="nearest",
        align_corners=True,
    )[0, 0]
    voted = torch.from_numpy(vote(codes.numpy().astype(np.uint8)).astype(np.int64)) + OFFSET
    voted[(middle[0].abs() > 1).any(dim=-1).any(dim=0)] = ANY + OFFSET
    return planes, voted


def _aim(case: Case, rng: np.random.Generator) -> tuple[Array, float]:
    """A point of the column (voxels) and the slice's tilt in radians, front end upward."""
    middle = len(case.codes) // 2 + int(rng.integers(-2, 3))
    plane = case.codes[int(np.clip(middle, 0, len(case.codes) - 1))]
    near, far = (float(np.deg2rad(rng.normal(0.0, deg))) for deg in TILT_DEG)
    is_disc = plane == DISC
    if is_disc.any() and rng.random() < AT_DISC:
        components, count = ndimage.label(is_disc)
        chosen = np.argwhere(components == int(rng.integers(1, count + 1)))
        return np.asarray([len(case.codes) / 2, *chosen.mean(axis=0)]), near + _slope(case, chosen)
    spine = np.argwhere(np.isin(plane, [DISC, BODY, VERTEBRA]))
    if not len(spine):
        return np.asarray(case.codes.shape) / 2, far
    return np.asarray([len(case.codes) / 2, *spine[rng.integers(len(spine))]]), far


def _slope(case: Case, disc: Array) -> float:
    """Tilt of a disc cut sagittally, radians, front end upward; 0 for a fragment."""
    if len(disc) < LEAST_PIXELS:
        return 0.0
    back = backward(disc * np.asarray(case.spacing_mm[1:]))
    return float(np.clip(np.arctan2(-back[1], back[0]), -STEEPEST, STEEPEST))


def _grid(case: Case, target: Array, tilt: float, offsets_mm: Tensor, heights_mm: Array) -> Tensor:
    """(1, H, I, J, 3) sampling grid of parallel planes, as ``grid_sample`` takes it."""
    spacing = np.asarray(case.spacing_mm)
    extent_mm = spacing * (np.asarray(case.codes.shape) - 1)
    # Backward along the slice is backward and, with the front end up, downward.
    back = np.asarray([0.0, np.cos(tilt), -np.sin(tilt)])
    up = np.asarray([0.0, np.sin(tilt), np.cos(tilt)])
    axes = np.stack([np.asarray([1.0, 0.0, 0.0]), back])
    points = offsets_mm.numpy() @ axes + target * spacing
    points = points[None] + heights_mm[:, None, None, None] * up
    scaled = points * (2.0 / extent_mm) - 1.0
    return torch.from_numpy(scaled[..., ::-1].astype(np.float32))[None]
