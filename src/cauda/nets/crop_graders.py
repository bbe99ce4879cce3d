"""Learned opinions on foramina, recesses, canal and disc contour from crops of the images.

They look at the images themselves, where the measuring looks at what the network drew; so they
may see a foramen as closed that the network drew open. They were learned and tested on synthetic
spines only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauda.errors import BundleError
from cauda.knowledge import row
from cauda.nets.bundles import Bundle, open_bundle
from cauda.nets.crop_questions import (
    CANAL_TASK,
    FORAMEN_TASK,
    ZONES,
    Question,
    Task,
    graded,
    mirrored_place,
    placed,
)
from cauda.nets.crops import Crop, cut
from cauda.nets.engines import predictor
from cauda.nets.grid import Predict
from cauda.ports import Grader
from cauda.records import LevelInstance, Measurement, Opinion, Segmentation, Series, Spine, Study
from cauda.vocab import Condition, Contrast, Level, Plane, Quantity, Scale, Side, Zone

Floats = NDArray[np.float64]
SIDES = (Side.RIGHT, Side.LEFT)
CONTRASTS = {
    FORAMEN_TASK.name: (Contrast.T1, Contrast.T2),
    CANAL_TASK.name: (Contrast.T2,),
}
Place = tuple[Zone | None, Side | None, float]
"""Zone and side of a herniation, and their probability."""
PLANES = {FORAMEN_TASK.name: Plane.SAGITTAL, CANAL_TASK.name: Plane.AXIAL}


@dataclass(frozen=True, slots=True, kw_only=True)
class Network:
    """One opened crop grader.

    Parameters
    ----------
    task : Task
    predict : callable
        (N, planes, rows, columns) crops to (N, outputs) logits.
    slopes : mapping of str -> float
        Calibration of each question.
    said_by : str
        Name and version that its opinions carry.
    """

    task: Task
    predict: Predict
    slopes: Mapping[str, float]
    said_by: str

    def logits(self, crops: Sequence[Crop]) -> Floats:
        """(outputs,) mean over the series that show one place."""
        answers: Floats = np.asarray(self.predict(np.stack(crops)), dtype=np.float64)
        result: Floats = answers.mean(axis=0)
        return result


def crop_grader(bundle: Bundle | Path) -> Grader:
    """Make a grader of a bundle with ``crop_graders`` in its card.

    Parameters
    ----------
    bundle : Bundle or Path
        An opened bundle, or its folder.

    Raises
    ------
    BundleError
        If a file is missing, does not match its hash, or the bundle is one of other networks.
    """
    opened = open_bundle(bundle)
    if "crop_graders" not in opened.metadata:
        msg = f"The bundle {opened.name} holds no crop graders; name one that does."
        raise BundleError(msg)
    foramen, canal = (_network(opened, task) for task in (FORAMEN_TASK, CANAL_TASK))

    def grade(
        study: Study,
        segmentations: Sequence[Segmentation],
        spine: Spine,
        measurements: Sequence[Measurement],
    ) -> tuple[Opinion, ...]:
        del segmentations
        placed_series = tuple(s for s in study.used if s.key in spine.instances)
        found: list[Opinion] = []
        for level in spine.levels:
            if not level.name.value.startswith("T"):
                for network, answer in ((foramen, _foramina), (canal, _canal)):
                    shown = _shown(placed_series, network.task, level, measurements)
                    found += answer(network, shown, level)
        return tuple(found)

    return grade


def _network(bundle: Bundle, task: Task) -> Network:
    card: Mapping[str, Any] = bundle.metadata["crop_graders"][task.name]
    return Network(
        task=task,
        predict=predictor(bundle.verified(f"models/{task.name}.onnx")),
        slopes={name: float(fit["slope"]) for name, fit in card.items()},
        said_by=f"{bundle.name} {bundle.version}",
    )


def _shown(
    series: Sequence[Series],
    task: Task,
    level: LevelInstance,
    measurements: Sequence[Measurement],
) -> tuple[Series, ...]:
    """The series whose crops the network knows, and that show the level where its frame is.

    None after contrast agent or with fat suppressed: fat tells an open foramen.
    """
    return tuple(
        s
        for s in series
        if s.volume is not None
        and s.plane is PLANES[task.name]
        and s.contrast in CONTRASTS[task.name]
        and not (s.contrast_agent or s.fat_suppressed)
        and not _is_elsewhere(s.key, level, measurements)
    )


def _is_elsewhere(series: str, level: LevelInstance, measurements: Sequence[Measurement]) -> bool:
    """Whether the patient moved before the series: its disc lies off the level's own frame."""
    own = [m for m in measurements if (m.series, m.level) == (series, level.name)]
    if any(m.apart for m in own):
        return True
    heights = [m for m in own if m.quantity is Quantity.DISC_HEIGHT_MIDDLE and m.segment_lps]
    limit_mm = row("thresholds.toml", "check", "series-moved").number("value")
    return any(
        float(np.hypot(*level.frame.to_local(np.mean(m.segment_lps, axis=0))[1:])) > limit_mm
        for m in heights
    )


def _crops(series: Sequence[Series], level: LevelInstance, side: Side, task: Task) -> list[Crop]:
    found = []
    for one in series:
        if one.volume is not None:
            crop = cut(one.volume.voxels, one.volume.space, level.frame, side, task.box)
            if crop is not None:
                found.append(crop)
    return found


def _foramina(
    network: Network, series: Sequence[Series], level: LevelInstance
) -> Iterator[Opinion]:
    for side in SIDES:
        crops = _crops(series, level, side, network.task)
        if crops:
            logits = network.logits(crops)
            for question in network.task.questions:
                yield from _opinions(network, question, logits, level.name, side)


def _canal(network: Network, series: Sequence[Series], level: LevelInstance) -> Iterator[Opinion]:
    left = _crops(series, level, Side.LEFT, network.task)
    if not left:
        return
    # The box lies alike on both sides: asked of the right, the same crop is mirrored.
    asked = {Side.LEFT: left, Side.RIGHT: [crop[:, ::-1] for crop in left]}
    logits = {side: network.logits(asked[side]) for side in SIDES}
    both: Floats = np.mean(list(logits.values()), axis=0)
    place = _place(network, logits)
    for question in network.task.questions:
        if question.is_sided:
            for side in SIDES:
                yield from _opinions(network, question, logits[side], level.name, side)
        else:
            yield from _opinions(network, question, both, level.name, None, place)


def _opinions(
    network: Network,
    question: Question,
    logits: Floats,
    level: Level,
    side: Side | None,
    place: Place = (None, None, 0.0),
) -> Iterator[Opinion]:
    """The answer on the question's own scale and on the one that follows from it."""
    own = logits[None, network.task.columns(question.name)]
    shares = graded(own, network.slopes[question.name])[0]
    is_contour = question.condition is Condition.DISC_CONTOUR
    rows = ((question.condition, question.scale, shares), _coarser(question, shares))
    for condition, scale, values in rows:
        zone, apex_side, sureness = place if is_contour else (None, None, 0.0)
        yield Opinion(
            condition=condition,
            scale=scale,
            level=level,
            probabilities=dict(zip(scale.grades, values.tolist(), strict=True)),
            grader=network.said_by,
            side=side,
            validation="synthetic",
            plane=PLANES[network.task.name],
            zone=zone,
            apex_side=apex_side,
            zone_probability=sureness,
        )


def _coarser(question: Question, shares: Floats) -> tuple[Condition, Scale, Floats]:
    """A herniation that is there or not; else the three classes of RSNA 2024."""
    if question.condition is Condition.DISC_CONTOUR:
        first = question.scale.grades.index("protrusion")
        present = float(shares[first:].sum())
        return Condition.DISC_HERNIATION, Scale.PRESENCE, np.array([1 - present, present])
    return question.condition, Scale.RSNA, np.array([shares[:2].sum(), *shares[2:]])


def _place(network: Network, logits: Mapping[Side, Floats]) -> Place:
    """The likeliest zone and side of a herniation, if there is one, and how likely it then is."""
    columns, slope = network.task.columns("place"), network.slopes["place"]
    right, left = (placed(logits[side][None, columns], slope)[0] for side in SIDES)
    turned = np.array([right[mirrored_place(n)] for n in range(len(right))])
    shares = (left + turned)[1:]
    best, beside = int(np.argmax(shares)), len(ZONES) - 1
    sureness = float(shares[best] / shares.sum())
    if best == 0:
        return Zone.CENTRAL, None, sureness
    if best <= beside:
        return ZONES[best], Side.LEFT, sureness
    return ZONES[best - beside], Side.RIGHT, sureness
