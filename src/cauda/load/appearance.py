"""Contrast of a series about which header, sidecar and names say nothing.

Only T2 is ever told by its look: a bright vertical band of fluid, brighter than both its sides,
with bright fat behind it. Everything else stays unknown rather than guessed.
"""

from __future__ import annotations

import dataclasses

import numpy as np
from scipy import ndimage

from cauda.geometry import Array, canonical
from cauda.knowledge import row
from cauda.load.describe import Weighting
from cauda.records import Volume
from cauda.vocab import Contrast, Plane

PIXEL_MM = 1.5
"""Working pixel; the sac is about 15 mm wide."""
SIDE_MM = 12.0
"""Distance from the middle of the band to what lies beside it."""
TISSUE_MM = 28.0
"""There must be tissue this far before and behind the band, so skin fat is no band."""
WINDOW_MM = 100.0
"""Height over which the band is followed."""
AIR = 0.06
"""Brightness, as a fraction of the 99th percentile, below which there is air."""
NEVER = -0.5
"""Score of a pixel that no band may cross."""


def open_contrast(
    weighting: Weighting, said: Contrast | None, volume: Volume, plane: Plane
) -> Weighting:
    """Decide an open contrast by what the user says, else by how the images look.

    Parameters
    ----------
    weighting : Weighting
        Undecided so far.
    said : Contrast or None
        What the user says.
    volume : Volume
    plane : Plane
        Appearance is judged on sagittal images only.
    """
    if said is not None:
        contrast, how, warning = said, "the user said so", ""
    elif plane is Plane.SAGITTAL and looks_like_t2(volume):
        contrast, how = Contrast.T2, "a bright band of fluid with bright fat behind it is seen"
        warning = "The contrast was judged by appearance alone; state it to be sure."
    else:
        because = f"{weighting.because}, and the appearance does not decide"
        return dataclasses.replace(weighting, because=because)
    return dataclasses.replace(
        weighting,
        contrast=contrast,
        because=f"{weighting.because}, but {how}",
        fat_suppressed=weighting.fat_suppressed or contrast is Contrast.STIR,
        warning=warning,
        is_open=False,
    )


def looks_like_t2(volume: Volume) -> bool:
    """Whether a middle slice of a sagittal volume shows bright fluid and bright fat.

    Limits are in ``series.toml [appearance]``.
    """
    limits = row("series.toml", "appearance", "t2")
    voxels, space = canonical(volume.voxels, volume.space)
    middle = space.shape[0] // 2
    for index in {max(middle - 1, 0), middle, min(middle + 1, space.shape[0] - 1)}:
        picture = _picture(voxels[index].T, (space.spacing_mm[2], space.spacing_mm[1]))
        if picture is None:
            continue
        contrast, fat = band_and_fat(picture)
        if contrast >= limits.number("band_contrast_min") and fat >= limits.number("fat_min"):
            return True
    return False


def _picture(rows: Array, spacing_mm: tuple[float, float]) -> Array | None:
    """(superior, posterior) brightness at working pixels, 1 = 99th percentile."""
    factors = [mm / PIXEL_MM for mm in spacing_mm]
    small = ndimage.zoom(rows.astype(np.float32), factors, order=1)
    bright = float(np.percentile(small, 99)) if small.size else 0.0
    is_too_small = min(small.shape) * PIXEL_MM <= 2 * TISSUE_MM
    return None if bright <= 0 or is_too_small else small / bright


def band_and_fat(picture: Array) -> tuple[float, float]:
    """Contrast of the best vertical bright band, and brightness of the tissue behind all.

    Parameters
    ----------
    picture : (rows, columns) array
        Rows along the body, columns towards the back, :data:`PIXEL_MM` each.
    """
    smooth = ndimage.gaussian_filter(picture, (4 / PIXEL_MM, 2 / PIXEL_MM))
    beside = ndimage.uniform_filter1d(smooth, 3, axis=1)
    brighter = np.maximum(_shifted(beside, SIDE_MM), _shifted(beside, -SIDE_MM))
    score = (smooth - brighter) / (smooth + brighter + 0.05)
    wide = ndimage.uniform_filter1d(smooth, round(20 / PIXEL_MM), axis=1)
    tissue = np.minimum(_shifted(wide, TISSUE_MM), _shifted(wide, -TISSUE_MM))
    score[tissue <= AIR] = NEVER
    border = round(TISSUE_MM / PIXEL_MM)
    score[:, :border] = score[:, -border:] = NEVER
    height = round(WINDOW_MM / PIXEL_MM)
    starts = range(0, max(1, len(score) - height), round(20 / PIXEL_MM))
    contrast = max(_best_path(score[start : start + height]) for start in starts)
    return contrast, _fat_behind(smooth)


def _fat_behind(smooth: Array) -> float:
    """Brightest tissue in the last 30 mm before the skin of the back, median over the rows."""
    depth = round(30 / PIXEL_MM)
    found = []
    for line in smooth:
        inside = np.flatnonzero(line > 2 * AIR)
        if inside.size:
            end = int(inside[-1]) + 1
            found.append(float(line[max(0, end - depth) : end].max()))
    return float(np.median(found)) if found else 0.0


def _shifted(array: Array, distance_mm: float) -> Array:
    result: Array = np.roll(array, round(distance_mm / PIXEL_MM), axis=1)
    return result


def _best_path(score: Array) -> float:
    """Greatest mean score of a top-to-bottom path that moves at most one column a row."""
    total = score[0]
    for line in score[1:]:
        left = np.r_[NEVER * len(score), total[:-1]]
        right = np.r_[total[1:], NEVER * len(score)]
        total = line + np.maximum(total, np.maximum(left, right))
    return float(total.max()) / len(score)
