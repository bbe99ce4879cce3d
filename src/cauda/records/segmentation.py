"""What the segment stage gives: class probabilities of one series."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from cauda.geometry import Array, Space
from cauda.records.basic import read_only
from cauda.vocab import STRUCTURES, Contrast, Plane, Structure

NOT_ASKED = 255
"""In :attr:`Segmentation.second`: the network was not asked here a second time."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Segmentation:
    """Class probabilities of one series on the network's own, canonical grid.

    Parameters
    ----------
    series : str
        Key of the series it was made from.
    probabilities : (C, I, J, K) float array
        Channel c is ``structures[c]``; sums to 1 over C. Axis 0 (I) runs to the patient's left
        (across the slices of a sagittal stack), 1 (J) posterior, 2 (K) superior (across the
        slices of an axial stack).
    space : Space
        The grid of axes I, J, K; same slice planes and frame of reference as the series.
    signal : (I, J, K) float array
        The series' image on the same grid, original units.
    bundle : str
        Name of the model bundle, or ``"truth"`` for a phantom's own labels.
    contrast : Contrast
        The series' contrast: what may be read from ``signal`` depends on it.
    plane : Plane
        Sagittal, or axial for what the axial network made.
    structures : tuple of Structure
        ``STRUCTURES``, or ``AXIAL_STRUCTURES`` for an axial segmentation.
    second : (I, J, K) uint8 array or None
        What the network said when asked again about a few slices in a changed form that means the
        same: number in ``structures``, ``NOT_ASKED`` elsewhere. ``None`` if it was asked once.
    """

    series: str
    probabilities: Array
    space: Space
    signal: Array
    bundle: str
    contrast: Contrast = Contrast.UNKNOWN
    plane: Plane = Plane.SAGITTAL
    structures: tuple[Structure, ...] = STRUCTURES
    second: Array | None = None

    def __post_init__(self) -> None:
        if self.probabilities.shape[1:] != self.space.shape:
            msg = f"Probabilities of {self.probabilities.shape} do not fit {self.space.shape}."
            raise ValueError(msg)
        if len(self.probabilities) != len(self.structures):
            msg = f"{len(self.probabilities)} channels for {len(self.structures)} structures."
            raise ValueError(msg)
        if self.second is not None:
            if self.second.shape != self.space.shape:
                msg = f"A second look of {self.second.shape} does not fit {self.space.shape}."
                raise ValueError(msg)
            object.__setattr__(self, "second", read_only(self.second))
        object.__setattr__(self, "probabilities", read_only(self.probabilities))
        object.__setattr__(self, "signal", read_only(self.signal))

    def probability(self, *structures: Structure) -> Array:
        """(I, J, K): the summed probability of the named structures."""
        first, *others = [self.structures.index(s) for s in structures]
        total: Array = np.array(self.probabilities[first], dtype=np.float32)
        for channel in others:  # Without the copy of all channels that a sum over them makes.
            total += self.probabilities[channel]
        return total
