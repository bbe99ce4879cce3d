"""What could not be judged about the roots, said in words: unknown is never "none"."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from cauda.knowledge import Row, row, rows
from cauda.records import Finding
from cauda.relate.context import Context, severity
from cauda.relate.reach import SIDES, exiting_root, is_mapped, traversing_root
from cauda.vocab import GRADED_LEVELS, Condition, Level, Side, Zone

_EXPECTED = (
    Condition.CANAL_STENOSIS,
    Condition.SUBARTICULAR_STENOSIS,
    Condition.FORAMINAL_STENOSIS,
)
"""Conditions without which no level can be called judged."""

_ORDER = tuple(Level)
_Spot = tuple[Level, Side | None]


def gaps(findings: Sequence[Finding], context: Context) -> tuple[str, ...]:
    """Sentences for every ungraded, missing or unmapped place that decides about a root."""
    lines = [*_ungraded(findings), *_missing(findings)]
    lines += [line for f in findings for line in _unlinked(f, context)]
    return tuple(dict.fromkeys(lines))


def _conditions() -> dict[str, Row]:
    return {r.id: r for r in rows("root_gaps.toml", "conditions")}


def _ungraded(findings: Sequence[Finding]) -> Iterator[str]:
    """One line for each condition and reason, unless another scale did grade the place."""
    known = {(f.condition, f.level, f.side) for f in findings if f.is_known}
    groups: dict[tuple[str, str], list[_Spot]] = {}
    for f in findings:
        if f.is_known or f.condition.value not in _conditions():
            continue
        if (f.condition, f.level, f.side) not in known:
            spots = groups.setdefault((f.condition.value, f.reason_unknown), [])
            spots.append((f.level, f.side))
    for (condition, reason), spots in groups.items():
        yield _sentence("ungraded", condition, spots).format(reason=_as_sentence(reason))


def _missing(findings: Sequence[Finding]) -> Iterator[str]:
    """One line for each condition that has no result, not even UNKNOWN, at a graded level."""
    given = {(f.condition, f.level, f.side) for f in findings}
    for condition in _EXPECTED:
        spots = [
            (level, side)
            for level in GRADED_LEVELS
            for side in _sides(condition)
            if not {(condition, level, side), (condition, level, None)} & given
        ]
        if spots:
            yield _sentence("missing", condition.value, spots)


def _sides(condition: Condition) -> tuple[Side | None, ...]:
    return SIDES if _conditions()[condition.value]["sided"] else (None,)


def _sentence(kind: str, condition: str, spots: list[_Spot]) -> str:
    """The fixed sentence with place and levels filled in; a ``{reason}`` is left for the caller."""
    place = _conditions()[condition].text("text").capitalize()
    template = row("root_gaps.toml", "wording", kind).text("text")
    return template.format(place=place, levels=_listed(spots), reason="{reason}")


def _listed(spots: list[_Spot]) -> str:
    """``L4-L5 right and left, L5-S1 left``, from above."""
    parts = []
    for level in sorted({level for level, _ in spots}, key=_ORDER.index):
        sides = [s.value for s in SIDES if (level, s) in spots]
        parts.append(f"{level} {' and '.join(sides)}".strip())
    return ", ".join(parts)


def _as_sentence(text: str) -> str:
    return f"{text[:1].upper()}{text[1:]}".removesuffix(".") + "."


def _unlinked(finding: Finding, context: Context) -> Iterator[str]:
    """Why a finding that exists links no root, where that is not the finding's own nature."""
    if severity(finding) <= 0 or finding.condition.value not in _conditions():
        return
    words = {"finding": _named(finding), "level": finding.level.value}
    if finding.level.is_relative and finding.condition is not Condition.CANAL_STENOSIS:
        yield row("root_gaps.toml", "wording", "unnamed").text("text").format(**words)
    elif _has_no_root(finding):
        yield row("root_gaps.toml", "wording", "unmapped").text("text").format(**words)
    elif _lacks_contact(finding, context):
        yield row("root_gaps.toml", "wording", "contact").text("text").format(**words)


def _named(finding: Finding) -> str:
    place = _conditions()[finding.condition.value].text("text").capitalize()
    return f"{place}, {finding.side}" if finding.side else place


def _has_no_root(finding: Finding) -> bool:
    if finding.condition is Condition.CANAL_STENOSIS:
        return not is_mapped(finding.level) and severity(finding) == 1
    if finding.condition is Condition.FORAMINAL_STENOSIS:
        return exiting_root(finding.level) is None
    return traversing_root(finding.level) is None


def _lacks_contact(finding: Finding, context: Context) -> bool:
    is_central = finding.condition is Condition.DISC_HERNIATION and finding.zone is Zone.CENTRAL
    return is_central and not any((finding.level, side) in context.touched for side in SIDES)
