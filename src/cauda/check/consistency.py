"""Check that the network says the same of a level when it is asked again in another form."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from cauda.check.scene import Scene, limit
from cauda.geometry import Array
from cauda.records import NOT_ASKED, LevelInstance, Limit, Segmentation
from cauda.vocab import STRUCTURES, Structure

DISC = STRUCTURES.index(Structure.DISC)
REACH_MM = 12.0
"""Disc this near to a level's plane belongs to it: less than half of a vertebra's height."""
ASIDE_MM = 45.0
"""Disc farther in front or behind belongs to no level."""
LEAST_PIXELS = 60
"""Pixels of disc below which a share of them means nothing: 34 mm2."""


def second_look(scene: Scene) -> Iterator[Limit]:
    """Lower, then withhold, a level at which the network draws another disc the second time."""
    levels = scene.spine.levels
    resting = [s for s in scene.segmentations if scene.resting_on(s.series)]
    shares = zip(*(agreements(s, levels) for s in resting), strict=True)
    for level, seen in zip(levels, shares, strict=False):
        least = min((share for share in seen if share is not None), default=1.0)
        if least < limit("second-look-lower"):
            yield Limit(
                id="second-look",
                effect="withhold" if least < limit("second-look-withhold") else "lower",
                reason=f"Asked twice, the network outlines the disc at {level.name.value} "
                f"differently: {least:.0%} of it stays the same.",
                level=level.name,
            )


def agreements(
    segmentation: Segmentation, levels: Sequence[LevelInstance]
) -> tuple[float | None, ...]:
    """Dice of each level's disc in the two answers; None where it was not asked about.

    Parameters
    ----------
    segmentation : Segmentation
        A sagittal one.
    levels : sequence of LevelInstance
    """
    if segmentation.second is None:
        return (None,) * len(levels)
    asked = np.flatnonzero((segmentation.second != NOT_ASKED).any(axis=(1, 2)))
    second = segmentation.second[asked]
    first = segmentation.probabilities[:, asked].argmax(axis=0)
    answers = np.stack([(first == DISC) & (second != NOT_ASKED), second == DISC])
    places = np.argwhere(answers.any(axis=0))
    said = answers[:, *places.T]
    places_lps = segmentation.space.to_lps(np.column_stack([asked[places[:, 0]], places[:, 1:]]))
    return tuple(_share(said[:, _is_near(level, places_lps)]) for level in levels)


def _is_near(level: LevelInstance, places_lps: Array) -> Array:
    """(N,): which of the places lie near the level."""
    local = np.abs(level.frame.to_local(places_lps))
    near: Array = (local[:, 2] <= REACH_MM) & (local[:, 1] <= ASIDE_MM)
    return near


def _share(said: Array) -> float | None:
    """Dice of two rows of yes and no; None for too few pixels."""
    total = int(said.sum())
    return 2.0 * float(said.all(axis=0).sum()) / total if total >= 2 * LEAST_PIXELS else None
