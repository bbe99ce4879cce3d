"""How rootlets crowd where the sac is narrowed: nerve tissue gives way, but does not vanish.

In an open sac the rootlets fill about a sixth of the area. As it narrows, fluid goes first: the
rootlets' share grows in a straight line until they fill a sac that has lost :data:`FULL_LOSS` of
its area. That is where pressure between roots first rises: 77 mm2 (Schonstrom N, Hansson T. Spine
1988;13:385) of a typical 150 to 190 mm2.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
from numpy.typing import NDArray

from cauda.phantom import planes
from cauda.phantom.anatomy import Anatomy, LesionKind
from cauda.phantom.canal import stations, threads
from cauda.phantom.endplates import level_frame
from cauda.phantom.materials import Base

OPEN_SHARE = 0.18
"""Share of an open sac that the rootlets fill as they are drawn."""
FULL_LOSS = 0.6
LEAST_LOSS = 0.05
"""Smaller losses of area leave the rootlets as they are."""
STEP_MM = 0.4
_SPARING = {
    LesionKind.DEHYDRATION,
    LesionKind.SCHMORL,
    LesionKind.MODIC_1,
    LesionKind.MODIC_2,
    LesionKind.MODIC_3,
}
"""Lesions that leave the canal as it is."""


def crowded(anatomy: Anatomy) -> Anatomy:
    """The same spine with its rootlets packed where lesions narrow the sac."""
    levels = {lesion.level for lesion in anatomy.lesions if lesion.kind not in _SPARING}
    discs = tuple(
        replace(d, crowding=_crowding(anatomy, n)) if d.level in levels and not d.is_fused else d
        for n, d in enumerate(anatomy.discs)
    )
    return replace(anatomy, discs=discs)


def _crowding(anatomy: Anatomy, n: int) -> float:
    """How much lower the threshold of the threads lies at ``discs[n]``; 0 beside the cord."""
    now, before = _sac_points(anatomy, n), _sac_points(anatomy.plain or anatomy, n)
    if not len(now) or not len(before):
        return 0.0
    loss = 1 - len(now) / len(before)
    if loss < LEAST_LOSS:
        return 0.0
    share = min(1.0, OPEN_SHARE + (1 - OPEN_SHARE) * loss / FULL_LOSS)
    station = stations(anatomy)[2 * n + 1]
    x, dy = now[:, 0], now[:, 1] - station.sac_y
    field = threads(np, (x, dy, 2 * dy / station.sac_ap), np.zeros_like(x), anatomy)
    return max(0.0, -float(np.quantile(field, 1 - share)))


def _sac_points(anatomy: Anatomy, n: int) -> NDArray[np.float64]:
    """(N, 2): x' and y' of the sample points inside the sac; none where it holds cord."""
    wall = anatomy.segments[n].wall_mm
    x, y = planes.axis(-22, 22, STEP_MM), planes.axis(wall - 4, wall + 26, STEP_MM)
    plane = planes.sample(anatomy, n, level_frame(anatomy, n), (x, y, np.zeros(1)))[:, :, 0]
    inside = np.zeros_like(plane, bool) if (plane == int(Base.CORD)).any() else planes.is_sac(plane)
    points: NDArray[np.float64] = np.stack(np.meshgrid(x, y, indexing="ij"), -1)[inside]
    return points
