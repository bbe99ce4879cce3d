"""The shipped crop graders on a rendered spine: sides, levels, what they do not answer."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from cauda.errors import BundleError
from cauda.geometry import Frame, Space
from cauda.nets.bundles import find_bundle
from cauda.nets.crop_graders import crop_grader
from cauda.phantom import draw_anatomy, render
from cauda.phantom.anatomy import Lesion, LesionKind
from cauda.phantom.endplates import level_frame
from cauda.phantom.stacks import StudyPlan, axial_spaces, sagittal_space
from cauda.phantom.tissue import PROTOCOLS
from cauda.phantom.truth import levels_of
from cauda.records import Conus, LevelInstance, Measurement, Numbering, Series, Spine, Study, Volume
from cauda.vocab import Condition, Contrast, Level, Plane, Quantity, Scale, Side, Zone

LEVEL = Level.L4_L5
PLAN = StudyPlan(sagittal_matrix=288, axial_matrix=200)


KEYS = ("sag_t2", "sag_t1", *(f"ax_t2_{n}" for n in range(1, 6)))


def _spine(levels):
    return Spine(
        vertebrae=(),
        levels=tuple(
            LevelInstance(
                name=name, alternate=None, label=101 + n, above=2 + n, below=1 + n, frame=frame
            )
            for n, (name, frame) in enumerate(levels)
        ),
        numbering=Numbering(
            state="conventional", lumbar_count=5, reasons=("five lumbar vertebrae",)
        ),
        conus=Conus(level=None, tip_lps=None, reason="not looked for"),
        instances={key: np.zeros((1, 1, 1), dtype=np.int16) for key in KEYS},
    )


def _series(key, plane, contrast, voxels, space):
    volume = Volume(voxels=voxels, space=space)
    return Series(
        key=key, plane=plane, contrast=contrast, volume=volume, used=True, reason="Rendered."
    )


@pytest.fixture(scope="module")
def case():
    """Study and spine with an extrusion of 9 mm in the left recess of L4-L5."""
    lesion = Lesion(
        kind=LesionKind.EXTRUSION, level=LEVEL, size_mm=9.0, side=Side.LEFT, zone=Zone.SUBARTICULAR
    )
    anatomy = draw_anatomy(np.random.default_rng(21), lesions=(lesion,))
    rng, found = np.random.default_rng(22), []
    for contrast in (Contrast.T2, Contrast.T1):
        space = sagittal_space(anatomy, PLAN, "1.2")
        voxels = render(anatomy, space, PROTOCOLS[contrast], rng)
        found.append(_series(f"sag_{contrast}".lower(), Plane.SAGITTAL, contrast, voxels, space))
    for n, space in enumerate(axial_spaces(anatomy, PLAN, "1.2")):
        voxels = render(anatomy, space, PROTOCOLS[Contrast.T2], rng)
        found.append(_series(f"ax_t2_{n + 1}", Plane.AXIAL, Contrast.T2, voxels, space))
    levels = [(name, level_frame(anatomy, n)) for n, name in levels_of(anatomy)]
    return Study(series=tuple(found)), _spine(levels)


@pytest.fixture(scope="module")
def shipped():
    return crop_grader(find_bundle("cauda_crops"))


def _of(opinions, condition, scale, level=LEVEL, side=None):
    (found,) = [
        o
        for o in opinions
        if (o.condition, o.scale, o.level, o.side) == (condition, scale, level, side)
    ]
    return found


def test_an_extrusion_is_seen_with_its_side_and_only_there(case, shipped):
    study, spine = case
    opinions = shipped(study, (), spine, ())
    contour = _of(opinions, Condition.DISC_CONTOUR, Scale.FARDON)
    assert contour.probabilities["extrusion"] + contour.probabilities["sequestration"] > 0.5
    assert contour.apex_side is Side.LEFT
    recess = {
        side: _of(opinions, Condition.SUBARTICULAR_STENOSIS, Scale.BARTYNSKI, side=side)
        for side in (Side.LEFT, Side.RIGHT)
    }
    assert recess[Side.LEFT].probabilities["0"] < 0.5 < recess[Side.RIGHT].probabilities["0"]
    for level in (Level.L1_L2, Level.L2_L3):
        sound = _of(opinions, Condition.DISC_HERNIATION, Scale.PRESENCE, level)
        assert sound.probabilities["absent"] > 0.8
    assert {o.validation for o in opinions} == {"synthetic"}
    for opinion in opinions:
        assert sum(opinion.probabilities.values()) == pytest.approx(1.0)


def test_the_mirrored_patient_gets_the_mirrored_opinions(case, shipped):
    study, spine = case
    flip = np.diag([-1.0, 1.0, 1.0, 1.0])

    def turned(series):
        space = series.volume.space
        mirrored = Space.from_matrix(space.shape, flip @ space.matrix, space.frame_of_reference)
        return replace(series, volume=replace(series.volume, space=mirrored))

    def reflected(frame):
        x, y, z = frame.origin_lps
        rows = frame.axes * [-1.0, 1.0, 1.0]
        left, back, up = (tuple(float(v) for v in row) for row in (-rows[0], rows[1], rows[2]))
        return Frame(origin_lps=(-x, y, z), left_lps=left, posterior_lps=back, up_lps=up)

    other_study = Study(series=tuple(turned(s) for s in study.series))
    other_spine = _spine([(lv.name, reflected(lv.frame)) for lv in spine.levels])
    here = shipped(study, (), spine, ())
    there = shipped(other_study, (), other_spine, ())
    assert len(here) == len(there) > 0
    for one in here:
        side = one.side.opposite if one.side else None
        two = _of(there, one.condition, one.scale, one.level, side)
        assert two.probabilities == pytest.approx(one.probabilities, abs=1e-3)
        assert two.zone is one.zone
        assert two.apex_side is (one.apex_side.opposite if one.apex_side else None)


def test_only_what_the_series_show_is_answered(case, shipped):
    study, spine = case
    sagittal = Study(series=tuple(s for s in study.series if s.plane is Plane.SAGITTAL))
    found = {o.condition for o in shipped(sagittal, (), spine, ())}
    assert found == {Condition.FORAMINAL_STENOSIS}
    for change in ({"contrast_agent": True}, {"fat_suppressed": True}):
        other = Study(series=tuple(replace(s, **change) for s in study.series))
        assert shipped(other, (), spine, ()) == ()
    left_out = replace(spine, instances={})
    assert shipped(study, (), left_out, ()) == (), "a series of another frame is not looked at"


def test_a_series_that_moved_is_not_looked_at(case, shipped):
    """T1's disc lies 8 mm below the level's frame: its crop would show another place."""
    study, spine = case
    sagittal = Study(series=tuple(s for s in study.series if s.plane is Plane.SAGITTAL))
    frame = spine.level(LEVEL).frame
    off = tuple(tuple(p) for p in frame.to_lps(np.array([[0.0, 0.0, -12.0], [0.0, 0.0, -4.0]])))
    moved = Measurement(
        id="x",
        quantity=Quantity.DISC_HEIGHT_MIDDLE,
        level=LEVEL,
        side=None,
        value=8.0,
        uncertainty=0.5,
        method="test",
        series="sag_t1",
        segment_lps=off,
    )

    def left(study_, measurements):
        found = shipped(study_, (), spine, measurements)
        scale = Scale.LEE_FORAMEN
        return _of(found, Condition.FORAMINAL_STENOSIS, scale, side=Side.LEFT).probabilities

    t2_alone = Study(series=tuple(s for s in sagittal.series if s.contrast is Contrast.T2))
    assert left(sagittal, (moved,)) == left(t2_alone, ())
    assert left(sagittal, ()) != left(t2_alone, ())


def test_a_bundle_of_other_networks_is_refused():
    with pytest.raises(BundleError, match="no crop graders"):
        crop_grader(find_bundle("cauda_graders"))


def test_the_bundle_is_small():
    folder = find_bundle("cauda_crops").folder
    assert sum(p.stat().st_size for p in folder.rglob("*") if p.is_file()) < 2e6
