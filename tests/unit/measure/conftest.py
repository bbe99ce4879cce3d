"""A spine of three blocks whose every measurement is known from its drawing.

S1 stands upright; L5 leans back by 10 degrees on a wedge of disc that is 6 mm high behind; L4
stands parallel to L5, 10 mm above it and 4 mm too far forward. A block of disc reaches 5 mm
behind L5-S1 on the left, 7 mm high. The sac is an elliptic cylinder square to L5-S1's plane.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pytest

from cauda.geometry import Frame, Space
from cauda.records import (
    Conus,
    LevelInstance,
    Numbering,
    Plane3,
    Segmentation,
    Spine,
    VertebraInstance,
)
from cauda.vocab import STRUCTURES, Contrast, Level, Structure, Vertebra

DEPTH, HEIGHT, HALF_WIDTH = 34.0, 26.0, 22.0
SAC_A, SAC_B = 8.0, 6.5


@dataclass(frozen=True)
class Line:
    """An endplate in the y, z plane: its two corners."""

    anterior: np.ndarray
    posterior: np.ndarray

    @property
    def normal(self):
        y, z = (self.posterior - self.anterior) / np.linalg.norm(self.posterior - self.anterior)
        return np.array([-z, y])

    def moved(self, up, back=0.0):
        along = (self.posterior - self.anterior) / np.linalg.norm(self.posterior - self.anterior)
        step = up * self.normal + back * along
        return Line(self.anterior + step, self.posterior + step)


def _plates():
    s1 = Line(np.array([-17.0, 0.0]), np.array([17.0, 0.0]))
    lean = np.radians(10.0)
    corner = np.array([17.0, 6.0])
    l5_low = Line(corner + DEPTH * np.array([-np.cos(lean), np.sin(lean)]), corner)
    l5_top = l5_low.moved(HEIGHT)
    l4_low = l5_top.moved(10.0, back=-4.0)
    return {
        "S1": (s1.moved(-30.0), s1),
        "L5": (l5_low, l5_top),
        "L4": (l4_low, l4_low.moved(HEIGHT)),
    }


PLATES = _plates()


def _inside(y, z, corners):
    """Whether points lie in a convex polygon given counter-clockwise (y to the right, z up)."""
    result = np.ones(np.broadcast(y, z).shape, dtype=bool)
    for (y0, z0), (y1, z1) in zip(corners, [*corners[1:], corners[0]], strict=True):
        result &= (y1 - y0) * (z - z0) - (z1 - z0) * (y - y0) >= 0
    return result


def _between(low, top):
    return [low.anterior, low.posterior, top.posterior, top.anterior]


def _frame(low, top):
    up = low.normal + top.normal
    up = up / np.linalg.norm(up)
    middle = (low.anterior + low.posterior + top.anterior + top.posterior) / 4
    return Frame(
        origin_lps=(0.0, *middle.tolist()),
        left_lps=(1.0, 0.0, 0.0),
        posterior_lps=(0.0, float(up[1]), float(-up[0])),
        up_lps=(0.0, *up.tolist()),
    )


FRAMES = {
    Level.L5_S1: _frame(PLATES["S1"][1], PLATES["L5"][0]),
    Level.L4_L5: _frame(PLATES["L5"][1], PLATES["L4"][0]),
}


def _labels(x, y, z):
    """Structure and instance label of points."""
    structure = np.zeros(np.broadcast(x, y, z).shape, dtype=np.int16)
    instance = np.zeros_like(structure)

    def paint(mask, name, label):
        structure[mask] = STRUCTURES.index(name)
        instance[mask] = label

    wide = np.abs(x) < HALF_WIDTH
    _paint_sac(paint, x, y, z)
    _paint_foramina(paint, x, y, z)
    for name, label in (("S1", 1), ("L5", 2), ("L4", 3)):
        kind = Structure.SACRUM if name == "S1" else Structure.BODY
        paint(wide & _inside(y, z, _between(*PLATES[name])), kind, label)
    for low, top, label in (("S1", "L5", 101), ("L5", "L4", 102)):
        quad = _between(PLATES[low][1], PLATES[top][0])
        paint(wide & _inside(y, z, quad), Structure.DISC, label)
    block = (x > 1) & (x < 9) & (y >= 17) & (y < 22) & (z > -0.5) & (z < 6.5)
    paint(block, Structure.DISC, 101)
    return structure, instance


def _local(frame, x, y, z):
    _, oy, oz = frame.origin_lps
    (_, py, pz), (_, uy, uz) = frame.posterior_lps, frame.up_lps
    return x, (y - oy) * py + (z - oz) * pz, (y - oy) * uy + (z - oz) * uz


def _paint_sac(paint, x, y, z):
    lx, ly, lz = _local(FRAMES[Level.L5_S1], x, y, z)
    paint((lx / SAC_A) ** 2 + ((ly - 31) / SAC_B) ** 2 + 0 * lz < 1, Structure.SAC, 50)


def _paint_foramina(paint, x, y, z):
    """17 mm high between round pedicles; 8 mm wide on the right, 4 mm on the left."""
    lx, ly, lz = _local(FRAMES[Level.L4_L5], x, y, z)
    for sign, width, label in ((1, 4.0, 302), (-1, 8.0, 402)):
        share = np.clip((sign * lx - 17) / 5, -1, 1)
        bow = 7 * (1 - np.sqrt(1 - share**2))
        inside = (np.abs(sign * lx - 17) < 5) & (ly > 21) & (ly < 21 + width)
        paint(inside & (lz < 9 + bow) & (lz > -8 - bow), Structure.FORAMEN, label)


def _spine(instances):
    def plane(line, up=1.0):
        y, z = (line.anterior + line.posterior) / 2
        return Plane3(point_lps=(0.0, y, z), normal_lps=(0.0, *(up * line.normal).tolist()))

    vertebrae = []
    for ordinal, name in enumerate(("S1", "L5", "L4")):
        low, top = PLATES[name]
        center = (low.anterior + low.posterior + top.anterior + top.posterior) / 4
        vertebrae.append(
            VertebraInstance(
                name=Vertebra(name),
                label=ordinal + 1,
                ordinal=ordinal,
                centroid_lps=(0.0, *center.tolist()),
                upper=plane(top),
                lower=None if name == "S1" else plane(low),
            )
        )
    levels = tuple(
        LevelInstance(name=name, alternate=None, label=label, above=above, below=above - 1, frame=f)
        for (name, f), label, above in zip(FRAMES.items(), (101, 102), (2, 3), strict=True)
    )
    return Spine(
        vertebrae=tuple(vertebrae),
        levels=levels,
        numbering=Numbering(state="conventional", reasons=(), lumbar_count=5),
        conus=Conus(level=None, tip_lps=None, reason="not drawn"),
        instances=MappingProxyType(instances),
    )


def build(spacing=4.0, pixel=0.7, shift=(0.0, 0.0, 0.0), slices=None, sign=1, series="sag_t2"):
    """Sample the blocks with partial volume; ``sign`` -1 mirrors left and right."""
    count = slices if slices is not None else round(56 / spacing) | 1
    shape = (count, round(104 / pixel), round(112 / pixel))
    matrix = np.diag([spacing, pixel, pixel, 1.0])
    matrix[:3, 3] = np.array([-(count - 1) / 2 * spacing, -42.0, -22.0]) + shift
    space = Space.from_matrix(shape, matrix, "1.2.3")
    subs = (max(2, round(spacing)), 2, 2)
    axes = []
    for axis, (n, sub) in enumerate(zip(shape, subs, strict=True)):
        fine = np.arange(n)[:, None] + (np.arange(sub) + 0.5) / sub - 0.5
        axes.append(matrix[axis, axis] * fine.ravel() + matrix[axis, 3])
    grid = np.ix_(sign * axes[0], axes[1], axes[2])
    structure, _ = _labels(*(np.asarray(a, dtype=np.float32) for a in grid))
    blocks = structure.reshape(shape[0], subs[0], shape[1], subs[1], shape[2], subs[2])
    probabilities = np.stack(
        [(blocks == c).mean(axis=(1, 3, 5), dtype=np.float32) for c in range(len(STRUCTURES))]
    )
    centers = np.ix_(*(matrix[a, a] * np.arange(n) + matrix[a, 3] for a, n in enumerate(shape)))
    _, instance = _labels(sign * centers[0], centers[1], centers[2])
    if sign < 0:
        swapped = {302: 402, 402: 302}
        instance = np.vectorize(lambda v: swapped.get(v, v), otypes=[np.int16])(instance)
    signal = 0.2 + 0.3 * probabilities[3] + 0.8 * probabilities[4]
    segmentation = Segmentation(
        series=series,
        probabilities=probabilities,
        space=space,
        signal=signal,
        bundle="truth",
        contrast=Contrast.T1 if series.endswith("t1") else Contrast.T2,
    )
    return _spine({series: instance}), segmentation


def turned(spine, segmentation, rotation, shift):
    """The same voxels in a patient who lies elsewhere and turned."""
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = rotation, shift

    def point(p):
        return tuple((rotation @ np.array(p) + shift).tolist())

    def vector(p):
        return tuple((rotation @ np.array(p)).tolist())

    def plane(p):
        return p and Plane3(point_lps=point(p.point_lps), normal_lps=vector(p.normal_lps))

    def frame(f):
        return Frame(
            origin_lps=point(f.origin_lps),
            left_lps=vector(f.left_lps),
            posterior_lps=vector(f.posterior_lps),
            up_lps=vector(f.up_lps),
        )

    space = segmentation.space
    moved = Space.from_matrix(space.shape, matrix @ space.matrix, space.frame_of_reference)
    vertebrae = tuple(
        replace(v, centroid_lps=point(v.centroid_lps), upper=plane(v.upper), lower=plane(v.lower))
        for v in spine.vertebrae
    )
    levels = tuple(replace(lv, frame=frame(lv.frame)) for lv in spine.levels)
    return replace(spine, vertebrae=vertebrae, levels=levels), replace(segmentation, space=moved)


@pytest.fixture(scope="session")
def blocks():
    """Return the builder of block spines."""
    return build


@pytest.fixture(scope="session")
def turn():
    """Return the function that turns a built study."""
    return turned


@pytest.fixture(scope="session")
def standard():
    """Return the block spine at clinical resolution."""
    return build()
