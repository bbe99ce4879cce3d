"""What divides a level into zones: medial edges of the facets, borders of the pedicles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from cauda.measure.axial.cut import STEP_MM, SURFACE, X_MM, Y_MM, Cut, Floats
from cauda.measure.axial.reference import Reference
from cauda.measure.axial.sac import SacSection
from cauda.measure.reading import Reading
from cauda.measure.uncertainty import Spread
from cauda.vocab import Quantity, Side, Structure, Zone

FORAMEN_MM = 6.0
"""A foramen spans from pedicle to pedicle on the slices this far beyond the disc."""

FACET_SLICE_MM = 2.0
"""The facet joints are looked at on the slices this far beyond the disc: between the laminae."""

FACET_MM = 2.0
"""The articular processes stand at least this far behind the outline of the disc."""

MEDIAL_SHARE = 0.4
"""The recess begins at this share of the way from the midline to the pedicle."""

FACET_MM2 = 3.0
"""The edge is where so much of the joint's bone lies nearer to the midline: no sliver makes it."""

LEAST_HALF_MM = 3.0
"""Nothing nearer to the midline than this is a facet or a pedicle."""

PEDICLE_ROW_MM = (1.0, 6.0)
"""Pedicles are bounded in this band behind the disc's outline."""

GREATEST_WIDTH_MM = 28.0
"""No lumbar pedicle is wider."""

USUAL_WIDTH_MM = 12.0
"""Width of a pedicle whose lateral border is not seen: only parts foramen from what is beyond."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Borders:
    """Where the zones of one side end, as distances from the midline, mm.

    Parameters
    ----------
    facet : float or None
        Medial edge of the facet joint.
    facet_y : float or None
        y' of that edge.
    medial, lateral : float
        Borders of the pedicle.
    facet_slice : int or None
        Slice that shows the facet's edge.
    """

    medial: float
    lateral: float
    facet: float | None = None
    facet_y: float | None = None
    facet_slice: int | None = None

    @property
    def recess(self) -> float:
        """Where the recess begins: at the facet, at the latest at 40 % of the way to the pedicle.

        At the level of the disc the joints often stand no nearer than the pedicles.
        """
        share = MEDIAL_SHARE * self.medial
        return share if self.facet is None else min(self.facet, share)

    def zone(self, away_mm: float) -> Zone:
        """The zone of a place behind the disc at a distance from the midline."""
        if away_mm < self.recess:
            return Zone.CENTRAL
        if away_mm < self.medial:
            return Zone.SUBARTICULAR
        return Zone.FORAMINAL if away_mm < self.lateral else Zone.EXTRAFORAMINAL


def sign_of(side: Side) -> int:
    """1 for left, -1 for right: the sign of x'."""
    return 1 if side is Side.LEFT else -1


def borders(
    shown: Sequence[Cut], sacs: Sequence[SacSection], ring: Reference, half_disc_mm: float
) -> Mapping[Side, Borders]:
    """The borders of each side that shows its pedicle."""
    found = {}
    for side in Side:
        pedicle = _by_foramen(shown, half_disc_mm, sign_of(side)) or _by_pedicle(
            shown, ring, half_disc_mm, sign_of(side)
        )
        if pedicle is not None:
            edge = _facet(sacs, ring, half_disc_mm, sign_of(side))
            found[side] = Borders(
                medial=pedicle[0],
                lateral=pedicle[1],
                facet=None if edge is None else edge[0],
                facet_y=None if edge is None else edge[1],
                facet_slice=None if edge is None else edge[2],
            )
    return found


def _outward(field: Floats, sign: int) -> Floats:
    """(X/2, Y): one side of a field, from the midline outward."""
    half = len(X_MM) // 2
    return field[half:] if sign > 0 else field[:half][::-1]


_AWAY: Floats = X_MM[len(X_MM) // 2 :]


def _crossing(values: Floats, index: int) -> float:
    """Distance from the midline where the values cross the surface before ``index``."""
    low, high = values[index - 1], values[index]
    share = (SURFACE - low) / (high - low) if high != low else 1.0
    return float(_AWAY[index - 1] + np.clip(share, 0, 1) * (_AWAY[index] - _AWAY[index - 1]))


def _span(values: Floats) -> tuple[float, float] | None:
    """Begin and end of the first run of values above the surface, from the midline outward."""
    inside = values >= SURFACE
    inside[_AWAY < LEAST_HALF_MM] = False
    if not inside.any():
        return None
    first = int(inside.argmax())
    rest = np.flatnonzero(~inside[first:])
    end = first + int(rest[0]) if len(rest) else len(_AWAY) - 1
    return _crossing(values, first), _crossing(values, end)


def _by_foramen(shown: Sequence[Cut], half_disc_mm: float, sign: int) -> tuple[float, float] | None:
    """The foramen lies between the planes of the pedicles' borders: its ends across."""
    near = [c for c in shown if abs(c.plane[0]) <= half_disc_mm + FORAMEN_MM]
    if not near:
        return None
    fields = [_outward(c.of(Structure.FORAMEN), sign).max(axis=1) for c in near]
    span = _span(np.max(fields, axis=0))
    if span is None or not 2.0 < span[1] - span[0] < GREATEST_WIDTH_MM:
        return None
    return span


def _by_pedicle(
    shown: Sequence[Cut], ring: Reference, half_disc_mm: float, sign: int
) -> tuple[float, float] | None:
    """The innermost border of arch beside the canal, below or above the disc."""
    inner = []
    for cut in shown:
        if half_disc_mm < abs(cut.plane[0]) <= half_disc_mm + 2 * FORAMEN_MM:
            behind = Y_MM - float(ring.back_mm(0.0))
            rows = (behind >= PEDICLE_ROW_MM[0]) & (behind <= PEDICLE_ROW_MM[1])
            arch = _outward(cut.of(Structure.ARCH, Structure.SACRUM), sign)[:, rows]
            span = _span(np.median(arch, axis=1))
            if span is not None:
                inner.append(span[0])
    if not inner:
        return None
    return min(inner), min(inner) + USUAL_WIDTH_MM


def _facet(
    sacs: Sequence[SacSection], ring: Reference, half_disc_mm: float, sign: int
) -> tuple[float, float, int] | None:
    """Innermost bone of the joint: distance from the midline, y', slice.

    It is looked for beside the sac, as the laminae lie behind it, on the slice nearest to the disc
    plane that shows it there.
    """
    through = [s for s in sacs if abs(s.cut.plane[0]) <= half_disc_mm + FACET_SLICE_MM]
    for own in sorted(through, key=lambda s: abs(s.cut.plane[0])):
        back = ring.back_mm(X_MM)[:, None]
        last = float(own.ring[:, 1].max())
        band = (Y_MM[None, :] >= back + FACET_MM) & (Y_MM[None, :] <= last)
        bone = np.where(band, own.cut.of(Structure.ARCH, Structure.SACRUM), 0.0)
        joint = _outward(np.where(bone >= SURFACE / 2, bone, 0.0), sign)
        joint[_AWAY < LEAST_HALF_MM] = 0.0
        inner = np.cumsum(joint.sum(axis=1)) * STEP_MM**2
        if inner[-1] >= FACET_MM2:
            edge = float(np.interp(FACET_MM2, inner, _AWAY))
            column = int(np.searchsorted(_AWAY, edge).clip(0, len(_AWAY) - 1))
            y = float(joint[column] @ Y_MM / max(joint[column].sum(), 1e-9))
            return edge, y, own.cut.index
    return None


def facet_ends(sides: Mapping[Side, Borders]) -> tuple[tuple[float, float], ...] | None:
    """Medial edges of the right and the left facet, x' and y'; None where one is not seen."""
    ends = []
    for side in (Side.RIGHT, Side.LEFT):
        own = sides.get(side)
        if own is None or own.facet is None or own.facet_y is None:
            return None
        ends.append((sign_of(side) * own.facet, own.facet_y))
    return tuple(ends)


def facet_reading(shown: Sequence[Cut], sides: Mapping[Side, Borders]) -> tuple[Reading, ...]:
    """Length of the line between the medial edges of the facet joints."""
    ends = facet_ends(sides)
    index = next((b.facet_slice for b in sides.values() if b.facet_slice is not None), None)
    cut = next((c for c in shown if c.index == index), None)
    if ends is None or cut is None:
        return ()
    return (
        Reading(
            quantity=Quantity.FACET_DISTANCE,
            value=ends[1][0] - ends[0][0],
            method="facet-distance",
            slice=cut.index,
            points_lps=cut.lps(np.array(ends)),
            spread=Spread(blur=2**0.5 * cut.pixel_mm),
        ),
    )
