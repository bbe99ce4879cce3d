"""Every level, zone and side against a table written by hand from an anatomy text."""

from __future__ import annotations

import itertools

import pytest

from cauda.records import AxialSlice, Conus, Finding, Numbering, Spine
from cauda.relate import relate
from cauda.relate.reach import roots_at
from cauda.vocab import Condition, Level, Root, Scale, Side, Zone

# Level: (root in the recess, root in the foramen), by anatomy: the recess of a level holds the
# root that leaves one level further down, under the pedicle of the vertebra below the disc.
ANATOMY = {
    "L1-L2": ("L2", "L1"),
    "L2-L3": ("L3", "L2"),
    "L3-L4": ("L4", "L3"),
    "L4-L5": ("L5", "L4"),
    "L5-S1": ("S1", "L5"),
}
RECESS = {Zone.SUBARTICULAR}
FORAMEN = {Zone.FORAMINAL, Zone.EXTRAFORAMINAL}


def spine(state: str = "verified", *, count: int | None = 5, axial: bool = True) -> Spine:
    slices = [
        AxialSlice(series="ax", slice=i, level=lv, angle_deg=0.0, distance_mm=0.0)
        for i, lv in enumerate(Level)
    ]
    return Spine(
        vertebrae=(),
        levels=(),
        numbering=Numbering(state=state, reasons=(), lumbar_count=count),
        conus=Conus(level=None, tip_lps=None, reason="not needed here"),
        instances={},
        axial_slices=tuple(slices) if axial else (),
    )


def finding(condition: Condition, level: str, scale: Scale, grade: str, **fields) -> Finding:
    side = fields.get("side")
    id_ = "/".join(filter(None, (level, condition.value, side and side.value, scale.value)))
    return Finding(
        id=fields.pop("id", id_),
        condition=condition,
        level=Level(level),
        scale=scale,
        grade=grade,
        rule="test",
        certainty=fields.pop("certainty", "high"),
        **fields,
    )


def expected_places(level: str, zone: Zone, side: Side) -> set[tuple[str, Side]]:
    recess, foramen = ANATOMY[level]
    if zone is Zone.CENTRAL:
        return {(recess, Side.LEFT), (recess, Side.RIGHT)}
    if zone in RECESS:
        return {(recess, side)}
    return {(foramen, side)} if zone in FORAMEN else set()


@pytest.mark.parametrize(("level", "zone", "side"), [*itertools.product(ANATOMY, Zone, Side)])
def test_a_place_reaches_the_roots_of_the_anatomy_text(level: str, zone: Zone, side: Side) -> None:
    found = {(root.value, s) for root, s in roots_at(Level(level), zone, side)}
    assert found == expected_places(level, zone, side)


@pytest.mark.parametrize(("level", "zone", "side"), [*itertools.product(ANATOMY, Zone, Side)])
def test_a_herniation_with_contact_links_them(level: str, zone: Zone, side: Side) -> None:
    hernia = finding(
        Condition.DISC_HERNIATION, level, Scale.PRESENCE, "present", zone=zone, side=side
    )
    mild = finding(Condition.CANAL_STENOSIS, level, Scale.LEE_CANAL, "1")
    contact = (mild,) if zone is Zone.CENTRAL else ()
    relation = relate((hernia, *contact), spine())
    found = {(k.root.value, k.side) for k in relation.roots if hernia.id in k.because}
    assert found == expected_places(level, zone, side)


CONDITIONS = [
    (Condition.SUBARTICULAR_STENOSIS, Scale.BARTYNSKI, "2", 0),
    (Condition.SUBARTICULAR_STENOSIS, Scale.RSNA, "severe", 0),
    (Condition.ROOT_COMPROMISE, Scale.ROOT_CONTACT, "3", 0),
    (Condition.FORAMINAL_STENOSIS, Scale.LEE_FORAMEN, "2", 1),
    (Condition.FORAMINAL_STENOSIS, Scale.RSNA, "moderate", 1),
]


@pytest.mark.parametrize(("level", "side", "case"), [*itertools.product(ANATOMY, Side, CONDITIONS)])
def test_a_stenosis_links_one_root_on_its_own_side(level: str, side: Side, case) -> None:
    condition, scale, grade, which = case
    relation = relate((finding(condition, level, scale, grade, side=side),), spine())
    (link,) = relation.roots
    assert (link.root.value, link.side) == (ANATOMY[level][which], side)
    assert (link.level, link.tier) == (Level(level), {"2": 2, "moderate": 2}.get(grade, 3))


@pytest.mark.parametrize("level", [lv.value for lv in Level])
@pytest.mark.parametrize(
    ("scale", "grade"),
    [(Scale.LEE_CANAL, "2"), (Scale.LEE_CANAL, "3"), (Scale.SCHIZAS, "C"), (Scale.RSNA, "severe")],
)
def test_marked_central_stenosis_at_any_level_links_the_cauda(
    level: str, scale: Scale, grade: str
) -> None:
    relation = relate((finding(Condition.CANAL_STENOSIS, level, scale, grade),), spine())
    assert {(k.root, k.side) for k in relation.roots} == {
        (Root.CAUDA, Side.LEFT), (Root.CAUDA, Side.RIGHT)
    }  # fmt: skip


@pytest.mark.parametrize(
    ("level", "roots"),
    [("L3-L4", "L4 to S4"), ("L4-L5", "L5 to S4"), ("L5-S1", "S1 to S4"), ("L2-L3", "L3 to S4")],
)
def test_the_cauda_link_names_the_roots_that_still_pass(level: str, roots: str) -> None:
    (link, _) = relate(
        (finding(Condition.CANAL_STENOSIS, level, Scale.LEE_CANAL, "3"),), spine()
    ).roots
    assert any(roots in note for note in link.notes)


MIRRORED = [
    finding(Condition.SUBARTICULAR_STENOSIS, "L5-S1", Scale.BARTYNSKI, "3", side=Side.LEFT),
    finding(Condition.FORAMINAL_STENOSIS, "L4-L5", Scale.LEE_FORAMEN, "2", side=Side.RIGHT),
    finding(Condition.CANAL_STENOSIS, "L3-L4", Scale.LEE_CANAL, "2"),
    finding(
        Condition.DISC_HERNIATION, "L4-L5", Scale.PRESENCE, "present",
        side=Side.LEFT, zone=Zone.SUBARTICULAR, migration="cranial",
    ),
    finding(Condition.DISC_HERNIATION, "L2-L3", Scale.PRESENCE, "present", side=Side.RIGHT),
]  # fmt: skip


@pytest.mark.parametrize("state", ["verified", "uncertain"])
@pytest.mark.parametrize("axial", [True, False])
def test_swapping_the_sides_swaps_the_answer_and_nothing_else(state: str, axial: bool) -> None:
    def seen(findings) -> set:
        return {
            (k.root, k.side, k.tier, k.widened, k.notes)
            for k in relate(findings, spine(state, axial=axial)).roots
        }

    swapped = [
        finding(
            f.condition, f.level.value, f.scale, f.grade, id=f.id, zone=f.zone,
            side=f.side and f.side.opposite, migration=f.migration,
        )
        for f in MIRRORED
    ]  # fmt: skip
    back = {(r, s.opposite, t, w, n) for r, s, t, w, n in seen(swapped)}
    assert seen(MIRRORED) == back
    assert seen(MIRRORED) != seen(swapped)
