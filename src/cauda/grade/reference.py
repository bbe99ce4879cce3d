"""Numbers to compare a measurement with: published ones, else this project's own reference set.

A value is marked with its distance from the mean in standard deviations where at least
:data:`FEWEST` people or discs were measured; it is never called normal or abnormal.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from importlib.resources import files

from cauda.knowledge import Row, rows
from cauda.records import Measurement
from cauda.vocab import Plane

PUBLISHED = "normal_ranges.toml"
OWN = "reference_set.toml"
FEWEST = 20
"""Below this number no z-score is given."""
FAR = 2.0
"""A value this many standard deviations from the mean is marked."""


def with_references(
    measurements: Sequence[Measurement], *, age_years: float | None, sex: str | None
) -> tuple[Measurement, ...]:
    """The measurements with what to compare them with, where something is known.

    Parameters
    ----------
    measurements : sequence of Measurement
    age_years : float or None
        Without it rows for one age are passed over.
    sex : {"M", "F"} or None
        Likewise.

    Returns
    -------
    tuple of Measurement
        ``reference`` holds kind, mean, sd, n, level, z (None below :data:`FEWEST`), whether the
        value lies far from the mean, and the source.
    """
    known = (*rows(PUBLISHED, "range"), *_own())
    fitting: dict[str, list[Row]] = {}
    for row in known:
        if _fits_person(row, age_years, sex):
            fitting.setdefault(row.text("quantity"), []).append(row)
    return tuple(_with_reference(m, fitting.get(m.quantity.value, ())) for m in measurements)


def _own() -> tuple[Row, ...]:
    """The reference set, if one was measured."""
    if not files("cauda.knowledge").joinpath(OWN).is_file():
        return ()
    return rows(OWN, "reference")


def _fits_person(row: Row, age_years: float | None, sex: str | None) -> bool:
    if "sex" in row.values and row.text("sex") != sex:
        return False
    if "age" not in row.values:
        return True
    low, high = row.numbers("age")
    return age_years is not None and low <= age_years <= high


def _with_reference(found: Measurement, known: Iterable[Row]) -> Measurement:
    """With what its quantity's rows know; published before own, the own level before all."""
    fitting = [r for r in known if _fits(r, found)]
    if found.level is None or not fitting:
        return found
    best = min(fitting, key=lambda r: (r.file != PUBLISHED, r.text("level") == "any"))
    mean, spread, count = best.number("mean"), best.number("sd"), int(best.number("n"))
    z = (found.value - mean) / spread if spread > 0 and count >= FEWEST else None
    reference = {
        "kind": "published" if best.file == PUBLISHED else "reference set (patients)",
        "level": best.text("level"),
        "mean": mean,
        "sd": spread or None,
        "n": count,
        "z": None if z is None else round(z, 1),
        "is_far": z is not None and abs(z) >= FAR,
        "source": best.source,
    }
    return replace(found, reference=reference)


def _fits(row: Row, found: Measurement) -> bool:
    plane = row.text("plane", Plane.SAGITTAL.value)
    where = {"any", found.level.value if found.level else ""}
    return plane == found.plane.value and row.text("level") in where
