"""Canal, recesses and discs to learn from: crops of synthetic axial slices with true grades."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from cauda.nets.crop_questions import ZONES, mirrored_place
from cauda.nets.crops import CANAL, Crop, cut
from cauda.phantom import Anatomy, draw_anatomy
from cauda.phantom.axial_detail import paint_joints, remodeled
from cauda.phantom.axial_sample import draw_axial_protocol
from cauda.phantom.axial_soft import (
    clear_front,
    draw_rootlets,
    draw_sac_shape,
    paint_muscle_fat,
    paint_rootlets,
    reshape_muscle,
    reshape_sac,
)
from cauda.phantom.endplates import level_frame
from cauda.phantom.grid import Canvas
from cauda.phantom.lesion_draw import Frequency
from cauda.phantom.place import axes_of
from cauda.phantom.truth import levels_of
from cauda.phantom.truth_grades import bartynski, displaced, lee_canal
from cauda.phantom.truth_state import contents, recess_state
from cauda.training.crops.sample import UNTOLD, Sample, draw_count, packed
from cauda.training.crops.slab import Slab, image, missed
from cauda.vocab import Contrast, Level, Scale, Side, Zone

Generator = np.random.Generator
FREQUENCIES: dict[Frequency, float] = {
    "stenotic": 0.4,
    "dense": 0.25,
    "herniated": 0.25,
    "random": 0.1,
}
"""Shares of spines by how often they have lesions."""
PLAIN, JOINED = 0.35, 0.3
"""Shares of spines as phantom studies are painted, and with facet joints only; the others have a
sac, rootlets and muscles drawn anew as well, so that their canal's grade is not told."""
SIZE_MM = (80.0, 54.0)
ANGLED = 0.8
"""Share of stacks angled with the disc."""


def draw(rng: Generator) -> Iterator[Sample]:
    """Every lumbar level of one random spine."""
    often = rng.choice(list(FREQUENCIES), p=list(FREQUENCIES.values()))
    anatomy = draw_anatomy(rng, lumbar_count=draw_count(rng), lesions=often)
    detail = rng.random()
    if detail > PLAIN:
        anatomy = _remodeled(anatomy, rng)
    for n, level in levels_of(anatomy):
        if level.value.startswith("T"):
            continue
        joints = _joints(anatomy, n, int(rng.integers(2**31))) if detail > PLAIN else None
        is_rich = detail > PLAIN + JOINED
        crop = _crop(anatomy, n, (joints, is_rich), rng)
        if crop is not None:
            left, right = (
                _grades(anatomy, n, level, side, (joints, is_rich))
                for side in (Side.LEFT, Side.RIGHT)
            )
            yield Sample(crop=packed(crop), left=left, right=right)


def _remodeled(anatomy: Anatomy, rng: Generator) -> Anatomy:
    """Bodies, canal and muscles varied; alike in the spine without its lesions."""
    seed = int(rng.integers(2**31))
    spines = (anatomy, anatomy.plain or anatomy)
    changed, plain = (remodeled(a, np.random.default_rng(seed)) for a in spines)
    return replace(changed, plain=plain)


def _joints(anatomy: Anatomy, n: int, seed: int) -> tuple[_Detail, _Detail]:
    """Paints the joints round a level: of the spine, and of the same without lesions."""

    def of(spine: Anatomy) -> _Detail:
        def paint(canvas: Canvas) -> None:
            for m in range(max(n - 1, spine.sacral_count - 1), n + 2):
                paint_joints(canvas, spine, m, np.random.default_rng((seed, m)))

        return paint

    return of(anatomy), of(anatomy.plain or anatomy)


_Detail = Callable[[Canvas], None]
_Look = tuple[tuple[_Detail, _Detail] | None, bool]


def _grades(anatomy: Anatomy, n: int, level: Level, side: Side, look: _Look) -> tuple[int, ...]:
    """Ranks of recess, canal and contour, and the place of a herniation."""
    joints, is_rich = look
    now, before = joints or (None, None)
    recess = bartynski(
        recess_state(anatomy, n, side, now),
        recess_state(anatomy.plain or anatomy, n, side, before),
    )
    seen = None if is_rich else contents(anatomy, n)
    canal = UNTOLD if seen is None else lee_canal(seen)
    worst, lesion = displaced([x for x in anatomy.lesions if x.level == level])
    place = 0 if lesion is None else 1 + ZONES.index(lesion.zone or Zone.CENTRAL)
    if lesion is not None and lesion.side is not side:
        place = mirrored_place(place)
    return recess, canal, Scale.FARDON.grades.index(worst), place


def _crop(anatomy: Anatomy, n: int, look: _Look, rng: Generator) -> Crop | None:
    protocol = replace(draw_axial_protocol(rng), contrast=Contrast.T2)
    protocol = replace(
        protocol,
        repetition_ms=float(rng.uniform(2500, 6000)),
        echo_ms=float(rng.uniform(75, 130)),
    )
    frame = level_frame(anatomy, n)
    base = frame.axes.T if rng.random() < ANGLED else np.eye(3)
    turn = axes_of(*(float(v) for v in rng.normal(0, (4.0, 2.0, 2.5))))
    spacing = protocol.slice_mm * float(rng.uniform(1.0, 1.25))
    pixel = float(np.clip(rng.normal(0.6, 0.08), 0.4, 0.8))
    slab = Slab(
        center_lps=frame.to_lps(np.array([0.0, 27.0, 0.0]) + rng.normal(0, (2.0, 2.0, 1.5))),
        directions=base @ np.array(turn).T,
        size_mm=SIZE_MM,
        slices=int(rng.choice([4, 5, 5, 6])),
        spacing_mm=spacing,
        pixel_mm=pixel,
    )

    def detail(canvas: Canvas) -> None:
        if look[0] is not None:
            look[0][0](canvas)
        if look[1]:
            _enrich(canvas, anatomy, n, rng)

    signal = image(anatomy, slab, protocol, rng, detail)
    return cut(signal, slab.space, missed(frame, rng), Side.LEFT, CANAL)


def _enrich(canvas: Canvas, anatomy: Anatomy, n: int, rng: Generator) -> None:
    """A sac, rootlets and muscles of another shape: nothing that bounds a recess."""
    pixel = float(np.linalg.norm(canvas.grid.matrix[:3, 0]))
    clear_front(canvas, anatomy.discs[n])
    if rng.random() < 0.75:
        reshape_sac(canvas.materials, draw_sac_shape(rng), pixel)
    if rng.random() < 0.85:
        paint_rootlets(canvas.materials, draw_rootlets(rng), pixel)
    if rng.random() < 0.9:
        reshape_muscle(canvas.materials, rng, pixel)
    if rng.random() < 0.9:
        paint_muscle_fat(canvas.materials, anatomy, rng, pixel)
