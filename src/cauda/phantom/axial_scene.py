"""One level of a synthetic spine as axial slices show it: planes, outline and borders."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.knowledge.table import row
from cauda.phantom import endplates as plates
from cauda.phantom.anatomy import Anatomy
from cauda.phantom.axial_planes import Planes, level_planes, outline
from cauda.vocab import Quantity, Side, Structure, Zone

SLICE_MM = 4.0
"""A level's window reaches this far beyond its disc."""
DURAL = (Structure.SAC, Structure.CORD)
BONE = (Structure.BODY, Structure.ARCH, Structure.SACRUM)
FREE = (*DURAL, Structure.EPIDURAL_FAT, Structure.ROOT)

Floats = NDArray[np.float64]
Found = tuple[Quantity, float, Side | None, Zone | None]


@dataclass(frozen=True, kw_only=True, eq=False)
class Scene:
    """One level: its planes, the outline it is compared with, and its borders, mm."""

    planes: Planes
    ring: Floats
    half_disc: float
    medial: float
    lateral: float

    @property
    def middle_y(self) -> float:
        """Y' of the outline's middle."""
        return float(self.ring[:, 1].min() + self.ring[:, 1].max()) / 2

    def back(self, x: Floats | float) -> Floats:
        """Y' of the outline's back at x'."""
        behind = self.ring[self.ring[:, 1] >= self.middle_y]
        order = np.argsort(behind[:, 0])
        return np.asarray(np.interp(x, behind[order, 0], behind[order, 1]))

    def within(self, low: float, high: float) -> NDArray[np.int64]:
        """Numbers of the planes with heights from ``low`` to ``high``."""
        z = self.planes.z
        return np.flatnonzero((z >= low - 1e-6) & (z <= high + 1e-6))


def level_scene(anatomy: Anatomy, n: int) -> Scene:
    """The level of ``discs[n]``, painted."""
    low, high = anatomy.segments[n], anatomy.segments[n + 1]
    top = plates.endplate_of(high, upper=False)
    bottom = plates.endplate_of(low, upper=True)
    heights, _ = plates.three_heights(plates.level_frame(anatomy, n), top, bottom)
    half = float(heights[1]) / 2
    least = row("thresholds.toml", "threshold", "slip-detect").numbers("value")[0]
    edges = [
        np.mean([s.pedicle_x_mm + sign * s.pedicle_width_mm / 2 for s in (low, high)])
        for sign in (-1, 1)
    ]
    return Scene(
        planes=level_planes(anatomy, n, half + SLICE_MM),
        ring=outline(anatomy, n, is_slipped=abs(plates.slip_mm(top, bottom)) >= least),
        half_disc=half,
        medial=float(edges[0]),
        lateral=float(edges[1]),
    )
