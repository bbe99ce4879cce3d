"""Paint what surrounds the spine: skin, fat, muscles, vessels, bowel-like clutter, pelvis."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.phantom.anatomy import Anatomy, Vector
from cauda.phantom.grid import Canvas, Patch, XArray
from cauda.phantom.materials import Base

SKIN_MM = 1.8
CLEAR_MM = 12.0
"""Nothing but fat and vessels lies this close in front of the spine."""
Ellipsoid = tuple[float, float, float, float, float, float, int]
WORLD: tuple[Vector, Vector, Vector] = ((1.0, 0.0, 0.0), (0.0, 1.0, 0.0), (0.0, 0.0, 1.0))


@dataclass(frozen=True, slots=True)
class _Profile:
    """A polynomial y(z) or x(z), held constant beyond the points it was fitted to."""

    coefficients: NDArray[np.float64]
    low: float
    high: float

    @classmethod
    def through(cls, points: NDArray[np.float64], axis: int, degree: int) -> _Profile:
        z = points[:, 2]
        fit = np.polyfit(z / 100, points[:, axis], degree)
        return cls(fit, float(z.min()), float(z.max()))

    def at(self, z: XArray, patch: Patch) -> XArray:
        scaled = patch.xp.clip(z, self.low, self.high) / 100
        total = 0.0 * scaled + float(self.coefficients[0])
        for c in self.coefficients[1:]:
            total = total * scaled + float(c)
        return total


def _points(anatomy: Anatomy, share: float, extra_mm: str = "") -> NDArray[np.float64]:
    """One LPS point a segment on its y' axis: ``share`` of the half depth, or the spinous tip."""
    result = []
    for segment in anatomy.segments:
        y = share * segment.wall_mm
        if extra_mm:
            y = segment.wall_mm + segment.canal_ap_mm + segment.spinous_mm + 6
        result.append(np.array(segment.origin_lps) + np.array(segment.axes[1]) * y)
    return np.array(result)


def paint_surroundings(canvas: Canvas, anatomy: Anatomy) -> None:
    """Paint the whole grid with soft tissue; the spine is painted over it."""
    far = 1e4
    patch = canvas.patch((0.0, 0.0, 0.0), WORLD, (-far, -far, -far), (far, far, far))
    if patch is None:
        return
    around = anatomy.surroundings
    middle = _Profile.through(_points(anatomy, 0.0), 0, 3).at(patch.z, patch)
    x = patch.x - middle
    wall = _Profile.through(_points(anatomy, -1.0), 1, 5)
    front = wall.at(patch.z, patch)
    back = _Profile.through(_points(anatomy, 1.0), 1, 5).at(patch.z, patch)
    tips = _Profile.through(_points(anatomy, 0.0, "tips"), 1, 4).at(patch.z, patch)
    canvas.materials[:] = int(Base.FAT)
    for ellipsoid in around.ellipsoids:
        _paint_clutter(canvas, wall, ellipsoid)
    _paint_front(patch, anatomy, x, front)
    _paint_back(patch, anatomy, (x, back, tips))
    fascia = tips + 3 - 0.003 * x * x
    thickness = around.subcutaneous_mm * (1 + 0.25 * patch.xp.sin(patch.z / 60))
    patch.paint(patch.y > fascia + thickness, int(Base.SKIN))
    patch.paint(patch.y > fascia + thickness + SKIN_MM, int(Base.AIR))


def _paint_back(patch: Patch, anatomy: Anatomy, lines: tuple[XArray, XArray, XArray]) -> None:
    """Erector spinae and multifidus with a fat septum, interspinous tissue, gluteal muscle."""
    x, back, tips = lines
    xp, y = patch.xp, patch.y
    lateral = xp.abs(x)
    fascia = tips + 2 - 0.003 * x * x
    muscle = (y > back + 7) & (y < fascia) & (lateral < 75)
    patch.paint(muscle, int(Base.MUSCLE))
    septum = xp.abs(lateral - 27 - 4 * xp.sin(y / 11)) < 1.0
    patch.paint(muscle & septum, int(Base.FAT))
    layer = y - back - 0.55 * (tips - back) - 3 * xp.sin(patch.z / 9 + x / 5)
    patch.paint(muscle & (xp.abs(layer) < 0.9) & (lateral < 24), int(Base.FAT))
    patch.paint(muscle & (y < back + 9 + 3 * xp.sin(patch.z / 7)), int(Base.FAT))
    patch.paint(muscle & (lateral < 2.6) & (y > back + 14), int(Base.INTERSPINOUS))
    patch.paint((xp.abs(y - fascia) < 0.8) & (lateral < 75), int(Base.LIGAMENT))
    wing = (lateral - 52 - 0.25 * (patch.z + 60)) / 12
    ilium = (xp.abs(wing) < 1) & (patch.z < -45) & (y > back - 45) & (y < fascia - 8)
    patch.paint(ilium, int(Base.ILIUM_CORTEX))
    patch.paint(ilium & (xp.abs(wing) < 0.85), int(Base.ILIUM))


def _paint_clutter(canvas: Canvas, wall: _Profile, ellipsoid: Ellipsoid) -> None:
    """One ellipsoid with a wall that stands for bowel, an organ or a pelvic structure."""
    px, py, pz, rx, ry, rz, kind = ellipsoid
    patch = canvas.patch((px, py, pz), WORLD, (-rx, -ry, -rz), (rx, ry, rz))
    if patch is None:
        return
    q2 = (patch.x / rx) ** 2 + (patch.y / ry) ** 2 + (patch.z / rz) ** 2
    is_ahead = wall.at(patch.z + pz, patch) - patch.y - py > CLEAR_MM
    patch.paint((q2 < 1) & is_ahead, int(Base.BOWEL))
    patch.paint((q2 < 0.75) & is_ahead, kind)


def _paint_front(patch: Patch, anatomy: Anatomy, x: XArray, front: XArray) -> None:
    """Psoas and great vessels."""
    xp, y, z = patch.xp, patch.y, patch.z
    around = anatomy.surroundings
    ahead = front - y
    grow = around.psoas * xp.clip((95 - z) / 70, 0.0, 1.0)
    lateral = xp.abs(x)
    psoas = ((lateral - 31 - 6 * grow) / (14 * grow + 0.1)) ** 2 + (
        (ahead + 18) / (19 * grow + 0.1)
    ) ** 2
    patch.paint(psoas < 1, int(Base.PSOAS))
    split = xp.clip((-25 - z) * 0.35, 0.0, None)
    for side in (1, -1):
        vessel = (x - around.aorta_x_mm - side * split) ** 2 + (ahead - 11 - 0.1 * split) ** 2
        patch.paint(vessel < (8.5 - 0.04 * split) ** 2, int(Base.VESSEL))
        vein = ((x + 15 - side * split) / 10) ** 2 + ((ahead - 9) / 7) ** 2
        patch.paint(vein < 1, int(Base.VEIN))
    patch.paint((ahead > -1) & (ahead < 1.2) & (lateral < 18), int(Base.LIGAMENT))
