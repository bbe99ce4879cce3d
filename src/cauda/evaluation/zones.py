"""Where a herniation lies: the zone that was measured or named against the one that was built."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from cauda.records import Finding, Measurement
from cauda.vocab import Condition, Level, Quantity, Side, Zone


@dataclass(frozen=True, slots=True, kw_only=True)
class ZonePair:
    """Where most of a displaced disc lies, as measured and in truth.

    Parameters
    ----------
    level : Level
    measured, truth : Zone or None
        ``None`` where none was told.
    measured_side, truth_side : Side or None
        ``None`` for the central and anterior zones.
    """

    level: Level
    measured: Zone | None
    truth: Zone
    measured_side: Side | None
    truth_side: Side | None

    @property
    def is_wrong_side(self) -> bool:
        """Whether both tell a side, and not the same one."""
        return None not in (self.measured_side, self.truth_side) and (
            self.measured_side is not self.truth_side
        )


def zone_pairs(
    measured: Iterable[Measurement], truth: Iterable[Measurement]
) -> tuple[ZonePair, ...]:
    """Pair the zone that holds most of each truly displaced disc with the measured one."""
    found, true = _main_zones(measured), _main_zones(truth)
    return tuple(
        ZonePair(
            level=level,
            measured=found[level].zone if level in found else None,
            truth=own.zone,
            measured_side=found[level].side if level in found else None,
            truth_side=own.side,
        )
        for level, own in true.items()
        if own.zone is not None
    )


def named_zone_pairs(measured: Iterable[Finding], truth: Iterable[Finding]) -> tuple[ZonePair, ...]:
    """Pair the zone and side that a report names with those of each built herniation."""
    found = {f.level: f for f in measured if f.condition is Condition.DISC_CONTOUR}
    pairs = []
    for true in truth:
        if true.condition is not Condition.DISC_CONTOUR or true.zone is None:
            continue
        own = found.get(true.level)
        pairs.append(
            ZonePair(
                level=true.level,
                measured=own.zone if own else None,
                truth=true.zone,
                measured_side=own.side if own else None,
                truth_side=None if true.zone is Zone.CENTRAL else true.side,
            )
        )
    return tuple(pairs)


def _main_zones(measurements: Iterable[Measurement]) -> dict[Level, Measurement]:
    """Per level the largest share of a zone, preferred series only."""
    best: dict[Level, Measurement] = {}
    for m in measurements:
        if m.quantity is not Quantity.DISPLACEMENT_ZONE or m.level is None or not m.preferred:
            continue
        if m.level not in best or m.value > best[m.level].value:
            best[m.level] = m
    return best


def zone_kappa(pairs: Sequence[ZonePair]) -> float:
    """Cohen's kappa of the zones that were told; NaN where it is not defined."""
    told = [(p.measured, p.truth) for p in pairs if p.measured is not None]
    if not told:
        return float("nan")
    agreed = sum(a is b for a, b in told) / len(told)
    chance = sum(
        (sum(a is z for a, _ in told) / len(told)) * (sum(b is z for _, b in told) / len(told))
        for z in Zone
    )
    return (agreed - chance) / (1 - chance) if chance < 1 else float("nan")
