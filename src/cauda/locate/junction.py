"""Where the first sacral body ends: the place of the disc between S1 and S2, formed or not.

Networks mostly give a fused sacrum as one piece, so the disc's remnant is looked for in the signal,
too: a band darker than the bone above and below it, square to the posterior wall. The wall is
followed downward from the lowest disc in planes beside the midline.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, FloatArray
from cauda.locate.column import Column
from cauda.vocab import Structure

STEP_MM = 0.5
"""Distance between samples in a plane."""
PLANES_MM = (-4.0, 0.0, 4.0)
"""The sagittal planes that are read, from the middle of the lowest disc."""
FRONT_MM, BACK_MM, DOWN_MM, UP_MM = 45.0, 75.0, 80.0, 12.0
"""How far a plane reaches round the middle of the lowest disc."""
TOPS_MM = (4.0, 6.0, 8.0)
"""Below that middle, S1's upper depth is read at the first of these that lies in bone."""
FIRST_MM, LAST_MM = 12, 36
"""Along the wall, the first sacral body ends between these."""
TILTS_DEG = (-15, -10, -5, 0, 5, 10, 15)
"""Tilts of the band against the wall's normal that are tried."""
SMOOTH_STEPS = 6
"""The wall's direction is taken over this many steps of 1 mm to both sides."""
LONGEST_MM, SHORTEST_MM = 50.0, 10.0
"""A line through the sacral body is at most and at least this long."""
LARGEST_SHARE = 1.15
"""A line longer than this share of S1's upper depth is none across its body."""
RIM_MM = 2.0
"""Both ends of a line, where bone meets soft tissue, are not read."""
NEAR_MM, BONE_MM = 2.0, (5.0, 7.0)
"""The band is dark within the first of a line; the bone it is compared with lies at the second."""
DARK, BAND = 0.5, 0.75
"""Share of the bone's signal: a band is believed below the first and ends at the second."""
LARGEST_BAND_MM = 6.0
"""A band reaches at most this far above and below its line."""
BRIDGE_MM = 5.0
"""A bright nucleus of up to this height between dark endplates belongs to the band."""
LEAST_DISC = 0.3
"""Disc probability that counts as disc within the sacrum."""
LEAST_PLANES = 2
"""Fewer planes than this with a believed band say nothing."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Junction:
    """The lower end of the first sacral body; medians over the planes.

    Parameters
    ----------
    ratio : float
        Upper depth of S1 over its depth at this place.
    height_mm : float
        Height of the dark band, endplates included.
    share : float
        Share of the depth where the network sees disc.
    point_lps : (3,) array
        Middle of the line, mm.
    """

    ratio: float
    height_mm: float
    share: float
    point_lps: FloatArray


@dataclass(frozen=True, slots=True, eq=False)
class _Plane:
    """One sagittal plane: (Y, Z) images of bone or disc, of disc, and of the signal."""

    filled: FloatArray
    disc: FloatArray
    signal: FloatArray

    @staticmethod
    def at(image: FloatArray, points: FloatArray) -> FloatArray:
        """Interpolate at (..., 2) points, mm backward and up from the middle of the disc."""
        places = (points - [-FRONT_MM, -DOWN_MM]) / STEP_MM
        values: FloatArray = ndimage.map_coordinates(
            image, np.moveaxis(places, -1, 0), order=1, mode="nearest"
        )
        return values


@dataclass(frozen=True, slots=True, eq=False)
class _Band:
    """A line across the sacrum with what was read along it.

    ``darkness`` is the signal as a share of the bone's, or what the network leaves to be no disc,
    if that is less. ``dark`` is the share at (N, M) places along the line and ``away`` mm from it.
    """

    darkness: float
    ratio: float
    dark: FloatArray
    away: FloatArray
    share: float
    middle: FloatArray

    @property
    def height_mm(self) -> float:
        """Mean height of the band along the line."""
        return float(np.mean([_height_mm(row < BAND, self.away) for row in self.dark]))


def junction(column: Column) -> Junction | None:
    """Find the lower end of the first sacral body; None where neither a dark band nor disc is seen.

    Parameters
    ----------
    column : Column
        With a sacrum as its lowest bone.
    """
    if not column.planes:
        return None
    best = [min(_bands(plane), key=lambda b: b.darkness, default=None) for plane in _planes(column)]
    found = [b for b in best if b is not None and b.darkness < DARK]
    if len(found) < LEAST_PLANES:
        return None
    y, z = np.median([b.middle for b in found], axis=0)
    backward, up = _axes(column)
    return Junction(
        ratio=float(np.median([b.ratio for b in found])),
        height_mm=float(np.median([b.height_mm for b in found])),
        share=float(np.median([b.share for b in found])),
        point_lps=column.planes[0].point + y * backward + z * up,
    )


def _axes(column: Column) -> tuple[FloatArray, FloatArray]:
    """Unit vectors backward in the lowest disc's plane and upward from it."""
    up = column.planes[0].normal
    backward = column.view.space.directions[:, 1]
    backward = backward - (backward @ up) * up
    return backward / np.linalg.norm(backward), up


def _planes(column: Column) -> Iterator[_Plane]:
    seen = column.view
    box = tuple(slice(o, o + n) for o, n in zip(seen.offset, seen.space.shape, strict=True))
    signal = np.asarray(column.segmentation.signal[box], dtype=np.float32)
    disc = seen.probabilities[Structure.DISC]
    backward, up = _axes(column)
    y = np.arange(-FRONT_MM, BACK_MM + STEP_MM / 2, STEP_MM)
    z = np.arange(-DOWN_MM, UP_MM + STEP_MM / 2, STEP_MM)
    flat = y[:, None, None] * backward + z[:, None] * up + column.planes[0].point
    for aside in PLANES_MM if seen.full_shape[0] > 1 else (0.0, 0.0):
        points = flat + aside * np.cross(backward, up)
        images = [np.nan_to_num(seen.sample(v, points)) for v in (seen.bone + disc, disc, signal)]
        yield _Plane(*images)


def _bands(plane: _Plane) -> Iterator[_Band]:
    """Every line across the first sacral body that could be its lower end."""
    started = _start(plane)
    if started is None:
        return
    depth, corner = started
    wall = _wall(plane, corner)
    for step in range(FIRST_MM, LAST_MM + 1):
        along = wall[min(step + SMOOTH_STEPS, len(wall) - 1)] - wall[step - SMOOTH_STEPS]
        angle = np.arctan2(along[1], along[0])
        for tilt in np.radians(TILTS_DEG):
            band = _band(plane, wall[step], angle - np.pi / 2 - tilt, depth)
            if band is not None:
                yield band


def _start(plane: _Plane) -> tuple[float, FloatArray] | None:
    """S1's upper depth, mm, and its posterior corner."""
    y = np.arange(-40, 40 + STEP_MM / 2, STEP_MM)
    for below in TOPS_MM:
        inside = plane.at(plane.filled, np.stack([y, np.full_like(y, -below)], axis=-1)) > 0.5
        middle = np.abs(y) < 10
        if (inside & middle).any():
            parts, _ = ndimage.label(inside)
            start = np.flatnonzero(inside & middle)
            start = start[np.argmin(np.abs(y[start]))]
            own = np.flatnonzero(parts == parts[start])
            return float(y[own[-1]] - y[own[0]]), np.array([y[own[-1]], -below])
    return None


def _wall(plane: _Plane, corner: FloatArray) -> FloatArray:
    """(N, 2): the posterior wall from its upper corner down, 1 mm apart."""
    points, direction = [corner], np.array([0.0, -1.0])
    search = np.arange(-5, 5.01, 0.25)
    for _ in range(LAST_MM + SMOOTH_STEPS):
        backward = np.array([-direction[1], direction[0]])
        point = points[-1] + direction
        inside = plane.at(plane.filled, point + search[:, None] * backward) > 0.5
        edges = search[:-1][inside[:-1] & ~inside[1:]]
        if edges.size:
            point = point + np.clip(edges[np.argmin(np.abs(edges))], -1.2, 1.2) * backward
        points.append(point)
        if len(points) > 4:
            recent = point - points[-min(len(points), 9)]
            direction = 0.7 * direction + 0.3 * recent / np.linalg.norm(recent)
            direction = direction / np.linalg.norm(direction)
    return np.array(points)


def _band(plane: _Plane, start: FloatArray, angle: float, depth: float) -> _Band | None:
    """What lies along the line from the posterior wall forward; None where it is no such line."""
    forward = np.array([np.cos(angle), np.sin(angle)])
    line = start + np.arange(0, LONGEST_MM, STEP_MM)[:, None] * forward
    inside = plane.at(plane.filled, line) > 0.5
    first = int(np.argmax(inside))
    outside = np.flatnonzero(~inside[first:])
    length = outside[0] if outside.size else len(line) - first
    if not SHORTEST_MM <= length * STEP_MM <= LARGEST_SHARE * depth or first > 12:
        return None
    rim = round(RIM_MM / STEP_MM)
    points = line[first + rim : first + length - rim]
    away = np.arange(-BONE_MM[1] - 1, BONE_MM[1] + 1.01, STEP_MM)
    square = points[:, None] + away[:, None] * np.array([-forward[1], forward[0]])
    signal = plane.at(plane.signal, square)
    is_bone = (np.abs(away) >= BONE_MM[0]) & (np.abs(away) <= BONE_MM[1])
    bone = float(np.median(signal[:, is_bone]))
    dark = signal / bone if bone > 0 else np.ones_like(signal)
    near = np.abs(away) <= NEAR_MM
    disc = plane.at(plane.disc, square[:, near]).max(axis=1)
    centered = dark[:, np.abs(away) <= STEP_MM].mean()
    return _Band(
        darkness=min(
            float(0.7 * dark[:, near].min(axis=1).mean() + 0.3 * centered), 1 - float(disc.mean())
        ),
        ratio=depth / (length * STEP_MM),
        dark=dark,
        away=away,
        share=float((disc > LEAST_DISC).mean()),
        middle=(line[first] + line[first + length - 1]) / 2,
    )


def _height_mm(is_dark: Array, away: FloatArray) -> float:
    """Height of the dark band at one place, up to where it is bright for longer than a nucleus."""
    places = away[is_dark & (np.abs(away) <= LARGEST_BAND_MM)]
    if not places.size or np.abs(places).min() > NEAR_MM:
        return 0.0
    parts = np.split(places, np.flatnonzero(np.diff(places) > BRIDGE_MM + STEP_MM / 2) + 1)
    nearest = min(parts, key=lambda part: float(np.abs(part).min()))
    return float(nearest[-1] - nearest[0] + STEP_MM)
