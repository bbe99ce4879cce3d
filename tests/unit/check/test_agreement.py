"""Two series that read the same thing apart."""

from __future__ import annotations

from dataclasses import replace

import pytest

from cauda.check import agreement
from cauda.vocab import Condition, Contrast, Level, Quantity


def with_second_reading(scene, quantity, difference):
    """The scene with a T1 series whose reading differs by so many errors of a difference."""
    first = next(m for m in scene.measurements if m.quantity is quantity and m.preferred)
    step = difference * 2**0.5 * first.uncertainty
    second = replace(
        first,
        id=first.id.replace(first.series, "sag_t1"),
        series="sag_t1",
        value=first.value + step,
        preferred=False,
    )
    return first, replace(scene, measurements=(*scene.measurements, second))


@pytest.mark.parametrize(
    ("difference", "effect"), [(0.5, None), (1.9, None), (2.1, "lower"), (-4.2, "withhold")]
)
def test_a_difference_beyond_the_errors_lowers_then_withholds(make_scene, difference, effect):
    first, scene = with_second_reading(make_scene(), Quantity.DISC_HEIGHT_MIDDLE, difference)
    found = list(agreement.series_disagree(scene))
    assert [x.effect for x in found] == ([effect] if effect else [])
    assert all(x.level == first.level for x in found)
    assert all(x.applies(Condition.DISC_NARROWING, x.level, None) for x in found)


@pytest.mark.parametrize(
    ("first", "second", "difference", "effects"),
    [
        (Contrast.T2, Contrast.T1, -5.0, []),
        (Contrast.T2, Contrast.T1, 5.0, ["withhold"]),
        (Contrast.T1, Contrast.T2, -5.0, ["withhold"]),
        (Contrast.T2, Contrast.STIR, -5.0, ["withhold"]),
    ],
)
def test_material_that_t1_overlooks_says_nothing_against_t2(
    make_scene, make_measurement, first, second, difference, effects
):
    scene = make_scene()
    deep = make_measurement(Quantity.DISPLACEMENT, Level.L4_L5, 6.0)
    scene = replace(scene, measurements=(*scene.measurements, deep))
    _, scene = with_second_reading(scene, Quantity.DISPLACEMENT, difference)
    (shown,) = scene.segmentations
    both = (replace(shown, contrast=first), replace(shown, series="sag_t1", contrast=second))
    found = agreement.series_disagree(replace(scene, segmentations=both))
    assert [x.effect for x in found] == effects


def test_another_method_is_another_thing(make_scene):
    first, scene = with_second_reading(make_scene(), Quantity.DISC_HEIGHT_MIDDLE, 9.0)
    other = replace(scene.measurements[-1], method=f"not {first.method}")
    assert not list(
        agreement.series_disagree(replace(scene, measurements=(*scene.measurements[:-1], other)))
    )
