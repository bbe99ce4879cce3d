"""Foramina to learn from: crops of synthetic sagittal slices with their true grade."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cauda.nets.crops import FORAMEN, Crop, cut
from cauda.phantom import Anatomy, draw_anatomy
from cauda.phantom.endplates import level_frame
from cauda.phantom.lesion_draw import Frequency
from cauda.phantom.place import axes_of
from cauda.phantom.sample import draw_protocol
from cauda.phantom.truth import levels_of
from cauda.phantom.truth_grades import lee
from cauda.phantom.truth_state import foramen_state
from cauda.training.crops.sample import Sample, draw_count, packed
from cauda.training.crops.slab import Slab, image, missed
from cauda.vocab import Side

Generator = np.random.Generator
FREQUENCIES: dict[Frequency, float] = {"stenotic": 0.6, "dense": 0.25, "random": 0.15}
"""Shares of spines by how often they have lesions: closed foramina are rare otherwise."""
OPEN = 0.4
"""Share of the open foramina that is imaged: there are far more of them."""
SIZE_MM = (60.0, 60.0)
"""Of a slab in its plane: the box, and room to miss it."""
MIDDLE_MM = (17.0, 23.0)
"""Middle of a slab: |x'| at the pedicles, y' behind the wall."""


def draw(rng: Generator) -> Iterator[Sample]:
    """The foramina of every level of one random spine, each imaged by a protocol of its own."""
    often = rng.choice(list(FREQUENCIES), p=list(FREQUENCIES.values()))
    anatomy = draw_anatomy(rng, lumbar_count=draw_count(rng), lesions=often)
    plain = anatomy.plain or anatomy
    for n, _ in levels_of(anatomy):
        for side in (Side.LEFT, Side.RIGHT):
            grade = lee(foramen_state(anatomy, n, side), foramen_state(plain, n, side))
            if grade == 0 and rng.random() > OPEN:
                continue
            crop = _crop(anatomy, n, side, rng)
            if crop is not None:
                yield Sample(crop=packed(crop), left=(grade,), right=())


def _crop(anatomy: Anatomy, n: int, side: Side, rng: Generator) -> Crop | None:
    protocol, frame = draw_protocol(rng), level_frame(anatomy, n)
    sign = 1.0 if side is Side.LEFT else -1.0
    x, y = MIDDLE_MM
    middle = frame.to_lps(np.array([sign * x, y, 0.0]) + rng.normal(0, (3.0, 2.0, 2.0)))
    turn = axes_of(*(float(v) for v in rng.normal(0, (4.0, 2.0, 3.0))))
    spacing = protocol.slice_mm * float(rng.uniform(1.0, 1.35))
    slab = Slab(
        center_lps=middle,
        directions=np.array(turn).T[:, [1, 2, 0]],
        size_mm=SIZE_MM,
        slices=max(5, int(np.ceil(30.0 / spacing))),
        spacing_mm=spacing,
        pixel_mm=float(np.clip(rng.normal(0.7, 0.12), 0.4, 1.0)),
    )
    signal = image(anatomy, slab, protocol, rng)
    return cut(signal, slab.space, missed(frame, rng), side, FORAMEN)
