"""Disc beyond the ring apophyses: how far, how wide, how much of the circumference and canal.

The disc is unrolled along the reference outline: ``F(s, d)`` is its probability at the place ``d``
mm outside the outline's point ``s``. Depth, base and dome are then plain extents of one region.
Definitions after Fardon 2014 and, for the facet line, Mysliwiec 2010.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from cauda.measure.axial.borders import Borders, facet_ends
from cauda.measure.axial.cut import DURAL, STEP_MM, SURFACE, X_MM, Y_MM, Cut, Floats
from cauda.measure.axial.fuse import LEAST_REACH_MM
from cauda.measure.axial.profile import USUAL_SLICE_MM
from cauda.measure.axial.reference import SAMPLE_MM, SIDE_MM, Reference, lookup
from cauda.measure.reading import Reading
from cauda.measure.uncertainty import Spread
from cauda.vocab import Quantity, Side, Structure, Zone

TAU_MM = 1.0
"""Less displacement than this, or than 1.5 pixels, is not told from none."""

TAU_PIXELS = 1.5

DEPTH_STEP_MM = 0.25
DEPTHS_MM: Floats = np.arange(-3.0, 14.0, DEPTH_STEP_MM)
"""(D,): places along the normals, from inside the outline outward."""

SPECK_MM2 = 2.0
"""Smaller pieces beyond the outline are noise."""

BULGE_SHARE = 0.25
"""Displacement over more of the outline than this is a bulge: a focal lesion stands on it."""

LEAST_FILL = 0.5
"""A disc that fills less of its outline in its own plane is not seen whole: no contour is read."""

BULGE_PERCENTILE = 25
"""Of the displacements beyond tau, so that a focal lesion on a bulge does not count as bulge."""

FLARE_MM = 2.5
"""Rims stand out sideways over the waist of their bodies by up to this much."""

FOCAL_MM = 2.0
"""On a bulge a focal lesion stands out by this much; less is the bulge itself."""

LATERAL_MM, LATERAL_ADVANTAGE_MM = 14.0, 4.0
"""Discs bulge more to the sides: there a bulge's apex must stand out by this much."""

PLATEAU_MM = 0.25
"""The apex is the middle of what comes so near to the deepest point: lesions have flat tops."""

CANAL_MM = 22.0
"""The canal ends this far behind the disc's outline at the latest."""


@dataclass(frozen=True, kw_only=True, eq=False)
class Unrolled:
    """The disc on one slice along the reference outline.

    Parameters
    ----------
    cut : Cut
    ring : Reference
    field : (S, D) array
        Probability of disc.
    is_bulge : bool
        Whether more than a quarter of the outline is passed in the disc plane.
    """

    cut: Cut
    ring: Reference
    field: Floats
    is_bulge: bool = False

    @property
    def tau_mm(self) -> float:
        """Least displacement that counts."""
        return max(TAU_MM, TAU_PIXELS * self.cut.pixel_mm)

    @cached_property
    def depth_mm(self) -> Floats:
        """(S,): last crossing from disc to not-disc along each normal; never below -3."""
        last = np.where(self.field >= SURFACE, np.arange(len(DEPTHS_MM)), -1).max(axis=1)
        rows, safe = np.arange(len(last)), np.clip(last, 0, len(DEPTHS_MM) - 2)
        high, low = self.field[rows, safe], self.field[rows, safe + 1]
        share = np.clip((high - SURFACE) / np.maximum(high - low, 1e-6), 0, 1)
        reach: Floats = DEPTHS_MM[safe] + share * DEPTH_STEP_MM
        return np.where(last >= 0, reach, DEPTHS_MM[0])

    @property
    def circumference(self) -> float:
        """Share of the outline with displacement beyond tau."""
        return float((self.depth_mm > self.tau_mm).mean())

    @cached_property
    def top(self) -> tuple[int, int]:
        """First and last of the outline's points round the deepest displacement behind."""
        behind = np.where(self.ring.is_posterior, self.depth_mm, -np.inf)
        if self.is_bulge:
            is_lateral = np.abs(self.ring.points[:, 0]) > LATERAL_MM
            behind = np.where(is_lateral, behind - LATERAL_ADVANTAGE_MM, behind)
        tip = int(behind.argmax())
        parts, _ = ndimage.label(behind >= behind[tip] - PLATEAU_MM)
        best = np.flatnonzero(parts == parts[tip])
        return int(best[0]), int(best[-1])

    @property
    def apex(self) -> int:
        """Number of the outline's point in the middle of :attr:`top`."""
        return sum(self.top) // 2

    @property
    def greatest_mm(self) -> float:
        """Deepest displacement behind the middle."""
        return float(self.depth_mm[self.top[0] : self.top[1] + 1].max())

    @property
    def foot_mm(self) -> Floats:
        """(2,): x', y' of the outline below the apex."""
        foot: Floats = self.ring.points[list(self.top)].mean(axis=0)
        return foot

    @property
    def tip_mm(self) -> Floats:
        """(2,): x', y' of the apex."""
        tip: Floats = (
            self.foot_mm + self.ring.normals[list(self.top)].mean(axis=0) * self.greatest_mm
        )
        return tip

    @cached_property
    def bulge_mm(self) -> float:
        """Depth of the bulge that a focal lesion stands on; 0 without a bulge."""
        far = self.depth_mm[self.depth_mm > self.tau_mm]
        if not self.is_bulge or not len(far):
            return 0.0
        return float(np.percentile(far, BULGE_PERCENTILE))

    @property
    def is_focal(self) -> bool:
        """Whether there is a lesion other than a plain bulge."""
        return self.greatest_mm > max(self.tau_mm, self.bulge_mm + FOCAL_MM * (self.bulge_mm > 0))

    @cached_property
    def lesion(self) -> Floats:
        """(S, D): the field of the displaced piece at the apex, from its base outward."""
        base = min(self.bulge_mm + self.tau_mm, self.greatest_mm - DEPTH_STEP_MM) <= DEPTHS_MM
        beyond = np.where(base[None, :], self.field, 0.0)
        parts, _ = ndimage.label(beyond >= SURFACE)
        column = parts[self.apex]
        own = column[column > 0][-1] if (column > 0).any() else 0
        return np.where(parts == own, beyond, 0.0) if own else np.zeros_like(beyond)

    @property
    def widths_mm(self) -> Floats:
        """(D,): width of the lesion at each distance from the outline, 0 where it is not."""
        inside = self.lesion >= SURFACE
        first, last = inside.argmax(axis=0), len(inside) - 1 - inside[::-1].argmax(axis=0)
        return np.where(inside.any(axis=0), (last - first + 1) * SAMPLE_MM, 0.0)

    @property
    def places_mm(self) -> Floats:
        """(S, D, 2): x', y' of the unrolled samples."""
        return _places(self.ring)


def _places(ring: Reference) -> Floats:
    result: Floats = ring.points[:, None] + ring.normals[:, None] * DEPTHS_MM[:, None]
    return result


def unrolled(cut: Cut, ring: Reference) -> Unrolled:
    """Unroll the disc on one slice, specks left out."""
    field = lookup(cut.of(Structure.DISC), _places(ring))
    parts, count = ndimage.label(field >= SURFACE)
    sizes = np.bincount(parts.ravel(), minlength=count + 1) * SAMPLE_MM * DEPTH_STEP_MM
    is_speck = (sizes < SPECK_MM2)[parts] & (parts > 0)
    return Unrolled(cut=cut, ring=ring, field=np.where(is_speck, 0.0, field))


def filled(cut: Cut, ring: Reference) -> float:
    """Share of the inside of the outline, 2 mm off it, that the slice shows as disc."""
    center = np.array([0.0, ring.middle_mm])
    inner = ring.points - 2.0 * ring.normals
    shares = np.linspace(0.1, 1.0, 10)
    places = center + shares[:, None, None] * (inner - center)
    inside = lookup(cut.of(Structure.DISC), places) >= SURFACE
    # Rings of equal steps hold area in proportion to their size.
    return float((inside.mean(axis=1) * shares).sum() / shares.sum())


def flared(middle: Unrolled) -> Reference:
    """The outline with its sides moved out to where both sides of the disc reach.

    What makes the sides of the outline are bodies some way from their rims, which stand out over
    them; as far as rims can, an excess of both sides alike is laid to them.
    """
    ring = middle.ring
    excess = np.clip(np.minimum(middle.depth_mm, middle.depth_mm[::-1]), 0.0, FLARE_MM)
    share = np.clip((np.abs(ring.points[:, 0]) - SIDE_MM) / 4.0, 0.0, 1.0)
    return replace(ring, points=ring.points + ring.normals * (excess * share)[:, None])


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
        than a plain bulge.
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
    if worst.is_focal:
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
