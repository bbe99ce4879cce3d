"""The surroundings of one disc on one slice, cut out in the disc's own frame."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType

import numpy as np
from numpy.typing import NDArray

from cauda.measure.sampling import Sheet, Stack
from cauda.records import LevelInstance, Segmentation, Spine
from cauda.vocab import STRUCTURES, Contrast, Structure

Floats = NDArray[np.float32]

STEP_MM = 0.75
"""Distance of the samples: the network's working pixel."""
COLUMNS, ROWS = 80, 48
"""Samples to the back and upward: 60 mm by 36 mm hold a disc, its endplates and the canal."""
Y_MM: NDArray[np.float64] = np.linspace(-0.5, 0.5, COLUMNS) * (COLUMNS - 1) * STEP_MM
Z_MM: NDArray[np.float64] = np.linspace(-0.5, 0.5, ROWS) * (ROWS - 1) * STEP_MM
FARTHEST_MM = 6.0
"""A slice farther than this from the disc's middle does not show what a mid-sagittal one does."""
SURE = 0.8
"""Voxels less sure than this are no reference for signal."""
BRIGHT_PERCENTILE = 90.0
"""CSF is among the brightest of the sac; the rest holds rootlets."""
LEAST_VOXELS = 40
"""Fewer voxels than this are no reference."""

SIGNALS: Mapping[str, Contrast] = MappingProxyType({"t2": Contrast.T2, "t1": Contrast.T1})
"""Which contrast each signal of a patch comes from."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Patch:
    """One disc and what lies round it: axis 0 runs to the back, axis 1 upward.

    Parameters
    ----------
    t2, t1 : (80, 48) float32 array
        Signal in units of the slice's marrow; NaN throughout where the contrast is missing.
    disc, bone, sac : (80, 48) float32 array
        Probabilities: this disc, any body or sacrum, sac with cord.
    fluid : float
        CSF of the T2 slice in units of its marrow; NaN without T2.
    """

    t2: Floats
    t1: Floats
    disc: Floats
    bone: Floats
    sac: Floats
    fluid: float

    @property
    def signals(self) -> Floats:
        """(2, 80, 48): T2 in units of CSF, T1 in units of marrow; NaN where not seen."""
        return np.stack([self.t2 / np.float32(self.fluid), self.t1]).astype(np.float32)


def patches(spine: Spine, segmentations: Sequence[Segmentation]) -> Mapping[str, Patch]:
    """Cut out every level on the slice nearest to its middle, by level name.

    Parameters
    ----------
    spine : Spine
    segmentations : sequence of Segmentation
        Sagittal ones; the first of each contrast that has an instance map is read.

    Returns
    -------
    mapping of level name to Patch
        Without levels that no slice shows near their middle.
    """
    stacks: dict[Contrast, Stack] = {}
    for segmentation in segmentations:
        instances = spine.instances.get(segmentation.series)
        if instances is not None and segmentation.contrast in SIGNALS.values():
            stack = Stack(segmentation=segmentation, instances=instances)
            stacks.setdefault(segmentation.contrast, stack)
    found = {level.name.value: _patch(stacks, level) for level in spine.levels}
    return MappingProxyType({name: patch for name, patch in found.items() if patch is not None})


def _patch(stacks: Mapping[Contrast, Stack], level: LevelInstance) -> Patch | None:
    sheets = {c: s for c, stack in stacks.items() if (s := _middle(stack, level)) is not None}
    main = sheets.get(Contrast.T2) or sheets.get(Contrast.T1)
    if main is None:
        return None
    disc = main.own(Structure.DISC, level.label)
    if disc.max() < 0.5:
        return None
    signals = {
        name: _in_marrow(sheets[c]) if c in sheets else np.full(disc.shape, np.nan)
        for name, c in SIGNALS.items()
    }
    bone = _every(main, Structure.BODY, Structure.SACRUM)
    sac = _every(main, Structure.SAC, Structure.CORD)
    fluid = _fluid(sheets[Contrast.T2]) if Contrast.T2 in sheets else float("nan")
    return Patch(
        t2=signals["t2"].astype(np.float32),
        t1=signals["t1"].astype(np.float32),
        disc=disc.astype(np.float32),
        bone=bone.astype(np.float32),
        sac=sac.astype(np.float32),
        fluid=fluid,
    )


def _middle(stack: Stack, level: LevelInstance) -> Sheet | None:
    """The patch's grid on the slice nearest to the level's middle; None where none is near."""
    every = (
        Sheet(stack=stack, frame=level.frame, index=i, y_mm=Y_MM, z_mm=Z_MM)
        for i in range(stack.slice_count)
    )
    nearest = min(every, key=lambda s: abs(s.x_mm))
    return nearest if abs(nearest.x_mm) <= FARTHEST_MM else None


def _every(sheet: Sheet, *structures: Structure) -> NDArray[np.float64]:
    """(Y, Z): summed probability of structures, whichever instance."""
    volume = sheet.stack.segmentation.probabilities
    chosen = [STRUCTURES.index(s) for s in structures]
    return sheet.sample(volume[chosen, sheet.index].sum(axis=0, dtype=np.float32)[sheet.box])


def _in_marrow(sheet: Sheet) -> NDArray[np.float64]:
    """(Y, Z): the image in units of the whole slice's median marrow signal."""
    segmentation = sheet.stack.segmentation
    plane = np.asarray(segmentation.signal[sheet.index], dtype=np.float32)
    marrow = _median_marrow(segmentation, sheet.index)
    return sheet.sample(plane[sheet.box]) / marrow


def _median_marrow(segmentation: Segmentation, index: int) -> float:
    """Median signal of the bodies on one slice; NaN where too little is seen."""
    body = segmentation.probabilities[STRUCTURES.index(Structure.BODY), index] >= SURE
    if body.sum() < LEAST_VOXELS:
        return float("nan")
    median = float(np.median(segmentation.signal[index][body]))
    return median if median > 0 else float("nan")


def _fluid(sheet: Sheet) -> float:
    """Signal of CSF near the level in units of marrow; of the whole slice where little is near."""
    segmentation = sheet.stack.segmentation
    sac = segmentation.probabilities[STRUCTURES.index(Structure.SAC), sheet.index] >= SURE
    signal = np.asarray(segmentation.signal[sheet.index], dtype=np.float32)
    near = np.zeros_like(sac)
    near[sheet.box] = sac[sheet.box]
    chosen = near if near.sum() >= LEAST_VOXELS else sac
    if chosen.sum() < LEAST_VOXELS:
        return float("nan")
    bright = float(np.percentile(signal[chosen], BRIGHT_PERCENTILE))
    return bright / _median_marrow(segmentation, sheet.index) if bright > 0 else float("nan")
