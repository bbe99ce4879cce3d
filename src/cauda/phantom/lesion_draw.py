"""Draw lesions at random: the lower a disc and the older the spine, the more."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

import numpy as np

from cauda.phantom.anatomy import Anatomy, Lesion, LesionKind
from cauda.vocab import Level, Side, Zone

Generator = np.random.Generator

_SHARES = {
    LesionKind.BULGE: 0.16,
    LesionKind.PROTRUSION: 0.15,
    LesionKind.EXTRUSION: 0.12,
    LesionKind.SEQUESTRATION: 0.04,
    LesionKind.FACET_OVERGROWTH: 0.14,
    LesionKind.THICK_FLAVUM: 0.08,
    LesionKind.HEIGHT_LOSS: 0.11,
    LesionKind.DEHYDRATION: 0.06,
    LesionKind.SLIP: 0.05,
    LesionKind.SCHMORL: 0.04,
    LesionKind.MODIC_1: 0.015,
    LesionKind.MODIC_2: 0.02,
    LesionKind.MODIC_3: 0.015,
}
_SIZES_MM = {
    LesionKind.BULGE: (1.0, 3.5),
    LesionKind.PROTRUSION: (2.0, 6.0),
    LesionKind.EXTRUSION: (4.0, 10.0),
    LesionKind.SEQUESTRATION: (4.0, 8.0),
    LesionKind.FACET_OVERGROWTH: (1.5, 5.5),
    LesionKind.THICK_FLAVUM: (1.0, 5.0),
    LesionKind.HEIGHT_LOSS: (1.0, 6.0),
    LesionKind.SLIP: (-4.0, 10.0),
    LesionKind.SCHMORL: (2.0, 6.0),
}
_POSTERIOR_ZONES = (Zone.CENTRAL, Zone.SUBARTICULAR, Zone.FORAMINAL, Zone.EXTRAFORAMINAL)
Frequency = Literal["random", "dense", "herniated", "stenotic"]
_HERNIATIONS = {
    LesionKind.PROTRUSION: 0.3,
    LesionKind.EXTRUSION: 0.55,
    LesionKind.SEQUESTRATION: 0.15,
}
_NARROWINGS = {
    LesionKind.BULGE: 0.2,
    LesionKind.PROTRUSION: 0.05,
    LesionKind.EXTRUSION: 0.1,
    LesionKind.FACET_OVERGROWTH: 0.25,
    LesionKind.THICK_FLAVUM: 0.2,
    LesionKind.HEIGHT_LOSS: 0.15,
    LesionKind.SLIP: 0.05,
}


@dataclass(frozen=True, slots=True)
class _Often:
    """How many lesions there are.

    ``lower`` and ``upper`` are the probabilities of one at the two lowest discs and at the others,
    ``again`` that of another where one is, up to ``most``; ``short_pedicles`` is once a spine.
    Sizes begin at the share ``least`` of their range.
    """

    lower: float
    upper: float
    again: float = 0.35
    most: int = 2
    least: float = 0.0
    short_pedicles: float = 0.08
    kinds: Mapping[LesionKind, float] = field(default_factory=lambda: _SHARES)


_OFTEN = {
    "random": _Often(0.55, 0.22),
    "dense": _Often(0.95, 0.75),
    "herniated": _Often(0.95, 0.75, kinds=_HERNIATIONS),
    "stenotic": _Often(0.8, 0.6, 0.85, 4, 0.4, 0.5, _NARROWINGS),
}


HERNIATED, STENOTIC = 0.35, 0.3
"""Shares of the spines to learn from with a herniation, or with what narrows the canal, at nearly
every level: large ones are too rare otherwise.
"""


def draw_frequency(rng: Generator) -> Frequency:
    """How often a spine to learn from has lesions: the others are dense."""
    share = rng.random()
    if share < HERNIATED:
        return "herniated"
    return "stenotic" if share < HERNIATED + STENOTIC else "dense"


def draw_lesions(
    rng: Generator, anatomy: Anatomy, frequency: Frequency = "random"
) -> tuple[Lesion, ...]:
    """Draw lesions at random levels and sides of ``anatomy``'s lumbar discs.

    ``dense`` puts one at nearly every level: training learns more from each image.
    ``herniated`` puts a herniation there: drawn at random, large ones are too rare to learn from.
    ``stenotic`` puts what narrows canal, recess and foramen there, mostly large and several.
    """
    often = _OFTEN[frequency]
    lumbar = [
        d.level for d in anatomy.discs if d.level is not None and not d.level.value.startswith("T")
    ]
    result: list[Lesion] = []
    for n, level in enumerate(lumbar):
        if rng.random() < (often.lower if n < 2 else often.upper):
            result.append(_draw(rng, level, often))
            for _ in range(often.most - 1):
                if rng.random() >= often.again:
                    break
                result.append(_draw(rng, level, often))
    if rng.random() < often.short_pedicles:
        level = lumbar[int(rng.integers(min(3, len(lumbar))))]
        size = float(rng.uniform(1.5, 5.0))
        result.append(Lesion(kind=LesionKind.SHORT_PEDICLES, level=level, size_mm=size))
    return _compatible(result)


def _draw(rng: Generator, level: Level, often: _Often) -> Lesion:
    kinds = list(often.kinds)
    weights = np.array(list(often.kinds.values()))
    kind = kinds[int(rng.choice(len(kinds), p=weights / weights.sum()))]
    low, high = _SIZES_MM.get(kind, (2.0, 4.0))
    low += often.least * (high - low)
    side = (Side.LEFT, Side.RIGHT)[int(rng.integers(2))]
    zone = _zone(rng, kind)
    is_both = zone is Zone.CENTRAL or (kind is LesionKind.THICK_FLAVUM and rng.random() < 0.6)
    migration = float(rng.normal(0, 6.0)) if kind is LesionKind.EXTRUSION else 0.0
    if kind is LesionKind.SEQUESTRATION:
        migration = float(rng.choice([-1.0, 1.0]) * rng.uniform(9, 16))
    return Lesion(
        kind=kind,
        level=level,
        side=None if is_both else side,
        zone=zone,
        size_mm=float(rng.uniform(low, high)),
        migration_mm=float(np.clip(migration, -14, 14))
        if kind is LesionKind.EXTRUSION
        else migration,
    )


def _zone(rng: Generator, kind: LesionKind) -> Zone:
    if kind is LesionKind.FACET_OVERGROWTH:
        return (Zone.FORAMINAL, Zone.SUBARTICULAR)[int(rng.random() < 0.4)]
    if kind in {LesionKind.PROTRUSION, LesionKind.EXTRUSION}:
        return _POSTERIOR_ZONES[int(rng.choice(4, p=[0.32, 0.42, 0.2, 0.06]))]
    if kind is LesionKind.SEQUESTRATION:
        return _POSTERIOR_ZONES[int(rng.choice(2, p=[0.4, 0.6]))]
    return Zone.SUBARTICULAR if kind is LesionKind.THICK_FLAVUM else Zone.CENTRAL


def _compatible(lesions: list[Lesion]) -> tuple[Lesion, ...]:
    """Keep the first of each kind at a level."""
    seen: set[tuple[LesionKind, Level]] = set()
    result = []
    for lesion in lesions:
        key = (lesion.kind, lesion.level)
        if key not in seen:
            seen.add(key)
            result.append(lesion)
    return tuple(result)
