"""Numbers of written label maps: from instance labels to another scheme's numbers."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, get_args

from cauda.errors import UsageError
from cauda.knowledge import Row, row
from cauda.records import (
    ARCH_OFFSET,
    CORD_LABEL,
    LEFT_FORAMEN_OFFSET,
    RIGHT_FORAMEN_OFFSET,
    SAC_LABEL,
    LevelInstance,
    Spine,
    VertebraInstance,
)

Scheme = Literal["cauda", "parts", "totalspineseg", "spineps", "spider"]
SCHEMES: tuple[Scheme, ...] = get_args(Scheme)


def scheme_row(scheme: str) -> Row:
    """The knowledge row of a scheme.

    Raises
    ------
    UsageError
        If there is no such scheme.
    """
    if scheme not in SCHEMES:
        msg = f"There is no label scheme {scheme!r}; choose one of {', '.join(SCHEMES)}."
        raise UsageError(msg)
    return row("labels.toml", "schemes", scheme)


def scheme_numbers(spine: Spine, scheme: str) -> Mapping[int, int]:
    """Instance label to the scheme's number, for all but ``parts``; 0 where it has none.

    Raises
    ------
    UsageError
        If the scheme needs anatomical names and the spine has only relative ones.
    """
    rules = scheme_row(scheme)
    single = rules.weights("single")
    numbers = {SAC_LABEL: int(single["sac"]), CORD_LABEL: int(single["cord"])}
    for vertebra in spine.vertebrae:
        number = _vertebra_number(rules, vertebra)
        numbers[vertebra.label] = numbers[vertebra.label + ARCH_OFFSET] = number
    for level in spine.levels:
        numbers |= _level_numbers(rules, level)
    return numbers


def _vertebra_number(rules: Row, vertebra: VertebraInstance) -> int:
    is_relative = vertebra.name.value.startswith("V")
    named = rules.weights("vertebrae")
    if not is_relative and "vertebra_step" in rules.values:
        partial = rules.number("partial_offset") if vertebra.is_partial else 0
        return int(vertebra.ordinal + partial) if vertebra.ordinal else 0
    if vertebra.name.value not in named:
        msg = (
            f"The label scheme {rules.id!r} has no number for {vertebra.name.value}: no sacrum is "
            "in view, so the vertebrae have no anatomical names. Use --labels cauda or parts."
        )
        raise UsageError(msg)
    return int(named[vertebra.name.value])


def _level_numbers(rules: Row, level: LevelInstance) -> dict[int, int]:
    number = _disc_number(rules, level)
    found = {level.label: number}
    for offset, field in (
        (LEFT_FORAMEN_OFFSET, "left_foramen_offset"),
        (RIGHT_FORAMEN_OFFSET, "right_foramen_offset"),
    ):
        has_foramina = field in rules.values
        found[level.label + offset] = number + int(rules.number(field)) if has_foramina else 0
    return found


def _disc_number(rules: Row, level: LevelInstance) -> int:
    is_above_sacrum = level.below == 1
    if "disc_start" in rules.values:
        return int(rules.number("disc_start")) + level.below
    if is_above_sacrum and "above_sacrum" in rules.values:
        return int(rules.number("above_sacrum"))
    return int(rules.weights("discs")[level.name.value])
