"""Checks of what the slices cover."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cauda.check.scene import Scene, limit
from cauda.geometry import Array
from cauda.records import (
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    LevelInstance,
    Limit,
    Segmentation,
)
from cauda.vocab import Condition, Level, Side, Vertebra

_FORAMEN_OFFSETS = {Side.LEFT: LEFT_FORAMEN_OFFSET, Side.RIGHT: RIGHT_FORAMEN_OFFSET}

ACROSS_SLICES = (
    Condition.CANAL_STENOSIS,
    Condition.SUBARTICULAR_STENOSIS,
    Condition.ROOT_COMPROMISE,
    Condition.FORAMINAL_STENOSIS,
)
"""Conditions that one slice cannot show: they need an area or a side."""


def nothing_found(scene: Scene) -> Iterator[Limit]:
    """Withhold everything where no disc was found."""
    if not scene.spine.levels:
        yield Limit(
            id="no-disc-found",
            effect="withhold",
            reason="No intervertebral disc was found in the images.",
        )


def cut_levels(scene: Scene) -> Iterator[Limit]:
    """Withhold a level whose disc is cut by the image edge; lower one with a cut neighbor."""
    for level in scene.spine.levels:
        if _touches_edge(scene, level):
            yield Limit(
                id="level-cut",
                effect="withhold",
                reason=f"{level.name.value} is cut by the edge of the field of view.",
                level=level.name,
            )
        elif level.is_partial:
            yield Limit(
                id="neighbor-cut",
                effect="lower",
                reason=f"A vertebra beside {level.name.value} is cut by the edge of the image.",
                level=level.name,
            )


def _touches_edge(scene: Scene, level: LevelInstance) -> bool:
    """Whether the disc reaches an in-plane edge in every series that shows it."""
    seen = [m == level.label for m in scene.spine.instances.values() if (m == level.label).any()]
    return bool(seen) and all(_is_at_edge(mask) for mask in seen)


def _is_at_edge(mask: Array) -> bool:
    edges = (mask[:, 0], mask[:, -1], mask[:, :, 0], mask[:, :, -1])
    return any(bool(edge.any()) for edge in edges)


def no_sacrum(scene: Scene) -> Iterator[Limit]:
    """Say that levels were counted without the sacrum."""
    if scene.spine.vertebrae and all(v.name != Vertebra.S1 for v in scene.spine.vertebrae):
        yield Limit(
            id="no-sacrum",
            effect="note",
            reason="The sacrum is not in view, so levels are only counted from the lowest disc.",
        )


def one_slice(scene: Scene) -> Iterator[Limit]:
    """Withhold areas, foramina and sides where there is a single slice."""
    if scene.segmentations and all(s.space.shape[0] == 1 for s in scene.segmentations):
        yield Limit(
            id="single-slice",
            effect="withhold",
            reason="A single sagittal slice shows no area, no foramen and no side.",
            conditions=ACROSS_SLICES,
        )
        yield Limit(
            id="single-slice-contour",
            effect="lower",
            reason="A slip or a displaced disc was seen on one slice only.",
            conditions=(
                Condition.SPONDYLOLISTHESIS,
                Condition.DISC_CONTOUR,
                Condition.DISC_BULGE,
                Condition.DISC_HERNIATION,
            ),
        )


def foramina(scene: Scene) -> Iterator[Limit]:
    """Withhold a foramen beyond the last slice; lower one that the last slice cuts."""
    if not scene.segmentations or all(s.space.shape[0] == 1 for s in scene.segmentations):
        return
    for level in scene.spine.levels:
        for side in Side:
            yield from _foramen(scene, level, side)


def _foramen(scene: Scene, level: LevelInstance, side: Side) -> Iterator[Limit]:
    label = level.label + _FORAMEN_OFFSETS[side]
    shown = [m == label for m in scene.spine.instances.values() if (m == label).any()]
    last = -1 if side == Side.LEFT else 0
    if any(not mask[last].any() for mask in shown):
        return
    if shown:
        yield _foramen_limit("foramen-cut", level.name, side, "is cut by the last slice")
        return
    reach_mm = max(_reach_mm(s, level, side) for s in scene.segmentations)
    if reach_mm < limit("foramen-reach"):
        words = f"is not covered: the slices end {max(reach_mm, 0):.0f} mm from the midline"
        yield _foramen_limit("foramen-not-covered", level.name, side, words)


def _foramen_limit(id_: str, level: Level, side: Side, words: str) -> Limit:
    return Limit(
        id=id_,
        effect="lower" if id_ == "foramen-cut" else "withhold",
        reason=f"The {side.value} foramen at {level.value} {words}.",
        level=level,
        side=side,
        conditions=(Condition.FORAMINAL_STENOSIS,),
    )


def _reach_mm(segmentation: Segmentation, level: LevelInstance, side: Side) -> float:
    """How far the outermost slice lies to ``side`` of the level's origin, along its x'."""
    space = segmentation.space
    center = space.to_ijk(np.array(level.frame.origin_lps))
    outermost = space.shape[0] - 1 if side == Side.LEFT else 0
    point = space.to_lps(np.array([outermost, center[1], center[2]]))
    x_mm = float(level.frame.to_local(point)[0])
    return x_mm if side == Side.LEFT else -x_mm
