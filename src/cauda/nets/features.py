"""What the learned graders are told of a level: its measurements, its picture, its neighbors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.nets.features_patch import Patch, patches
from cauda.nets.features_shape import shape_numbers
from cauda.nets.features_signal import signal_numbers
from cauda.records import Measurement, Segmentation, Spine
from cauda.vocab import Level, Plane, Quantity

MEASURED = (
    Quantity.DISC_HEIGHT_ANTERIOR,
    Quantity.DISC_HEIGHT_MIDDLE,
    Quantity.DISC_HEIGHT_POSTERIOR,
    Quantity.DISC_HEIGHT_INDEX,
    Quantity.DISC_DEPTH,
    Quantity.SLIP,
    Quantity.SLIP_PERCENT,
    Quantity.SEGMENTAL_ANGLE,
    Quantity.NUCLEUS_SIGNAL,
)
"""Measurements defined in the mid-sagittal plane, so that one slice gives what a stack gives."""

COMPARED = ("disc_height_middle_mm", "nucleus_csf_ratio", "t2_core", "height_share", "area_mm2")
"""Numbers that are also set against those of the other levels of the same spine."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LevelFeatures:
    """One level as the graders see it.

    Parameters
    ----------
    level : Level
    numbers : mapping of str to float
        NaN where something was not seen.
    patch : Patch
    """

    level: Level
    numbers: Mapping[str, float]
    patch: Patch


def level_features(
    spine: Spine, segmentations: Sequence[Segmentation], measurements: Sequence[Measurement]
) -> tuple[LevelFeatures, ...]:
    """Describe every level that a slice shows near its middle, from below upward.

    Parameters
    ----------
    spine : Spine
    segmentations : sequence of Segmentation
        Axial ones are passed over.
    measurements : sequence of Measurement
        Preferred ones are read.
    """
    sagittal = [s for s in segmentations if s.plane is Plane.SAGITTAL]
    cut = patches(spine, sagittal)
    named = [level for level in spine.levels if level.name.value in cut]
    own = [
        {
            **_measured(measurements, level.name),
            **_place(level.name, spine.levels.index(level)),
            **shape_numbers(cut[level.name.value]),
            **signal_numbers(cut[level.name.value]),
        }
        for level in named
    ]
    compared = [_against_others(own, n) for n in range(len(own))]
    return tuple(
        LevelFeatures(level=level.name, numbers={**a, **b}, patch=cut[level.name.value])
        for level, a, b in zip(named, own, compared, strict=True)
    )


def _measured(measurements: Sequence[Measurement], level: Level) -> dict[str, float]:
    found = {
        m.quantity: m.value for m in measurements if m.level == level and m.preferred and not m.side
    }
    return {q.value: found.get(q, float("nan")) for q in MEASURED}


def _place(level: Level, number: int) -> dict[str, float]:
    """Position counted from the sacrum; unknown where no sacrum was seen."""
    return {"position": float("nan") if level.is_relative else float(number)}


def _against_others(own: Sequence[Mapping[str, float]], index: int) -> dict[str, float]:
    """Each compared number over the neighbors' mean, and over the greatest of the spine."""
    found = {}
    for name in COMPARED:
        column = np.array([numbers[name] for numbers in own], dtype=float)
        near = column[[n for n in (index - 1, index + 1) if 0 <= n < len(column)]]
        found[f"{name}_to_near"] = _ratio(column[index], _mean(near))
        found[f"{name}_to_most"] = _ratio(column[index], _most(column))
    return found


def _mean(values: NDArray[np.float64]) -> float:
    good = values[np.isfinite(values)]
    return float(good.mean()) if good.size else float("nan")


def _most(values: NDArray[np.float64]) -> float:
    good = values[np.isfinite(values)]
    return float(good.max()) if good.size else float("nan")


def _ratio(value: float, reference: float) -> float:
    return value / reference if reference > 0 else float("nan")
