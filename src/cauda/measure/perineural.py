"""The root in its foramen: its section, and on which of its four sides fat touches it."""

from __future__ import annotations

import numpy as np
from scipy import ndimage
from skimage import measure as contours

from cauda.measure.foramina import LEAST_PLATEAU, Foramen, Opening
from cauda.measure.reading import Reading
from cauda.measure.sampling import STEP_MM, SURFACE, Floats, between, change
from cauda.measure.signal import signal_on
from cauda.measure.uncertainty import Spread
from cauda.vocab import Contrast, Quantity, Structure

FAT_MM = 0.6
"""Fat counts on a side of the root where it is at least this thick: nearly a pixel.

Thickness is the fat's share summed along a ray, which blur and partial volume leave as it is; a
thin layer fills no pixel by itself.
"""
RAY_MM = np.arange(-0.75, 2.76, 0.25)
"""Places along a ray, square to the root's border: from within it, as blur carries fat there."""

LEAST_ROOT_MM2 = 5.0
"""A smaller section is no root whose sides could be told."""

BRIGHT_PERCENTILE = 90.0
"""Percentile of the foramen's signal that is pure fat."""

LEAST_RATIO = 1.3
"""On T1 the signal tells fat from root where pure fat is brighter than the root by this."""

SIDES: dict[Quantity, tuple[float, float]] = {
    Quantity.FORAMEN_FAT_ANTERIOR: (-1.0, 0.0),
    Quantity.FORAMEN_FAT_POSTERIOR: (1.0, 0.0),
    Quantity.FORAMEN_FAT_SUPERIOR: (0.0, 1.0),
    Quantity.FORAMEN_FAT_INFERIOR: (0.0, -1.0),
}
"""Direction (y', z') of each side; it reaches 45 degrees to either hand."""

_NAN = float("nan")


def perineural_readings(opened: Foramen) -> tuple[Reading, ...]:
    """Section of the root and share of its border with fat, side by side, mid-foraminal.

    Nothing where no root is seen in the foramen's middle.
    """
    clear = [o for o in opened.openings if o.plateau >= LEAST_PLATEAU]
    if not clear:
        return ()
    x_mm = opened.x_mm[[o.plateau >= LEAST_PLATEAU for o in opened.openings]]
    middle = opened.middle_mm
    seen = [_around(o) for o in clear]
    best = int(np.abs(x_mm - middle).argmin())
    if not seen[best]:
        return ()
    ring = _ring(clear[best])
    rows = [(Quantity.FORAMEN_ROOT_AREA, "foramen-root-area", 2 * (np.pi * 25) ** 0.5)]
    rows += [(quantity, "root-border-fat", 0.0) for quantity in SIDES]
    found = []
    for quantity, method, length_mm in rows:
        values = np.array([s.get(quantity, _NAN) for s in seen])
        found.append(
            Reading(
                quantity=quantity,
                value=between(x_mm, values, middle),
                method=method,
                slice=clear[best].sheet.index,
                points_lps=clear[best].sheet.line_lps(ring[::2]),
                spread=Spread(
                    blur=length_mm * clear[best].blur_mm / 2, change=change(x_mm, values, middle)
                ),
                side=opened.side,
            )
        )
    return tuple(found)


def _root(opening: Opening) -> Floats:
    """(Y, Z): the root in the opening, as a share of what fills the slice."""
    root = np.minimum(opening.sheet.own(Structure.ROOT), opening.region)
    scaled: Floats = root / opening.scale
    pieces, count = ndimage.label(scaled >= SURFACE)
    if count > 1:
        sizes = ndimage.sum_labels(scaled, pieces, np.arange(1, count + 1))
        own = ndimage.binary_dilation(pieces == 1 + int(np.argmax(sizes)), iterations=3)
        scaled = np.where(own, scaled, 0.0)
    return scaled


def _ring(opening: Opening) -> Floats:
    """(N, 2): border of the root, (y', z') in mm; empty without one."""
    found = contours.find_contours(np.pad(_root(opening), 1), SURFACE)
    if not found:
        return np.empty((0, 2))
    origin = np.array([opening.sheet.y_mm[0], opening.sheet.z_mm[0]])
    result: Floats = origin + (max(found, key=len) - 1) * STEP_MM
    return result


def _around(opening: Opening) -> dict[Quantity, float]:
    """Section and the four shares on one slice; empty where no root is seen."""
    ring = _ring(opening)
    area = _area_mm2(ring)
    if area < LEAST_ROOT_MM2:
        return {}
    touching = _fat_mm(opening, _rays(ring)) >= FAT_MM
    center = ring.mean(axis=0)
    away = ring - center
    away /= np.maximum(np.linalg.norm(away, axis=1), 1e-6)[:, None]
    found = {Quantity.FORAMEN_ROOT_AREA: area}
    for quantity, direction in SIDES.items():
        facing = away @ np.array(direction) >= np.sqrt(0.5)
        found[quantity] = float(touching[facing].mean()) if facing.any() else _NAN
    return found


def _area_mm2(ring: Floats) -> float:
    """Area inside a ring (shoelace)."""
    if len(ring) < 3:
        return 0.0
    y, z = ring[:, 0], ring[:, 1]
    return float(abs(np.dot(y, np.roll(z, 1)) - np.dot(z, np.roll(y, 1)))) / 2


def _rays(ring: Floats) -> Floats:
    """(N, R, 2): places along rays that leave a ring square to it."""
    along = np.roll(ring, -2, axis=0) - np.roll(ring, 2, axis=0)
    normal = np.column_stack([along[:, 1], -along[:, 0]])
    normal /= np.maximum(np.linalg.norm(normal, axis=1), 1e-6)[:, None]
    outside = np.sign(((ring - ring.mean(axis=0)) * normal).sum(axis=1))
    normal *= np.where(outside < 0, -1.0, 1.0)[:, None]
    result: Floats = ring[:, None] + RAY_MM[:, None] * normal[:, None]
    return result


def _fat_mm(opening: Opening, rays: Floats) -> Floats:
    """(N,): thickness of the fat along rays, by class and, on T1, by signal too."""
    sheet = opening.sheet
    at = (rays - np.array([sheet.y_mm[0], sheet.z_mm[0]])) / STEP_MM
    places = np.moveaxis(at, -1, 0)
    root = _root(opening)
    fat = np.maximum(opening.region / opening.scale - root, 0.0)
    share: Floats = ndimage.map_coordinates(fat, places, order=1)
    tones = _tones(opening, fat, root)
    if tones is not None:
        bright, dark = tones
        signal = ndimage.map_coordinates(signal_on(sheet), places, order=1)
        share = np.minimum(share, np.clip((signal - dark) / (bright - dark), 0.0, 1.0))
    result: Floats = share.sum(axis=1) * float(RAY_MM[1] - RAY_MM[0])
    return result


def _tones(opening: Opening, fat: Floats, root: Floats) -> tuple[float, float] | None:
    """Signal of pure fat and of root on T1; None where the signal does not tell them apart."""
    if opening.sheet.stack.segmentation.contrast is not Contrast.T1:
        return None
    signal = signal_on(opening.sheet)
    pure, nerve = fat >= 0.8, root >= 0.8
    if not pure.any() or not nerve.any():
        return None
    bright = float(np.percentile(signal[pure], BRIGHT_PERCENTILE))
    dark = float(np.median(signal[nerve]))
    return (bright, dark) if bright >= LEAST_RATIO * dark else None
