"""The bony canal round the sac, the fat behind the sac, and the fluid and rootlets in it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np

from cauda.measure.axial.cut import BONE, STEP_MM, SURFACE, X_MM, Y_MM, Floats
from cauda.measure.axial.reference import Reference
from cauda.measure.axial.sac import SacSection
from cauda.measure.reading import Reading
from cauda.measure.uncertainty import Spread
from cauda.vocab import Contrast, Quantity, Structure

BONY_MM = 12.0
"""Bone round the canal is looked for this far beyond the disc: its own level, not the next."""

FLOOR_MM = 5.0
"""The back of a body is looked for within this distance of the disc's outline."""

GREATEST_AP_MM = 32.0
"""No lumbar canal is deeper."""

BAND_MM = 1.0
"""The AP diameter is the mean over this half-width round the canal's middle."""

ROW_MM = (2.0, 6.0)
"""The transverse diameter is read in this band behind the body."""

ERODED_MM = 1.0
"""Signal is read this far inside the sac's outline, where neither fat nor bone blurs in."""

DARK_PERCENTILE, CSF_PERCENTILE = 10.0, 90.0
"""Signal of rootlets and of fluid in the sac of one level."""

DARKEST_PERCENTILE = 2.0
"""Signal of the few rootlets of an open sac: whether the slices tell nerve from fluid at all."""

NERVE_SHARE = 0.55
"""Nerve on T2 has at most this share of the signal of fluid; an open sac shows none so dark."""

LEAST_CONTRAST = 0.25
"""Rootlets and fluid must differ by this share of the fluid's signal somewhere."""

LEAST_SAMPLES = 60
"""Samples (0.4 mm apart) inside the eroded sac below which nothing is said of its contents."""


def bony_readings(
    shown: Sequence[SacSection], ring: Reference, half_disc_mm: float
) -> tuple[Reading, ...]:
    """Least AP and transverse diameter of the bony canal near a level."""
    reach = half_disc_mm + BONY_MM
    near = [s for s in shown if abs(s.cut.plane[0]) <= reach]
    back = float(ring.back_mm(0.0))
    ap = [(s, line) for s in near if (line := _ap(s, back)) is not None]
    below = [s for s in near if -reach <= s.cut.plane[0] <= -half_disc_mm]
    across = [(s, line) for s in below if (line := _transverse(s, back)) is not None]
    found = []
    for quantity, lines, method, axis in (
        (Quantity.BONY_CANAL_AP, ap, "bony-canal-ap", 1),
        (Quantity.BONY_CANAL_TRANSVERSE, across, "bony-canal-interpedicular", 0),
    ):
        if lines:
            lengths = [float(line[1, axis] - line[0, axis]) for _, line in lines]
            place = int(np.argmin(lengths))
            cut = lines[place][0].cut
            found.append(
                Reading(
                    quantity=quantity,
                    value=lengths[place],
                    method=method,
                    slice=cut.index,
                    points_lps=cut.lps(lines[place][1]),
                    spread=Spread(blur=2**0.5 * 0.6 * cut.pixel_mm, change=_beside(lengths, place)),
                )
            )
    return tuple(found)


def _beside(values: Sequence[float], place: int) -> float:
    near = values[max(place - 1, 0) : place + 2]
    return max(abs(v - values[place]) for v in near)


def _ap(shown: SacSection, back_mm: float) -> Floats | None:
    """(2, 2): from the back of the body to the front of the arch, the sac between them."""
    cut, (center_x, center_y) = shown.cut, shown.center
    columns = np.abs(X_MM - center_x) <= BAND_MM
    body = cut.of(Structure.BODY, Structure.SACRUM)[columns].mean(axis=0)
    bone = cut.of(*BONE)[columns].mean(axis=0)
    start = np.abs(Y_MM - back_mm) <= FLOOR_MM
    floor = np.flatnonzero((body >= SURFACE) & start)
    if not len(floor):
        return None
    free = np.flatnonzero(bone[floor[0] :] < SURFACE)
    if not len(free):
        return None
    first = int(floor[0] + free[0])
    behind = np.flatnonzero(bone[first:] >= SURFACE)
    if not len(behind):
        return None
    ends = [_crossing(bone, Y_MM, first), _crossing(bone, Y_MM, first + int(behind[0]))]
    if ends[1] - ends[0] > GREATEST_AP_MM or not ends[0] < center_y < ends[1]:
        return None
    return np.array([[center_x, ends[0]], [center_x, ends[1]]])


def _crossing(values: Floats, axis_mm: Floats, index: int) -> float:
    low, high = values[index - 1], values[index]
    share = (SURFACE - low) / (high - low) if high != low else 0.5
    return float(axis_mm[index - 1] + np.clip(share, 0, 1) * STEP_MM)


def _transverse(shown: SacSection, back_mm: float) -> Floats | None:
    """(2, 2): between the pedicles, in the band behind the body where they stand closest."""
    cut, center = shown.cut, shown.center[0]
    arch = cut.of(Structure.ARCH, Structure.SACRUM)
    best: Floats | None = None
    for row in np.flatnonzero((back_mm + ROW_MM[0] <= Y_MM) & (back_mm + ROW_MM[1] >= Y_MM)):
        values = arch[:, row]
        middle = int(np.searchsorted(X_MM, center))
        left = np.flatnonzero(values[middle:] >= SURFACE)
        right = np.flatnonzero(values[:middle][::-1] >= SURFACE)
        if not len(left) or not len(right):
            return None
        ends = (
            -_crossing(values[::-1], -X_MM[::-1], len(X_MM) - middle + int(right[0])),
            _crossing(values, X_MM, middle + int(left[0])),
        )
        line = np.array([[ends[0], Y_MM[row]], [ends[1], Y_MM[row]]])
        if best is None or line[1, 0] - line[0, 0] < best[1, 0] - best[0, 0]:
            best = line
    return best


def fat_reading(worst: SacSection) -> Reading:
    """Epidural fat behind the sac, as wide as the sac, on the slice of its least area."""
    cut = worst.cut
    low, high = worst.ends(0)
    behind = Y_MM[None, :] > worst.center[1]
    within = (X_MM[:, None] >= low) & (X_MM[:, None] <= high) & behind
    field = np.where(within, cut.of(Structure.EPIDURAL_FAT), 0.0)
    area = float(field.sum()) * STEP_MM**2
    return Reading(
        quantity=Quantity.EPIDURAL_FAT_AREA,
        value=area,
        method="epidural-fat-posterior",
        slice=cut.index,
        points_lps=(),
        spread=Spread(blur=0.6 * cut.pixel_mm * (high - low)),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Tones:
    """Signal of nerve and of fluid in the sac of one level."""

    nerve: float
    csf: float


def tones(levels: Sequence[Sequence[SacSection]]) -> tuple[Tones | None, ...]:
    """The two tones of each level, from the sacs that one study's axial T2 slices show of it.

    Coils make one level brighter than another, so that fluid is read level by level. Nerve is not:
    an open sac shows hardly a sample without fluid. The share of the fluid's signal that nerve has
    is the same everywhere, and the most crowded level shows it best.

    Returns
    -------
    tuple of Tones or None
        One a level; None where too little of a sac without cord is seen, or where nerve and fluid
        differ too little on every level.
    """
    seen = [_signals([s for s in shown if not s.shows_cord]) for shown in levels]
    known = [s for s in seen if s is not None]
    if 1 - min((s.darkest for s in known), default=1.0) < LEAST_CONTRAST:
        return (None,) * len(seen)
    share = min([NERVE_SHARE, *(s.dark for s in known)])
    return tuple(None if s is None else Tones(nerve=share * s.csf, csf=s.csf) for s in seen)


class _Signals(NamedTuple):
    """Signal of the fluid in the sacs of a level, and shares of it that their dark parts have."""

    csf: float
    dark: float
    darkest: float


def _signals(shown: Sequence[SacSection]) -> _Signals | None:
    """What the sacs of one level show; None where that is too little."""
    inner = [_inside(s)[:, 2] for s in shown]
    if sum(map(len, inner)) < LEAST_SAMPLES:
        return None
    places = (CSF_PERCENTILE, DARK_PERCENTILE, DARKEST_PERCENTILE)
    csf, dark, darkest = (float(v) for v in np.percentile(np.concatenate(inner), places))
    return _Signals(csf, dark / csf, darkest / csf) if csf > 0 else None


def _inside(shown: SacSection) -> Floats:
    """(N, 3): x', y' and signal of the samples inside the eroded sac."""
    from scipy import ndimage  # noqa: PLC0415
    from skimage.measure import points_in_poly  # noqa: PLC0415

    grid = np.stack(np.meshgrid(X_MM, Y_MM, indexing="ij"), axis=-1)
    low, high = shown.ring.min(axis=0), shown.ring.max(axis=0)
    box = tuple(
        slice(int(np.searchsorted(a, p) - 1), int(np.searchsorted(a, q) + 1))
        for a, p, q in zip((X_MM, Y_MM), low, high, strict=True)
    )
    places = grid[box]
    mask = points_in_poly(places.reshape(-1, 2), shown.ring).reshape(places.shape[:2])
    mask = ndimage.distance_transform_edt(np.pad(mask, 1))[1:-1, 1:-1] * STEP_MM > ERODED_MM
    return np.column_stack([places[mask], shown.cut.signal[box][mask]])


def content_readings(worst: SacSection, reference: Tones | None) -> tuple[Reading, ...]:
    """Share of fluid in the sac and where its rootlets lie, from the signal of a T2 slice.

    A sample counts as partly fluid by where its signal lies between nerve and fluid, so that thin
    rootlets, which blur into fluid, count by what they displace. Nothing is read beside cord.
    """
    is_t2 = worst.cut.segmentation.contrast is Contrast.T2
    if reference is None or not is_t2 or worst.shows_cord:
        return ()
    inside = _inside(worst)
    if len(inside) < LEAST_SAMPLES:
        return ()
    span = reference.csf - reference.nerve
    fluid = np.clip((inside[:, 2] - reference.nerve) / span, 0, 1)
    dark = 1 - fluid
    front, back = worst.ends(1)
    found = [
        Reading(
            quantity=Quantity.CSF_FRACTION,
            value=float(fluid.mean()),
            method="csf-fraction-mixture",
            slice=worst.cut.index,
            points_lps=worst.cut.lps(worst.ring),
            spread=Spread(blur=float(fluid.std()) / 2),
        )
    ]
    if dark.sum() > LEAST_SAMPLES / 4:
        y = float((inside[:, 1] * dark).sum() / dark.sum())
        found.append(
            Reading(
                quantity=Quantity.ROOTLET_POSITION,
                value=float(np.clip((y - front) / max(back - front, 1.0), 0, 1)),
                method="rootlet-position",
                slice=worst.cut.index,
                points_lps=worst.cut.lps(worst.line(1)),
                spread=Spread(blur=worst.blur_mm / max(back - front, 1.0)),
            )
        )
    return tuple(found)
