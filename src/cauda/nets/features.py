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

STEPS = ("step_any_mm", "step_three_mm", "step_bodies_mm")
"""Readings of a slip, each also given as its difference from the neighbors' mean."""


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
    return tuple(
        LevelFeatures(level=level.name, numbers=numbers, patch=cut[level.name.value])
        for level, numbers in zip(named, compared(own), strict=True)
    )


def compared(own: Sequence[Mapping[str, float]]) -> tuple[dict[str, float], ...]:
    """Each level's numbers with how they stand against the other levels', from below upward."""
    stepped = [{**numbers, **_steps(numbers)} for numbers in own]
    return tuple({**numbers, **_against_others(stepped, n)} for n, numbers in enumerate(stepped))


def _steps(numbers: Mapping[str, float]) -> dict[str, float]:
    """How far the upper body stands forward: by its corners, its back wall and its front wall.

    Each reading fails where the others may not; osteophytes move one wall, a slip both.
    """
    back, front = numbers["back_step_mm"], numbers["front_step_mm"]
    corner = -numbers[Quantity.SLIP.value]
    bodies = (back + front) / 2
    three = _mean(np.array([corner, back, front]))
    return {
        "step_any_mm": _mean(np.abs([corner, back])),
        "step_three_mm": three,
        "step_three_size_mm": abs(three),
        "step_bodies_mm": bodies,
        "step_bodies_size_mm": abs(bodies),
        "step_least_mm": _agreed(back, front),
    }


def _agreed(first: float, second: float) -> float:
    """The smaller of two steps that go the same way; 0 where they do not."""
    if np.sign(first) != np.sign(second):
        return 0.0 if np.isfinite(first + second) else float("nan")
    return float(np.sign(first) * min(abs(first), abs(second)))


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
        found[f"{name}_to_near"] = _ratio(column[index], _mean(_near(column, index)))
        found[f"{name}_to_most"] = _ratio(column[index], _most(column))
    for name in STEPS:
        column = np.array([numbers[name] for numbers in own], dtype=float)
        found[f"{name}_off_near"] = column[index] - _mean(_near(column, index))
    found["step_three_off_size"] = abs(found["step_three_mm_off_near"])
    return found


def _near(column: NDArray[np.float64], index: int) -> NDArray[np.float64]:
    """The values of the levels right below and above."""
    return column[[n for n in (index - 1, index + 1) if 0 <= n < len(column)]]


def _mean(values: NDArray[np.float64]) -> float:
    good = values[np.isfinite(values)]
    return float(good.mean()) if good.size else float("nan")


def _most(values: NDArray[np.float64]) -> float:
    good = values[np.isfinite(values)]
    return float(good.max()) if good.size else float("nan")


def _ratio(value: float, reference: float) -> float:
    return value / reference if reference > 0 else float("nan")
