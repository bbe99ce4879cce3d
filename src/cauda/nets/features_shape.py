"""Numbers about a disc's outline, read off the probabilities of its patch."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from cauda.nets.features_patch import STEP_MM, Y_MM, Z_MM, Floats, Patch

SHARES = (0.05, 0.2, 0.35, 0.5, 0.65, 0.8, 0.95)
"""Where along the disc its thickness is read, front to back."""
WALL_MM = (3.0, 9.0)
"""How far from the disc's border the walls of the bodies are read."""
NEAR_MM = 2.0
"""Half the height over which the canal at the disc is averaged."""
AWAY_MM = (11.0, 17.0)
"""How far from the disc's middle the canal behind the bodies is read."""
BEHIND_MM = 1.0
"""Disc nearer to the wall line than this may be the annulus of a normal disc."""

_NAN = float("nan")


def shape_numbers(patch: Patch) -> dict[str, float]:
    """Thickness along the disc, what lies beyond the walls, the step between them, the canal."""
    disc = np.asarray(patch.disc, dtype=float)
    front, back = _extent(disc)
    found = {
        "area_mm2": float(disc.sum()) * STEP_MM**2,
        "sureness": float(disc[disc >= 0.5].mean()),
        "length_mm": back - front,
    }
    thick = disc.sum(axis=1) * STEP_MM
    places = front + np.array(SHARES) * (back - front)
    values = np.interp(places, Y_MM, thick)
    found |= {f"thick_{round(100 * s)}": float(v) for s, v in zip(SHARES, values, strict=True)}
    found["height_share"] = float(values[1:-1].mean()) / max(back - front, 1.0)
    found |= _beyond(patch, "back", 1)
    found |= _beyond(patch, "front", -1)
    return found | _canal(patch)


def _extent(disc: NDArray[np.float64]) -> tuple[float, float]:
    """Where (y') the disc begins and ends, without its thin tips."""
    weight = disc.sum(axis=1).cumsum()
    low, high = np.searchsorted(weight / max(weight[-1], 1e-6), (0.02, 0.98))
    return float(Y_MM[min(low, len(Y_MM) - 1)]), float(Y_MM[min(high, len(Y_MM) - 1)])


def _beyond(patch: Patch, name: str, way: int) -> dict[str, float]:
    """How far the disc reaches beyond the line between the bodies' walls, and how much of it.

    ``way`` is 1 for the back and -1 for the front.
    """
    upper, lower = _wall(patch, 1, way), _wall(patch, -1, way)
    keys = ("depth_mm", "area_mm2", "extent_mm", "apex_mm")
    nothing = {f"{name}_{k}": _NAN for k in keys} | {f"{name}_step_mm": _NAN}
    if upper is None or lower is None:
        return nothing
    line = np.interp(Z_MM, [lower[1], upper[1]], [lower[0], upper[0]])
    beyond = way * (Y_MM[:, None] - line[None, :])
    disc = np.where(beyond > -10.0, patch.disc, 0.0)
    inside = disc >= 0.5
    reach = np.where(inside, beyond, -np.inf).max(axis=0)
    far = reach >= BEHIND_MM
    return {
        f"{name}_depth_mm": float(max(reach.max(), -10.0)),
        f"{name}_area_mm2": float(disc[beyond > 0].sum()) * STEP_MM**2,
        f"{name}_extent_mm": float(far.sum()) * STEP_MM,
        f"{name}_apex_mm": float(Z_MM[int(reach.argmax())]) if inside.any() else _NAN,
        f"{name}_step_mm": upper[0] - lower[0],
    }


def _wall(patch: Patch, side: int, way: int) -> tuple[float, float] | None:
    """(y', z') of the body's wall above (side 1) or below (-1) the disc; None where not seen."""
    rows = _rows_away(patch, side)
    found = []
    for row in rows:
        column = _bone_run(patch.bone[:, row])
        if column is not None:
            found.append((column[1] if way > 0 else column[0], float(Z_MM[row])))
    if len(found) < 3:
        return None
    values = np.array(found)
    return float(np.median(values[:, 0])), float(values[:, 1].mean())


def _rows_away(patch: Patch, side: int) -> NDArray[np.intp]:
    """Rows that lie beyond the disc's middle border by :data:`WALL_MM`."""
    middle = patch.disc[np.abs(Y_MM) < 6].mean(axis=0) >= 0.5
    border = float(np.abs(Z_MM[middle]).max()) if middle.any() else 0.0
    distance = side * Z_MM - border
    return np.flatnonzero((distance >= WALL_MM[0]) & (distance <= WALL_MM[1]))


def _bone_run(values: Floats) -> tuple[float, float] | None:
    """Where (y') the run of bone round the middle begins and ends; None where there is none."""
    inside = values >= 0.5
    if not inside[30:50].any():
        return None
    seed = 30 + int(np.argmax(inside[30:50]))
    outside = np.flatnonzero(~inside)
    before, after = outside[outside < seed], outside[outside > seed]
    if not len(before) or not len(after):
        return None
    return float(Y_MM[before[-1] + 1]), float(Y_MM[after[0] - 1])


def _canal(patch: Patch) -> dict[str, float]:
    """Depth of the sac at the disc, and against that behind the two bodies."""
    depth = np.asarray(patch.sac, dtype=float).sum(axis=0) * STEP_MM
    at = float(depth[np.abs(Z_MM) <= NEAR_MM].mean())
    away = (np.abs(Z_MM) >= AWAY_MM[0]) & (np.abs(Z_MM) <= AWAY_MM[1])
    behind = float(depth[away].mean())
    return {
        "canal_mm": at,
        "canal_least_mm": float(depth[np.abs(Z_MM) <= 4 * NEAR_MM].min()),
        "canal_share": at / behind if behind > 1.0 else _NAN,
    }
