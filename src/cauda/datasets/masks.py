"""Masks read from disk, in the vocabulary's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from cauda.datasets.card import Case, DataSet
from cauda.datasets.labelmap import LabelMap
from cauda.datasets.meaning import Meaning, Structures
from cauda.errors import GeometryError, UnreadableError
from cauda.geometry import Array, Space
from cauda.load.image_files import read_image_file
from cauda.records import Volume, read_only
from cauda.vocab import Side

SAME_PLACE_MM = 0.5
"""Image and mask whose corners lie nearer than this are on one grid; headers round."""
BLOCK = 10_000
"""Numbers of a second mask are added to this many times those of the first."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Masks:
    """Every drawn structure of one volume.

    Parameters
    ----------
    numbers : (I, J, K) int32 array
        Keys of ``meanings``; 0 where nothing was drawn.
    space : Space
    meanings : mapping of int -> Meaning
    told : tuple of frozenset of Structure
        What 0 rules out: a voxel with 0 is none of these.
    """

    numbers: Array
    space: Space
    meanings: Mapping[int, Meaning]
    told: tuple[Structures, ...]

    def __post_init__(self) -> None:
        object.__setattr__(self, "numbers", read_only(self.numbers))

    def mask(self, structures: Structures, side: Side | None = None) -> Array:
        """(I, J, K) boolean: voxels that are surely one of ``structures``, on ``side`` if given."""
        chosen = [
            number
            for number, m in self.meanings.items()
            if m.structures <= structures and (side is None or m.side is side)
        ]
        return np.isin(self.numbers, chosen)

    def undecided(self, structures: Structures) -> Array:
        """(I, J, K) boolean: voxels that may or may not be one of ``structures``."""
        chosen = [
            number
            for number, m in self.meanings.items()
            if m.structures & structures and not m.structures <= structures
        ]
        return np.isin(self.numbers, chosen)

    def onto(self, space: Space) -> Masks:
        """The same masks on another grid, by the nearest voxel.

        Raises
        ------
        GeometryError
            If the two grids have no voxel in common.
        """
        if _same_grid(self.space, space):
            return self
        return Masks(
            numbers=_nearest(self.numbers, self.space, space),
            space=space,
            meanings=self.meanings,
            told=self.told,
        )


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class LabelledVolume:
    """One case of a data set, read: signal and masks on one grid."""

    case: Case
    volume: Volume
    masks: Masks


def read_case(dataset: DataSet, case: Case) -> LabelledVolume:
    """Read a case.

    Raises
    ------
    UsageError
        If a mask holds a number that its map does not list.
    GeometryError
        If image and mask lie on different grids, or a file states no orientation.
    UnreadableError
        If a file is damaged.
    """
    volume = read_image_file(case.image)
    masks = read_masks(case.masks, dataset.labels, dataset.labelled)
    if not _same_grid(volume.space, masks.space):
        msg = (
            f"Case {case.id!r}: image {volume.space.shape} and mask {masks.space.shape} lie on "
            "different grids; resample the mask to the image first."
        )
        raise GeometryError(msg)
    return LabelledVolume(case=case, volume=volume, masks=masks)


def read_masks(
    paths: Sequence[Path], maps: Sequence[LabelMap], labelled: Sequence[Structures] | None = None
) -> Masks:
    """Read the masks of one volume: the first says the structure, further ones name it.

    Parameters
    ----------
    paths, maps : sequences of the same length
    labelled : sequence of frozenset of Structure, optional
        What was drawn; all that the first map tells, if left out.
    """
    numbers, space = _integers(paths[0])
    meanings = maps[0].resolved(np.unique(numbers))
    told = tuple(maps[0].told if labelled is None else labelled)
    drawn = {n: m for n, m in meanings.items() if not m.is_background}
    masks = Masks(numbers=numbers, space=space, meanings=drawn, told=told)
    for path, names in zip(paths[1:], maps[1:], strict=True):
        masks = _named(masks, path, names)
    return masks


def combine(first: Masks, names: Masks) -> Masks:
    """Give the voxels of ``first`` the names that ``names`` has for the same structure there."""
    placed = names.onto(first.space)
    joined = first.numbers.astype(np.int32) * BLOCK + placed.numbers
    joined[first.numbers == 0] = 0
    meanings = {}
    for number in np.unique(joined):
        own = first.meanings.get(int(number) // BLOCK)
        name = placed.meanings.get(int(number) % BLOCK)
        if own is not None:
            meanings[int(number)] = _joined(own, name)
    return Masks(numbers=joined, space=first.space, meanings=meanings, told=first.told)


def _named(masks: Masks, path: Path, names: LabelMap) -> Masks:
    return combine(masks, read_masks([path], [names]))


def _joined(own: Meaning, name: Meaning | None) -> Meaning:
    if name is None or not (own.structures & name.structures):
        return own
    return Meaning(
        structures=own.structures,
        vertebra=name.vertebra,
        level=name.level,
        side=own.side or name.side,
        is_partial=own.is_partial or name.is_partial,
    )


def _integers(path: Path) -> tuple[Array, Space]:
    volume = read_image_file(path)
    numbers = np.rint(volume.voxels).astype(np.int32)
    if numbers.min() < 0 or not np.array_equal(numbers, volume.voxels):
        msg = f"{path.name} holds values that are no label numbers; is it an image?"
        raise UnreadableError(msg)
    if numbers.max() >= BLOCK:
        msg = f"{path.name} holds the number {int(numbers.max())}; labels end below {BLOCK}."
        raise UnreadableError(msg)
    return numbers, volume.space


def _same_grid(first: Space, second: Space) -> bool:
    if first.shape != second.shape:
        return False
    corners = np.array(np.meshgrid(*[(0, n - 1) for n in first.shape])).reshape(3, -1).T
    apart = np.abs(first.to_lps(corners) - second.to_lps(corners)).max()
    return bool(apart < SAME_PLACE_MM)


def _nearest(numbers: Array, source: Space, target: Space) -> Array:
    """Nearest numbers at the target's voxel centers, one slab at a time to bound memory."""
    result: Array = np.zeros(target.shape, dtype=np.int32)
    plane = np.stack(np.meshgrid(*map(np.arange, target.shape[:2]), indexing="ij"), axis=-1)
    is_reached = False
    for k in range(target.shape[2]):
        places = np.concatenate([plane, np.full((*plane.shape[:2], 1), k)], axis=-1)
        index = np.rint(source.to_ijk(target.to_lps(places))).astype(int)
        inside = ((index >= 0) & (index < source.shape)).all(axis=-1)
        result[:, :, k][inside] = numbers[tuple(index[inside].T)]
        is_reached |= bool(inside.any())
    if not is_reached:
        msg = "A prediction and its truth share no voxel; they are of different images."
        raise GeometryError(msg)
    return result
