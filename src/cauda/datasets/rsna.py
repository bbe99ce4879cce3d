"""RSNA 2024 Lumbar Spine Degenerative Classification: its tables and DICOM tree.

::

    train.csv                       study_id, 25 columns <condition>_<level>
    train_label_coordinates.csv     study_id, series_id, instance_number, condition, level, x, y
    train_series_descriptions.csv   study_id, series_id, series_description
    train_images/<study_id>/<series_id>/<instance_number>.dcm

The data set (LumbarDISC) may be used for non-commercial purposes only.
"""

from __future__ import annotations

import csv
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from types import MappingProxyType

import numpy as np

from cauda.errors import CaudaError, NothingFoundError, UsageError
from cauda.load import load
from cauda.records import Point
from cauda.schema.challenge import CONDITIONS, LEVELS
from cauda.vocab import Condition, Contrast, Level, Plane, Scale, Side

GRADES, MARKS, SERIES = (
    "train.csv",
    "train_label_coordinates.csv",
    "train_series_descriptions.csv",
)
IMAGES = "train_images"
WORDS = dict(zip(("Normal/Mild", "Moderate", "Severe"), Scale.RSNA.grades, strict=True))
"""The tables' grades in those of the scale."""
DESCRIPTIONS = {
    "Sagittal T1": (Plane.SAGITTAL, Contrast.T1),
    "Sagittal T2/STIR": (Plane.SAGITTAL, Contrast.UNKNOWN),
    "Axial T2": (Plane.AXIAL, Contrast.T2),
}
"""What a series description says; one of them leaves T2 and STIR open."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Mark:
    """Where the annotators saw a condition: a pixel (column, row) of one instance."""

    series_id: str
    instance_number: int
    x_px: float
    y_px: float


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedLevel:
    """One condition at one level of a study.

    Parameters
    ----------
    condition, side, level
        In the vocabulary.
    grade : str or None
        A grade of :attr:`cauda.vocab.Scale.RSNA`; ``None`` where it was left blank.
    mark : Mark or None
        Absent for a few rows of the public set.
    """

    condition: Condition
    side: Side | None
    level: Level
    grade: str | None
    mark: Mark | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class GradedStudy:
    """One study of the challenge.

    Parameters
    ----------
    id : str
    folder : Path
        Its DICOM series, one folder each.
    series : mapping of series id -> (Plane, Contrast)
    levels : tuple of GradedLevel
        All 25, in the order of the table.
    """

    id: str
    folder: Path
    series: Mapping[str, tuple[Plane, Contrast]]
    levels: tuple[GradedLevel, ...]


def is_rsna(folder: Path) -> bool:
    """Whether the folder holds the challenge's tables."""
    return all((folder / name).is_file() for name in (GRADES, MARKS, SERIES))


def rsna_studies(folder: Path) -> tuple[GradedStudy, ...]:
    """Every study of the table, in its order.

    Raises
    ------
    NothingFoundError
        If a table is missing.
    UsageError
        If a table lacks a column or holds a word that the challenge does not use.
    """
    marks = _marks(_rows(folder / MARKS))
    series = _series(_rows(folder / SERIES))
    studies = []
    for row in _rows(folder / GRADES):
        id_ = row["study_id"]
        levels = tuple(
            _graded(row, condition, level, marks.get((id_, condition, level)))
            for condition in CONDITIONS
            for level in LEVELS
        )
        described = MappingProxyType(series.get(id_, {}))
        place = folder / IMAGES / id_
        studies.append(GradedStudy(id=id_, folder=place, series=described, levels=levels))
    return tuple(studies)


def mark_lps(study: GradedStudy, mark: Mark) -> Point | None:
    """Place a mark in the patient, mm; ``None`` where its instance cannot be read."""
    path = study.folder / mark.series_id / f"{mark.instance_number}.dcm"
    if not path.is_file():
        return None
    try:
        volume = load(path).series[0].volume
    except CaudaError:
        return None
    if volume is None:
        return None
    x, y, z = volume.space.to_lps(np.array([mark.x_px, mark.y_px, 0.0]))
    return float(x), float(y), float(z)


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        msg = f"{path.name} is missing; unpack the whole challenge into one folder."
        raise NothingFoundError(msg)
    with path.open(encoding="utf-8-sig", newline="") as stream:
        return list(csv.DictReader(stream))


def _graded(row: Mapping[str, str], condition: str, level: str, mark: Mark | None) -> GradedLevel:
    column = f"{condition}_{level}"
    if column not in row:
        msg = f"{GRADES} lacks the column {column}."
        raise UsageError(msg)
    word = (row[column] or "").strip()
    if word and word not in WORDS:
        msg = f"{GRADES}: {column} is {word!r}; use one of {', '.join(WORDS)} or leave it blank."
        raise UsageError(msg)
    what, side = CONDITIONS[condition]
    grade = WORDS[word] if word else None
    return GradedLevel(condition=what, side=side, level=LEVELS[level], grade=grade, mark=mark)


def _marks(rows: list[dict[str, str]]) -> dict[tuple[str, str, str], Mark]:
    found = {}
    for row in rows:
        condition = row["condition"].strip().lower().replace(" ", "_")
        level = row["level"].strip().lower().replace("/", "_")
        if condition not in CONDITIONS or level not in LEVELS:
            msg = f"{MARKS}: {row['condition']!r} at {row['level']!r} is not in the challenge."
            raise UsageError(msg)
        mark = Mark(
            series_id=row["series_id"],
            instance_number=int(row["instance_number"]),
            x_px=float(row["x"]),
            y_px=float(row["y"]),
        )
        found[row["study_id"], condition, level] = mark
    return found


def _series(rows: list[dict[str, str]]) -> dict[str, dict[str, tuple[Plane, Contrast]]]:
    found: dict[str, dict[str, tuple[Plane, Contrast]]] = defaultdict(dict)
    for row in rows:
        said = row["series_description"].strip()
        if said not in DESCRIPTIONS:
            allowed = ", ".join(DESCRIPTIONS)
            msg = f"{SERIES}: {said!r} is not a description of the challenge; they are {allowed}."
            raise UsageError(msg)
        found[row["study_id"]][row["series_id"]] = DESCRIPTIONS[said]
    return found
