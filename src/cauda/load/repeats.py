"""Several images at one place: copies are dropped, repetitions become volumes of their own."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from cauda.load.slices import Slice

ACQUISITION = slice(0, 4)
"""The part of ``Slice.turn`` that names a time point or an acquisition."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Repeated:
    """One image a place.

    Parameters
    ----------
    slices : tuple of Slice
        In the order of the places.
    warnings : tuple of str
    """

    slices: tuple[Slice, ...]
    warnings: tuple[str, ...] = ()


def separate(
    places: Sequence[Sequence[Slice]], same_pixels: Callable[[Slice, Slice], bool]
) -> tuple[Repeated, ...] | str:
    """Make one volume a repetition, or say why that is impossible.

    Parameters
    ----------
    places : sequence of sequence of Slice
        Images by place, each place ordered by turn.
    same_pixels : callable
        Whether two images are copies.
    """
    kept = [_without_copies(place, same_pixels) for place in places]
    dropped = sum(len(p) for p in places) - sum(len(k) for k in kept)
    warnings = (f"Duplicate images left out: {dropped}.",) if dropped else ()
    counts = {len(place) for place in kept}
    if len(counts) == 1:
        turns = zip(*kept, strict=True)
        return tuple(Repeated(slices=tuple(turn), warnings=warnings) for turn in turns)
    by_acquisition = _by_acquisition(kept)
    if by_acquisition is None:
        most = max(counts)
        return (
            f"Some places hold one image and others up to {most} different ones, so the slices "
            "of one volume cannot be told from those of another."
        )
    return tuple(Repeated(slices=turn, warnings=warnings) for turn in by_acquisition)


def _without_copies(
    place: Sequence[Slice], same_pixels: Callable[[Slice, Slice], bool]
) -> list[Slice]:
    kept: list[Slice] = []
    for item in place:
        if not any(item.identity == o.identity or same_pixels(item, o) for o in kept):
            kept.append(item)
    return kept


def _by_acquisition(places: Sequence[Sequence[Slice]]) -> list[tuple[Slice, ...]] | None:
    """Split by time point and acquisition number where each then has one image a place."""
    turns: dict[tuple[float, ...], list[Slice]] = {}
    for place in places:
        names = [item.turn[ACQUISITION] for item in place]
        if len(set(names)) != len(names):
            return None
        for name, item in zip(names, place, strict=True):
            turns.setdefault(name, []).append(item)
    return [tuple(turns[name]) for name in sorted(turns)]
