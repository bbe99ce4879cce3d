"""True axial measurements of a synthetic spine, from painted planes and closed-form outlines.

The definitions are the axial ones of ``docs/concepts/measurements.md``; nothing here shares code
with the stage that measures images.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from scipy import ndimage

from cauda.geometry import Frame
from cauda.phantom import endplates as plates
from cauda.phantom.anatomy import Anatomy
from cauda.phantom.axial_planes import Planes, planes_at
from cauda.phantom.axial_scene import Floats, Found, Scene, level_scene
from cauda.phantom.materials import Base
from cauda.phantom.truth import SERIES, levels_of
from cauda.phantom.truth_axial_contour import contour
from cauda.phantom.truth_axial_recess import facets, recess, root
from cauda.records import Measurement
from cauda.vocab import Level, Plane, Quantity, Side, Structure

BELOW_ENDPLATE_MM = 4.0
"""The pedicle plane lies this far below an upper endplate."""


def axial_truth(
    anatomy: Anatomy, *, levels: Sequence[Level] | None = None
) -> tuple[Measurement, ...]:
    """Measure every lumbar level as axial slices would show it.

    Parameters
    ----------
    anatomy : Anatomy
    levels : sequence of Level or None
        Only these, where not every level is needed.

    Returns
    -------
    tuple of Measurement
        Series ``"truth"``, plane axial.
    """
    found = []
    for n, level in levels_of(anatomy):
        if level.value.startswith("T") or (levels is not None and level not in levels):
            continue
        found += [_record(level, item) for item in _measure(anatomy, n)]
    return tuple(found)


def _record(level: Level, item: Found) -> Measurement:
    quantity, value, side, zone = item
    parts = (level, quantity, zone, side, SERIES)
    return Measurement(
        id="/".join(str(p) for p in parts if p),
        quantity=quantity,
        level=level,
        side=side,
        zone=zone,
        value=float(value),
        uncertainty=0.3,
        method="axial-truth",
        series=SERIES,
        plane=Plane.AXIAL,
    )


def _measure(anatomy: Anatomy, n: int) -> Iterator[Found]:
    scene = level_scene(anatomy, n)
    worst = int(_areas(scene.planes).argmin())
    area = float(_areas(scene.planes)[worst])
    yield Quantity.SAC_AREA, area, None, None
    yield Quantity.SAC_AP, _least_chord(scene.planes, 1), None, None
    yield Quantity.SAC_TRANSVERSE, _least_chord(scene.planes, 0), None, None
    normal = _pedicle_area(anatomy, n)
    yield Quantity.SAC_PEDICLE_AREA, normal, None, None
    yield Quantity.SAC_RATIO, area / max(normal, 1.0), None, None
    yield from _contents(scene, worst)
    yield from contour(scene)
    yield from facets(scene)
    for side in Side:
        yield from recess(scene, side)
        yield from root(scene, side)


def _areas(planes: Planes) -> Floats:
    """(Z,): area of the sac in each plane."""
    areas: Floats = planes.sac.sum(axis=(0, 1)) * planes.cell_mm2
    return areas


def _least_chord(planes: Planes, along: int) -> float:
    """Shortest chord through the sac's centroid along x' (0) or y' (1), over the planes."""
    step = float(planes.x[1] - planes.x[0])
    chords = []
    for k in range(len(planes.z)):
        mask = planes.sac[:, :, k]
        if mask.any():
            middle = np.argwhere(mask).mean(axis=0)[1 - along]
            line = np.take(mask, round(float(middle)), axis=1 - along)
            chords.append(float(line.sum()) * step)
    return min(chords, default=0.0)


def _pedicle_area(anatomy: Anatomy, n: int) -> float:
    """Mean area of the sac in the pedicle planes above and, where not fused, below."""
    areas = []
    for m in (n, n + 1):
        segment = anatomy.segments[m]
        if segment.is_fused:
            continue
        top = plates.endplate_of(segment, upper=True)
        up = np.cross(np.array(segment.axes[0]), top.posterior - top.anterior)
        up /= np.linalg.norm(up)
        origin = (top.anterior + top.posterior) / 2 - BELOW_ENDPLATE_MM * up
        back = np.cross(up, np.array(segment.axes[0]))
        frame = Frame(
            origin_lps=(float(origin[0]), float(origin[1]), float(origin[2])),
            left_lps=segment.axes[0],
            posterior_lps=(float(back[0]), float(back[1]), float(back[2])),
            up_lps=(float(up[0]), float(up[1]), float(up[2])),
        )
        areas.append(float(_areas(planes_at(anatomy, m, frame, np.zeros(1)))[0]))
    return float(np.mean(areas))


def _contents(scene: Scene, worst: int) -> Iterator[Found]:
    """Fat behind the sac; fluid and rootlets inside it, 1 mm off its wall, without cord."""
    planes = scene.planes
    sac = planes.sac[:, :, worst]
    if not sac.any():
        return
    middle_y = float((sac.sum(axis=0) @ planes.y) / sac.sum())
    spread = planes.x[sac.any(axis=1)]
    fat = planes.of(Structure.EPIDURAL_FAT)[:, :, worst] & (planes.y[None] > middle_y)
    fat &= ((planes.x >= spread.min()) & (planes.x <= spread.max()))[:, None]
    yield Quantity.EPIDURAL_FAT_AREA, float(fat.sum() * planes.cell_mm2), None, None
    if planes.of(Structure.CORD)[:, :, worst].any():
        return
    step = float(planes.x[1] - planes.x[0])
    inside = ndimage.distance_transform_edt(sac) * step > 1.0
    dark = inside & (planes.materials[:, :, worst] == int(Base.ROOTLET))
    if not inside.any():
        return
    yield Quantity.CSF_FRACTION, float(1 - dark.sum() / inside.sum()), None, None
    if dark.any():
        rows = planes.y[sac.any(axis=0)]
        y = float((dark.sum(axis=0) @ planes.y) / dark.sum())
        share = (y - rows.min()) / max(float(np.ptp(rows)), 1.0)
        yield Quantity.ROOTLET_POSITION, float(share), None, None
