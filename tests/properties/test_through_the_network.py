"""Moving or mirroring the patient changes nothing but the sides, through the network too.

At least 90 % of the measurements must stay within their own 90 % interval.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace

import numpy as np
import pytest

from cauda.evaluation.budget import Where, where
from cauda.records import Analysis, Finding, Measurement, Study
from cauda.vocab import Condition, Quantity

pytestmark = pytest.mark.slow
SHARE = 0.9


def preferred(measurements: Iterable[Measurement]) -> dict[Where, Measurement]:
    return {where(m): m for m in measurements if m.preferred}


def share_within(first: Iterable[Measurement], second: Iterable[Measurement]) -> float:
    """Share of the first's measurements that the second repeats within the interval."""
    ours, theirs = preferred(first), preferred(second)
    kept = [
        key in theirs and abs(theirs[key].value - own.value) <= own.uncertainty
        for key, own in ours.items()
    ]
    assert len(kept) > 60
    return float(np.mean(kept))


def swapped(measurements: Iterable[Measurement]) -> list[Measurement]:
    """The other side's, and what counts to the left counted to the right."""
    return [
        replace(m, value=-m.value)
        if m.quantity is Quantity.DISPLACEMENT_APEX
        else replace(m, side=m.side.opposite)
        if m.side
        else m
        for m in measurements
    ]


def grades(findings: Iterable[Finding]) -> dict[tuple[object, ...], str]:
    return {(f.level, f.condition, f.side, f.scale): f.grade for f in findings}


@pytest.mark.parametrize(
    "motion",
    [
        {"shift_mm": (31.0, -57.3, 12.4)},
        {"degrees": (12.0, 0.0, 0.0)},
        {"degrees": (-6.0, 7.0, -8.0), "shift_mm": (5.0, 5.0, 5.0)},
    ],
    ids=["shifted", "tilted", "turned"],
)
def test_a_moved_patient_measures_the_same(
    motion: dict[str, tuple[float, float, float]],
    study: Study,
    analysis: Analysis,
    move: Callable[..., Study],
    analyzed: Callable[[Study], Analysis],
) -> None:
    again = analyzed(move(study, **motion))
    assert [lv.name for lv in again.spine.levels] == [lv.name for lv in analysis.spine.levels]
    assert share_within(analysis.measurements, again.measurements) >= SHARE


def test_other_pixels_measure_the_same(
    study: Study,
    analysis: Analysis,
    resampled: Callable[[Study, float], Study],
    analyzed: Callable[[Study], Analysis],
) -> None:
    again = analyzed(resampled(study, 0.55))
    assert share_within(analysis.measurements, again.measurements) >= SHARE


def test_a_mirrored_patient_has_its_sides_swapped_and_nothing_else(
    study: Study,
    analysis: Analysis,
    move: Callable[..., Study],
    analyzed: Callable[[Study], Analysis],
) -> None:
    mirrored = analyzed(move(study, mirror=True))
    assert share_within(analysis.measurements, swapped(mirrored.measurements)) >= SHARE
    ours = grades(analysis.findings)
    theirs = grades(replace(f, side=f.side.opposite) if f.side else f for f in mirrored.findings)
    assert ours.keys() == theirs.keys()
    same = [ours[key] == theirs[key] for key in ours]
    assert np.mean(same) >= SHARE


def test_roots_of_a_mirrored_patient_change_sides(
    study: Study,
    analysis: Analysis,
    move: Callable[..., Study],
    analyzed: Callable[[Study], Analysis],
) -> None:
    mirrored = analyzed(move(study, mirror=True))
    ours = {(link.root, link.side) for link in analysis.relation.roots if link.tier >= 2}
    theirs = {(link.root, link.side.opposite) for link in mirrored.relation.roots}
    assert ours <= theirs


def test_the_built_foramen_is_narrow_on_its_own_side(analysis: Analysis) -> None:
    areas = {
        m.side.value: m.value
        for m in analysis.measurements
        if m.side and m.level == "L4-L5" and m.quantity == "foramen_area_mm2" and m.preferred
    }
    # The network draws overgrown foramina too wide: 131 of a true 57 mm2 here, beside 144 of 153.
    assert areas["right"] < areas["left"]
    graded = {
        f.side: f.rank
        for f in analysis.findings
        if f.condition is Condition.FORAMINAL_STENOSIS and f.level == "L4-L5"
    }
    assert set(graded) == {"left", "right"}
