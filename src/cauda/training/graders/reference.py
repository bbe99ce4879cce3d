"""The reference set: what discs measure in which the reader found next to nothing.

Not normal ranges: the patients had complaints, and other levels of theirs may be abnormal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from cauda.training.graders.pairing import Pairing
from cauda.training.graders.tables import Grades
from cauda.vocab import Level, Quantity

QUANTITIES = (
    Quantity.DISC_HEIGHT_ANTERIOR,
    Quantity.DISC_HEIGHT_MIDDLE,
    Quantity.DISC_HEIGHT_POSTERIOR,
    Quantity.DISC_HEIGHT_DABBS,
    Quantity.DISC_HEIGHT_FARFAN,
    Quantity.DISC_HEIGHT_INDEX,
    Quantity.DISC_DEPTH,
    Quantity.SAC_AP,
    Quantity.SEGMENTAL_ANGLE,
    Quantity.NUCLEUS_SIGNAL,
    Quantity.NUCLEUS_HETEROGENEITY,
    Quantity.NUCLEUS_ANNULUS,
)
"""Quantities read in the mid-sagittal plane, which one slice shows."""
LEVELS = (Level.L5_S1, Level.L4_L5, Level.L3_L4, Level.L2_L3, Level.L1_L2)
"""From below upward: the reader's disc 1, 2, ... by the usual count."""
ANY = "any"
"""The pooled rows."""
FEWEST = 2
"""A spread needs two values."""
SOURCE = (
    "Measured here on single mid-sagittal T2 and T1 slices of SPIDER patients (van der Graaf et "
    "al., Sci Data 2024;11:264, CC BY 4.0): discs that one radiologist graded Pfirrmann I or II "
    "without narrowing, bulge, herniation, slip, Modic or endplate change. The patients had back "
    "pain; pixel sizes follow from the usual field of view. A reference set, not a normal range"
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """One quantity at one level, or at all."""

    quantity: Quantity
    level: str
    n: int
    patients: int
    mean: float
    sd: float


def is_unremarkable(grades: Grades) -> bool:
    """Whether the reader saw nothing but, at most, Pfirrmann II."""
    findings = (grades.narrowing, grades.bulge, grades.herniation, grades.slip)
    return not any((*findings, grades.upper, grades.lower, grades.modic, grades.pfirrmann > 2))


def references(paired: Pairing) -> tuple[Reference, ...]:
    """Mean and spread of every quantity at every level, then of all levels together."""
    chosen = [(d, d.number) for d, g in paired.pairs if is_unremarkable(g)]
    chosen = [(d, n) for d, n in chosen if n <= len(LEVELS)]
    found = []
    for quantity in QUANTITIES:
        rows = [
            (n, d.patient, d.reference[quantity.value])
            for d, n in chosen
            if quantity.value in d.reference
        ]
        for number, level in [*enumerate(LEVELS, start=1), (0, ANY)]:
            own = [(p, v) for n, p, v in rows if number in (n, 0)]
            if len(own) >= FEWEST:
                found.append(_reference(quantity, str(level), own))
    return tuple(found)


def _reference(quantity: Quantity, level: str, rows: Sequence[tuple[str, float]]) -> Reference:
    values = np.array([v for _, v in rows])
    return Reference(
        quantity=quantity,
        level=level,
        n=len(values),
        patients=len({p for p, _ in rows}),
        mean=float(values.mean()),
        sd=float(values.std(ddof=1)),
    )


def as_toml(found: Sequence[Reference]) -> str:
    """The knowledge file: one ``[[reference]]`` a quantity and level."""
    return "\n".join(_lines(found)) + "\n"


def _lines(found: Sequence[Reference]) -> Iterator[str]:
    yield "# What unremarkable discs measure here; written by scripts/reference_set.py."
    yield "# mean and sd are in `unit`; n discs of `patients` patients. Below n = 20 no z-score is"
    yield "# to be given, and a value outside is never called abnormal, nor one inside normal."
    for r in found:
        yield ""
        yield "[[reference]]"
        yield f'id = "{r.quantity.value}/{r.level}"'
        yield f'quantity = "{r.quantity.value}"'
        yield f'level = "{r.level}"'
        yield f'unit = "{r.quantity.unit}"'
        yield f"n = {r.n}"
        yield f"patients = {r.patients}"
        yield f"mean = {r.mean:.3f}"
        yield f"sd = {r.sd:.3f}"
        yield f'source = "{SOURCE}"'
        yield 'evidence = "design"'
