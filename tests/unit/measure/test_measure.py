"""The measuring stage on blocks whose every measure is known, turned, shifted, mirrored, cut."""

from __future__ import annotations

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from cauda.knowledge import rows
from cauda.measure import measure
from cauda.measure.alignment import slip_mm, wedge_deg
from cauda.measure.discs import Chord, DiscSlice
from cauda.records import Spine
from cauda.vocab import STRUCTURES, Contrast, Level, Quantity, Structure

GOALS = {"mm": 0.35, "mm2": 8.0, "mm3": 500.0, "deg": 0.6, "%": 1.0, "1": 0.02}
"""Tolerance a unit on exact segmentations at 4 mm slices and 0.7 mm pixels."""

FORAMINAL = (Quantity.FORAMEN_HEIGHT, Quantity.FORAMEN_WIDTH, Quantity.FORAMEN_AREA)


def values(spine, *segmentations):
    return {m.id.rsplit("/", 1)[0]: m for m in measure(spine, segmentations)}


@pytest.fixture(scope="module")
def measured(standard):
    spine, segmentation = standard
    return values(spine, segmentation)


def wedge_height(share):
    """Height along the bisector of a 10 degree wedge, 6 mm high behind, at a share of its depth."""
    behind = 6.0 * math.cos(math.radians(5))
    apex = behind / (2 * math.tan(math.radians(5)))
    depth = 34.0 * math.cos(math.radians(5))
    return 2 * math.tan(math.radians(5)) * (apex + (1 - share) * depth)


TRUTH = {
    "L4-L5/disc_height_anterior_mm": 10.0,
    "L4-L5/disc_height_middle_mm": 10.0,
    "L4-L5/disc_height_posterior_mm": 10.0,
    "L4-L5/disc_height_index_ratio": 10 / 26,
    "L4-L5/disc_depth_mm": 34.0,
    "L4-L5/slip_mm": 4.0,
    "L4-L5/slip_percent": 100 * 4 / 34,
    "L4-L5/segmental_angle_deg": 0.0,
    "L4-L5/posterior_displacement_mm": 0.0,
    "L4-L5/displacement_extent_mm": 0.0,
    "L4-L5/foramen_height_mm/left": 17.0,
    "L4-L5/foramen_height_mm/right": 17.0,
    "L4-L5/foramen_width_mm/left": 4.0,
    "L4-L5/foramen_width_mm/right": 8.0,
    "L4-L5/foramen_area_mm2/left": 68.0,
    "L4-L5/foramen_area_mm2/right": 136.0,
    "L5-S1/disc_height_anterior_mm": wedge_height(0.1),
    "L5-S1/disc_height_middle_mm": wedge_height(0.5),
    "L5-S1/disc_height_posterior_mm": wedge_height(0.9),
    "L5-S1/slip_mm": 0.0,
    "L5-S1/segmental_angle_deg": 10.0,
    "L5-S1/posterior_displacement_mm": 5.0,
    "L5-S1/displacement_extent_mm": 7.0,
    "L5-S1/sac_ap_mm": 13.0,
    "L5-S1/sac_area_mm2": math.pi * 8 * 6.5,
    "L5-S1/sac_area_ratio": 1.0,
    "L5-S1/nucleus_csf_ratio": 0.5,
    "L4-L5/disc_height_dabbs_mm": 10.0,
    "L4-L5/disc_height_farfan_ratio": 20 / 34,
    "L4-L5/disc_volume_mm3": 34 * 10 * 44.0,
    "L4-L5/migration_cranial_mm": 0.0,
    "L5-S1/migration_cranial_mm": 0.5,
    "L5-S1/nucleus_heterogeneity_ratio": 0.0,
    "L5-S1/nucleus_annulus_contrast_ratio": 1.0,
    "L5-S1/endplate_marrow_t2_ratio": 1.0,
    "lumbar/sacral_slope_deg": 0.0,
    "L5/vertebra_wedge_ratio": 1.0,
    "L5/vertebra_height_anterior_mm": 26.0,
    "L5/vertebra_height_middle_mm": 26.0,
    "L4/vertebra_height_posterior_mm": 26.0,
}


@pytest.mark.parametrize(("name", "expected"), TRUTH.items(), ids=str)
def test_measures_what_was_drawn(measured, name, expected):
    found = measured[name]
    tolerance = 0.7 if found.quantity is Quantity.FORAMEN_HEIGHT else GOALS[found.unit]
    assert found.value == pytest.approx(expected, abs=tolerance)


@pytest.mark.parametrize("name", TRUTH, ids=str)
def test_interval_holds_the_truth(measured, name):
    found = measured[name]
    assert 0 < found.uncertainty < 40 or found.unit == "mm3"
    assert abs(found.value - TRUTH[name]) <= found.uncertainty


@pytest.mark.parametrize(
    ("shift_mm", "turn_deg"), [(-3.0, 0.0), (4.5, 0.0), (0.0, 12.0), (2.0, -8.0)]
)
def test_slip_is_positive_forward_and_wedge_positive_open_to_the_front(shift_mm, turn_deg):
    lower = Chord(anterior=(-17.0, 0.0), posterior=(17.0, 0.0))
    turn = math.radians(turn_deg)
    back = (17.0 - shift_mm, 8.0)
    front = (back[0] - 34 * math.cos(turn), back[1] + 34 * math.sin(turn))
    upper = Chord(anterior=front, posterior=back)
    nothing = np.zeros(0)
    traced = DiscSlice(
        sheet=None,
        disc=nothing,
        upper=upper,
        lower=lower,
        bottom_mm=nothing,
        top_mm=nothing,
        blur_mm=1.0,
    )
    assert slip_mm(traced) == pytest.approx(shift_mm)
    assert wedge_deg(traced) == pytest.approx(turn_deg)


def test_ids_are_unique_and_complete(standard):
    found = measure(standard[0], [standard[1]])
    assert len({m.id for m in found}) == len(found)
    assert all(m.id.endswith("/sag_t2") and m.preferred for m in found)
    assert all(m.segment_lps and m.slice is not None for m in found)
    assert {m.estimated for m in found if m.quantity is Quantity.SAC_AREA} == {True}


def test_every_method_is_explained_and_cited(measured):
    known = {row.id for row in rows("methods.toml", "methods")}
    page = (Path(__file__).parents[3] / "docs/concepts/measurements.md").read_text()
    for method in {m.method for m in measured.values()}:
        assert method in known
        assert method in page


def test_points_draw_the_value(measured):
    """The drawn line of a length is as long as the value, but for the shift between slices."""
    for name in ("L4-L5/disc_height_middle_mm", "L5-S1/sac_ap_mm", "L5/vertebra_height_middle_mm"):
        start, end = np.array(measured[name].segment_lps)
        assert np.linalg.norm(end - start) == pytest.approx(measured[name].value, abs=0.6)


def test_mirroring_swaps_sides_only(blocks, measured):
    other = values(*blocks(sign=-1))
    swap = {"left": "right", "right": "left"}
    for name, found in measured.items():
        head, _, tail = name.rpartition("/")
        twin = other[f"{head}/{swap[tail]}" if tail in swap else name]
        sign = -1 if found.quantity is Quantity.DISPLACEMENT_APEX else 1
        assert twin.value == pytest.approx(sign * found.value, abs=1e-3), name


def test_turning_and_moving_the_patient_changes_nothing(standard, turn, measured):
    a, b, c = np.radians([12.0, -7.0, 20.0])
    about_x = np.array([[1, 0, 0], [0, np.cos(a), -np.sin(a)], [0, np.sin(a), np.cos(a)]])
    about_y = np.array([[np.cos(b), 0, np.sin(b)], [0, 1, 0], [-np.sin(b), 0, np.cos(b)]])
    about_z = np.array([[np.cos(c), -np.sin(c), 0], [np.sin(c), np.cos(c), 0], [0, 0, 1]])
    other = values(*turn(*standard, about_x @ about_y @ about_z, np.array([30.0, -80.0, 411.0])))
    assert other.keys() == measured.keys()
    for name, found in measured.items():
        if found.quantity is not Quantity.SACRAL_SLOPE:  # it tells how the patient lies
            assert other[name].value == pytest.approx(found.value, abs=1e-3), name
    slope = other["lumbar/sacral_slope_deg"].value
    tilted = about_x @ about_y @ about_z @ np.array([0.0, 1.0, 0.0])
    assert slope == pytest.approx(math.degrees(math.atan2(tilted[2], tilted[1])), abs=0.1)


@pytest.mark.parametrize(
    "grid",
    [{"shift": (1.3, 0.25, -0.3)}, {"spacing": 3.0, "pixel": 0.9}],
    ids=["shifted", "resampled"],
)
def test_grid_matters_little(blocks, measured, grid):
    other = values(*blocks(**grid))
    loose = {**GOALS, "mm": 0.6, "mm2": 14.0, "%": 1.8}
    for name in TRUTH:
        found = other[name]
        assert found.value == pytest.approx(measured[name].value, abs=loose[found.unit]), name


def test_single_slice_gives_what_one_slice_shows(blocks):
    found = values(*blocks(slices=1))
    assert found["L4-L5/disc_height_middle_mm"].value == pytest.approx(10.0, abs=0.4)
    assert found["L5-S1/sac_ap_mm"].value == pytest.approx(13.0, abs=0.5)
    absent = {Quantity.SAC_AREA, Quantity.SAC_RATIO, *FORAMINAL}
    assert not absent & {m.quantity for m in found.values()}


def test_missing_neighbor_leaves_its_measurements_out(standard):
    spine, segmentation = standard
    without = replace(spine, vertebrae=spine.vertebrae[:2])
    found = values(without, segmentation)
    assert "L5-S1/disc_height_middle_mm" in found
    assert "L4-L5/disc_height_middle_mm" not in found
    assert "L4-L5/slip_mm" not in found


def test_cut_sac_and_foramina_are_left_out(blocks):
    found = values(*blocks(slices=3))
    assert "L5-S1/sac_ap_mm" in found
    assert "L5-S1/sac_area_mm2" not in found
    assert "L4-L5/foramen_height_mm/left" not in found


def test_empty_segmentation_measures_nothing(standard):
    spine, segmentation = standard
    nothing = np.zeros_like(segmentation.probabilities)
    nothing[0] = 1.0
    empty = {k: np.zeros_like(v) for k, v in spine.instances.items()}
    assert (
        measure(replace(spine, instances=empty), [replace(segmentation, probabilities=nothing)])
        == ()
    )


def test_series_without_instances_is_passed_over(standard):
    spine, segmentation = standard
    assert measure(replace(spine, instances={}), [segmentation]) == ()


def test_prefers_t1_for_foramina_and_the_agreed_sac_and_t2_for_the_rest(standard):
    spine, t2 = standard
    t1 = replace(t2, series="sag_t1", contrast=Contrast.T1)
    both: Spine = replace(
        spine, instances={"sag_t2": spine.instances["sag_t2"], "sag_t1": spine.instances["sag_t2"]}
    )
    found = measure(both, [t2, t1])
    for m in found:
        on_t1 = (*FORAMINAL, Quantity.SAC_AP, Quantity.ENDPLATE_T1)
        wanted = "sag_t1" if m.quantity in on_t1 else "sag_t2"
        assert m.preferred == (m.series == wanted), m.id
    assert {m.series for m in found if m.quantity is Quantity.NUCLEUS_SIGNAL} == {"sag_t2"}


@pytest.mark.parametrize(("front_mm", "is_displaced"), [(-0.5, True), (1.5, True), (6.0, False)])
def test_displaced_disc_lies_on_the_wall_or_is_none(standard, front_mm, is_displaced):
    """A piece 4 mm thick, behind the body below the disc, its front that far behind the wall."""
    spine, segmentation = standard
    level = next(lv for lv in spine.levels if lv.name is Level.L4_L5)
    key = segmentation.series
    local = level.frame.to_local(segmentation.space.to_lps(np.argwhere(spine.instances[key] >= 0)))
    below = spine.instances[key].ravel() == level.below
    beside = below & (np.abs(local[:, 0]) < 6) & (np.abs(local[:, 2] + 12) < 3)
    behind_mm = local[:, 1] - local[beside, 1].max()
    piece = (np.abs(local[:, 0]) < 6) & (np.abs(local[:, 2] + 12) < 3)
    piece &= (behind_mm > front_mm) & (behind_mm < front_mm + 4)
    where = piece.reshape(spine.instances[key].shape)
    instances = np.where(where, level.label, spine.instances[key])
    probabilities = np.where(where, 0, segmentation.probabilities)
    probabilities[STRUCTURES.index(Structure.DISC)][where] = 1
    drawn = replace(segmentation, probabilities=probabilities)
    found = values(replace(spine, instances={key: instances}), drawn)
    depth = found["L4-L5/posterior_displacement_mm"].value
    assert (depth > 1.0) == is_displaced
    migration = found["L4-L5/migration_caudal_mm"].value
    assert migration == pytest.approx(10.0 if is_displaced else 0.0, abs=1.5)


def test_a_sac_that_is_gone_in_the_plane_alone_is_not_measured(standard):
    """Seen above and below a closed canal, but not in the disc's plane: no value, no crash."""
    spine, segmentation = standard
    level = spine.levels[1]
    points = segmentation.space.to_lps(np.moveaxis(np.indices(segmentation.space.shape), 0, -1))
    height_mm = level.frame.to_local(points)[..., 2]
    closed = segmentation.probabilities.copy()
    number = segmentation.structures.index(Structure.SAC)
    closed[number][np.abs(height_mm) < 1.5] = 0.0
    found = measure(spine, [replace(segmentation, probabilities=closed)])
    own = {m.quantity for m in found if m.level == level.name}
    assert not own & {Quantity.SAC_AREA, Quantity.SAC_AP}
    assert Quantity.DISC_HEIGHT_MIDDLE in own
    others = {m.level for m in found if m.quantity is Quantity.SAC_AREA}
    assert others, "the other levels are measured as before"
