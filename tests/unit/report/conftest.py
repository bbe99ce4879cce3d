"""A hand-made study of boxes and ellipses with every kind of finding a report must print."""

from __future__ import annotations

from types import MappingProxyType

import numpy as np
import pytest
from scipy import ndimage

from cauda.geometry import Frame, Space, resample
from cauda.records import (
    Analysis,
    AxialSlice,
    Conus,
    Expected,
    Finding,
    LevelInstance,
    Limit,
    Measurement,
    Numbering,
    Plane3,
    Provenance,
    RedFlag,
    Relation,
    RootLink,
    Segmentation,
    Series,
    Spine,
    Study,
    VertebraInstance,
    Volume,
)
from cauda.report.figures import Picture, draw_pictures
from cauda.vocab import (
    STRUCTURES,
    UNKNOWN,
    Condition,
    Contrast,
    Level,
    Plane,
    Quantity,
    Root,
    Scale,
    Side,
    Structure,
    Vertebra,
    Zone,
)

FRAME = "1.2.826.0.1.3680043.2.1125.1"
RULES = {
    Condition.DISC_CONTOUR: "contour-sagittal",
    Condition.DISC_NARROWING: "narrowing-share",
    Condition.DISC_DEGENERATION: "pfirrmann-signal",
    Condition.CANAL_STENOSIS: "lee-canal-ratio",
    Condition.SPONDYLOLISTHESIS: "slip-presence",
    Condition.ENDPLATE_CHANGE: "modic",
    Condition.SUBARTICULAR_STENOSIS: "bartynski",
    Condition.FORAMINAL_STENOSIS: "lee-foramen-size",
}
BODY_MM, DISC_MM = 26.0, 9.0
NAMES = ("L5", "L4", "L3", "L2", "L1", "T12")
LEVELS = (Level.L5_S1, Level.L4_L5, Level.L3_L4, Level.L2_L3, Level.L1_L2, Level.T12_L1)
ORIGIN = np.array([-28.0, -62.0, -40.0])


def sagittal_space() -> Space:
    matrix = np.diag([4.0, 0.75, 0.75, 1.0])
    matrix[:3, 3] = ORIGIN
    return Space.from_matrix((15, 190, 345), matrix, FRAME)


def front_mm(z: np.ndarray | float) -> np.ndarray | float:
    """Posterior wall of the column at height z: a gentle lordosis."""
    return -12.0 + 0.0022 * (np.asarray(z) - 70.0) ** 2 * 0.6


def draw() -> tuple[np.ndarray, np.ndarray, np.ndarray, Space]:
    """Labels by structure, instances, T2 signal, space."""
    space = sagittal_space()
    i, j, k = np.meshgrid(*(np.arange(n) for n in space.shape), indexing="ij")
    x, y, z = np.moveaxis(space.to_lps(np.stack([i, j, k], axis=-1)), -1, 0)
    wall = front_mm(z)
    depth = wall - y
    column = (depth > 0) & (depth < 34) & (np.abs(x) < 24)
    classes = np.zeros(space.shape, dtype=np.uint8)
    instances = np.zeros(space.shape, dtype=np.int16)
    order = {s: n for n, s in enumerate(STRUCTURES)}

    def paint(where: np.ndarray, structure: Structure, label: int) -> None:
        classes[where] = order[structure]
        instances[where] = label

    sac = (((y - wall - 9) / 7.0) ** 2 + (x / 9.0) ** 2 < 1) & (z > -30)
    paint(sac, Structure.SAC, 50)
    paint((((y - wall - 9) / 3.0) ** 2 + (x / 4.0) ** 2 < 1) & (z > 150), Structure.CORD, 51)
    for n in range(6):
        base = n * (BODY_MM + DISC_MM)
        bulge = 5.0 * np.exp(-(((x - 7) / 6) ** 2)) if n == 0 else 0.0
        disc = (depth > -bulge) & (depth < 34) & (np.abs(x) < 24) & (z > base) & (z < base + 9)
        paint(disc, Structure.DISC, 101 + n)
        paint(column & (z >= base + 9) & (z < base + 35), Structure.BODY, 2 + n)
        for sign, offset in ((1, 200), (-1, 300)):
            width = 4.0 if (n, sign) == (1, -1) else 6.5
            hole = ((y - wall - 5) / width) ** 2 + ((z - base - 6) / 9.0) ** 2 < 1
            hole &= (sign * x > 11) & (sign * x < 22)
            paint(hole, Structure.FORAMEN, 101 + n + offset)
        arch = (y - wall > 20) & (y - wall < 42) & (np.abs(x) < 5) & (z > base) & (z < base + 22)
        paint(arch, Structure.ARCH, 202 + n)
    paint(column & (z <= 0) & (z > -30), Structure.SACRUM, 1)
    tone = {Structure.BACKGROUND: 330, Structure.BODY: 420, Structure.ARCH: 380}
    tone |= {Structure.DISC: 240, Structure.SAC: 900, Structure.CORD: 450}
    tone |= {Structure.SACRUM: 430, Structure.FORAMEN: 700, Structure.ROOT: 350}
    signal = np.select([classes == order[s] for s in tone], list(tone.values()), 0).astype(float)
    signal = ndimage.gaussian_filter(signal, (0.2, 1, 1))
    signal += np.random.default_rng(3).normal(0, 18, signal.shape)
    return classes, instances, signal.astype(np.float32), space


def native(signal: np.ndarray, space: Space) -> Volume:
    """The same slices as a scanner stores them: columns to posterior, rows down."""
    matrix = np.zeros((4, 4))
    matrix[1, 0], matrix[2, 1], matrix[0, 2], matrix[3, 3] = 0.55, -0.55, 4.0, 1.0
    matrix[:3, 3] = space.to_lps([0, 0, space.shape[2] - 1])
    target = Space.from_matrix((258, 470, 15), matrix, FRAME)
    return Volume(voxels=resample(signal, space, target), space=target)


def axial(signal: np.ndarray, space: Space) -> Volume:
    """Twelve axial slices through the lowest two discs, stored from above downward."""
    matrix = np.diag([0.7, 0.7, -4.0, 1.0])
    matrix[:3, 3] = (-30.0, -60.0, 60.0)
    target = Space.from_matrix((86, 160, 18), matrix, FRAME)
    return Volume(voxels=resample(signal, space, target), space=target)


def make_spine(instances: np.ndarray, volume: Volume) -> Spine:
    def center(label: int) -> tuple[float, float, float]:
        found = sagittal_space().to_lps(np.argwhere(instances == label).mean(axis=0))
        x, y, z = (float(v) for v in found)
        return x, y, z

    def plate(label: int, shift: float) -> Plane3:
        x, y, z = center(label)
        return Plane3(point_lps=(x, y, z + shift), normal_lps=(0.0, 0.0, 1.0))

    vertebrae = tuple(
        VertebraInstance(
            name=Vertebra(name),
            label=1 + n,
            ordinal=n,
            centroid_lps=center(1 + n),
            upper=plate(1 + n, 13.0),
            lower=plate(1 + n, -13.0) if n else None,
            is_partial=name == "T12",
        )
        for n, name in enumerate(("S1", *NAMES))
    )
    levels = tuple(
        LevelInstance(
            name=level,
            alternate=None,
            label=101 + n,
            above=2 + n,
            below=1 + n,
            frame=Frame(
                origin_lps=center(101 + n),
                left_lps=(1.0, 0.0, 0.0),
                posterior_lps=(0.0, 1.0, 0.0),
                up_lps=(0.0, 0.0, 1.0),
            ),
        )
        for n, level in enumerate(LEVELS)
    )
    slices = []
    for k in range(volume.space.shape[2]):
        z = 60.0 - 4.0 * k
        near = next((lv for lv in levels[:2] if abs(z - lv.frame.origin_lps[2]) < 9), None)
        gap = z - near.frame.origin_lps[2] if near else float("nan")
        angle = 3.0 if near else float("nan")
        slices.append(
            AxialSlice(
                series="ax_t2",
                slice=k,
                level=near.name if near else None,
                angle_deg=angle,
                distance_mm=gap,
            )
        )
    return Spine(
        vertebrae=vertebrae,
        levels=levels,
        numbering=Numbering(
            state="conventional",
            reasons=("Five lumbar-type vertebrae above the sacrum.", "No transitional sign."),
            lumbar_count=5,
        ),
        conus=Conus(level="L1", tip_lps=(0.0, 0.0, 150.0), reason="Cord ends behind L1."),
        instances=MappingProxyType({"sag_t2": instances}),
        axial_slices=tuple(slices),
    )


def make_measurements() -> tuple[Measurement, ...]:
    def one(level, quantity, value, points=(), **more):
        side = more.pop("side", None)
        parts = [level.value, quantity.value, *([side.value] if side else []), "sag_t2"]
        return Measurement(
            id="/".join(parts),
            quantity=quantity,
            level=level,
            value=value,
            uncertainty=more.pop("uncertainty", 0.6),
            method="surface-v1",
            series="sag_t2",
            side=side,
            segment_lps=tuple(points),
            **more,
        )

    found = []
    for n, level in enumerate(LEVELS[:5]):
        base = n * (BODY_MM + DISC_MM)
        wall = float(front_mm(base + 4.5))
        height = DISC_MM - 0.1
        for quantity, depth in (
            (Quantity.DISC_HEIGHT_ANTERIOR, 30),
            (Quantity.DISC_HEIGHT_MIDDLE, 17),
            (Quantity.DISC_HEIGHT_POSTERIOR, 4),
        ):
            line = ((0.0, wall - depth, base), (0.0, wall - depth, base + DISC_MM))
            found.append(one(level, quantity, height, line, slice=7))
        line = ((0.0, wall + 2, base + 4.5), (0.0, wall + 16, base + 4.5))
        found.append(one(level, Quantity.SAC_AP, 14.0 - n, line, slice=7))
        found.append(
            one(level, Quantity.SAC_AREA, 160.0, slice=7, uncertainty=25.0, estimated=True)
        )
        found.append(one(level, Quantity.SLIP, 0.4, slice=7))
        found.append(one(level, Quantity.SEGMENTAL_ANGLE, 9.0, uncertainty=2.0))
        for side, sign in ((Side.LEFT, 1), (Side.RIGHT, -1)):
            i, x = (11, 16.0) if sign > 0 else (3, -16.0)
            tall = ((x, wall + 5, base - 3), (x, wall + 5, base + 15))
            wide = ((x, wall - 1.5, base + 6), (x, wall + 11.5, base + 6))
            found.append(one(level, Quantity.FORAMEN_HEIGHT, 18.0, tall, side=side, slice=i))
            found.append(one(level, Quantity.FORAMEN_WIDTH, 13.0, wide, side=side, slice=i))
    wall = float(front_mm(4.5))
    line = ((8.0, wall, 4.5), (8.0, wall + 5, 4.5))
    found.append(one(Level.L5_S1, Quantity.DISPLACEMENT, 5.2, line, slice=9))
    found.append(
        Measurement(
            id="spine/lordosis_deg/sag_t2",
            quantity=Quantity.LORDOSIS,
            level=None,
            value=48.123456,
            uncertainty=3.0,
            method="endplates-v1",
            series="sag_t2",
        )
    )
    return tuple(found)


def make_findings() -> tuple[Finding, ...]:
    def one(level, condition, scale, grade, **more):
        side = more.get("side")
        parts = [level.value, condition.value, *([side.value] if side else []), scale.value]
        return Finding(
            id="/".join(parts),
            condition=condition,
            level=level,
            scale=scale,
            grade=grade,
            rule=RULES[condition],
            certainty=more.pop("certainty", "moderate"),
            **more,
        )

    found = []
    no_axial = "the recess is not shown by sagittal images"
    for level in LEVELS[:5]:
        worst = level is Level.L5_S1
        found += [
            one(
                level,
                Condition.DISC_CONTOUR,
                Scale.FARDON,
                "displaced" if worst else "normal",
                because=(f"{level.value}/posterior_displacement_mm/sag_t2",) if worst else (),
                borderline=worst,
                validation="synthetic",
                detail="5.2 mm behind the vertebral line; bulge and protrusion not separable"
                if worst
                else "",
            ),
            one(level, Condition.DISC_NARROWING, Scale.PRESENCE, "present" if worst else "absent"),
            one(level, Condition.DISC_DEGENERATION, Scale.PFIRRMANN, "IV" if worst else "II"),
            one(
                level,
                Condition.CANAL_STENOSIS,
                Scale.LEE_CANAL,
                "2" if worst else "0",
                detail="cause: disc" if worst else "",
                zone=Zone.CENTRAL,
                because=(f"{level.value}/sac_ap_mm/sag_t2",),
            ),
            one(level, Condition.SPONDYLOLISTHESIS, Scale.PRESENCE, "absent", certainty="high"),
            one(
                level,
                Condition.ENDPLATE_CHANGE,
                Scale.MODIC,
                UNKNOWN,
                reason_unknown="needs T1 and T2; only T2 was given",
            ),
        ]
        for side in Side:
            narrow = (level, side) == (Level.L4_L5, Side.RIGHT)
            found += [
                one(
                    level,
                    Condition.SUBARTICULAR_STENOSIS,
                    Scale.BARTYNSKI,
                    UNKNOWN,
                    side=side,
                    zone=Zone.SUBARTICULAR,
                    reason_unknown=no_axial,
                ),
                one(
                    level,
                    Condition.FORAMINAL_STENOSIS,
                    Scale.LEE_FORAMEN,
                    "3" if narrow else "0",
                    side=side,
                    zone=Zone.FORAMINAL,
                    because=(f"{level.value}/foramen_height_mm/{side.value}/sag_t2",),
                    validation="synthetic",
                    probabilities={"0": 0.05, "1": 0.05, "2": 0.2, "3": 0.7}
                    if narrow
                    else {"0": 0.9, "1": 0.08, "2": 0.01, "3": 0.01},
                ),
            ]
    return tuple(found)


def make_relation() -> Relation:
    s1 = Expected(
        sensation=("outer border of the foot", "little toe", "heel", "most of the sole"),
        pain=("back of the calf to the heel and outer foot",),
        weakness=("push-off (calf)", "toe flexors"),
        reflex=("Achilles",),
        cramp=("calf", "toe flexors"),
        gait=("toe walking",),
    )
    l4 = Expected(sensation=("inner border of the foot",), gait=("heel walking",))
    return Relation(
        roots=(
            RootLink(
                root=Root.S1,
                side=Side.LEFT,
                tier=1,
                tier_text="possible",
                because=("L5-S1/disc_contour/Fardon 2014",),
                associated=s1,
                level=Level.L5_S1,
                zone=Zone.SUBARTICULAR,
                notes=("lowered: zone estimated from sagittal images",),
            ),
            RootLink(
                root=Root.L4,
                side=Side.RIGHT,
                tier=3,
                tier_text="marked compromise; may be relevant if symptoms match",
                because=("L4-L5/foraminal_stenosis/right/Lee 2010 (foramen)",),
                associated=l4,
                level=Level.L4_L5,
                zone=Zone.FORAMINAL,
            ),
        ),
        red_flags=(
            RedFlag(tier="emergency", text="Seek emergency medical care now. Do not wait."),
            RedFlag(tier="urgent", text="New weakness of the foot needs urgent assessment."),
            RedFlag(
                tier="imaging",
                text="This scan shows measurements in the most severe range at L4-L5.",
                triggers=("L4-L5/foraminal_stenosis/right/Lee 2010 (foramen)",),
            ),
        ),
        base_rates=("Disc bulges are seen in 60 % of people of 50 years without symptoms.",),
        other_causes=("Polyneuropathy", "Peripheral arterial disease"),
        not_assessed=("Marrow lesions", "Cord signal"),
    )


@pytest.fixture(scope="session")
def analysis() -> Analysis:
    classes, instances, signal, space = draw()
    probabilities = np.stack([classes == n for n in range(len(STRUCTURES))]).astype(np.float32)
    probabilities = ndimage.gaussian_filter(probabilities, (0, 0, 0.7, 0.7))
    volume = axial(signal, space)
    series = (
        Series(
            key="sag_t2",
            plane=Plane.SAGITTAL,
            contrast=Contrast.T2,
            volume=native(signal, space),
            used=True,
            reason="Sagittal by geometry; TE 100 ms and TR 3500 ms make it T2.",
            echo_ms=100.0,
            repetition_ms=3500.0,
            headers=({"0020000E": {"vr": "UI", "Value": ["1.2.3.4.5"]}},),
        ),
        Series(
            key="ax_t2",
            plane=Plane.AXIAL,
            contrast=Contrast.T2,
            volume=volume,
            used=True,
            reason="Axial by geometry.",
        ),
        Series(
            key="loc",
            plane=Plane.UNKNOWN,
            contrast=Contrast.UNKNOWN,
            volume=None,
            used=False,
            reason="Set aside: a localizer.",
        ),
    )
    return Analysis(
        study=Study(
            series=series,
            age_years=52.0,
            sex="F",
            identifiers=MappingProxyType({"patient_name": "Doe^Jane", "patient_id": "SECRET-7"}),
        ),
        segmentations=(
            Segmentation(
                series="sag_t2",
                probabilities=probabilities,
                space=space,
                signal=signal,
                bundle="truth",
            ),
        ),
        spine=make_spine(instances, volume),
        measurements=make_measurements(),
        limits=(
            Limit(
                id="no-axial-network",
                effect="withhold",
                reason="Axial images are shown but not measured in this version.",
                conditions=(Condition.SUBARTICULAR_STENOSIS,),
            ),
            Limit(id="supine", effect="note", reason="Supine acquisition."),
        ),
        findings=make_findings(),
        relation=make_relation(),
        impression=(
            "L4-L5: severe right foraminal stenosis (Lee 3).",
            "L5-S1: posterior disc displacement, left; moderate canal narrowing (Lee 2).",
        ),
        not_assessed=("Recesses at all levels: the recess is not shown by sagittal images.",),
        provenance=Provenance(
            version="0.1.0",
            bundle="truth",
            bundle_sha256="0" * 64,
            created="2026-11-21T12:00:00+00:00",
            settings=MappingProxyType({"device": "auto"}),
            seconds=MappingProxyType({"load": 0.8, "segment": 3.1}),
        ),
    )


@pytest.fixture(scope="session")
def pictures(analysis) -> tuple[Picture, ...]:
    return draw_pictures(analysis)
