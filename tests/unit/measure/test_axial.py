"""Axial measurements on exact segmentations of one level: truth, and what must not change them."""

from __future__ import annotations

from dataclasses import dataclass, replace
from types import MappingProxyType

import numpy as np
import pytest
from scipy.spatial.transform import Rotation

from cauda.geometry import Frame, Space
from cauda.measure.axial import Beside, axial_levels
from cauda.measure.axial.cut import cuts
from cauda.measure.axial.sac import section
from cauda.phantom import Anatomy, Lesion, LesionKind, draw_anatomy
from cauda.phantom.axial_planes import rim
from cauda.phantom.endplates import endplate_of, level_frame, slip_mm, three_heights
from cauda.phantom.grid import Grid
from cauda.phantom.materials import Base
from cauda.phantom.paint import paint
from cauda.phantom.segmentation import probabilities
from cauda.phantom.truth_axial import axial_truth
from cauda.records import AxialSlice, Conus, LevelInstance, Numbering, Segmentation, Spine
from cauda.vocab import (
    AXIAL_STRUCTURES,
    Contrast,
    Level,
    Plane,
    Quantity,
    Side,
    Structure,
    Zone,
)

LEVEL = Level.L4_L5
SERIES = "ax_t2"
PIXEL_MM, SLICE_MM = 0.6, 4.4

PROTRUSION = Lesion(
    kind=LesionKind.PROTRUSION,
    level=LEVEL,
    side=Side.LEFT,
    zone=Zone.SUBARTICULAR,
    size_mm=5.0,
)


def grid(frame: Frame, *, tilt_deg: float = 0.0, pixel_mm: float = PIXEL_MM) -> Space:
    """Seven slices round a disc, tilted about its left-right axis."""
    turn = np.radians(tilt_deg)
    tilt = np.array([[1, 0, 0], [0, np.cos(turn), -np.sin(turn)], [0, np.sin(turn), np.cos(turn)]])
    axes = tilt @ frame.axes
    shape = (round(84 / pixel_mm), round(90 / pixel_mm), 7)
    matrix = np.eye(4)
    matrix[:3, :3] = (axes * np.array([[pixel_mm], [pixel_mm], [SLICE_MM]])).T
    middle = np.array(frame.origin_lps) + 12.0 * np.array(frame.posterior_lps)
    # The disc's middle lies on the fourth slice, whatever the tilt.
    along = (np.array(frame.origin_lps) - middle) @ axes[2]
    middle = middle + along * axes[2]
    matrix[:3, 3] = middle - matrix[:3, :3] @ ((np.array(shape) - 1) / 2)
    return Space.from_matrix(shape, matrix, "1.2.3")


def segmentation(anatomy: Anatomy, space: Space) -> Segmentation:
    return Segmentation(
        series=SERIES,
        probabilities=probabilities(anatomy, space, (3, 3, 1), Plane.AXIAL),
        space=space,
        signal=np.zeros(space.shape, np.float32),
        bundle="truth",
        contrast=Contrast.T2,
        plane=Plane.AXIAL,
        structures=AXIAL_STRUCTURES,
    )


def spine(frame: Frame) -> Spine:
    level = LevelInstance(name=LEVEL, alternate=None, label=102, above=3, below=2, frame=frame)
    return Spine(
        vertebrae=(),
        levels=(level,),
        numbering=Numbering(state="conventional", reasons=(), lumbar_count=5),
        conus=Conus(level=None, tip_lps=None, reason="not drawn"),
        instances=MappingProxyType({}),
        axial_slices=(
            AxialSlice(series=SERIES, slice=3, level=LEVEL, angle_deg=0.0, distance_mm=0.0),
        ),
    )


def beside(anatomy: Anatomy) -> Beside:
    """What perfect sagittal images show: rims every 4.4 mm and the disc's height."""
    n = anatomy.disc_index(LEVEL)
    frame = level_frame(anatomy, n)
    rims = [
        rim(anatomy.segments[n + 1], frame, upper=False),
        rim(anatomy.segments[n], frame, upper=True),
    ]
    top = endplate_of(anatomy.segments[n + 1], upper=False)
    bottom = endplate_of(anatomy.segments[n], upper=True)
    is_slipped = abs(slip_mm(top, bottom)) >= 3.0
    front, back = (min, max) if is_slipped else (np.mean, np.mean)
    found = []
    for x in np.arange(-13.2, 13.3, 4.4):
        ends = [r[np.abs(r[:, 0] - x) < 0.4, 1] for r in rims]
        found += [(x, front([e.min() for e in ends])), (x, back([e.max() for e in ends]))]
    heights, _ = three_heights(frame, top, bottom)
    return Beside(corners_mm=np.array(found), sac_mm=None, half_disc_mm=float(heights[1]) / 2)


def sac_center(seg: Segmentation, frame: Frame) -> tuple[float, float]:
    """Where the segmentation itself shows the sac: a sagittal series that agrees."""
    shown = min(cuts(seg, frame, 3.0), key=lambda c: abs(c.plane[0]))
    return section(shown).center


def read(seg: Segmentation, frame: Frame, known: Beside, moved_mm: float = 0.0):
    """What the level's series shows; ``moved_mm`` sets the sagittal sac apart."""
    x, y = sac_center(seg, frame)
    told = replace(known, sac_mm=(x, y + moved_mm))
    (found,) = axial_levels(spine(frame), [seg], {LEVEL: told})
    return found


def values(found) -> dict[tuple[Quantity, Side | None, Zone | None], float]:
    return {(r.quantity, r.side, r.zone): r.value for r in found.readings}


@dataclass(frozen=True)
class Shown:
    """A spine, its level's frame, its segmentation and what its sagittal images show."""

    anatomy: Anatomy
    frame: Frame
    seg: Segmentation
    known: Beside


def show(*lesions: Lesion) -> Shown:
    anatomy = draw_anatomy(np.random.default_rng(905), lesions=lesions)
    frame = level_frame(anatomy, anatomy.disc_index(LEVEL))
    return Shown(anatomy, frame, segmentation(anatomy, grid(frame)), beside(anatomy))


@pytest.fixture(scope="module")
def ill() -> Shown:
    """A spine with a left subarticular protrusion at L4-L5."""
    return show(PROTRUSION)


TOLERANCES = {
    Quantity.SAC_AREA: 4.0,
    Quantity.SAC_AP: 0.5,
    Quantity.SAC_TRANSVERSE: 0.5,
    Quantity.EPIDURAL_FAT_AREA: 3.0,
    Quantity.DISPLACEMENT_DEPTH: 0.5,
    Quantity.DISPLACEMENT_BASE: 2.0,
    Quantity.DISPLACEMENT_DOME: 2.0,
    Quantity.DISPLACEMENT_APEX: 2.0,
    Quantity.DISPLACEMENT_CIRCUMFERENCE: 0.04,
    Quantity.DISPLACEMENT_CANAL: 0.03,
    Quantity.DISPLACEMENT_FACET_LINE: 0.05,
    Quantity.DISPLACEMENT_ZONE: 0.06,
    Quantity.FACET_DISTANCE: 1.0,
    Quantity.RECESS_HEIGHT: 0.5,
    Quantity.RECESS_AREA: 4.0,
    Quantity.ROOT_DISC_GAP: 0.6,
}


def test_an_exact_segmentation_gives_the_truth_back(ill: Shown) -> None:
    found = values(read(ill.seg, ill.frame, ill.known))
    checked = set()
    for true in axial_truth(ill.anatomy, levels=[LEVEL]):
        key = (true.quantity, true.side, true.zone)
        is_sliver = true.quantity is Quantity.DISPLACEMENT_ZONE and true.value < 0.05
        if true.quantity in TOLERANCES and not is_sliver:
            assert found[key] == pytest.approx(true.value, abs=TOLERANCES[true.quantity]), key
            checked.add(true.quantity)
    assert checked == set(TOLERANCES)
    zones = {k: v for k, v in found.items() if k[0] is Quantity.DISPLACEMENT_ZONE}
    assert max(zones, key=zones.__getitem__)[1:] == (Side.LEFT, Zone.SUBARTICULAR)


@pytest.mark.parametrize(("size_mm", "is_told"), [(1.6, False), (4.0, True)])
def test_what_is_too_shallow_for_a_lesion_has_no_side(size_mm: float, *, is_told: bool) -> None:
    small = show(replace(PROTRUSION, size_mm=size_mm))
    found = values(read(small.seg, small.frame, small.known))
    assert found[Quantity.DISPLACEMENT_DEPTH, None, None] == pytest.approx(size_mm, abs=0.6)
    told = {Quantity.DISPLACEMENT_APEX, Quantity.DISPLACEMENT_ZONE, Quantity.DISPLACEMENT_BASE}
    assert ({key[0] for key in found} & told == told) is is_told


def test_mirroring_the_patient_swaps_the_sides_exactly(ill: Shown) -> None:
    flipped = replace(ill.seg, probabilities=ill.seg.probabilities[:, ::-1])
    rims = replace(ill.known, corners_mm=ill.known.corners_mm * [-1.0, 1.0])
    plain = values(read(ill.seg, ill.frame, ill.known))
    mirrored = values(read(flipped, ill.frame, rims))
    assert len(plain) == len(mirrored)
    for (quantity, side, zone), value in plain.items():
        other = mirrored[quantity, side and side.opposite, zone]
        sign = -1 if quantity is Quantity.DISPLACEMENT_APEX else 1
        assert other == pytest.approx(sign * value, abs=1e-6), quantity


def test_a_patient_who_lies_elsewhere_and_turned_measures_the_same(ill: Shown) -> None:
    turn = Rotation.from_euler("xyz", (9, -7, 5), degrees=True).as_matrix()
    matrix = np.eye(4)
    matrix[:3, :3], matrix[:3, 3] = turn, (31.0, -12.0, 55.0)
    space = ill.seg.space
    moved = replace(ill.seg, space=Space.from_matrix(space.shape, matrix @ space.matrix, "1.2.3"))
    axes = ill.frame.axes @ turn.T
    origin = turn @ np.array(ill.frame.origin_lps) + matrix[:3, 3]
    frame = Frame(
        origin_lps=tuple(origin),
        left_lps=tuple(axes[0]),
        posterior_lps=tuple(axes[1]),
        up_lps=tuple(axes[2]),
    )
    plain, turned = (
        values(read(ill.seg, ill.frame, ill.known)),
        values(read(moved, frame, ill.known)),
    )
    assert plain.keys() == turned.keys()
    for key, value in plain.items():
        assert turned[key] == pytest.approx(value, abs=1e-5), key


def test_an_angled_stack_gives_the_same_sac_after_correction(ill: Shown) -> None:
    angled = segmentation(ill.anatomy, grid(ill.frame, tilt_deg=15.0))
    straight, tilted = (read(s, ill.frame, ill.known) for s in (ill.seg, angled))
    assert tilted.angle_deg == pytest.approx(15.0)
    assert tilted.apart == ""
    key = (Quantity.SAC_AREA, None, None)
    assert values(tilted)[key] == pytest.approx(values(straight)[key], rel=0.05)


def test_coarser_pixels_change_little(ill: Shown) -> None:
    coarse = segmentation(ill.anatomy, grid(ill.frame, pixel_mm=0.8))
    fine, rough = (values(read(s, ill.frame, ill.known)) for s in (ill.seg, coarse))
    for quantity in (Quantity.SAC_AREA, Quantity.SAC_AP, Quantity.DISPLACEMENT_DEPTH):
        key = (quantity, None, None)
        assert rough[key] == pytest.approx(fine[key], abs=TOLERANCES[quantity])


@pytest.mark.parametrize(("moved_mm", "is_apart"), [(0.0, False), (2.0, False), (4.0, True)])
def test_a_sac_that_lies_elsewhere_is_reported_apart(
    ill: Shown, moved_mm: float, *, is_apart: bool
) -> None:
    found = read(ill.seg, ill.frame, ill.known, moved_mm)
    assert bool(found.apart) is is_apart
    methods = {r.method for r in found.readings if r.quantity is Quantity.DISPLACEMENT_DEPTH}
    assert methods == {"ring-apophysis-axial" if is_apart else "ring-apophysis"}
    assert ("mm from where the sagittal images show it" in found.apart) is is_apart


def test_slices_far_off_the_disc_plane_are_reported_apart(ill: Shown) -> None:
    steep = segmentation(ill.anatomy, grid(ill.frame, tilt_deg=27.0))
    assert "angled 27 degrees" in read(steep, ill.frame, ill.known).apart


def test_a_series_without_a_slice_at_the_level_gives_nothing(ill: Shown) -> None:
    elsewhere = replace(spine(ill.frame), axial_slices=())
    assert axial_levels(elsewhere, [ill.seg], {LEVEL: ill.known}) == ()


def test_a_disc_laid_bare_by_a_slip_is_no_bulge() -> None:
    slip = Lesion(kind=LesionKind.SLIP, level=LEVEL, size_mm=7.0)
    shown = show(slip)
    found = values(read(shown.seg, shown.frame, shown.known))
    assert found[Quantity.DISPLACEMENT_DEPTH, None, None] < 1.0
    assert found[Quantity.DISPLACEMENT_CIRCUMFERENCE, None, None] < 0.25


@pytest.mark.parametrize("gain", [0.6, 1.0, 1.7])
def test_fluid_does_not_depend_on_how_bright_a_coil_makes_a_level(ill: Shown, gain: float) -> None:
    materials = paint(ill.anatomy, Grid.of(ill.seg.space), with_surroundings=False)
    signal = np.where(materials == int(Base.ROOTLET), 40.0, 100.0)
    plain = replace(ill.seg, signal=signal)
    other = replace(ill.seg, series="ax_other", signal=gain * signal)
    slices = tuple(replace(a, series="ax_other") for a in spine(ill.frame).axial_slices)
    both = replace(spine(ill.frame), axial_slices=(*spine(ill.frame).axial_slices, *slices))
    found = [
        r.value
        for level in axial_levels(both, [plain, other], {LEVEL: ill.known})
        for r in level.readings
        if r.quantity is Quantity.CSF_FRACTION
    ]
    assert len(found) == 2
    assert found[0] == pytest.approx(found[1], abs=1e-6)


def test_fluid_and_rootlets_are_read_from_the_signal_and_never_beside_cord(ill: Shown) -> None:
    materials = paint(ill.anatomy, Grid.of(ill.seg.space), with_surroundings=False)
    signal = np.where(materials == int(Base.ROOTLET), 25.0, 100.0)
    seg = replace(ill.seg, signal=signal)
    true = {m.quantity: m.value for m in axial_truth(ill.anatomy, levels=[LEVEL])}
    found = values(read(seg, ill.frame, ill.known))
    for quantity, error in ((Quantity.CSF_FRACTION, 0.1), (Quantity.ROOTLET_POSITION, 0.1)):
        assert found[quantity, None, None] == pytest.approx(true[quantity], abs=error)
    swapped = seg.probabilities.copy()
    sac, cord = (seg.structures.index(s) for s in (Structure.SAC, Structure.CORD))
    swapped[[sac, cord]] = swapped[[cord, sac]]
    with_cord = values(read(replace(seg, probabilities=swapped), ill.frame, ill.known))
    assert (Quantity.CSF_FRACTION, None, None) not in with_cord
    assert with_cord[Quantity.SAC_AREA, None, None] == found[Quantity.SAC_AREA, None, None]
    on_t1 = values(read(replace(seg, contrast=Contrast.T1), ill.frame, ill.known))
    assert (Quantity.CSF_FRACTION, None, None) not in on_t1
