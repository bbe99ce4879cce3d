"""The traversing root and the disc: the gap between them on each side, where it is resolved."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import numpy as np
from scipy.spatial import cKDTree

from cauda.measure.axial.borders import Borders, sign_of
from cauda.measure.axial.cut import Cut, Floats, area_mm2, rings
from cauda.measure.axial.profile import USUAL_SLICE_MM
from cauda.measure.reading import Reading
from cauda.measure.uncertainty import Spread
from cauda.vocab import Quantity, Side, Structure

LEAST_MM2 = 1.5
"""A smaller section is no root that could be told from noise."""

MEDIAL_MARGIN_MM = 2.5
"""A root still traverses this far beyond the pedicle's medial border."""

BELOW_MM, ABOVE_MM = 6.0, 1.0
"""The traversing root leaves the sac between this far below the disc and this far above its plane;
higher up lies the root that leaves through the foramen."""

FARTHEST_MM = 12.0
"""A disc farther away than this is not the root's neighbor."""

FINE_MM = 0.1
"""Outlines are sampled this densely before distances are taken."""


def root_readings(
    shown: Sequence[Cut], sides: Mapping[Side, Borders], half_disc_mm: float
) -> tuple[Reading, ...]:
    """Least distance from disc to traversing root; a side without a root is left out.

    The disc is projected along z', as a root and the disc before it seldom share a slice.
    """
    low = -(half_disc_mm + BELOW_MM)
    near = [c for c in shown if low <= c.plane[0] <= ABOVE_MM]
    reach = half_disc_mm + USUAL_SLICE_MM
    discs = [c.of(Structure.DISC) for c in shown if abs(c.plane[0]) <= reach]
    shadow = [r for r in rings(np.max(discs, axis=0)) if area_mm2(r) >= LEAST_MM2] if discs else []
    if not shadow:
        return ()
    disc = np.concatenate([_fine(r) for r in shadow])
    found = []
    for side, border in sides.items():
        lines = [
            (c, line) for c in near if (line := _gap(c, disc, border, sign_of(side))) is not None
        ]
        if not lines:
            continue
        lengths = [float(np.hypot(*(line[1] - line[0]))) for _, line in lines]
        place = int(np.argmin(lengths))
        cut, line = lines[place]
        found.append(
            Reading(
                quantity=Quantity.ROOT_DISC_GAP,
                value=lengths[place],
                method="root-disc-gap",
                slice=cut.index,
                points_lps=cut.lps(line),
                spread=Spread(blur=2**0.5 * 0.6 * cut.pixel_mm),
                side=side,
            )
        )
    return tuple(found)


def _gap(cut: Cut, disc: Floats, border: Borders, sign: int) -> Floats | None:
    """(2, 2): nearest points of the disc and of the traversing root on one slice."""
    roots = [
        r
        for r in rings(cut.of(Structure.ROOT))
        if area_mm2(r) >= LEAST_MM2
        and 0 < sign * float(r[:, 0].mean()) < border.medial + MEDIAL_MARGIN_MM
    ]
    if not roots:
        return None
    root = np.concatenate([_fine(r) for r in roots])
    distance, nearest = cKDTree(disc).query(root)
    best = int(np.round(distance, 9).argmin())
    if distance[best] > FARTHEST_MM:
        return None
    return np.array([disc[nearest[best]], root[best]])


def _fine(ring: Floats) -> Floats:
    """The outline with points no farther apart than ``FINE_MM``."""
    ahead = np.roll(ring, -1, axis=0)
    steps = int(np.ceil(np.linalg.norm(ahead - ring, axis=1).max() / FINE_MM))
    shares = np.arange(steps)[:, None, None] / steps
    result: Floats = (ring + shares * (ahead - ring)).reshape(-1, 2)
    return result
