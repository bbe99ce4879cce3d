"""A disc unrolled along the reference outline: its probability at each place outside it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np
from scipy import ndimage

from cauda.measure.axial.cut import SURFACE, Cut, Floats
from cauda.measure.axial.reference import SAMPLE_MM, SIDE_MM, Reference, lookup
from cauda.vocab import Structure

TAU_MM = 1.0
"""Less displacement than this, or than 1.5 pixels, is not told from none."""

TAU_PIXELS = 1.5

DEPTH_STEP_MM = 0.25

DEPTHS_MM: Floats = np.arange(-3.0, 14.0, DEPTH_STEP_MM)
"""(D,): places along the normals, from inside the outline outward."""

SPECK_MM2 = 2.0
"""Smaller pieces beyond the outline are noise."""

FRAGMENT_MM2 = 12.0
"""Smaller pieces that do not hang together with the disc are noise: a free fragment is larger."""

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
    own = np.unique(parts[:, DEPTHS_MM < 0])
    least = np.where(np.isin(np.arange(count + 1), own), SPECK_MM2, FRAGMENT_MM2)
    is_speck = (sizes < least)[parts] & (parts > 0)
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
