"""What the grades of a canal, recess and foramen are defined by, painted on fine planes.

Lee's and Schizas' grades are defined by fluid, rootlets and fat; Bartynski's by the room of the
recess and the state of its root; Lee's foraminal ones by the fat on the four sides of the root.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray
from scipy import ndimage

from cauda.phantom import planes
from cauda.phantom.anatomy import Anatomy
from cauda.phantom.endplates import level_frame
from cauda.phantom.materials import (
    SEGMENT_BLOCK,
    Base,
    OfDisc,
    OfSegment,
    of_disc,
    of_segment,
)
from cauda.vocab import Side

STEP_MM = 0.25
MEDIAL_SHARE = 0.4
"""A recess begins at this share of the way from the midline to the pedicle."""
PEDICLE_MARGIN_MM = 1.5
"""Its height is read up to this far from the pedicle, which closes it to the side."""
BELOW_MM = 4.0
"""It reaches this far below the disc, to the upper border of the pedicle."""
FLOOR_MM = 4.0
"""The floor begins this near to the wall of the body."""
RAYS = 24
"""Directions looked into from the middle of a root, on each of its sides."""
LEAST_FAT_MM = 0.7
"""Thinner fat is not seen on clinical images: about a pixel."""

_IN_PLANE = np.array([[0, 1, 0], [1, 1, 1], [0, 1, 0]], dtype=bool)[:, :, None]

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Contents:
    """What fills the sac in the disc plane, and the fat behind it.

    ``fluid`` is the share of the sac; ``rootlets`` their mean place, 0 in front and 1 behind.
    """

    fluid: float
    rootlets: float
    fat_mm2: float


@lru_cache(maxsize=64)
def contents(anatomy: Anatomy, n: int) -> Contents | None:
    """What fills the sac at ``discs[n]``; None where it holds cord, or is gone."""
    wall = anatomy.segments[n].wall_mm
    x, y = planes.axis(-22, 22, STEP_MM), planes.axis(wall - 4, wall + 30, STEP_MM)
    plane = planes.sample(anatomy, n, level_frame(anatomy, n), (x, y, np.zeros(1)))[:, :, 0]
    sac, nerve = planes.is_sac(plane), plane == int(Base.ROOTLET)
    if not sac.any() or (plane == int(Base.CORD)).any():
        return None
    rows, columns = np.flatnonzero(sac.any(axis=0)), np.flatnonzero(sac.any(axis=1))
    front, back = y[rows[0]], y[rows[-1]]
    place = float(y @ nerve.sum(axis=0) / nerve.sum()) if nerve.any() else float(front + back) / 2
    fat = plane == int(Base.EPIDURAL_FAT)
    behind = fat[columns[0] : columns[-1] + 1, y > (front + back) / 2]
    return Contents(
        fluid=1 - float(nerve.sum() / sac.sum()),
        rootlets=float((place - front) / max(back - front, STEP_MM)),
        fat_mm2=float(behind.sum()) * STEP_MM**2,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class RecessState:
    """A lateral recess: its least height, free area, and the root that passes it.

    ``root_mm2`` is the root's mean section, ``pressed`` the share of it that disc or bone touches.
    """

    height_mm: float
    free_mm2: float
    root_mm2: float
    pressed: float


@lru_cache(maxsize=64)
def recess_state(
    anatomy: Anatomy, n: int, side: Side, detail: planes.Detail | None = None
) -> RecessState:
    """The recess at ``discs[n]``, from the disc plane down to the pedicle."""
    low, sign = anatomy.segments[n], 1 if side is Side.LEFT else -1
    medial = low.pedicle_x_mm - low.pedicle_width_mm / 2
    x = sign * planes.axis(MEDIAL_SHARE * medial, medial, STEP_MM)
    y = planes.axis(low.wall_mm - FLOOR_MM, low.wall_mm + 18, STEP_MM)
    depth = anatomy.discs[n].height_mm / 2 + BELOW_MM
    points = (x, y, planes.axis(-depth, 0, 1.0))
    grid = planes.sample(anatomy, n, level_frame(anatomy, n), points, detail)
    within = np.abs(x) <= medial - PEDICLE_MARGIN_MM
    solid = _solid(anatomy)[grid]
    heights = _gaps(np.moveaxis(solid[within], 1, -1)) * STEP_MM
    nerve = grid == int(Base.NERVE)
    touched = nerve & ndimage.binary_dilation(solid, _IN_PLANE)
    return RecessState(
        height_mm=float(heights.min()),
        free_mm2=planes.recess_area(anatomy, n, sign, detail),
        root_mm2=float(nerve.sum(axis=(0, 1)).mean()) * STEP_MM**2,
        pressed=float(touched.sum() / max(nerve.sum(), 1)),
    )


def _solid(anatomy: Anatomy) -> Mask:
    """(256,): whether a material is bone or disc."""
    solid = np.zeros(256, dtype=bool)
    solid[SEGMENT_BLOCK:] = True
    for n in range(len(anatomy.discs)):
        for part in (
            OfDisc.FORAMEN_LEFT,
            OfDisc.FORAMEN_RIGHT,
            OfDisc.ROOT_LEFT,
            OfDisc.ROOT_RIGHT,
        ):
            solid[of_disc(n, part)] = False
    for n in range(len(anatomy.segments)):
        solid[of_segment(n, OfSegment.VESSEL)] = True
    return solid


def _gaps(solid: Mask) -> NDArray[np.int_]:
    """Number of free points between floor and roof along the last axis; all without a roof."""
    size = solid.shape[-1]
    floor = np.where(solid.any(axis=-1), solid.argmax(axis=-1), 0)
    after = np.arange(size) >= floor[..., None]
    free = after & ~solid
    start = np.where(free.any(axis=-1), free.argmax(axis=-1), size)
    behind = solid & (np.arange(size) > start[..., None])
    end = np.where(behind.any(axis=-1), behind.argmax(axis=-1), size)
    result: NDArray[np.int_] = end - start
    return result


@dataclass(frozen=True, slots=True, kw_only=True)
class ForamenState:
    """Share of each side of the root that fat covers (front, back, above, below); its section."""

    fat: tuple[float, float, float, float]
    root_mm2: float


@lru_cache(maxsize=64)
def foramen_state(anatomy: Anatomy, n: int, side: Side) -> ForamenState:
    """Fat round the root in the middle plane of the foramen of ``discs[n]``."""
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    x = (low.pedicle_x_mm + high.pedicle_x_mm) / 2 * (1 if side is Side.LEFT else -1)
    y = planes.axis(low.wall_mm - planes.AHEAD_MM, low.wall_mm + 18, STEP_MM)
    z = planes.axis(-30, 30, STEP_MM)
    plane = planes.sample(anatomy, n, level_frame(anatomy, n), (np.array([x]), y, z))[0]
    is_left = side is Side.LEFT
    fat = plane == of_disc(n, OfDisc.FORAMEN_LEFT if is_left else OfDisc.FORAMEN_RIGHT)
    root = plane == of_disc(n, OfDisc.ROOT_LEFT if is_left else OfDisc.ROOT_RIGHT)
    area = float(root.sum()) * STEP_MM**2
    if not root.any():
        return ForamenState(fat=(0.0, 0.0, 0.0, 0.0), root_mm2=0.0)
    center = np.argwhere(root).mean(axis=0)
    covered = [_covered(root, fat, center, turn) for turn in (np.pi, 0.0, np.pi / 2, -np.pi / 2)]
    return ForamenState(fat=(covered[0], covered[1], covered[2], covered[3]), root_mm2=area)


def _covered(root: Mask, fat: Mask, center: NDArray[np.float64], turn: float) -> float:
    """Share of the rays within 45 degrees of ``turn`` that meet enough fat beyond the root."""
    angles = turn + np.pi / 2 * ((np.arange(RAYS) + 0.5) / RAYS - 0.5)
    steps = np.arange(1, round(15 / STEP_MM))
    ahead = np.stack([np.cos(angles), np.sin(angles)], -1)[:, None] * steps[:, None]
    rows, columns = np.moveaxis(np.rint(center + ahead).astype(int), -1, 0)
    rows, columns = rows.clip(0, root.shape[0] - 1), columns.clip(0, root.shape[1] - 1)
    in_root, in_fat = root[rows, columns], fat[rows, columns]
    last = np.where(in_root.any(axis=1), len(steps) - 1 - in_root[:, ::-1].argmax(axis=1), 0)
    beyond = np.arange(len(steps)) > last[:, None]
    stops = beyond & ~in_fat
    end = np.where(stops.any(axis=1), stops.argmax(axis=1), len(steps))
    return float(((end - last - 1) * STEP_MM >= LEAST_FAT_MM).mean())
