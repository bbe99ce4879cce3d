"""Every named structure of a series on the series' own grid: what a DICOM segmentation holds."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from cauda.geometry import Array, Space
from cauda.locate.labelmap import labelmap
from cauda.locate.schemes import scheme_numbers, scheme_row
from cauda.records import (
    CORD_LABEL,
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    SAC_LABEL,
    Labels,
    Part,
    Segmentation,
    Spine,
)
from cauda.vocab import Side, Structure

MIDLINE_MM = 2.0
"""A root nearer than this to the middle of its level has no clear side."""
_ROOT_SIDES = (Side.LEFT, Side.RIGHT, None)


def named_parts(spine: Spine, segmentation: Segmentation, target: Space) -> Labels:
    """Number every named structure of one series.

    Vertebrae, discs, sac, cord, sacrum and foramina are those of the ``cauda`` label map; roots,
    and the epidural fat of an axial series, fill voxels that it leaves empty.

    Parameters
    ----------
    spine : Spine
        Found on a study that holds this segmentation.
    segmentation : Segmentation
    target : Space
        The grid of the series' volume.

    Returns
    -------
    Labels
        Only parts that have a voxel; none for a series that the spine leaves out.
    """
    by_name = labelmap(spine, segmentation, target, "cauda")
    by_class = labelmap(spine, segmentation, target, "parts")
    found = [
        *((part, by_name == number) for number, part in _named(spine)),
        *_roots(spine, target, by_name, by_class),
        *_fat(by_name, by_class),
    ]
    kept = [(part, mask) for part, mask in found if mask.any()]
    values: Array = np.zeros(target.shape, dtype=np.uint8)
    parts = []
    for number, (part, mask) in enumerate(kept, start=1):
        values[mask] = number
        parts.append(replace(part, number=number))
    return Labels(series=segmentation.series, values=values, parts=tuple(parts))


def _named(spine: Spine) -> Iterator[tuple[int, Part]]:
    """Number in the ``cauda`` map and part, from cranial to caudal, bones first."""
    numbers = scheme_numbers(spine, "cauda")
    sure = spine.numbering.state != "uncertain"
    for vertebra in reversed(spine.vertebrae):
        is_sacrum = vertebra.name == "S1"
        is_certain = is_sacrum or (sure and not vertebra.name.startswith("V"))
        structure = Structure.SACRUM if is_sacrum else Structure.BODY
        yield (
            numbers[vertebra.label],
            Part(number=0, structure=structure, vertebra=vertebra.name, is_name_certain=is_certain),
        )
    for level in reversed(spine.levels):
        is_certain = sure and not level.name.is_relative
        for structure, offset, side in (
            (Structure.DISC, 0, None),
            (Structure.FORAMEN, LEFT_FORAMEN_OFFSET, Side.LEFT),
            (Structure.FORAMEN, RIGHT_FORAMEN_OFFSET, Side.RIGHT),
        ):
            yield (
                numbers[level.label + offset],
                Part(
                    number=0,
                    structure=structure,
                    level=level.name,
                    side=side,
                    is_name_certain=is_certain,
                ),
            )
    yield numbers[SAC_LABEL], Part(number=0, structure=Structure.SAC)
    yield numbers[CORD_LABEL], Part(number=0, structure=Structure.CORD)


def _roots(
    spine: Spine, target: Space, by_name: Array, by_class: Array
) -> Iterator[tuple[Part, Array]]:
    """Roots by side: their place in the frame of the nearest level, left being positive."""
    number = int(scheme_row("parts").weights("single")["root"])
    voxels = np.argwhere((by_class == number) & (by_name == 0))
    if not len(voxels) or not spine.levels:
        return
    points = target.to_lps(voxels)
    local = np.stack([level.frame.to_local(points) for level in spine.levels])
    nearest = np.abs(local[:, :, 2]).argmin(axis=0)
    left_mm = local[nearest, np.arange(len(points)), 0]
    for side in _ROOT_SIDES:
        chosen = {
            Side.LEFT: left_mm > MIDLINE_MM,
            Side.RIGHT: left_mm < -MIDLINE_MM,
            None: np.abs(left_mm) <= MIDLINE_MM,
        }[side]
        mask = np.zeros(target.shape, dtype=bool)
        mask[tuple(voxels[chosen].T)] = True
        yield Part(number=0, structure=Structure.ROOT, side=side), mask


def _fat(by_name: Array, by_class: Array) -> Iterator[tuple[Part, Array]]:
    """Epidural fat, where the ``parts`` map tells it apart."""
    number = scheme_row("parts").weights("single").get("epidural_fat")
    if number is not None:
        mask = (by_class == int(number)) & (by_name == 0)
        yield Part(number=0, structure=Structure.EPIDURAL_FAT), mask
