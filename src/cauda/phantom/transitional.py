"""Give spines of four or six lumbar vertebrae the shape of a lumbosacral transition.

Four are drawn as a sacralized L5, six as a lumbarized S1. What is drawn, and after whom:

- *squared*: the transitional segment's upper depth is at most 1.37 times its lower one (Wigh, Spine
  1980); S1 is rectangular in lumbarization (Tokgoz, Korean J Radiol 2014;15:258, PMC3955794).
- *disc below it*: formed in every lumbarization (Tokgoz), residual to well formed in sacralization
  (O'Driscoll, Skeletal Radiol 1996, types 2 to 4), narrow by the anomaly itself rather than by
  wear (Konin and Walz, AJNR 2010;31:1778, PMC7964015).
- *angles*: the two lowest bodies stand at a smaller angle than in other spines, more so in
  lumbarization (906 persons, Eur Spine J 2020, 10.1007/s00586-020-06565-7), by 9 and 5 degrees
  smaller than the two above them in Castellvi types III and IV (Farshad, after Radiopaedia 47531).

The sources give limits and words, not distributions: the ranges are chosen here to reach from
plainly transitional to hardly noticeable. They shape synthetic images only.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from cauda.phantom.anatomy import Anatomy, Segment

STREAM = 6
"""Tells this source of chance from those that share a spine's seed."""
SQUARED = (1.03, 1.37)
"""Upper depth over lower depth of the transitional segment."""
SACRALIZED_DISC_MM = (2.5, 6.0)
"""About what three patients of a public data set with such a segment show."""
SACRALIZED_REMNANT = (0.7, 1.0)
"""Share of the outline that the residual disc takes."""
FORMED_SHARE = 0.6
"""How many residual discs still have a nucleus."""
LUMBARIZED_DISC = (0.4, 0.85)
"""Height of the disc below a lumbarized S1 as a share of a normal one."""
LESS_WEDGE = (0.0, 0.8)
"""Wedge of a lumbarized S1, and of the disc below it, as a share of that of L5."""
LUMBARIZED_TAPER = 0.12
"""S2's body narrows less than S1's."""


def transitional(anatomy: Anatomy) -> Anatomy:
    """The spine with its lowest segments shaped by its number of lumbar vertebrae.

    Parameters
    ----------
    anatomy : Anatomy
        Not yet placed. One of five lumbar vertebrae is returned as it is.

    Returns
    -------
    Anatomy
        Drawn from a random stream of its own, so that nothing else of the spine changes.
    """
    rng = np.random.default_rng((anatomy.seed, STREAM))
    if anatomy.lumbar_count == 4:
        return _sacralized(rng, anatomy)
    return _lumbarized(rng, anatomy) if anatomy.lumbar_count == 6 else anatomy


def _sacralized(rng: np.random.Generator, anatomy: Anatomy) -> Anatomy:
    """A squared, fused segment on top of a whole sacrum, a residual disc between them."""
    first = anatomy.sacral_count - 1
    ratio = rng.uniform(*SQUARED)
    segments = list(anatomy.segments)
    top = segments[first]
    for n in range(first):
        segments[n] = _as_large_as(segments[n], anatomy.segments[n + 1])
    segments[first] = replace(
        top,
        taper=float(1 - 1 / ratio),
        height_mm=float(top.height_mm * rng.uniform(0.92, 1.05)),
        wedge_deg=float(top.wedge_deg + rng.uniform(-3, 3)),
    )
    segments[first - 1] = replace(
        segments[first - 1], depth_mm=float(top.depth_mm / ratio * rng.uniform(0.97, 1.03))
    )
    discs = list(anatomy.discs)
    discs[first - 1] = replace(
        discs[first - 1],
        height_mm=float(rng.uniform(*SACRALIZED_DISC_MM)),
        wedge_deg=float(rng.uniform(-3, 4)),
        remnant=float(rng.uniform(*SACRALIZED_REMNANT)),
        is_formed=bool(rng.random() < FORMED_SHARE),
        water=float(rng.uniform(0.1, 0.9)),
    )
    return replace(anatomy, segments=tuple(segments), discs=tuple(discs))


def _as_large_as(segment: Segment, other: Segment) -> Segment:
    """A sacral segment with the body of the one above it: all lie one place lower here."""
    return replace(
        segment, width_mm=other.width_mm, depth_mm=other.depth_mm, height_mm=other.height_mm
    )


def _lumbarized(rng: np.random.Generator, anatomy: Anatomy) -> Anatomy:
    """A rectangular lowest free segment between L5 and a sacrum that begins with S2."""
    first = anatomy.sacral_count - 1
    ratio = rng.uniform(*SQUARED)
    segments, discs = list(anatomy.segments), list(anatomy.discs)
    second, top, free, fifth = segments[first - 1 : first + 3]
    segments[first] = replace(
        top,
        taper=LUMBARIZED_TAPER,
        wedge_deg=second.wedge_deg,
        depth_mm=float(free.depth_mm / ratio * rng.uniform(0.97, 1.03)),
        width_mm=float(top.width_mm * rng.uniform(0.88, 1.0)),
        height_mm=float(top.height_mm * rng.uniform(0.86, 1.0)),
    )
    segments[first + 1] = replace(
        free,
        depth_mm=float(free.depth_mm * (1 + 1 / ratio) / 2),
        wedge_deg=float(free.wedge_deg * rng.uniform(*LESS_WEDGE)),
    )
    # The lumbosacral angle lies where L5 is, one place higher.
    segments[first + 2] = replace(fifth, wedge_deg=free.wedge_deg)
    lowest, above = discs[first : first + 2]
    discs[first] = replace(
        lowest,
        height_mm=float(lowest.height_mm * rng.uniform(*LUMBARIZED_DISC)),
        wedge_deg=float(lowest.wedge_deg * rng.uniform(*LESS_WEDGE)),
    )
    discs[first + 1] = replace(above, wedge_deg=lowest.wedge_deg)
    return replace(anatomy, segments=tuple(segments), discs=tuple(discs))
