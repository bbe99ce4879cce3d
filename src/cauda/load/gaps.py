"""Whether the distances between slices are even, and what follows where they are not."""

from __future__ import annotations

import itertools
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

QUIET_MM = 0.05
"""Slices may lie this far from an even spacing without a word; headers round."""
TOLERATED_MM = 0.5
"""... and this far with a warning: below the measurement error allowed for a disc height."""
MISSING_RATIO = 1.5
"""A gap wider than this many usual ones means missing slices."""
APART_RATIO = 2.5
"""A gap wider than this between two blocks of slices may separate two parallel stacks."""
BLOCK_SLICES = 3
"""Slices on either side of a wide gap for it to be taken as a border between stacks."""
STATED_RATIO = 0.1
"""Difference between the stated and the true slice spacing above which it is mentioned."""
SAGITTAL_COSINE = 0.7
"""A normal nearer than 45 degrees to left-right is sagittal; such a stack is never split."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Part:
    """A run of evenly spaced slices.

    Parameters
    ----------
    start, stop : int
        Indices among the ordered slices.
    origin_lps, step_lps : (3,) array
        mm.
    warnings : tuple of str
    """

    start: int
    stop: int
    origin_lps: NDArray[np.float64]
    step_lps: NDArray[np.float64]
    warnings: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Verdict:
    """Even parts, or a fault that says why there are none."""

    parts: tuple[Part, ...] = ()
    warnings: tuple[str, ...] = ()
    fault: str = ""


def judge_gaps(
    positions_lps: NDArray[np.float64], normal: NDArray[np.float64], stated_mm: float | None
) -> Verdict:
    """Judge the spacing of ordered slices.

    Parameters
    ----------
    positions_lps : (n, 3) array
        Slice positions in the order of the normal, mm.
    normal : (3,) array
        Unit normal.
    stated_mm : float or None
        Spacing that the header states; used only for a single slice, else compared.
    """
    runs = _runs(positions_lps @ normal, may_split=abs(normal[0]) < SAGITTAL_COSINE)
    parts: list[Part] = []
    for start, stop in runs:
        part = _part(positions_lps[start:stop], normal, start, stated_mm)
        if isinstance(part, str):
            return Verdict(fault=part)
        parts.append(part)
    warnings: tuple[str, ...] = ()
    if len(runs) > 1:
        warnings = (
            f"A wide gap parts {len(runs)} parallel blocks of slices; each is its own stack and "
            "nothing between them was interpolated.",
        )
    return Verdict(parts=tuple(parts), warnings=warnings)


def _runs(depths_mm: NDArray[np.float64], *, may_split: bool) -> list[tuple[int, int]]:
    """Blocks of slices between wide gaps; one block where a split would hide missing slices."""
    count = len(depths_mm)
    gaps = np.diff(depths_mm)
    if not may_split or count < 2 * BLOCK_SLICES:
        return [(0, count)]
    borders = [int(i) + 1 for i in np.flatnonzero(gaps > APART_RATIO * np.median(gaps))]
    edges = [0, *borders, count]
    runs = list(itertools.pairwise(edges))
    is_safe = all(stop - start >= BLOCK_SLICES for start, stop in runs)
    return runs if is_safe else [(0, count)]


def _part(
    positions: NDArray[np.float64],
    normal: NDArray[np.float64],
    start: int,
    stated_mm: float | None,
) -> Part | str:
    count = len(positions)
    if count == 1:
        step = normal * (stated_mm or 1.0)
        warnings = () if stated_mm else ("The slice thickness is unknown; 1 mm is assumed.",)
        return Part(
            start=start,
            stop=start + 1,
            origin_lps=positions[0],
            step_lps=step,
            warnings=warnings,
        )
    gaps = np.diff(positions @ normal)
    fault = _fault(gaps)
    if fault:
        return fault
    origin, step, residual_mm = _line(positions)
    if residual_mm > TOLERATED_MM:
        return (
            f"Slices lie unevenly: up to {residual_mm:.1f} mm from an even spacing of "
            f"{np.linalg.norm(step):.1f} mm, more than {TOLERATED_MM} mm."
        )
    return Part(
        start=start,
        stop=start + count,
        origin_lps=origin,
        step_lps=step,
        warnings=_warnings(residual_mm, float(np.linalg.norm(step)), stated_mm),
    )


def _fault(gaps_mm: NDArray[np.float64]) -> str:
    # The lower median: of two gaps the narrower is the usual one.
    usual = float(np.sort(gaps_mm)[(len(gaps_mm) - 1) // 2])
    wide = gaps_mm[gaps_mm > MISSING_RATIO * usual]
    if not wide.size:
        return ""
    missing = int(np.rint(wide / usual).sum()) - wide.size
    return (
        f"Slices are missing inside the stack, about {max(missing, 1)}: a gap of "
        f"{wide.max():.1f} mm where {usual:.1f} mm is usual; nothing is interpolated."
    )


def _line(
    positions: NDArray[np.float64],
) -> tuple[NDArray[np.float64], NDArray[np.float64], float]:
    """Least-squares line through the positions: origin, step, largest distance from it, mm."""
    index = np.arange(len(positions), dtype=float)
    step, origin = np.polyfit(index, positions, 1)
    fitted = origin + index[:, None] * step
    residual = float(np.linalg.norm(positions - fitted, axis=1).max())
    if residual < 1e-3:
        # Exact headers stay exact: no rounding by the fit.
        origin, step = positions[0], (positions[-1] - positions[0]) / (len(positions) - 1)
    return origin, step, residual


def _warnings(residual_mm: float, step_mm: float, stated_mm: float | None) -> tuple[str, ...]:
    found = []
    if residual_mm > QUIET_MM:
        found.append(f"Slices lie up to {residual_mm:.2f} mm from an even spacing.")
    if stated_mm and abs(stated_mm - step_mm) > STATED_RATIO * step_mm:
        found.append(
            f"The header says that slices are {stated_mm:.1f} mm apart; their positions, which "
            f"are used, say {step_mm:.1f} mm."
        )
    return tuple(found)
