"""The truth against independent counts on fine grids, and against what was built."""

import numpy as np
import pytest

from cauda.geometry import Space
from cauda.measure.uncertainty import AXIAL_FACTORS, FACTORS
from cauda.phantom import (
    Lesion,
    LesionKind,
    draw_anatomy,
    instance_labels,
    mirrored,
    structure_labels,
    truth,
)
from cauda.phantom.endplates import disc_line, endplate_of, level_frame
from cauda.phantom.truth_grades import bartynski, lee
from cauda.phantom.truth_state import ForamenState, RecessState
from cauda.records import DISC_LABELS, LEFT_FORAMEN_OFFSET
from cauda.vocab import STRUCTURES, Condition, Level, Quantity, Scale, Side, Structure, Zone

LOWEST = (Level.L5_S1, Level.L4_L5)


def values(anatomy, levels=LOWEST):
    measurements, _ = truth(anatomy, levels=levels)
    return {(m.quantity, m.level, m.vertebra, m.side): m.value for m in measurements}


def grades(anatomy, levels=LOWEST):
    _, findings = truth(anatomy, levels=levels)
    disc = (Condition.DISC_CONTOUR, Condition.DISC_HERNIATION)
    return {
        (f.condition, f.level, None if f.condition in disc else f.side, f.scale): f.grade
        for f in findings
    }


@pytest.fixture(scope="module")
def healthy_values(healthy):
    return values(healthy)


@pytest.fixture(scope="module")
def ill_values(ill):
    return values(ill)


@pytest.fixture(scope="module")
def ill_grades(ill):
    return grades(ill)


def level_grid(anatomy, level, low, high, step):
    """A grid along the axes of a level's frame, its first voxel center at ``low``."""
    frame = level_frame(anatomy, anatomy.disc_index(level))
    matrix = np.eye(4)
    matrix[:3, :3] = frame.axes.T * step
    matrix[:3, 3] = frame.to_lps(np.array(low))
    counts = np.maximum(np.round((np.array(high) - low) / step).astype(int), 1)
    return Space.from_matrix(tuple(counts), matrix)


# ---------------------------------------------------------------------- independent fine grids


@pytest.mark.parametrize("level", LOWEST)
def test_disc_height_equals_a_count_on_a_fine_grid(healthy, healthy_values, level):
    space = level_grid(healthy, level, (0.0, -30.0, -12.0), (0.0, 30.0, 12.0), 0.1)
    label = DISC_LABELS + 1 + LOWEST.index(level)
    disc = instance_labels(healthy, space)[0] == label
    n = healthy.disc_index(level)
    top = endplate_of(healthy.segments[n + 1], upper=False)
    bottom = endplate_of(healthy.segments[n], upper=True)
    front, back = level_frame(healthy, n).to_local(np.array(disc_line(top, bottom)))[:, 1]
    depth = disc[:, np.abs(np.arange(disc.shape[1]) * 0.1 - 12.0) < 1.0].any(axis=1).sum() * 0.1
    built = healthy.discs[n].bulge_mm
    assert depth - 2 * built == pytest.approx(
        healthy_values[Quantity.DISC_DEPTH, level, None, None], abs=1.5
    )
    quantities = (
        Quantity.DISC_HEIGHT_ANTERIOR,
        Quantity.DISC_HEIGHT_MIDDLE,
        Quantity.DISC_HEIGHT_POSTERIOR,
    )
    for share, quantity in zip((0.1, 0.5, 0.9), quantities, strict=True):
        column = round((front + share * (back - front) + 30.0) / 0.1)
        counted = disc[column].sum() * 0.1
        assert counted == pytest.approx(healthy_values[quantity, level, None, None], abs=0.35)


@pytest.mark.parametrize("level", LOWEST)
def test_sac_area_and_ap_equal_counts_on_a_fine_grid(ill, ill_values, level):
    sac = [STRUCTURES.index(s) for s in (Structure.SAC, Structure.CORD)]
    plane = level_grid(ill, level, (-20.0, 5.0, 0.0), (20.0, 45.0, 0.0), 0.25)
    mask = np.isin(structure_labels(ill, plane)[:, :, 0], sac)
    area = mask.sum() * 0.25**2
    assert area == pytest.approx(ill_values[Quantity.SAC_AREA, level, None, None], rel=0.02)
    x = -20.0 + 0.25 * (mask.sum(axis=1) @ np.arange(mask.shape[0])) / mask.sum()
    half = ill_values[Quantity.DISC_HEIGHT_MIDDLE, level, None, None] / 2 + 2.0
    side = level_grid(ill, level, (x, 5.0, -half), (x, 45.0, half), 0.1)
    chords = np.isin(structure_labels(ill, side)[0], sac).sum(axis=0) * 0.1
    assert chords.min() == pytest.approx(ill_values[Quantity.SAC_AP, level, None, None], abs=0.3)


@pytest.mark.parametrize("side", Side)
@pytest.mark.parametrize("level", LOWEST)
def test_foramen_equals_a_count_on_a_fine_grid(ill, ill_values, level, side):
    label = DISC_LABELS + 1 + LOWEST.index(level) + LEFT_FORAMEN_OFFSET
    label += 0 if side is Side.LEFT else 100
    sign = 1 if side is Side.LEFT else -1
    n = ill.disc_index(level)
    middle = sign * (ill.segments[n].pedicle_x_mm + ill.segments[n + 1].pedicle_x_mm) / 2
    space = level_grid(ill, level, (middle, 5.0, -28.0), (middle, 40.0, 28.0), 0.1)
    mask = instance_labels(ill, space)[0] == label
    assert mask.sum() * 0.01 == pytest.approx(
        ill_values[Quantity.FORAMEN_AREA, level, None, side], rel=0.03, abs=1.0
    )
    rows = np.flatnonzero(mask.any(axis=0))
    assert (rows[-1] - rows[0] + 1) * 0.1 == pytest.approx(
        ill_values[Quantity.FORAMEN_HEIGHT, level, None, side], abs=0.5
    )
    band = np.abs(-28.0 + 0.1 * np.arange(mask.shape[1])) <= 2.0
    assert mask[:, band].sum() * 0.01 / 4.0 == pytest.approx(
        ill_values[Quantity.FORAMEN_WIDTH, level, None, side], abs=0.3
    )


# -------------------------------------------------------------------------- what was built


def test_an_extrusion_is_as_deep_as_built_and_narrows_the_sac(healthy_values, ill_values):
    key = (Quantity.DISPLACEMENT, Level.L5_S1, None, None)
    assert healthy_values[key] < 1.0
    assert ill_values[key] == pytest.approx(8.0, abs=0.8)
    area = (Quantity.SAC_AREA, Level.L5_S1, None, None)
    assert ill_values[area] < 0.95 * healthy_values[area]
    extent = ill_values[Quantity.DISPLACEMENT_EXTENT, Level.L5_S1, None, None]
    assert extent > ill_values[Quantity.DISC_HEIGHT_POSTERIOR, Level.L5_S1, None, None]


def test_a_foraminal_lesion_narrows_its_own_foramen_only(healthy_values, ill_values):
    for level in LOWEST:
        for side in Side:
            key = (Quantity.FORAMEN_AREA, level, None, side)
            if (level, side) == (Level.L4_L5, Side.RIGHT):
                assert ill_values[key] < 0.8 * healthy_values[key]
            else:
                assert ill_values[key] == pytest.approx(healthy_values[key], rel=0.1)


def test_lengths_that_no_lesion_touches_stay(healthy_values, ill_values):
    untouched = (
        Quantity.DISC_HEIGHT_ANTERIOR,
        Quantity.DISC_HEIGHT_MIDDLE,
        Quantity.DISC_HEIGHT_POSTERIOR,
        Quantity.DISC_DEPTH,
        Quantity.SLIP,
        Quantity.SEGMENTAL_ANGLE,
        Quantity.LORDOSIS,
        Quantity.VERTEBRA_HEIGHT_MIDDLE,
    )
    for key, value in healthy_values.items():
        if key[0] in untouched:
            assert ill_values[key] == value


def test_grades_name_what_was_built(ill_grades):
    assert ill_grades[Condition.DISC_CONTOUR, Level.L5_S1, None, Scale.FARDON] == "extrusion"
    assert ill_grades[Condition.DISC_CONTOUR, Level.L4_L5, None, Scale.FARDON] == "normal"
    foramen = Condition.FORAMINAL_STENOSIS
    assert ill_grades[foramen, Level.L4_L5, Side.RIGHT, Scale.RSNA] != "normal_mild"
    assert ill_grades[foramen, Level.L4_L5, Side.LEFT, Scale.LEE_FORAMEN] == "0"
    assert ill_grades[foramen, Level.L5_S1, Side.RIGHT, Scale.LEE_FORAMEN] == "0"
    recess = Condition.SUBARTICULAR_STENOSIS
    assert ill_grades[recess, Level.L5_S1, Side.LEFT, Scale.BARTYNSKI] != "0"
    assert ill_grades[recess, Level.L5_S1, Side.RIGHT, Scale.BARTYNSKI] == "0"


def test_a_healthy_spine_has_no_finding(healthy):
    normal = {"0", "absent", "normal", "normal_mild", "I", "II", "A1"}
    assert set(grades(healthy, (Level.L4_L5,)).values()) <= normal


def test_mirroring_swaps_sides_and_nothing_else(ill, ill_values):
    image = values(mirrored(ill))
    assert image.keys() == ill_values.keys()
    for (quantity, level, vertebra, side), value in ill_values.items():
        other = side.opposite if side else None
        tolerance = 0.45 if quantity.unit == "mm" else 0.02 * abs(value) + 2.0
        assert image[quantity, level, vertebra, other] == pytest.approx(value, abs=tolerance)


@pytest.mark.parametrize(
    ("kind", "size", "quantity", "sign"),
    [
        (LesionKind.SLIP, 8.0, Quantity.SLIP, 1),
        (LesionKind.HEIGHT_LOSS, 4.0, Quantity.DISC_HEIGHT_MIDDLE, -1),
        (LesionKind.DEHYDRATION, 3.0, Quantity.NUCLEUS_SIGNAL, -1),
        (LesionKind.BULGE, 3.0, Quantity.DISPLACEMENT, 1),
        (LesionKind.THICK_FLAVUM, 4.5, Quantity.SAC_AP, -1),
        (LesionKind.SHORT_PEDICLES, 4.0, Quantity.SAC_AP, -1),
        (LesionKind.SEQUESTRATION, 6.0, Quantity.DISPLACEMENT, 1),
    ],
)
def test_each_lesion_moves_its_quantity(healthy_values, kind, size, quantity, sign):
    lesion = Lesion(kind=kind, level=Level.L4_L5, size_mm=size, zone=Zone.CENTRAL)
    anatomy = draw_anatomy(np.random.default_rng(4), lesions=(lesion,))
    now = values(anatomy, (Level.L4_L5,))
    key = (quantity, Level.L4_L5, None, None)
    change = (now[key] - healthy_values[key]) * sign
    least = 0.3 if quantity is Quantity.NUCLEUS_SIGNAL else 0.8
    assert change > least
    if kind in {LesionKind.SLIP, LesionKind.HEIGHT_LOSS}:
        assert change == pytest.approx(size, abs=0.3)


def test_ids_are_unique_and_every_quantity_is_there(ill):
    measurements, findings = truth(ill, levels=(Level.L4_L5,))
    assert len({m.id for m in measurements}) == len(measurements)
    assert len({f.id for f in findings}) == len(findings)
    of_slices = {Quantity.DISPLACEMENT_APEX} | (set(AXIAL_FACTORS) - set(FACTORS))
    assert {m.quantity for m in measurements} == set(Quantity) - of_slices


@pytest.mark.parametrize(
    ("before", "now", "root_mm2", "grade"),
    [
        ((1.0, 1.0, 1.0, 1.0), (1.0, 1.0, 1.0, 1.0), 20.0, 0),
        ((1.0, 1.0, 1.0, 1.0), (0.1, 1.0, 1.0, 1.0), 20.0, 0),
        ((1.0, 1.0, 1.0, 1.0), (0.1, 0.2, 1.0, 1.0), 20.0, 1),
        ((1.0, 1.0, 1.0, 1.0), (0.1, 0.2, 0.1, 0.0), 20.0, 2),
        ((1.0, 1.0, 1.0, 1.0), (0.1, 0.2, 0.1, 0.0), 9.0, 3),
        # A root that lies bare against facet and disc in the sound spine is not stenosed,
        ((1.0, 0.0, 1.0, 0.4), (1.0, 0.0, 1.0, 0.4), 20.0, 0),
        # but counts once a lesion takes more.
        ((1.0, 0.0, 1.0, 0.4), (0.2, 0.0, 1.0, 0.4), 20.0, 1),
    ],
)
def test_a_foramen_is_graded_by_what_was_taken_from_it(before, now, root_mm2, grade):
    sound = ForamenState(fat=before, root_mm2=20.0)
    assert lee(ForamenState(fat=now, root_mm2=root_mm2), sound) == grade


@pytest.mark.parametrize(
    ("height_mm", "free_mm2", "root_mm2", "before_mm", "grade"),
    [
        (12.0, 90.0, 6.0, 12.0, 0),
        (9.0, 70.0, 6.0, 12.0, 1),
        (9.0, 70.0, 4.0, 12.0, 2),
        (0.5, 70.0, 6.0, 12.0, 3),
        (9.0, 9.0, 6.0, 12.0, 3),
        # A recess that is as narrow in the sound spine was not narrowed.
        (0.25, 90.0, 6.0, 0.25, 0),
    ],
)
def test_a_recess_is_graded_by_what_was_taken_from_it(
    height_mm, free_mm2, root_mm2, before_mm, grade
):
    sound = RecessState(height_mm=before_mm, free_mm2=90.0, root_mm2=6.0, pressed=0.0)
    now = RecessState(height_mm=height_mm, free_mm2=free_mm2, root_mm2=root_mm2, pressed=0.0)
    assert bartynski(now, sound) == grade


@pytest.mark.parametrize("slip_mm", [3.0, 9.0])
def test_a_vertebra_that_slips_forward_takes_its_foramen_along(slip_mm):
    lesion = Lesion(kind=LesionKind.SLIP, level=Level.L4_L5, size_mm=slip_mm, zone=Zone.CENTRAL)
    slipped = draw_anatomy(np.random.default_rng(4), lesions=(lesion,))
    now, before = (values(a, (Level.L4_L5,)) for a in (slipped, slipped.plain))
    for side in Side:
        root = (Quantity.FORAMEN_ROOT_AREA, Level.L4_L5, None, side)
        assert now[root] == pytest.approx(before[root], rel=0.15)
        area = (Quantity.FORAMEN_AREA, Level.L4_L5, None, side)
        assert now[area] > 0.7 * before[area]
