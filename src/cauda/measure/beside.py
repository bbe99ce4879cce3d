"""What a sagittal series tells the axial ones about a level: rims, sac center, disc height."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from cauda.knowledge import row
from cauda.measure.axial.cut import centroid
from cauda.measure.axial.fuse import USUAL_HALF_DISC_MM, Beside
from cauda.measure.axial.reference import corners
from cauda.measure.discs import DiscSlice
from cauda.records import LevelInstance, Measurement
from cauda.vocab import Quantity

LEAST_RING = 4
"""An outline of the sac with fewer points has no center."""


def beside(
    level: LevelInstance, measurements: Sequence[Measurement], slices: Sequence[DiscSlice]
) -> Beside:
    """What one sagittal series shows of a level.

    Parameters
    ----------
    level : LevelInstance
    measurements : sequence of Measurement
        Of the series, any level.
    slices : sequence of DiscSlice
        The level's disc.
    """
    own = {m.quantity: m for m in measurements if m.level == level.name and m.side is None}
    middle = own.get(Quantity.DISC_HEIGHT_MIDDLE)
    slip = own.get(Quantity.SLIP)
    least = row("thresholds.toml", "threshold", "slip-detect").numbers("value")[0]
    return Beside(
        corners_mm=corners(slices, is_slipped=slip is not None and abs(slip.value) >= least),
        sac_mm=_sac_center(level, own.get(Quantity.SAC_AREA), own.get(Quantity.SAC_AP)),
        half_disc_mm=USUAL_HALF_DISC_MM if middle is None else middle.value / 2,
    )


def _sac_center(
    level: LevelInstance, area: Measurement | None, diameter: Measurement | None
) -> tuple[float, float] | None:
    """x', y' of the sac's center in the disc plane: of its outline, else of its AP chord."""
    if area is not None and len(area.segment_lps) >= LEAST_RING:
        return centroid(level.frame.to_local(np.array(area.segment_lps))[:, :2])
    if diameter is not None and diameter.segment_lps:
        x, y, _ = level.frame.to_local(np.array(diameter.segment_lps)).mean(axis=0).tolist()
        return x, y
    return None
