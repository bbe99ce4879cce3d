"""Truth that has no formula: painted on fine planes, never on the voxels of an image."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from cauda.geometry import Frame
from cauda.phantom.anatomy import Anatomy, Segment
from cauda.phantom.endplates import body_frame, level_frame, rim_corner
from cauda.phantom.grid import Canvas, Grid
from cauda.phantom.materials import Base, OfDisc, of_disc
from cauda.phantom.paint import paint
from cauda.phantom.tissue import PROTOCOLS, spin_echo, tissue_table
from cauda.vocab import Contrast, Side

STEP_MM = 0.2
"""Distance of sample points in a plane; 0.1 mm along the sac's AP chord."""
SLICE_STEP_MM = 1.0
"""Distance of the sagittal planes searched for displaced disc."""
BEHIND_MM = 1.0
"""Disc material this far behind the posterior line counts for the extent."""
AHEAD_MM = 18.0
"""A foramen is looked for this far before the lower vertebra's wall: a slip takes it along."""
WINDOW_MM = 2.0
"""Above and below the disc, and half the band in which a foramen's width is read."""

Mask = NDArray[np.bool_]
Axis = NDArray[np.float64]
DISC_PARTS = (OfDisc.NUCLEUS, OfDisc.ANNULUS, OfDisc.HERNIATION, OfDisc.INNER)
SAC_MATERIALS = (Base.CSF, Base.ROOTLET, Base.CORD)


def axis(low: float, high: float, step: float = STEP_MM) -> Axis:
    """Sample points at the middle of steps that fill ``low`` .. ``high``."""
    n = max(1, round((high - low) / step))
    result: Axis = low + (np.arange(n) + 0.5) * (high - low) / n
    return result


Detail = Callable[[Canvas], None]
"""Paints what an anatomy alone does not hold, such as facet joints, alike on every grid."""


def sample(
    anatomy: Anatomy,
    n: int,
    frame: Frame,
    points: tuple[Axis, Axis, Axis],
    detail: Detail | None = None,
) -> NDArray[np.uint8]:
    """Materials at all (x', y', z') of a frame near ``segments[n]`` and the disc above it."""
    x, y, z = points
    near = range(max(n - 1, 0), min(n + 3, len(anatomy.segments)))
    matrix = np.eye(4)
    matrix[:3, :3] = frame.axes.T
    matrix[:3, 3] = frame.origin_lps
    grid = Grid(xp=np, device="cpu", matrix=matrix, i=x, j=y, k=z)
    result: NDArray[np.uint8] = paint(anatomy, grid, with_surroundings=False, segments=near)
    if detail is not None:
        detail(Canvas(grid=grid, materials=result))
    return result


def is_sac(materials: NDArray[np.uint8]) -> Mask:
    """Where the sac, rootlets and cord are."""
    return np.isin(materials, [int(m) for m in SAC_MATERIALS])


# ------------------------------------------------------------------------------------------ sac


@dataclass(frozen=True, slots=True, kw_only=True)
class SacTruth:
    """Sac at one level: area in the disc plane, shortest AP chord and where it is drawn."""

    area_mm2: float
    ap_mm: float
    chord: tuple[tuple[float, float, float], tuple[float, float, float]]


@lru_cache(maxsize=64)
def sac_area(anatomy: Anatomy, n: int, frame: Frame) -> tuple[float, float]:
    """Area of the sac in a plane z' = 0 near ``segments[n]``, mm2, and x' of its centroid."""
    wall = anatomy.segments[n].wall_mm
    x, y = axis(-22, 22), axis(wall - 4, wall + 26)
    mask = is_sac(sample(anatomy, n, frame, (x, y, np.zeros(1)))[:, :, 0])
    area = float(mask.sum() * (x[1] - x[0]) * (y[1] - y[0]))
    center = float((mask.sum(axis=1) @ x) / mask.sum()) if mask.any() else 0.0
    return area, center


def sac_truth(anatomy: Anatomy, n: int, middle_height: float) -> SacTruth:
    """Area and shortest AP chord at ``discs[n]``."""
    frame, wall = level_frame(anatomy, n), anatomy.segments[n].wall_mm
    area, center = sac_area(anatomy, n, frame)
    half = middle_height / 2 + WINDOW_MM
    y, z = axis(wall - 4, wall + 26, 0.1), axis(-half, half)
    mask = is_sac(sample(anatomy, n, frame, (np.array([center]), y, z))[0])
    chords = mask.sum(axis=0) * (y[1] - y[0])
    k = int(np.argmin(chords))
    inside = y[mask[:, k]]
    ends = (inside[0], inside[-1]) if inside.size else (wall, wall)
    points = frame.to_lps(np.array([[center, e, z[k]] for e in ends]))
    return SacTruth(
        area_mm2=area, ap_mm=float(chords[k]), chord=(_point(points[0]), _point(points[1]))
    )


def body_sac_area(anatomy: Anatomy, n: int) -> float:
    """Area of the sac in the mid plane of ``segments[n]``, mm2."""
    return sac_area(anatomy, n, body_frame(anatomy.segments[n]))[0]


def recess_area(anatomy: Anatomy, n: int, sign: int, detail: Detail | None = None) -> float:
    """Free area of a lateral recess at ``discs[n]``, the smaller of disc plane and 6 mm below.

    Free is what fat, nerve and sac fill, from 40 % of the way to the pedicles to their inner
    border, mm2.
    """
    segment = anatomy.segments[n]
    half = segment.pedicle_x_mm - segment.pedicle_width_mm / 2
    x = np.sort(sign * axis(0.4 * half, half))
    y = axis(segment.wall_mm - 4, segment.wall_mm + 20)
    free = [int(m) for m in (*SAC_MATERIALS, Base.NERVE, Base.EPIDURAL_FAT)]
    points = (x, y, np.array([-6.0, 0.0]))
    planes = sample(anatomy, n, level_frame(anatomy, n), points, detail)
    counts = np.isin(planes, free).sum(axis=(0, 1))
    return float(counts.min() * (x[1] - x[0]) * (y[1] - y[0]))


# -------------------------------------------------------------------------------------- foramen


@dataclass(frozen=True, slots=True, kw_only=True)
class ForamenTruth:
    """One foramen in its mid plane: area, extent along z', mean AP width at the disc, root."""

    area_mm2: float
    height_mm: float
    width_mm: float
    root_mm2: float
    ends: tuple[tuple[float, float, float], tuple[float, float, float]]


def _foramen_x(anatomy: Anatomy, n: int, side: Side) -> float:
    """X' of the mid-foraminal plane."""
    sign = 1 if side is Side.LEFT else -1
    return sign * (anatomy.segments[n].pedicle_x_mm + anatomy.segments[n + 1].pedicle_x_mm) / 2


@lru_cache(maxsize=8)
def foramen_plane(anatomy: Anatomy, n: int, side: Side) -> tuple[NDArray[np.uint8], Axis, Axis]:
    """Materials of the mid-foraminal plane, and its y' and z'."""
    wall = anatomy.segments[n].wall_mm
    y, z = axis(wall - AHEAD_MM, wall + 18), axis(-30, 30)
    x = np.array([_foramen_x(anatomy, n, side)])
    return sample(anatomy, n, level_frame(anatomy, n), (x, y, z))[0], y, z


@lru_cache(maxsize=64)
def foramen_truth(anatomy: Anatomy, n: int, side: Side) -> ForamenTruth:
    """Measure the foramen of ``discs[n]`` midway between the borders of the pedicles."""
    low = anatomy.segments[n]
    plane, y, z = foramen_plane(anatomy, n, side)
    frame, x = level_frame(anatomy, n), _foramen_x(anatomy, n, side)
    is_left = side is Side.LEFT
    fat = of_disc(n, OfDisc.FORAMEN_LEFT if is_left else OfDisc.FORAMEN_RIGHT)
    nerve = of_disc(n, OfDisc.ROOT_LEFT if is_left else OfDisc.ROOT_RIGHT)
    mask = (plane == fat) | (plane == nerve)
    cell = float((y[1] - y[0]) * (z[1] - z[0]))
    rows = np.flatnonzero(mask.any(axis=0))
    height = float(z[rows[-1]] - z[rows[0]] + STEP_MM) if rows.size else 0.0
    band = np.abs(z) <= WINDOW_MM
    middle = float(y[mask.any(axis=1)].mean()) if rows.size else low.wall_mm
    ends = [[x, middle, z[r]] for r in (rows[[0, -1]] if rows.size else [0, 0])]
    points = frame.to_lps(np.array(ends))
    return ForamenTruth(
        area_mm2=float(mask.sum() * cell),
        height_mm=height,
        width_mm=float(mask[:, band].sum() * cell / (2 * WINDOW_MM)),
        root_mm2=float((plane == nerve).sum() * cell),
        ends=(_point(points[0]), _point(points[1])),
    )


# ------------------------------------------------------------------------------ displaced disc


@dataclass(frozen=True, slots=True, kw_only=True)
class Displacement:
    """Disc behind the posterior line: depth, extent and the two points that draw the depth.

    ``above_mm`` and ``below_mm`` tell how far it reaches beyond the two corners along the line.
    """

    depth_mm: float
    extent_mm: float
    above_mm: float = 0.0
    below_mm: float = 0.0
    segment: tuple[tuple[float, float, float], ...]


@lru_cache(maxsize=16)
def displacement(anatomy: Anatomy, n: int) -> Displacement:
    """Greatest depth over the sagittal planes within the canal at ``discs[n]``."""
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    half = (_inner(low) + _inner(high)) / 2
    frame = level_frame(anatomy, n)
    x = np.arange(-np.floor(half), half + 1e-9, SLICE_STEP_MM)
    y, z = axis(low.wall_mm - 4, low.wall_mm + 18), axis(-25, 25)
    planes = np.isin(
        sample(anatomy, n, frame, (x, y, z)), [of_disc(n, part) for part in DISC_PARTS]
    )
    best = Displacement(depth_mm=0.0, extent_mm=0.0, segment=())
    for i, at in enumerate(x):
        found = _behind(anatomy, n, frame, float(at), (planes[i], y, z))
        if found.depth_mm > best.depth_mm:
            best = found
    return best


def _inner(segment: Segment) -> float:
    return segment.pedicle_x_mm - segment.pedicle_width_mm / 2


def _behind(
    anatomy: Anatomy, n: int, frame: Frame, x: float, plane: tuple[Mask, Axis, Axis]
) -> Displacement:
    """Depth and extent in one sagittal plane."""
    mask, y, z = plane
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    bottom = frame.to_local(rim_corner(low, x, upper=True))[1:]
    top = frame.to_local(rim_corner(high, x, upper=False))[1:]
    length = float(np.linalg.norm(top - bottom))
    along = (top - bottom) / length
    back = np.array([along[1], -along[0]])
    points = np.stack(np.meshgrid(y, z, indexing="ij"), -1)[mask] - bottom
    depths = points @ back
    if not depths.size or depths.max() <= 0:
        return Displacement(depth_mm=0.0, extent_mm=0.0, segment=())
    deepest = points[int(np.argmax(depths))]
    depth = float(depths.max() + STEP_MM / 2)
    far = points[depths >= BEHIND_MM] @ along
    shown = far.size > 0 and depth >= BEHIND_MM
    lowest, highest = (float(far.min()), float(far.max())) if shown else (0.0, 0.0)
    foot = deepest - depth * back
    ends = [np.array([x, *(p + bottom)]) for p in (foot, deepest)]
    return Displacement(
        depth_mm=depth,
        extent_mm=highest - lowest + STEP_MM if shown else 0.0,
        above_mm=max(0.0, highest + STEP_MM / 2 - length) if shown else 0.0,
        below_mm=max(0.0, STEP_MM / 2 - lowest) if shown else 0.0,
        segment=tuple(_point(frame.to_lps(e)) for e in ends),
    )


# -------------------------------------------------------------------------------------- nucleus


def nucleus_ratio(anatomy: Anatomy, n: int, line: NDArray[np.float64], height: float) -> float:
    """Mean noise-free T2 signal of the nucleus region over that of CSF.

    Parameters
    ----------
    anatomy : Anatomy
    n : int
        Index of the disc.
    line : (2, 3) array
        Anterior and posterior end of the disc line, LPS.
    height : float
        Middle disc height, mm; the region takes 60 % of the local height.
    """
    frame = level_frame(anatomy, n)
    front, back = frame.to_local(line)[:, 1]
    y = axis(front + 0.2 * (back - front), front + 0.8 * (back - front))
    z = axis(-0.6 * height, 0.6 * height)
    plane = sample(anatomy, n, frame, (np.zeros(1), y, z))[0]
    parts = np.isin(plane, [of_disc(n, part) for part in DISC_PARTS])
    keep = np.zeros_like(parts)
    for column in range(len(y)):
        inside = np.flatnonzero(parts[column])
        cut = round(0.2 * inside.size)
        keep[column, inside[cut : inside.size - cut]] = True
    signal = spin_echo(tissue_table(anatomy), PROTOCOLS[Contrast.T2])
    return float(signal[plane[keep]].mean() / signal[Base.CSF])


def _point(values: NDArray[np.float64]) -> tuple[float, float, float]:
    x, y, z = (float(v) for v in values)
    return x, y, z
