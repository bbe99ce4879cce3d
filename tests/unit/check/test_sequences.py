"""Which images there are, and of whom."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cauda.check import sequences
from cauda.records import AxialSlice
from cauda.vocab import Condition, Contrast, Level, Plane, Quantity, Side


def test_without_axial_t2_recess_and_roots_are_withheld(make_scene, make_series, change_study):
    scene = change_study(
        make_scene(), series=(make_series(), make_series("ax_t1", Plane.AXIAL, Contrast.T1))
    )
    withheld, note = sequences.no_axial(scene)
    assert withheld.effect == "withhold"
    assert set(withheld.conditions) == {
        Condition.SUBARTICULAR_STENOSIS,
        Condition.ROOT_COMPROMISE,
    }
    assert note.effect == "note"


def test_a_series_that_was_set_aside_does_not_count(make_scene, make_series, change_study):
    axial = replace(make_series("ax_t2", Plane.AXIAL), used=False)
    scene = change_study(make_scene(), series=(make_series(), axial))
    assert [x.id for x in sequences.no_axial(scene)] == ["no-axial", "sagittal-only"]


@pytest.mark.parametrize(
    ("contrast", "withheld"), [(Contrast.T2, 0), (Contrast.T1, 1), (Contrast.STIR, 1)]
)
def test_disc_signal_needs_sagittal_t2(make_scene, make_series, change_study, contrast, withheld):
    scene = change_study(
        make_scene(), series=(make_series(contrast=contrast), make_series("ax", Plane.AXIAL))
    )
    found = list(sequences.no_t2(scene))
    assert len(found) == withheld
    assert all(x.conditions == (Condition.DISC_DEGENERATION,) for x in found)


@pytest.mark.parametrize(
    ("fields", "withheld"),
    [
        ({}, 0),
        ({"contrast": Contrast.T1}, 1),
        ({"contrast": Contrast.UNKNOWN}, 1),
        ({"fat_suppressed": True}, 1),
    ],
)
def test_a_nucleus_read_off_plain_t2_is_withheld(
    make_scene, make_series, make_measurement, change_study, fields, withheld
):
    scene = change_study(make_scene(), series=(make_series(**fields),))
    found = make_measurement(Quantity.NUCLEUS_SIGNAL, Level.L4_L5, 0.4)
    limits = list(sequences.nucleus_off_t2(replace(scene, measurements=(found,))))
    assert [x.effect for x in limits] == ["withhold"] * withheld
    assert all(x.applies(Condition.DISC_DEGENERATION, Level.L4_L5, None) for x in limits)
    assert not any(x.applies(Condition.CANAL_STENOSIS, Level.L4_L5, None) for x in limits)


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"contrast": Contrast.T1}, None),
        ({"contrast": Contrast.T2}, ("foramen-not-t1", "lower")),
        ({"contrast": Contrast.UNKNOWN}, ("foramen-not-t1", "lower")),
        ({"contrast": Contrast.STIR}, ("foramen-fat-suppressed", "withhold")),
        (
            {"contrast": Contrast.T1, "fat_suppressed": True},
            ("foramen-fat-suppressed", "withhold"),
        ),
    ],
)
def test_foramina_are_judged_on_t1(
    make_scene, make_series, make_measurement, change_study, fields, expected
):
    scene = change_study(make_scene(), series=(make_series(**fields),))
    measured = tuple(
        make_measurement(q, Level.L5_S1, 5.0, side=Side.LEFT)
        for q in (Quantity.FORAMEN_HEIGHT, Quantity.FORAMEN_WIDTH)
    )
    limits = list(sequences.foramen_contrast(replace(scene, measurements=measured)))
    if expected is None:
        assert not limits
    else:
        (limit,) = limits
        assert (limit.id, limit.effect) == expected
        assert limit.applies(Condition.FORAMINAL_STENOSIS, Level.L5_S1, Side.LEFT)


def test_foramina_read_on_several_series_are_judged_each_by_its_own(
    make_scene, make_series, make_measurement, change_study
):
    t1 = make_series("sag_t1", contrast=Contrast.T1)
    measured = tuple(
        make_measurement(Quantity.FORAMEN_HEIGHT, Level.L5_S1, 15.0, side=side, series=key)
        for side, key in ((Side.LEFT, "sag_t2"), (Side.RIGHT, "sag_t1"))
    )
    scene = change_study(make_scene(), series=(make_series(), t1))
    (limit,) = sequences.foramen_contrast(replace(scene, measurements=measured))
    assert (limit.id, limit.level, limit.side) == ("foramen-not-t1", Level.L5_S1, Side.LEFT)


def test_a_contrast_agent_withholds_what_rests_on_that_series(
    make_scene, make_series, change_study
):
    given = make_series(contrast_agent=True)
    other = make_series("sag_t1", contrast=Contrast.T1, contrast_agent=True)
    first, second = sequences.contrast_agent(change_study(make_scene(), series=(given, other)))
    assert first.effect == "withhold"
    assert Condition.CANAL_STENOSIS in first.conditions
    assert Condition.FORAMINAL_STENOSIS not in first.conditions
    assert second.effect == "note"


@pytest.mark.parametrize(
    ("years", "expected"),
    [(17.9, ["not-adult"]), (18.0, []), (90.0, []), (None, ["age-unknown"])],
)
def test_only_adults_are_graded(make_scene, change_study, years, expected):
    limits = list(sequences.age(change_study(make_scene(), age_years=years)))
    assert [x.id for x in limits] == expected
    assert all((x.effect == "withhold") is (years is not None) for x in limits)


@pytest.mark.parametrize(
    ("angle_deg", "effect"), [(0, None), (8, None), (12, "lower"), (25, "withhold"), (-12, "lower")]
)
def test_slices_oblique_to_a_level_count_against_it(make_scene, change_spine, angle_deg, effect):
    scene = make_scene()
    lowest, *others = scene.spine.levels
    turn = np.radians(angle_deg)
    frame = replace(
        lowest.frame,
        left_lps=(float(np.cos(turn)), float(np.sin(turn)), 0.0),
        posterior_lps=(-float(np.sin(turn)), float(np.cos(turn)), 0.0),
    )
    scene = change_spine(scene, levels=(replace(lowest, frame=frame), *others))
    limits = list(sequences.slice_angle(scene))
    assert [(x.effect, x.level) for x in limits] == ([(effect, Level.L5_S1)] if effect else [])


def test_axial_slices_off_the_disc_plane_are_said(make_scene, change_spine):
    def at(level, angle_deg):
        return AxialSlice(
            series="ax_t2", slice=0, level=level, angle_deg=angle_deg, distance_mm=0.0
        )

    slices = (at(Level.L5_S1, 30.0), at(Level.L4_L5, 30.0), at(Level.L4_L5, 5.0))
    (limit,) = sequences.axial_angle(change_spine(make_scene(), axial_slices=slices))
    assert (limit.level, limit.effect) == (Level.L5_S1, "note")
