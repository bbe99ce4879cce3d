"""Disc beyond the ring apophyses: how far, how wide, how much of the circumference and canal.

The disc is unrolled along the reference outline: ``F(s, d)`` is its probability at the place ``d``
mm outside the outline's point ``s``. Depth, base and dome are then plain extents of one region.
Definitions after Fardon 2014 and, for the facet line, Mysliwiec 2010.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from cauda.knowledge import row
from cauda.measure.axial.borders import Borders, facet_ends
from cauda.measure.axial.cut import DURAL, STEP_MM, SURFACE, X_MM, Y_MM, Cut
from cauda.measure.axial.fuse import LEAST_REACH_MM
from cauda.measure.axial.profile import USUAL_SLICE_MM
from cauda.measure.axial.reference import Reference
from cauda.measure.axial.unrolled import SPECK_MM2, TAU_MM, Unrolled, filled, flared, unrolled
from cauda.measure.reading import Reading
from cauda.measure.uncertainty import Spread
from cauda.vocab import Quantity, Side, Structure, Zone

BULGE_SHARE = 0.25
"""Displacement over more of the outline than this is a bulge: a focal lesion stands on it."""

LEAST_FILL = 0.5
"""A disc that fills less of its outline in its own plane is not seen whole: no contour is read."""

CANAL_MM = 22.0
"""The canal ends this far behind the disc's outline at the latest."""


def contour_readings(
    shown: Sequence[Cut],
    ring: Reference,
    sides: Mapping[Side, Borders],
    half_disc_mm: float,
) -> tuple[Reading, ...]:
    """Displacement of one disc beyond its reference outline.

    Parameters
    ----------
    shown : sequence of Cut
    ring : Reference
    sides : mapping
        Borders of the zones, where they are seen.
    half_disc_mm : float

    Returns
    -------
    tuple of Reading
        Nothing where the disc is not seen whole. Depth and circumference always; the share of the
        canal where it is deeper than tau; apex, facet line, base, dome and zones where it is more
        than a plain bulge and deep enough to be told from a sound disc: what is no lesion has no
        side.
    """
    reach = half_disc_mm + USUAL_SLICE_MM
    near = [c for c in shown if abs(c.plane[0]) <= reach]
    nearest = min(near, key=lambda c: abs(c.plane[0]), default=None)
    if nearest is None or abs(nearest.plane[0]) > max(half_disc_mm, LEAST_REACH_MM):
        return ()
    if filled(nearest, ring) < LEAST_FILL:
        return ()
    ring = flared(unrolled(nearest, ring))
    middle = unrolled(nearest, ring)
    is_bulge = middle.circumference > BULGE_SHARE
    seen = [replace(unrolled(c, ring), is_bulge=is_bulge) for c in near]
    worst = max(seen, key=lambda u: u.greatest_mm)
    spread = Spread(blur=0.6 * worst.cut.pixel_mm + ring.misfit_mm)
    depth = max(worst.greatest_mm, 0.0)
    line = np.array([worst.foot_mm, worst.tip_mm])
    found = [
        Reading(
            quantity=Quantity.DISPLACEMENT_CIRCUMFERENCE,
            value=middle.circumference,
            method=ring.method,
            slice=middle.cut.index,
            points_lps=middle.cut.lps(np.vstack([ring.points, ring.points[:1]])),
            spread=Spread(blur=_share_blur(middle, spread.blur)),
        ),
        Reading(
            quantity=Quantity.DISPLACEMENT_DEPTH,
            value=depth,
            method=ring.method,
            slice=worst.cut.index,
            points_lps=worst.cut.lps(line),
            spread=spread,
        ),
    ]
    if depth > worst.tau_mm:
        found += _canal_readings(worst, sides, spread)
    least = row("thresholds.toml", "threshold", "depth-detect").numbers("value")[0]
    if worst.is_focal and depth >= least:
        found += _apex_readings(worst, sides, spread)
        found += _width_readings(worst, spread)
        found += _zone_readings(worst, sides)
    return tuple(found)


def _share_blur(middle: Unrolled, blur: float) -> float:
    """Change of the circumference's share when the outline moves by ``blur``."""
    far = [(middle.depth_mm > middle.tau_mm + step).mean() for step in (-blur / 2, blur / 2)]
    return float(far[0] - far[1])


def _width_readings(worst: Unrolled, spread: Spread) -> list[Reading]:
    """Base and dome of the deepest lesion."""
    widths = worst.widths_mm
    present = np.flatnonzero(widths > 0)
    found: list[Reading] = []
    if not len(present):
        return found
    first, widest = int(present[0]), int(widths.argmax())
    for quantity, place, method in (
        (Quantity.DISPLACEMENT_BASE, first, "displacement-base"),
        (Quantity.DISPLACEMENT_DOME, widest, "displacement-dome"),
    ):
        rows = np.flatnonzero(worst.lesion[:, place] >= SURFACE)
        found.append(
            Reading(
                quantity=quantity,
                value=float(widths[place]),
                method=method,
                slice=worst.cut.index,
                points_lps=worst.cut.lps(worst.places_mm[rows[[0, -1]], place]),
                spread=Spread(blur=2**0.5 * spread.blur),
            )
        )
    return found


def _apex_readings(worst: Unrolled, sides: Mapping[Side, Borders], spread: Spread) -> list[Reading]:
    """Where the deepest point lies, and the depth against the facet line."""
    apex = Reading(
        quantity=Quantity.DISPLACEMENT_APEX,
        value=float(worst.tip_mm[0]),
        method="displacement-apex",
        slice=worst.cut.index,
        points_lps=worst.cut.lps(worst.tip_mm),
        spread=Spread(blur=worst.cut.pixel_mm + 2 * spread.blur),
    )
    return [apex, *_facet_line(worst, sides, spread)]


def _canal_readings(
    worst: Unrolled, sides: Mapping[Side, Borders], spread: Spread
) -> list[Reading]:
    """The share of the canal that the displaced disc takes."""
    share = _canal_share(worst, sides)
    if share is None:
        return []
    return [
        Reading(
            quantity=Quantity.DISPLACEMENT_CANAL,
            value=share,
            method="displacement-canal-share",
            slice=worst.cut.index,
            points_lps=(),
            spread=Spread(blur=spread.blur / 12.0),
        )
    ]


def _zone_readings(worst: Unrolled, sides: Mapping[Side, Borders]) -> list[Reading]:
    """Share of the lesion's area in every zone that holds some; central without a side."""
    if set(sides) != set(Side):
        return []
    area = (worst.lesion >= SURFACE).astype(float)
    places = worst.places_mm
    total = area.sum()
    if total == 0:
        return []
    shares: dict[tuple[Zone, Side | None], float] = {}
    for s, d in np.argwhere(area > 0):
        x, y = places[s, d]
        side = Side.LEFT if x > 0 else Side.RIGHT
        zone = sides[side].zone(abs(x)) if y >= worst.ring.middle_mm else Zone.ANTERIOR
        key = (zone, None if zone in {Zone.CENTRAL, Zone.ANTERIOR} else side)
        shares[key] = shares.get(key, 0.0) + 1.0 / total
    return [
        Reading(
            quantity=Quantity.DISPLACEMENT_ZONE,
            value=share,
            method="displacement-zone-share",
            slice=worst.cut.index,
            points_lps=(),
            spread=Spread(blur=0.1),
            side=side,
            zone=zone,
        )
        for (zone, side), share in sorted(shares.items(), key=lambda item: -item[1])
    ]


def _canal_share(worst: Unrolled, sides: Mapping[Side, Borders]) -> float | None:
    """Displaced disc over displaced disc and what else fills the canal, between the pedicles."""
    if set(sides) != set(Side):
        return None
    x, back = X_MM[:, None], worst.ring.back_mm(X_MM)[:, None]
    between = (x < sides[Side.LEFT].medial) & (x > -sides[Side.RIGHT].medial)
    behind = (Y_MM[None, :] > back) & (Y_MM[None, :] < back + CANAL_MM)
    within = between & behind
    free = worst.cut.of(*DURAL, Structure.EPIDURAL_FAT, Structure.ROOT)
    disc = float(worst.cut.of(Structure.DISC)[within].sum())
    whole = disc + float(free[within].sum())
    return disc / whole if whole * STEP_MM**2 > SPECK_MM2 else None


def _facet_line(worst: Unrolled, sides: Mapping[Side, Borders], spread: Spread) -> list[Reading]:
    """Depth at the apex over the distance from the outline to the line between the facets."""
    ends = facet_ends(sides)
    if ends is None:
        return []
    start = worst.foot_mm
    (x0, y0), (x1, y1) = ends
    line_y = y0 + (y1 - y0) * (start[0] - x0) / (x1 - x0)
    distance = float(line_y - start[1])
    if distance < TAU_MM:
        return []
    return [
        Reading(
            quantity=Quantity.DISPLACEMENT_FACET_LINE,
            value=worst.greatest_mm / distance,
            method="facet-line-share",
            slice=worst.cut.index,
            points_lps=worst.cut.lps(np.array(ends)),
            spread=Spread(blur=spread.blur / distance),
        ),
    ]
