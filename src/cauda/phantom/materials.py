"""What each painted point is made of: its structure, instance and tissue.

A painted grid holds one material index per point. The base materials come first; then a block for
every segment and one for every disc, so that instances and per-disc signals need no second map.
"""

from __future__ import annotations

from enum import IntEnum

import numpy as np
from numpy.typing import NDArray

from cauda.phantom.anatomy import Anatomy
from cauda.records import (
    ARCH_OFFSET,
    CORD_LABEL,
    DISC_LABELS,
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    SAC_LABEL,
)
from cauda.vocab import AXIAL_STRUCTURES, STRUCTURES, Structure


class Base(IntEnum):
    """Materials that do not belong to one segment or disc."""

    AIR = 0
    SKIN = 1
    FAT = 2
    MUSCLE = 3
    PSOAS = 4
    INTERSPINOUS = 5
    VESSEL = 6
    VEIN = 7
    BOWEL = 8
    FLUID = 9
    GAS = 10
    ORGAN = 11
    EPIDURAL_FAT = 12
    LIGAMENT = 13
    FLAVUM = 14
    CSF = 15
    ROOTLET = 16
    CORD = 17
    NERVE = 18
    JOINT = 19
    ILIUM = 20
    ILIUM_CORTEX = 21


class OfSegment(IntEnum):
    """Materials of one segment; ``ALA`` is the sacrum's posterior and lateral bone."""

    MARROW = 0
    CORTEX = 1
    ARCH = 2
    ARCH_CORTEX = 3
    VESSEL = 4
    MODIC_UPPER = 5
    MODIC_LOWER = 6


class OfDisc(IntEnum):
    """Materials of one disc level; foramen and root are left and right."""

    NUCLEUS = 0
    ANNULUS = 1
    HERNIATION = 2
    FORAMEN_LEFT = 3
    FORAMEN_RIGHT = 4
    ROOT_LEFT = 5
    ROOT_RIGHT = 6
    INNER = 7


SEGMENT_BLOCK = 32
"""Index of the first material of segment 0."""
DISC_BLOCK = SEGMENT_BLOCK + 7 * 15
"""Index of the first material of disc 0; there are at most 15 segments and 14 discs."""

_BASE_STRUCTURE = {
    Base.CSF: (Structure.SAC, SAC_LABEL),
    Base.ROOTLET: (Structure.SAC, SAC_LABEL),
    Base.CORD: (Structure.CORD, CORD_LABEL),
}
_AXIAL_STRUCTURE = {
    Base.EPIDURAL_FAT: Structure.EPIDURAL_FAT,
    Base.NERVE: Structure.ROOT,
}
"""What only axial slices tell apart: the canal's fat, and roots before and behind the foramen."""
_DISC_STRUCTURE = {
    OfDisc.NUCLEUS: (Structure.DISC, 0),
    OfDisc.ANNULUS: (Structure.DISC, 0),
    OfDisc.HERNIATION: (Structure.DISC, 0),
    OfDisc.INNER: (Structure.DISC, 0),
    OfDisc.FORAMEN_LEFT: (Structure.FORAMEN, LEFT_FORAMEN_OFFSET),
    OfDisc.FORAMEN_RIGHT: (Structure.FORAMEN, RIGHT_FORAMEN_OFFSET),
    OfDisc.ROOT_LEFT: (Structure.ROOT, LEFT_FORAMEN_OFFSET),
    OfDisc.ROOT_RIGHT: (Structure.ROOT, RIGHT_FORAMEN_OFFSET),
}


def of_segment(segment: int, part: OfSegment) -> int:
    """Material index of a part of ``segments[segment]``."""
    return SEGMENT_BLOCK + 7 * segment + int(part)


def of_disc(disc: int, part: OfDisc) -> int:
    """Material index of a part of ``discs[disc]``."""
    return DISC_BLOCK + 8 * disc + int(part)


def structure_table(anatomy: Anatomy) -> NDArray[np.uint8]:
    """(256,): index into ``STRUCTURES`` of each material."""
    table = np.zeros(256, dtype=np.uint8)
    for index, structure, _ in _entries(anatomy):
        table[index] = STRUCTURES.index(structure)
    return table


def axial_labels(anatomy: Anatomy, materials: NDArray[np.uint8]) -> NDArray[np.uint8]:
    """(I, J, K) indices into ``AXIAL_STRUCTURES`` of painted materials, J running posterior.

    They differ from :func:`structure_table` in the canal's fat, and in the roots between the sac
    and the foramen and beyond it, which are background in a sagittal segmentation. Fat with
    flavum or arch in front of it lies outside the canal.
    """
    table = structure_table(anatomy)
    for material, structure in _AXIAL_STRUCTURE.items():
        table[material] = AXIAL_STRUCTURES.index(structure)
    labels: NDArray[np.uint8] = table[materials]
    fat = AXIAL_STRUCTURES.index(Structure.EPIDURAL_FAT)
    wall = (materials == int(Base.FLAVUM)) | (labels == AXIAL_STRUCTURES.index(Structure.ARCH))
    labels[(labels == fat) & np.logical_or.accumulate(wall, axis=1)] = 0
    return labels


def instance_table(anatomy: Anatomy) -> NDArray[np.int16]:
    """(256,): instance label (as in ``Spine.instances``) of each material."""
    table = np.zeros(256, dtype=np.int16)
    for index, _, label in _entries(anatomy):
        table[index] = label
    return table


def _entries(anatomy: Anatomy) -> list[tuple[int, Structure, int]]:
    entries = [(int(m), s, label) for m, (s, label) in _BASE_STRUCTURE.items()]
    fused = anatomy.sacral_count
    for n, segment in enumerate(anatomy.segments):
        label = 1 if segment.is_fused else n - fused + 2
        for part in OfSegment:
            is_arch = part in {OfSegment.ARCH, OfSegment.ARCH_CORTEX}
            structure = Structure.ARCH if is_arch else Structure.BODY
            if segment.is_fused:
                entries.append((of_segment(n, part), Structure.SACRUM, 1))
            else:
                entries.append((of_segment(n, part), structure, label + ARCH_OFFSET * is_arch))
    for n, disc in enumerate(anatomy.discs):
        label = DISC_LABELS + n - fused + 2
        for disc_part, (structure, offset) in _DISC_STRUCTURE.items():
            if not disc.is_fused:
                entries.append((of_disc(n, disc_part), structure, label + offset))
            elif structure is Structure.DISC:
                entries.append((of_disc(n, disc_part), Structure.SACRUM, 1))
    return entries
