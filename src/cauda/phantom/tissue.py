"""Signal of each material by the spin-echo equation.

``S = PD |1 - 2 exp(-TI/T1) + exp(-TR/T1)| exp(-TE/T2)`` (the middle term only with inversion).
Tissue times are round values for 1.5 T; fat's and marrow's T2 are long, as echo trains show them.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from cauda.phantom.anatomy import Anatomy
from cauda.phantom.materials import Base, OfDisc, OfSegment, of_disc, of_segment
from cauda.vocab import Contrast

Tissue = tuple[float, float, float]
"""T1 ms, T2 ms, proton density (water is 1)."""

FAT: Tissue = (260.0, 115.0, 1.0)
MUSCLE: Tissue = (900.0, 42.0, 0.75)
DARK: Tissue = (800.0, 15.0, 0.12)
CSF: Tissue = (4000.0, 1500.0, 1.0)
MARROW: Tissue = (420.0, 88.0, 0.66)
CORTEX: Tissue = (800.0, 15.0, 0.10)
NERVE: Tissue = (820.0, 78.0, 0.72)

_BASE: dict[Base, Tissue] = {
    Base.AIR: (1000.0, 10.0, 0.0),
    Base.SKIN: (700.0, 35.0, 0.6),
    Base.FAT: FAT,
    Base.MUSCLE: MUSCLE,
    Base.PSOAS: MUSCLE,
    Base.INTERSPINOUS: (480.0, 65.0, 0.6),
    Base.VESSEL: (1200.0, 30.0, 0.12),
    Base.VEIN: (1200.0, 60.0, 0.25),
    Base.BOWEL: (900.0, 60.0, 0.7),
    Base.FLUID: (2500.0, 400.0, 0.95),
    Base.GAS: (1000.0, 10.0, 0.02),
    Base.ORGAN: (700.0, 65.0, 0.75),
    Base.EPIDURAL_FAT: FAT,
    Base.LIGAMENT: DARK,
    Base.FLAVUM: (850.0, 22.0, 0.35),
    Base.CSF: CSF,
    Base.ROOTLET: (850.0, 95.0, 0.75),
    Base.CORD: (780.0, 88.0, 0.75),
    Base.NERVE: NERVE,
    Base.JOINT: (2000.0, 150.0, 0.6),
    Base.ILIUM: MARROW,
    Base.ILIUM_CORTEX: CORTEX,
}
_MODIC: dict[int, Tissue] = {
    0: MARROW,
    1: (1100.0, 130.0, 0.85),
    2: (290.0, 112.0, 0.95),
    3: (900.0, 20.0, 0.15),
}
"""Edema, fat and sclerosis."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Protocol:
    """How a series is acquired.

    Parameters
    ----------
    contrast : Contrast
    repetition_ms, echo_ms : float
        TR and (effective) TE.
    inversion_ms : float or None
        TI of a STIR.
    slice_mm : float
        Slice thickness; the rest of the spacing is a gap.
    noise : float
        Standard deviation of the noise of each channel, as a share of the brightest tissue.
    blur_px : float
        In-plane blur, standard deviation in pixels.
    gibbs : float
        0 none .. 1 sharp cut of k-space.
    bias : float
        Strength of the receive field's fall-off.
    motion : float
        Strength of ghosts.
    texture : float
        Strength of the tissues' own unevenness.
    coil_mm : float
        Depth over which the signal falls to 37 % away from a coil behind the patient.
    saturation_mm : float or None
        LPS y in front of which a saturation band darkens the image.
    """

    contrast: Contrast
    repetition_ms: float
    echo_ms: float
    inversion_ms: float | None = None
    slice_mm: float = 4.0
    noise: float = 0.012
    blur_px: float = 0.45
    gibbs: float = 0.3
    bias: float = 0.35
    motion: float = 0.0
    texture: float = 1.0
    coil_mm: float = 260.0
    saturation_mm: float | None = None


PROTOCOLS: dict[Contrast, Protocol] = {
    Contrast.T2: Protocol(contrast=Contrast.T2, repetition_ms=3500.0, echo_ms=100.0),
    Contrast.T1: Protocol(contrast=Contrast.T1, repetition_ms=550.0, echo_ms=10.0),
    Contrast.STIR: Protocol(
        contrast=Contrast.STIR, repetition_ms=4500.0, echo_ms=45.0, inversion_ms=165.0
    ),
}
"""What a clinical scanner typically runs at 1.5 T."""


def spin_echo(tissue: NDArray[np.float64], protocol: Protocol) -> NDArray[np.float64]:
    """Signal of (N, 3) rows of T1, T2, PD; water with TR >> T1 and TE << T2 gives 1."""
    t1, t2, density = tissue.T
    recovery = 1 - np.exp(-protocol.repetition_ms / t1)
    if protocol.inversion_ms is not None:
        inverted = 2 * np.exp(-protocol.inversion_ms / t1)
        recovery = np.abs(1 - inverted + np.exp(-protocol.repetition_ms / t1))
    result: NDArray[np.float64] = density * recovery * np.exp(-protocol.echo_ms / t2)
    return result


def tissue_table(anatomy: Anatomy) -> NDArray[np.float64]:
    """(256, 3): T1, T2 and PD of every material."""
    table = np.zeros((256, 3))
    table[:, :2] = 1000.0, 10.0
    for base, tissue in _BASE.items():
        table[int(base)] = tissue
    for n, segment in enumerate(anatomy.segments):
        marrow = _marrow(segment.marrow)
        parts: dict[OfSegment, Tissue] = {
            OfSegment.MARROW: marrow,
            OfSegment.CORTEX: CORTEX,
            OfSegment.ARCH: marrow,
            OfSegment.ARCH_CORTEX: CORTEX,
            OfSegment.VESSEL: (700.0, 130.0, 0.75),
            OfSegment.MODIC_UPPER: _MODIC[segment.modic[0]],
            OfSegment.MODIC_LOWER: _MODIC[segment.modic[1]],
        }
        for part, tissue in parts.items():
            table[of_segment(n, part)] = tissue
    for n, disc in enumerate(anatomy.discs):
        for disc_part, tissue in _disc_tissues(disc.water).items():
            table[of_disc(n, disc_part)] = tissue
    return table


def _marrow(fat: float) -> Tissue:
    """Marrow with more (> 1) or less fat."""
    return MARROW[0] / fat**0.6, MARROW[1] * fat**0.25, MARROW[2] * fat**0.3


def nucleus(water: float) -> Tissue:
    """Nucleus from a black disc (0) to a young one (1)."""
    return 900.0 + 500.0 * water, 32.0 + 118.0 * water**1.5, 0.5 + 0.4 * water


def _disc_tissues(water: float) -> dict[OfDisc, Tissue]:
    return {
        OfDisc.NUCLEUS: nucleus(water),
        OfDisc.ANNULUS: (850.0, 30.0, 0.5),
        OfDisc.INNER: (950.0 + 150 * water, 30.0 + 36.0 * water, 0.55 + 0.15 * water),
        OfDisc.HERNIATION: (950.0, 42.0, 0.62),
        OfDisc.FORAMEN_LEFT: FAT,
        OfDisc.FORAMEN_RIGHT: FAT,
        OfDisc.ROOT_LEFT: NERVE,
        OfDisc.ROOT_RIGHT: NERVE,
    }
