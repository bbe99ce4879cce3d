"""Learned opinions on every level: a forest and a kernel regression, read from plain numbers.

They judge what one mid-sagittal slice of T2, and of T1 where there is one, shows. They were
learned from one reader's grades of such slices, and give no opinion on a side.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from cauda.errors import BundleError
from cauda.nets.bundles import Bundle, open_bundle
from cauda.nets.calibration import Calibration
from cauda.nets.features import LevelFeatures, level_features
from cauda.nets.forest import Forest
from cauda.nets.kernel import Kernel
from cauda.ports import Grader
from cauda.records import Measurement, Opinion, Segmentation, Series, Spine, Study
from cauda.vocab import Condition, Contrast, Scale

WEIGHTS = "models/graders.npz"
"""Every array of both learners; read without unpickling anything."""

Floats = NDArray[np.float64]


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """One thing an opinion is given on.

    Parameters
    ----------
    condition, scale : Condition, Scale
    columns : slice
        Its outputs among those of the learners: one a step between grades.
    needs : tuple of Contrast
        Without all of these at a level no opinion is given there.
    calibration : Calibration
    """

    condition: Condition
    scale: Scale
    columns: slice
    needs: tuple[Contrast, ...]
    calibration: Calibration


def grader(bundle: Bundle | Path) -> Grader:
    """Make a grader of a bundle.

    Parameters
    ----------
    bundle : Bundle or Path
        An opened bundle, or its folder.

    Raises
    ------
    BundleError
        If a file is missing, does not match its hash, or is not one of graders.
    """
    opened = open_bundle(bundle)
    card = opened.metadata.get("graders")
    if card is None:
        msg = f"The bundle {opened.name} holds no graders; name one that does."
        raise BundleError(msg)
    with np.load(opened.verified(WEIGHTS), allow_pickle=False) as kept:
        arrays = dict(kept)
    forest = Forest.from_arrays(arrays, "forest_")
    kernel = Kernel.from_arrays(arrays, "kernel_")
    questions = tuple(_questions(card))
    names = tuple(card["features"])
    said_by = f"{opened.name} {opened.version}"

    def grade(
        study: Study,
        segmentations: Sequence[Segmentation],
        spine: Spine,
        measurements: Sequence[Measurement],
    ) -> tuple[Opinion, ...]:
        plain = _without_fat_suppression(study, segmentations)
        found = level_features(spine, plain, measurements)
        if not found:
            return ()
        table = feature_table([level.numbers for level in found], names)
        signals = np.stack([level.patch.signals for level in found])
        outputs = (forest(table).astype(float), kernel(table, signals).astype(float))
        return tuple(_opinions(found, questions, outputs, said_by))

    return grade


def feature_table(rows: Sequence[Mapping[str, float]], names: Sequence[str]) -> NDArray[np.float32]:
    """(L, F): numbers in the order of ``names``; what a level lacks is NaN."""
    values = [[row.get(name, np.nan) for name in names] for row in rows]
    return np.array(values, dtype=np.float32)


def _questions(card: Mapping[str, Any]) -> Iterator[Question]:
    for row in card["questions"]:
        first, last = row["columns"]
        yield Question(
            condition=Condition(row["condition"]),
            scale=Scale(row["scale"]),
            columns=slice(first, last),
            needs=tuple(Contrast(c) for c in row["needs"]),
            calibration=Calibration(
                share=row["share"], slope=row["slope"], offsets=tuple(row["offsets"])
            ),
        )


def _without_fat_suppression(
    study: Study, segmentations: Sequence[Segmentation]
) -> list[Segmentation]:
    """Those whose marrow has its own signal: the learners compare with it."""
    series: Mapping[str, Series] = {s.key: s for s in study.series}
    return [
        s
        for s in segmentations
        if s.series not in series
        or not (series[s.series].fat_suppressed or series[s.series].contrast_agent)
    ]


def _opinions(
    found: Sequence[LevelFeatures],
    questions: Sequence[Question],
    outputs: tuple[Floats, Floats],
    said_by: str,
) -> Iterator[Opinion]:
    for question in questions:
        forest, kernel = (part[:, question.columns] for part in outputs)
        probabilities = question.calibration(forest, kernel)
        for level, row in zip(found, probabilities, strict=True):
            if not set(question.needs) <= _shown(level):
                continue
            yield Opinion(
                condition=question.condition,
                scale=question.scale,
                level=level.level,
                probabilities=dict(zip(question.scale.grades, row.tolist(), strict=True)),
                grader=said_by,
                validation="real",
            )


def _shown(level: LevelFeatures) -> set[Contrast]:
    """The contrasts whose signal was seen at a level."""
    t2, t1 = level.patch.signals
    seen = ((Contrast.T2, t2), (Contrast.T1, t1))
    return {contrast for contrast, signal in seen if np.isfinite(signal).any()}
