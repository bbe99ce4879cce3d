"""Draw one random spine: sizes by level, curvature, chain of frames, soft tissue.

Sizes are typical adult values, rounded to what lies between published morphometry tables and what
the sagittal images of public data sets look like; each is scaled and jittered. They shape
synthetic images only: no clinical threshold stands on them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from cauda.phantom.anatomy import (
    Anatomy,
    Disc,
    Lesion,
    Sac,
    Segment,
    Surroundings,
)
from cauda.phantom.crowding import crowded
from cauda.phantom.lesion_draw import Frequency, draw_lesions
from cauda.phantom.lesions import apply_lesions
from cauda.phantom.materials import Base
from cauda.phantom.place import axes_of, place
from cauda.phantom.transitional import transitional
from cauda.vocab import Level

Generator = np.random.Generator


@dataclass(frozen=True, slots=True)
class _Row:
    """Typical sizes of a vertebra and of the disc below it, mm and degrees."""

    width: float
    depth: float
    height: float
    wedge: float
    canal: float
    pedicle: tuple[float, float]
    spinous: float
    disc: float
    disc_wedge: float


_THORACIC = {
    "T9": _Row(31, 27, 21.0, -3, 16.0, (6.5, 12.0), 30, 2.6, -1),
    "T10": _Row(32, 28, 22.0, -3, 16.0, (6.8, 13.0), 28, 3.0, -1),
    "T11": _Row(34, 28.5, 23.0, -3, 16.5, (7.0, 14.0), 24, 3.4, 0),
    "T12": _Row(38, 29.5, 24.5, -2.5, 16.8, (7.5, 14.5), 23, 4.0, 1),
}
_LUMBAR = (
    _Row(41, 31, 26.0, -2, 17.0, (8.0, 14.5), 26, 5.0, 3),
    _Row(42.5, 32.5, 27.0, -1, 16.5, (8.5, 14.5), 28, 6.0, 5),
    _Row(44, 33.5, 27.5, 0, 16.0, (10.0, 14.0), 29, 6.8, 7),
    _Row(46.5, 34.5, 27.5, 2, 16.0, (12.5, 14.0), 27, 7.6, 10),
    _Row(49, 34.5, 27.0, 8, 16.5, (15.5, 13.0), 22, 8.4, 11.5),
)
"""L1 .. L5 of a five-lumbar spine; other counts repeat or leave out the fourth."""
_SACRAL = (
    _Row(50, 33, 29.0, 6, 14.0, (12.0, 14.0), 12, 1.6, 6),
    _Row(39, 24.5, 25.0, 2, 11.0, (10.0, 12.0), 9, 1.2, 5),
    _Row(31, 18.4, 21.0, -5, 9.0, (8.0, 10.0), 7, 1.0, 8),
    _Row(25, 13.8, 18.0, -8, 7.0, (6.0, 8.0), 5, 0.8, 10),
    _Row(20, 10.3, 15.0, -8, 5.0, (5.0, 6.0), 4, 0.8, 10),
)

YOUNG = 0.05
"""Age, from 0 to 1, of a spine whose lesions are given: nothing else in it is worn."""


def draw_anatomy(
    rng: Generator,
    *,
    lumbar_count: int = 5,
    lesions: Frequency | Sequence[Lesion] = "random",
) -> Anatomy:
    """Draw a spine and build lesions into it.

    Parameters
    ----------
    rng : numpy.random.Generator
        The only source of chance.
    lumbar_count : int
        4, 5 or 6 lumbar vertebrae; four and six come with the shape of a transition.
    lesions : "random", "dense", "herniated", "stenotic" or sequence of Lesion
        What to build: some levels at random, nearly every one, or these; an empty tuple gives a
        healthy, young spine.

    Raises
    ------
    ValueError
        If ``lumbar_count`` is not 4, 5 or 6.
    """
    if lumbar_count not in {4, 5, 6}:
        msg = f"A phantom has 4, 5 or 6 lumbar vertebrae, not {lumbar_count}."
        raise ValueError(msg)
    age = float(rng.uniform(0, 1)) if isinstance(lesions, str) else YOUNG
    plain = transitional(_draw_plain(rng, lumbar_count, age))
    chosen = draw_lesions(rng, plain, lesions) if isinstance(lesions, str) else tuple(lesions)
    return crowded(replace(place(apply_lesions(plain, chosen)), plain=place(plain)))


def _draw_plain(rng: Generator, lumbar_count: int, age: float) -> Anatomy:
    names, rows = _rows(lumbar_count)
    size = rng.normal(1.0, 0.06)
    fused = len(_SACRAL)
    marrow = rng.uniform(0.75, 1.5)
    segments = tuple(
        _draw_segment(rng, name, row, size=size, age=age, marrow=marrow)
        for name, row in zip(names, rows, strict=True)
    )
    discs = tuple(
        _draw_disc(rng, n, rows[n + 1], names, size=size, age=age) for n in range(len(rows) - 1)
    )
    lordosis = float(np.clip(rng.normal(0.85, 0.22), 0.3, 1.4))
    discs = tuple(d if d.is_fused else replace(d, wedge_deg=d.wedge_deg * lordosis) for d in discs)
    return Anatomy(
        seed=int(rng.integers(2**31)),
        lumbar_count=lumbar_count,
        segments=_tilted(rng, segments, lordosis),
        discs=discs,
        blobs=(),
        sac=_draw_sac(rng, fused + lumbar_count, size),
        surroundings=_draw_surroundings(rng, size, age),
        root_radius_mm=float(rng.uniform(2.4, 3.2) * size),
    )


def _rows(lumbar_count: int) -> tuple[list[str], list[_Row]]:
    """Names and sizes from caudal to cranial."""
    lumbar = list(_LUMBAR)
    lumbar = lumbar[:3] + [lumbar[3]] * (lumbar_count - 4) + lumbar[4:]
    names = [f"S{n}" for n in range(len(_SACRAL), 0, -1)]
    names += [f"L{n}" for n in range(lumbar_count, 0, -1)] + list(reversed(_THORACIC))
    rows = [*reversed(_SACRAL), *reversed(lumbar), *reversed(_THORACIC.values())]
    return names, rows


def _draw_segment(
    rng: Generator, name: str, row: _Row, *, size: float, age: float, marrow: float
) -> Segment:
    fused = name.startswith("S")
    jitter = rng.normal(1.0, 0.025, 8)
    lip = 0.0 if fused else float(max(0.0, rng.normal(2.5 * age - 0.6, 1.0)))
    width = row.pedicle[0] * size * jitter[3]
    canal_half = (11.0 + 0.035 * (row.width - 40) * 10) * size * jitter[4]
    concave = (0.0, 0.0) if fused and name != "S1" else rng.uniform(0.8, 2.4, 2) * size
    if name == "S1":
        concave = (float(rng.uniform(0.3, 1.2)), 0.0)
    return Segment(
        name=name,
        origin_lps=(0.0, 0.0, 0.0),
        axes=axes_of(0.0, 0.0, 0.0),
        width_mm=float(row.width * size * jitter[0]),
        depth_mm=float(row.depth * size * jitter[1]),
        height_mm=float(row.height * size * jitter[2]),
        wedge_deg=float(row.wedge + rng.normal(0, 1.0)),
        concave_mm=(float(concave[0]), float(concave[1])),
        waist=0.02 if fused else float(rng.uniform(0.04, 0.10)),
        lips_mm=(lip, float(0.35 * lip * rng.uniform(0, 1))),
        pedicle_x_mm=float(canal_half + width / 2),
        pedicle_width_mm=float(width),
        pedicle_height_mm=float(row.pedicle[1] * size * jitter[5]),
        canal_ap_mm=float(row.canal * size * jitter[6] * rng.normal(1.0, 0.03)),
        spinous_mm=float(row.spinous * size * jitter[7]),
        facet_mm=float(rng.uniform(0.9, 1.15) + 0.2 * age),
        marrow=float(marrow * rng.normal(1.0, 0.05)),
        is_fused=fused,
    )


def _draw_disc(
    rng: Generator,
    n: int,
    row: _Row,
    names: list[str],
    *,
    size: float,
    age: float,
) -> Disc:
    is_fused = n + 1 < len(_SACRAL)
    upper = names[n + 1]
    level = None if is_fused else _level(upper, names[n])
    wear = float(np.clip(rng.normal(age, 0.25 * min(1.0, 4 * age)), 0, 1))
    height = row.disc * size * rng.normal(1.0, 0.08)
    wedge = (-1.0 if is_fused else 1.0) * row.disc_wedge
    return Disc(
        level=level,
        lower=n,
        origin_lps=(0.0, 0.0, 0.0),
        axes=axes_of(0.0, 0.0, 0.0),
        height_mm=float(height if is_fused else height * (1.05 - 0.25 * wear)),
        wedge_deg=float(wedge + rng.normal(0, 1.2)),
        bulge_mm=float(rng.uniform(-0.3, 0.8)),
        water=float(np.clip(1.0 - wear, 0.02, 1.0)),
        has_cleft=bool(wear > 0.25 and rng.random() < 0.5),
        flavum_mm=(float(rng.uniform(2.2, 3.4) + 0.6 * age),) * 2,
        is_fused=is_fused,
    )


def _level(upper: str, lower: str) -> Level | None:
    try:
        return Level(f"{upper}-{lower}")
    except ValueError:
        return None


def _tilted(rng: Generator, segments: tuple[Segment, ...], lordosis: float) -> tuple[Segment, ...]:
    """Give S1 its slope and every segment its share of a mild scoliosis, as axes to start from."""
    slope = 8.0 + 34.0 * lordosis + rng.normal(0, 4.0)
    amplitude = abs(rng.normal(0, 2.0))
    phase, length = rng.uniform(0, 2 * np.pi), rng.uniform(6, 12)
    turn = rng.normal(0, 1.0)
    result = []
    for n, segment in enumerate(segments):
        bend = amplitude * np.sin(phase + 2 * np.pi * n / length)
        result.append(replace(segment, axes=axes_of(float(slope), float(bend), float(turn * bend))))
    return tuple(result)


def _draw_sac(rng: Generator, first_thoracic: int, size: float) -> Sac:
    """``first_thoracic`` is the index of T12; the conus ends between T12 and L2."""
    return Sac(
        scale_ap=float(rng.normal(1.0, 0.07) * size),
        scale_lr=float(rng.normal(1.0, 0.07) * size),
        conus=float(
            np.clip(rng.normal(first_thoracic - 0.9, 0.4), first_thoracic - 2, first_thoracic)
        ),
        end=float(rng.uniform(2.6, 3.9)),
        front_gap_mm=float(rng.uniform(0.8, 1.8)),
        rootlet_phase=(
            float(rng.uniform(0, 6)),
            float(rng.uniform(0, 6)),
            float(rng.uniform(0, 6)),
        ),
    )


def _draw_surroundings(rng: Generator, size: float, age: float) -> Surroundings:
    kinds = (Base.BOWEL, Base.BOWEL, Base.ORGAN, Base.FLUID, Base.GAS, Base.MUSCLE, Base.VESSEL)
    ellipsoids = []
    for _ in range(int(rng.integers(14, 40))):
        x, z = rng.uniform(-60, 60), rng.uniform(-170, 160)
        y = -rng.uniform(40, 125) + (0 if z > -80 else 0.35 * -(z + 80))
        rx, ry, rz = rng.uniform(5, 26, 3)
        kind = int(kinds[rng.integers(len(kinds))])
        ellipsoids.append((float(x), float(y), float(z), float(rx), float(ry), float(rz), kind))
    return Surroundings(
        subcutaneous_mm=float(rng.uniform(6, 40) * size),
        muscle_fat=float(np.clip(rng.normal(0.1 + 0.4 * age, 0.12), 0.02, 0.7)),
        psoas=float(rng.uniform(0.75, 1.2)),
        aorta_x_mm=float(rng.uniform(2, 12)),
        ellipsoids=tuple(ellipsoids),
    )
