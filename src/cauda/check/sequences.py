"""Checks of which images there are, and of whom."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace

import numpy as np

from cauda.check.scene import Scene
from cauda.check.scene import limit as limit_of
from cauda.geometry import share_frame
from cauda.records import Limit, Measurement, Series
from cauda.vocab import Condition, Contrast, Plane, Quantity

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
    elif not any(m.plane is Plane.AXIAL for m in scene.measurements):
        yield Limit(
            id="axial-not-measured",
            effect="note",
            reason="The axial images were not measured; they are shown with their levels.",
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
    yield from _by_series(scene, (Quantity.NUCLEUS_SIGNAL,), _nucleus_fault)


def foramen_contrast(scene: Scene) -> Iterator[Limit]:
    """Foramina: T1 is the reference, T2 lowers, fat suppression withholds (clinical rule 14.10)."""
    yield from _by_series(scene, _FORAMEN, _foramen_fault)


def _nucleus_fault(series: Series) -> Limit | None:
    if series.contrast == Contrast.T2 and not series.fat_suppressed:
        return None
    return Limit(
        id="nucleus-off-t2",
        effect="withhold",
        reason="The disc signal was read on images that are not plain T2.",
        conditions=(Condition.DISC_DEGENERATION,),
    )


def _foramen_fault(series: Series) -> Limit | None:
    if series.fat_suppressed or series.contrast == Contrast.STIR:
        return Limit(
            id="foramen-fat-suppressed",
            effect="withhold",
            reason="Foramina are not graded on fat-suppressed images.",
            conditions=(Condition.FORAMINAL_STENOSIS,),
        )
    if series.contrast == Contrast.T1:
        return None
    return Limit(
        id="foramen-not-t1",
        effect="lower",
        reason="Foramina were read on images other than T1, the reference for them.",
        conditions=(Condition.FORAMINAL_STENOSIS,),
    )


def _by_series(
    scene: Scene, quantities: tuple[Quantity, ...], fault: Callable[[Series], Limit | None]
) -> Iterator[Limit]:
    """The fault of each measurement's series: once for all, or by level and side if they differ."""
    faults = {
        (m.level, m.side): fault(series)
        for m in scene.preferred(*quantities)
        if (series := _series(scene, m)) is not None
    }
    found = set(faults.values())
    if len(found) == 1:
        yield from (limit for limit in found if limit is not None)
        return
    for (level, side), limit in faults.items():
        if limit is not None:
            yield replace(limit, level=level, side=side)


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
    elif years < limit_of("adult-age"):
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
        if worst > limit_of("slice-angle-lower"):
            yield Limit(
                id="slice-angle",
                effect="withhold" if worst > limit_of("slice-angle-withhold") else "lower",
                reason=f"The sagittal slices cut {level.name.value} at {worst:.0f} degrees "
                "to its own sagittal plane.",
                level=level.name,
            )


def axial_angle(scene: Scene) -> Iterator[Limit]:
    """Say which levels have only axial slices far from the plane of the disc."""
    for level in scene.spine.levels:
        angles = [a.angle_deg for a in scene.spine.axial_slices if a.level == level.name]
        if angles and min(angles) > limit_of("slice-angle-withhold"):
            yield Limit(
                id="axial-angle",
                effect="note",
                reason=f"The axial slices at {level.name.value} lie {min(angles):.0f} degrees "
                "off the plane of the disc.",
                level=level.name,
            )


def axial_apart(scene: Scene) -> Iterator[Limit]:
    """Say where axial and sagittal images are not read as one, and why."""
    found = {
        (m.level, m.series): m.apart
        for m in scene.measurements
        if m.apart and m.level is not None and not _is_joined(scene, m)
    }
    for (level, series), why in found.items():
        yield Limit(
            id="axial-apart",
            effect="note",
            reason=f"Axial and sagittal images of {level} are reported apart: in series {series} "
            f"{why}.",
            level=level,
        )


def _is_joined(scene: Scene, found: Measurement) -> bool:
    """Whether another axial series shows the same in place."""
    return any(
        (m.plane, m.level, m.quantity) == (Plane.AXIAL, found.level, found.quantity) and not m.apart
        for m in scene.measurements
    )


def other_frame(scene: Scene) -> Iterator[Limit]:
    """Say which axial series cannot be placed: another frame of reference, or none."""
    lost = [
        s.key
        for s in scene.study.used
        if s.plane == Plane.AXIAL
        and (volume := s.volume) is not None
        and not any(share_frame(volume.space, own.space) for own in scene.segmentations)
    ]
    if lost and scene.segmentations:
        yield Limit(
            id="axial-other-frame",
            effect="note",
            reason=f"The axial series {', '.join(lost)} do not share the frame of reference of the "
            "sagittal images, so their slices have no level.",
        )


def _angle_deg(
    first: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
    second: np.ndarray[tuple[int, ...], np.dtype[np.float64]],
) -> float:
    """Angle between two lines, 0 to 90 degrees."""
    cosine = abs(float(first @ second)) / float(np.linalg.norm(first) * np.linalg.norm(second))
    return float(np.degrees(np.arccos(min(cosine, 1.0))))
