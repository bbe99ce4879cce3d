"""Checks of which images there are, and of whom."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np

from cauda.check.scene import Scene, limit
from cauda.records import Limit, Measurement, Series
from cauda.vocab import Condition, Contrast, Level, Plane, Quantity, Side

_AXIAL_ONLY = (Condition.SUBARTICULAR_STENOSIS, Condition.ROOT_COMPROMISE)
_FORAMEN = (Quantity.FORAMEN_HEIGHT, Quantity.FORAMEN_WIDTH, Quantity.FORAMEN_AREA)


def supine(_scene: Scene) -> Iterator[Limit]:
    """Say that the patient lay: slips and the sac change with posture."""
    yield Limit(
        id="supine",
        effect="note",
        reason="Supine acquisition: slips and the sac can differ when standing.",
    )


def no_axial(scene: Scene) -> Iterator[Limit]:
    """Withhold what only axial T2 images show; say where they are there but not graded."""
    axial = [s for s in scene.study.used if s.plane == Plane.AXIAL]
    if not any(s.contrast == Contrast.T2 for s in axial):
        yield Limit(
            id="no-axial",
            effect="withhold",
            reason="No axial T2 images: the lateral recesses and roots need them.",
            conditions=_AXIAL_ONLY,
        )
        yield Limit(
            id="sagittal-only",
            effect="note",
            reason="No axial T2 images: the canal is estimated from sagittal images, and the "
            "lateral zones of the discs are not covered.",
        )
    else:
        yield Limit(
            id="axial-not-graded",
            effect="note",
            reason="Axial images are shown with their levels, but not graded in this version.",
        )


def no_t2(scene: Scene) -> Iterator[Limit]:
    """Withhold Pfirrmann without a sagittal T2 series."""
    sagittal = [s for s in scene.study.used if s.plane == Plane.SAGITTAL]
    if all(s.contrast != Contrast.T2 for s in sagittal):
        yield Limit(
            id="no-t2",
            effect="withhold",
            reason="No sagittal T2 images: disc signal cannot be graded.",
            conditions=(Condition.DISC_DEGENERATION,),
        )


def nucleus_off_t2(scene: Scene) -> Iterator[Limit]:
    """Withhold Pfirrmann where the nucleus was read on fat-suppressed or non-T2 images."""
    for found in scene.preferred(Quantity.NUCLEUS_SIGNAL):
        series = _series(scene, found)
        if series is not None and (series.contrast != Contrast.T2 or series.fat_suppressed):
            yield Limit(
                id="nucleus-off-t2",
                effect="withhold",
                reason="The disc signal was read on images that are not plain T2.",
                level=found.level,
                conditions=(Condition.DISC_DEGENERATION,),
            )


def foramen_contrast(scene: Scene) -> Iterator[Limit]:
    """Foramina: T1 is the reference, T2 lowers, fat suppression and others withhold."""
    seen: set[tuple[Level | None, Side | None]] = set()
    for found in scene.preferred(*_FORAMEN):
        series = _series(scene, found)
        if series is None or (found.level, found.side) in seen:
            continue
        seen.add((found.level, found.side))
        yield from _foramen_contrast(series, found)


def _foramen_contrast(series: Series, found: Measurement) -> Iterator[Limit]:
    if series.fat_suppressed or series.contrast == Contrast.STIR:
        yield Limit(
            id="foramen-fat-suppressed",
            effect="withhold",
            reason="Foramina are not graded on fat-suppressed images.",
            level=found.level,
            side=found.side,
            conditions=(Condition.FORAMINAL_STENOSIS,),
        )
    elif series.contrast != Contrast.T1:
        yield Limit(
            id="foramen-not-t1",
            effect="lower",
            reason="Foramina were read on images other than T1, the reference for them.",
            level=found.level,
            side=found.side,
            conditions=(Condition.FORAMINAL_STENOSIS,),
        )


def _series(scene: Scene, found: Measurement) -> Series | None:
    return next((s for s in scene.study.series if s.key == found.series), None)


def contrast_agent(scene: Scene) -> Iterator[Limit]:
    """Withhold what rests on images with a contrast agent; none were validated."""
    given = [s for s in scene.study.used if s.contrast_agent]
    for series in given:
        conditions = scene.resting_on(series.key)
        yield Limit(
            id="contrast-agent",
            effect="withhold" if conditions else "note",
            reason=f"A contrast agent was given for the {series.contrast.value} "
            f"{series.plane.value} images; grading was not validated with one.",
            conditions=conditions,
        )


def age(scene: Scene) -> Iterator[Limit]:
    """Withhold everything under 18 years; say where the age is unknown."""
    years = scene.study.age_years
    if years is None:
        yield Limit(
            id="age-unknown",
            effect="note",
            reason="The patient's age is unknown; grades are meant for adults.",
        )
    elif years < limit("adult-age"):
        yield Limit(
            id="not-adult",
            effect="withhold",
            reason="The patient is under 18 years: grades are meant for adults only.",
        )


def slice_angle(scene: Scene) -> Iterator[Limit]:
    """Lower, then withhold, levels that the sagittal slices cut obliquely."""
    for level in scene.spine.levels:
        angles = [
            _angle_deg(s.space.directions[:, 0], np.array(level.frame.left_lps))
            for s in scene.segmentations
        ]
        worst = max(angles, default=0.0)
        if worst > limit("slice-angle-lower"):
            yield Limit(
                id="slice-angle",
                effect="withhold" if worst > limit("slice-angle-withhold") else "lower",
                reason=f"The sagittal slices cut {level.name.value} at {worst:.0f} degrees "
                "to its own sagittal plane.",
                level=level.name,
            )


def axial_angle(scene: Scene) -> Iterator[Limit]:
    """Say which levels have only axial slices far from the plane of the disc."""
    for level in scene.spine.levels:
        angles = [a.angle_deg for a in scene.spine.axial_slices if a.level == level.name]
        if angles and min(angles) > limit("slice-angle-withhold"):
            yield Limit(
                id="axial-angle",
                effect="note",
                reason=f"The axial slices at {level.name.value} lie {min(angles):.0f} degrees "
                "off the plane of the disc.",
                level=level.name,
            )


def _angle_deg(
    first: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    second: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> float:
    """Angle between two lines, 0 to 90 degrees."""
    cosine = abs(float(first @ second)) / float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.degrees(np.arccos(min(cosine, 1.0))))
