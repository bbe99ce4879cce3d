"""An analysis' measurements and findings, sorted into one group a level and side."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from cauda.records import Analysis, Finding, Labels, Measurement, Part
from cauda.vocab import Level, Side, Structure, Vertebra

_SIDES = (None, Side.RIGHT, Side.LEFT)


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """What was measured and graded at one place.

    Parameters
    ----------
    level : Level or None
        ``None`` for a vertebra and for the whole spine.
    vertebra : Vertebra or None
    side : Side or None
    is_name_certain : bool
        False where the level's name is uncertain or only counts from below.
    measurements : tuple of Measurement
        The preferred one of each quantity.
    findings : tuple of Finding
        UNKNOWN ones, too.
    alternate : Level or None
        The level's other name, where the numbering is uncertain.
    """

    level: Level | None
    vertebra: Vertebra | None
    side: Side | None
    is_name_certain: bool
    measurements: tuple[Measurement, ...]
    findings: tuple[Finding, ...]
    alternate: Level | None = None

    @property
    def name(self) -> str:
        """``L5-S1, left``; ``lumbar spine`` for what belongs to no level."""
        place = self.level or self.vertebra or "lumbar spine"
        return f"{place}, {self.side}" if self.side else f"{place}"

    @property
    def title(self) -> str:
        """The name, and the other one that the level may have."""
        return f"{self.name} (or {self.alternate})" if self.alternate else self.name


def groups_of(analysis: Analysis) -> tuple[Group, ...]:
    """Every group that holds something: levels from above, then vertebrae, then the whole spine."""
    preferred = [m for m in analysis.measurements if m.preferred]
    sure = analysis.spine.numbering.state != "uncertain"
    alternates: dict[Level | None, Level | None] = {
        lv.name: lv.alternate for lv in analysis.spine.levels
    }
    named = {m.level for m in preferred} | {f.level for f in analysis.findings}
    levels = [level for level in Level if level in named]
    vertebrae = [v for v in Vertebra if any(v == m.vertebra for m in preferred)]
    places: list[tuple[Level | None, Vertebra | None]] = [(level, None) for level in levels]
    places += [(None, vertebra) for vertebra in vertebrae] + [(None, None)]
    found = []
    for level, vertebra in places:
        for side in _SIDES:
            here = (level, vertebra, side)
            group = Group(
                level=level,
                vertebra=vertebra,
                side=side,
                is_name_certain=sure and not (level is not None and level.is_relative),
                measurements=tuple(m for m in preferred if (m.level, m.vertebra, m.side) == here),
                findings=tuple(f for f in analysis.findings if (f.level, None, f.side) == here),
                alternate=alternates.get(level),
            )
            if group.measurements or group.findings:
                found.append(group)
    return tuple(found)


def shown_part(group: Group, labels: Sequence[Labels]) -> tuple[str, Part] | None:
    """Series and part that a group is about: its foramen, disc or vertebra.

    Angles of the whole spine point to the sacrum, on whose endplate all of them end.

    The series that most of the group's measurements come from is asked first.
    """
    keys = [m.series for m in group.measurements]
    ranked = sorted(labels, key=lambda one: keys.count(one.series), reverse=True)
    for one in ranked:
        for part in _candidates(group, one):
            return one.series, part
    return None


def _candidates(group: Group, labels: Labels) -> Iterator[Part]:
    for part in labels.parts:
        if group.vertebra is not None:
            if part.vertebra == group.vertebra:
                yield part
        elif group.level is None:
            if part.vertebra is Vertebra.S1:
                yield part
        elif part.level == group.level:
            wanted = Structure.FORAMEN if group.side else Structure.DISC
            if part.structure is wanted and part.side == group.side:
                yield part
