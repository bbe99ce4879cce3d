"""What was measured at one level and side, as the rules read it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from math import hypot, inf, isfinite

from cauda.grade.thresholds import Derived, Readable
from cauda.records import LevelInstance, Measurement
from cauda.vocab import Level, Plane, Quantity, Side

REACH = 2
"""Discs this many levels away, up or down, are compared with."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """A value with its error and the measurements it came from."""

    value: float
    uncertainty: float
    because: tuple[str, ...]
    is_estimated: bool = False


Readings = Mapping[Readable, Reading]
Place = tuple[Plane, Readable, Level, Side | None]


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Table:
    """Every reading by the plane it was read on, its quantity, level and side."""

    readings: Mapping[Place, Reading]

    def at(
        self,
        planes: Mapping[Readable, Plane],
        level: Level,
        side: Side | None,
    ) -> dict[Readable, Reading]:
        """The readings of those quantities on those planes; of the side, else of the level."""
        found: dict[Readable, Reading] = {}
        for quantity, plane in planes.items():
            own = self.readings.get((plane, quantity, level, side))
            reading = own or self.readings.get((plane, quantity, level, None))
            if reading is not None:
                found[quantity] = reading
        return found


def table(measurements: Sequence[Measurement], levels: Sequence[LevelInstance]) -> Table:
    """Gather what was measured, with what follows from several measurements.

    Of several series of one plane the preferred one is read; where the preferred one is of the
    other plane, the surest. A value that is not a number would pass every cut unseen, and is left
    out.
    """
    found: dict[Place, Reading] = {}
    for m in sorted(measurements, key=lambda m: (not m.preferred, m.uncertainty)):
        if m.level is not None and m.zone is None and isfinite(m.value):
            found.setdefault((m.plane, m.quantity, m.level, m.side), _reading(m))
    shares = height_shares(found, levels)
    derived = [*shares.items(), *_dome_shares(found), *_root_shares(found)]
    derived += [*_recess_shares(found, levels), *_fluid_beside(found)]
    return Table(readings={**found, **dict(derived)})


def _reading(found: Measurement) -> Reading:
    return Reading(
        value=found.value,
        uncertainty=found.uncertainty,
        because=(found.id,),
        is_estimated=found.estimated,
    )


def preferred(
    measurements: Sequence[Measurement], level: Level, side: Side | None
) -> list[Measurement]:
    """Preferred measurements of that level and side; only finite values."""
    return [
        m
        for m in measurements
        if m.level == level and m.side == side and m.preferred and isfinite(m.value)
    ]


def height_shares(
    found: Mapping[Place, Reading], levels: Sequence[LevelInstance]
) -> dict[Place, Reading]:
    """Each disc's height index over the mean of the two tallest discs within two levels.

    Two references, the tallest, so that one narrowed neighbor does not hide a narrowed disc.
    Levels with fewer than two measured neighbors are left out.
    """
    indices = {
        level: reading
        for (plane, quantity, level, _), reading in found.items()
        if (plane, quantity) == (Plane.SAGITTAL, Quantity.DISC_HEIGHT_INDEX)
        and 0 < reading.value < inf
    }
    shares: dict[Place, Reading] = {}
    for place, level in enumerate(levels):
        near = [*levels[max(0, place - REACH) : place], *levels[place + 1 : place + 1 + REACH]]
        measured = [indices[n.name] for n in near if n.name in indices]
        if level.name in indices and len(measured) >= 2:
            tallest = sorted(measured, key=lambda r: r.value, reverse=True)[:2]
            where = (Plane.SAGITTAL, Derived.HEIGHT_SHARE, level.name, None)
            shares[where] = _share_of_two(indices[level.name], tallest)
    return shares


def _share_of_two(own: Reading, references: Sequence[Reading]) -> Reading:
    """``own`` over the mean of two references; relative errors add in quadrature."""
    mean = _mean(references)
    return own if mean is None else _share(own, mean)


def _share(own: Reading, whole: Reading) -> Reading:
    """``own`` over ``whole``; relative errors add in quadrature."""
    share = own.value / whole.value
    return Reading(
        value=share,
        uncertainty=hypot(own.uncertainty, share * whole.uncertainty) / whole.value,
        because=(*own.because, *whole.because),
        is_estimated=own.is_estimated or whole.is_estimated,
    )


def _dome_shares(found: Mapping[Place, Reading]) -> Iterable[tuple[Place, Reading]]:
    """Width of displaced material over the width of its base, in the axial plane."""
    for (plane, quantity, level, side), dome in found.items():
        base = found.get((plane, Quantity.DISPLACEMENT_BASE, level, side))
        if quantity is Quantity.DISPLACEMENT_DOME and base is not None and base.value > 0:
            yield (plane, Derived.DOME_SHARE, level, side), _share(dome, base)


def _root_shares(found: Mapping[Place, Reading]) -> Iterable[tuple[Place, Reading]]:
    """Section of a root in its foramen over that of the larger of the two sides."""
    for (plane, quantity, level, side), own in found.items():
        if quantity is Quantity.FORAMEN_ROOT_AREA and side is not None:
            other = found.get((plane, quantity, level, side.opposite))
            if other is not None and max(own.value, other.value) > 0:
                larger = own if own.value >= other.value else other
                share = Reading(value=1.0, uncertainty=0.0, because=(*own.because, *other.because))
                yield (
                    (plane, Derived.ROOT_SHARE, level, side),
                    share if larger is own else _share(own, other),
                )


def _fluid_beside(found: Mapping[Place, Reading]) -> Iterable[tuple[Place, Reading]]:
    """What sagittal slices say of the fluid in a sac, beside what axial ones say."""
    for (plane, quantity, level, side), own in found.items():
        if quantity is Quantity.CSF_FRACTION and plane is Plane.SAGITTAL:
            yield (Plane.AXIAL, Derived.FLUID_BESIDE, level, side), own


def _recess_shares(
    found: Mapping[Place, Reading], levels: Sequence[LevelInstance]
) -> Iterable[tuple[Place, Reading]]:
    """Free area of a recess over what is to be expected from the same patient.

    That is the other side's, or the mean of the same side's at the levels beside it, whichever is
    larger: either may be narrowed too.
    """
    names = [level.name for level in levels]
    areas = {
        (level, side): reading
        for (_, quantity, level, side), reading in found.items()
        if quantity is Quantity.RECESS_AREA and side is not None and reading.value > 0
    }
    for (level, side), own in areas.items():
        place = names.index(level) if level in names else 0
        beside = [*names[max(0, place - 1) : place], *names[place + 1 : place + 2]]
        near = [areas[n, side] for n in beside if (n, side) in areas]
        other = areas.get((level, side.opposite))
        references = [r for r in (other, _mean(near)) if r is not None]
        if references:
            largest = max(references, key=lambda r: r.value)
            share = (Plane.AXIAL, Derived.RECESS_SHARE, level, side)
            yield share, _share(own, largest)


def _mean(readings: Sequence[Reading]) -> Reading | None:
    """Their mean; None of none."""
    if not readings:
        return None
    return Reading(
        value=sum(r.value for r in readings) / len(readings),
        uncertainty=hypot(*(r.uncertainty for r in readings)) / len(readings),
        because=tuple(id_ for r in readings for id_ in r.because),
    )
