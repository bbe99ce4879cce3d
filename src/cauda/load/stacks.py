"""Slices of one series -> uniform stacks, each ordered along its normal; nothing is interpolated.

Instance numbers and file names decide nothing about order. What cannot be stacked is a
:class:`Fault` that says why.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.errors import GeometryError, InputError
from cauda.load.gaps import judge_gaps
from cauda.load.repeats import Repeated, separate
from cauda.load.slices import Pose, Slice

DIRECTION_TOLERANCE = 1e-3
"""Largest difference of a direction cosine within a stack (0.06 degrees)."""
IN_PLANE_TOLERANCE_MM = 1.0
"""Largest sideways step between neighboring slices of one stack."""
SAME_PLACE_MM = 0.01
"""Slices nearer than this along the normal lie at the same place."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Stack:
    """Parallel slices of one shape and contrast in the order of the normal.

    Parameters
    ----------
    slices : tuple of Slice
    origin_lps, step_lps : (3,) array
        First slice's position and the mean step to the next slice, mm.
    warnings : tuple of str
    """

    slices: tuple[Slice, ...]
    origin_lps: NDArray[np.float64]
    step_lps: NDArray[np.float64]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Fault:
    """Slices that make no stack, and why.

    Parameters
    ----------
    slices : tuple of Slice
    error : type of InputError
        What to raise if nothing else can be used.
    reason : str
    """

    slices: tuple[Slice, ...]
    reason: str
    error: type[InputError] = GeometryError


def stacks_of(
    slices: Sequence[Slice], *, same_pixels: Callable[[Slice, Slice], bool]
) -> tuple[Stack | Fault, ...]:
    """Split the slices of one series into uniform stacks.

    Parameters
    ----------
    slices : sequence of Slice
        In any order; the result does not depend on it.
    same_pixels : callable
        Whether two images at one place are copies; asked only where places repeat.
    """
    placed = [s for s in slices if s.pose is not None]
    lost = tuple(s for s in slices if s.pose is None)
    made: list[Stack | Fault] = []
    for group in _uniform_groups(sorted(placed, key=_canonical)):
        made.extend(_stacks_of_group(group, same_pixels))
    if lost:
        reason = "Position, orientation or pixel spacing is missing or contradicts itself."
        made.append(Fault(slices=lost, reason=reason))
    return tuple(made)


def pose_of(item: Slice) -> Pose:
    """The pose of a slice that is known to have one."""
    if item.pose is None:
        msg = "A slice without geometry cannot be stacked."
        raise GeometryError(msg)
    return item.pose


def _canonical(item: Slice) -> tuple[object, ...]:
    return (*pose_of(item).position_lps, *item.turn, *item.identity)


def _uniform_groups(slices: Sequence[Slice]) -> Iterable[list[Slice]]:
    """Split where matrix, spacing, echo, image type or orientation changes."""
    by_key: dict[Hashable, list[list[Slice]]] = defaultdict(list)
    for item in slices:
        pose, facts = pose_of(item), item.facts
        spacing = tuple(round(v, 4) for v in pose.spacing_mm)
        echo = None if facts.echo_ms is None else round(facts.echo_ms, 1)
        inversion = None if facts.inversion_ms is None else round(facts.inversion_ms)
        key = (pose.shape, spacing, echo, inversion, facts.image_type, facts.frame_of_reference)
        orientations = by_key[key]
        home = next((g for g in orientations if _is_parallel(pose, pose_of(g[0]))), None)
        if home is None:
            orientations.append([item])
        else:
            home.append(item)
    for orientations in by_key.values():
        for group in orientations:
            yield from _in_plane_groups(group)


def _is_parallel(first: Pose, second: Pose) -> bool:
    rows = np.subtract(first.along_row_lps, second.along_row_lps)
    columns = np.subtract(first.along_column_lps, second.along_column_lps)
    return bool(max(abs(rows).max(), abs(columns).max()) < DIRECTION_TOLERANCE)


def _in_plane_groups(group: Sequence[Slice]) -> list[list[Slice]]:
    """Split where parallel slices are offset sideways: two stacks angled alike."""
    pose = pose_of(group[0])
    axes = np.array([pose.along_row_lps, pose.along_column_lps])
    sideways_mm = np.array([pose_of(s).position_lps for s in group]) @ axes.T
    clusters: list[list[int]] = []
    for index, point in enumerate(sideways_mm):
        distances = np.linalg.norm(sideways_mm - point, axis=1) < IN_PLANE_TOLERANCE_MM
        near = [c for c in clusters if distances[c].any()]
        clusters = [c for c in clusters if c not in near]
        clusters.append(sorted([i for c in near for i in c] + [index]))
    # Slices that each stand alone are one sheared stack, not many stacks of one.
    is_sheared = len(clusters) == len(group) > 2
    return [list(group)] if is_sheared else [[group[i] for i in c] for c in clusters]


def _stacks_of_group(
    group: Sequence[Slice], same_pixels: Callable[[Slice, Slice], bool]
) -> list[Stack | Fault]:
    normal = pose_of(group[0]).normal
    depth = {id(s): float(np.dot(pose_of(s).position_lps, normal)) for s in group}
    ordered = sorted(group, key=lambda s: (depth[id(s)], s.turn, s.identity))
    places: list[list[Slice]] = []
    for item in ordered:
        if places and depth[id(item)] - depth[id(places[-1][0])] < SAME_PLACE_MM:
            places[-1].append(item)
        else:
            places.append([item])
    repeated = separate(places, same_pixels)
    if isinstance(repeated, str):
        return [Fault(slices=tuple(ordered), reason=repeated)]
    return [part for turn in repeated for part in _checked(turn, normal)]


def _checked(turn: Repeated, normal: NDArray[np.float64]) -> list[Stack | Fault]:
    """Split at wide gaps where that is safe, then refuse what is still uneven."""
    positions = np.array([pose_of(s).position_lps for s in turn.slices])
    first = pose_of(turn.slices[0])
    stated_mm = first.step_mm or (first.thickness_mm if len(positions) == 1 else None)
    verdict = judge_gaps(positions, normal, stated_mm)
    if verdict.fault:
        return [Fault(slices=turn.slices, reason=verdict.fault)]
    warnings = (*turn.warnings, *verdict.warnings)
    return [
        Stack(
            slices=turn.slices[part.start : part.stop],
            origin_lps=part.origin_lps,
            step_lps=part.step_lps,
            warnings=(*warnings, *part.warnings),
        )
        for part in verdict.parts
    ]
