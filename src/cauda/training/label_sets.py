"""Partial labels: a code names the set of structures a voxel may be.

A data set that does not tell body from arch, or leaves the sacrum unlabelled, does not say
"background": it says "one of these". The loss then uses the summed probability of the set.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import chain, combinations

import numpy as np

from cauda.geometry import Array
from cauda.vocab import AXIAL_STRUCTURES, STRUCTURES, Structure

_S = Structure

VERTEBRA = 9
"""Body or arch."""
CANAL = 10
"""Thecal sac or cord."""
UNLABELLED = 11
"""Outside every label of a data set without sacrum, foramen and root."""
ANY = 12
"""Nothing is known; the voxel is left out of the loss."""
NOT_SACRUM = 13
"""Unlabelled, and too high to be sacrum."""
NOT_LATERAL = 14
"""Unlabelled, and beside a wide canal, so neither foramen nor root."""

_NAMED: tuple[frozenset[Structure], ...] = (
    *(frozenset({s}) for s in STRUCTURES),
    frozenset({_S.BODY, _S.ARCH}),
    frozenset({_S.SAC, _S.CORD}),
    frozenset({_S.BACKGROUND, _S.SACRUM, _S.FORAMEN, _S.ROOT}),
    frozenset(STRUCTURES),
    frozenset({_S.BACKGROUND, _S.FORAMEN, _S.ROOT}),
    frozenset({_S.BACKGROUND, _S.SACRUM}),
)
_DRAWN_TOGETHER = (
    frozenset({_S.BODY, _S.ARCH}),
    frozenset({_S.DISC}),
    frozenset({_S.SAC, _S.CORD}),
    frozenset({_S.SACRUM}),
    frozenset({_S.FORAMEN}),
    frozenset({_S.ROOT}),
)
"""What data sets draw or leave out as one; 0 in their masks is all that they left out."""


def _left_out() -> tuple[frozenset[Structure], ...]:
    """Every other meaning that 0 can have: background and what was not drawn."""
    choices = chain.from_iterable(
        combinations(_DRAWN_TOGETHER, n) for n in range(1, len(_DRAWN_TOGETHER))
    )
    sets = (frozenset({_S.BACKGROUND}).union(*choice) for choice in choices)
    return tuple(s for s in sets if s not in _NAMED)


LABEL_SETS: tuple[frozenset[Structure], ...] = (*_NAMED, *_left_out())
"""Code -> the structures it allows; codes 0 to 8 are the single structures."""

AXIAL_LABEL_SETS: tuple[frozenset[Structure], ...] = (
    *(frozenset({s}) for s in AXIAL_STRUCTURES),
    *(s | {_S.EPIDURAL_FAT} if _S.BACKGROUND in s else s for s in LABEL_SETS),
)
"""The same for axial slices: the single structures, then every sagittal code, whose background
may be epidural fat."""

_TOGETHER = (frozenset({_S.BODY, _S.ARCH}), frozenset({_S.SAC, _S.CORD}))
GROUPS: tuple[frozenset[Structure], ...] = (*(frozenset({s}) for s in STRUCTURES[1:]), *_TOGETHER)
"""The unions whose overlap (Dice) is trained, wherever a code decides membership."""
AXIAL_GROUPS: tuple[frozenset[Structure], ...] = (
    *(frozenset({s}) for s in AXIAL_STRUCTURES[1:]),
    *_TOGETHER,
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Meanings:
    """What the codes of one plane mean.

    Parameters
    ----------
    structures : tuple of Structure
        The network's channels.
    label_sets : tuple of frozenset of Structure
        Code -> the structures it allows.
    groups : tuple of frozenset of Structure
        The unions whose overlap is trained.
    """

    structures: tuple[Structure, ...]
    label_sets: tuple[frozenset[Structure], ...]
    groups: tuple[frozenset[Structure], ...]

    def allowed(self) -> Array:
        """(codes, structures) float32: 1 where the code allows the structure."""
        rows = [[s in allowed for s in self.structures] for allowed in self.label_sets]
        return np.asarray(rows, dtype=np.float32)

    def grouped(self) -> Array:
        """(groups, structures) float32: 1 where the structure belongs to the group."""
        rows = [[s in group for s in self.structures] for group in self.groups]
        return np.asarray(rows, dtype=np.float32)

    def membership(self) -> tuple[Array, Array]:
        """For each code and group, whether membership is known, and whether it is inside.

        Returns
        -------
        known, inside : (codes, groups) float32
        """
        inside = [[a <= g for g in self.groups] for a in self.label_sets]
        outside = [[not (a & g) for g in self.groups] for a in self.label_sets]
        sure = np.asarray(inside, dtype=np.float32)
        return sure + np.asarray(outside, dtype=np.float32), sure


SAGITTAL = Meanings(structures=STRUCTURES, label_sets=LABEL_SETS, groups=GROUPS)
AXIAL = Meanings(structures=AXIAL_STRUCTURES, label_sets=AXIAL_LABEL_SETS, groups=AXIAL_GROUPS)
