"""Numbers about a disc's signal and that of the marrow beside it, read off its patch."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.nets.features_patch import STEP_MM, Y_MM, Z_MM, Floats, Patch

GRID_Y, GRID_Z = 7, 3
"""Cells along and across the disc in which the signal is averaged."""
CORE = 0.5
"""Central share of the disc's length and height that holds the nucleus."""
BAND_MM = (0.5, 4.0)
"""Marrow beside the endplate: nearer lies its cortex, farther the middle of the body."""
CENTER_MM = (7.0, 13.0)
"""Marrow that endplate changes rarely reach."""
PARTS = {"front": (0.05, 0.35), "middle": (0.35, 0.65), "back": (0.65, 0.95)}
"""Shares of the disc's length over which an endplate is looked at."""

_NAN = float("nan")
Numbers = dict[str, float]


def signal_numbers(patch: Patch) -> Numbers:
    """Nucleus, annulus, spread and pattern of the disc; bands of marrow at both endplates.

    T2 of the disc is in units of CSF, where that is seen, and of marrow; T1 in units of marrow.
    """
    place = _within(patch.disc)
    found: Numbers = {"t2_fluid": patch.fluid}
    found |= _disc_numbers("t2", patch.t2 / np.float32(patch.fluid), place)
    found |= _disc_numbers("t1", patch.t1, place)
    core = _core(patch.t2, place)
    found["t2_core_marrow"] = float(core.mean()) if core.size else _NAN
    for name, signal in (("t2", patch.t2), ("t1", patch.t1)):
        found |= _endplate_numbers(name, signal, patch, place)
    return found


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class _Place:
    """Where every sample of a patch lies within its disc: 0 to 1 along and across; NaN outside."""

    along: NDArray[np.float64]
    across: NDArray[np.float64]


def _within(disc: Floats) -> _Place:
    inside = disc >= 0.5
    columns = np.flatnonzero(inside.any(axis=1))
    along = np.full(disc.shape, np.nan)
    across = np.full(disc.shape, np.nan)
    first, last = columns[0], columns[-1]
    order = np.arange(disc.shape[1])
    bottom = np.where(inside, order, disc.shape[1]).min(axis=1)
    top = np.where(inside, order, -1).max(axis=1)
    for column in columns:
        span = max(top[column] - bottom[column], 1)
        across[column] = np.where(inside[column], (order - bottom[column]) / span, np.nan)
        along[column] = (column - first) / max(last - first, 1)
    return _Place(along=along, across=across)


def _core(signal: NDArray[np.floating], place: _Place) -> NDArray[np.floating]:
    half = CORE / 2
    with np.errstate(invalid="ignore"):
        chosen = (np.abs(place.along - 0.5) <= half) & (np.abs(place.across - 0.5) <= half)
    return signal[chosen]


def _disc_numbers(name: str, signal: NDArray[np.floating], place: _Place) -> Numbers:
    """Level, spread and pattern of one contrast within the disc."""
    inside = np.isfinite(place.across)
    cells = _cells(signal, place)
    found = {f"{name}_cell_{n}": float(v) for n, v in enumerate(cells.ravel())}
    values, core = signal[inside], _core(signal, place)
    if not core.size or not np.isfinite(values).all():
        keys = ("core", "core_sd", "p10", "p90", "spread", "rim", "cleft")
        return found | {f"{name}_{k}": _NAN for k in keys}
    low, high = np.percentile(values, (10, 90))
    ends = np.concatenate([cells[0], cells[-1]])
    rim = float(ends[np.isfinite(ends)].mean()) if np.isfinite(ends).any() else _NAN
    middle = cells[2:5]
    return found | {
        f"{name}_core": float(core.mean()),
        f"{name}_core_sd": float(core.std()),
        f"{name}_p10": float(low),
        f"{name}_p90": float(high),
        f"{name}_spread": float((high - low) / max(high + low, 1e-3)),
        f"{name}_rim": float(core.mean() / np.fmax(rim, 1e-3)),
        f"{name}_cleft": float(middle[:, 1].mean() / max(middle[:, [0, 2]].mean(), 1e-3)),
    }


def _cells(signal: NDArray[np.floating], place: _Place) -> NDArray[np.float64]:
    """(7, 3): mean signal in cells along and across; NaN where a cell is empty."""
    inside = np.isfinite(place.across)
    y = np.minimum((place.along[inside] * GRID_Y).astype(int), GRID_Y - 1)
    z = np.minimum((place.across[inside] * GRID_Z).astype(int), GRID_Z - 1)
    cell = y * GRID_Z + z
    count = np.bincount(cell, minlength=GRID_Y * GRID_Z)
    total = np.bincount(cell, weights=signal[inside], minlength=GRID_Y * GRID_Z)
    means = np.where(count > 0, total / np.maximum(count, 1), np.nan)
    result: NDArray[np.float64] = means.reshape(GRID_Y, GRID_Z)
    return result


def _endplate_numbers(name: str, signal: Floats, patch: Patch, place: _Place) -> Numbers:
    """Signal of the bands beside both endplates over that of the bodies' middle."""
    found: Numbers = {}
    inside = np.isfinite(place.across)
    columns = np.flatnonzero(inside.any(axis=1))
    along = np.linspace(0.0, 1.0, len(columns))
    for end, side in (("upper", 1), ("lower", -1)):
        away = _away(inside, side)
        bone = (patch.bone >= 0.5) & np.isfinite(away)
        center = _mean(signal, bone & (away >= CENTER_MM[0]) & (away <= CENTER_MM[1]))
        center = center if center > 0 else _NAN
        band = bone & (away >= BAND_MM[0]) & (away <= BAND_MM[1])
        found[f"{name}_{end}_center"] = center
        for part, (low, high) in PARTS.items():
            chosen = np.zeros(len(Y_MM), dtype=bool)
            chosen[columns[(along >= low) & (along <= high)]] = True
            found[f"{name}_{end}_{part}"] = _mean(signal, band & chosen[:, None]) / center
        found[f"{name}_{end}_sd"] = _sd(signal, band) / center
    return found


def _away(inside: NDArray[np.bool_], side: int) -> NDArray[np.float64]:
    """(Y, Z): distance above (1) or below (-1) the disc's border, mm; NaN off its columns."""
    rows = np.where(inside, Z_MM, -np.inf if side > 0 else np.inf)
    border = rows.max(axis=1) if side > 0 else rows.min(axis=1)
    border = np.where(np.isfinite(border), border, np.nan)
    result: NDArray[np.float64] = side * (Z_MM[None, :] - border[:, None]) - STEP_MM / 2
    return result


def _mean(signal: Floats, chosen: NDArray[np.bool_]) -> float:
    return float(signal[chosen].mean()) if chosen.sum() >= 5 else _NAN


def _sd(signal: Floats, chosen: NDArray[np.bool_]) -> float:
    return float(signal[chosen].std()) if chosen.sum() >= 5 else _NAN
