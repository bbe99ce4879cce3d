"""The tables of SPIDER: what a radiologist saw at every disc, and how the series were taken."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from cauda.errors import NothingFoundError, UnreadableError

GRADINGS = "radiological_gradings.csv"
OVERVIEW = "overview.csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Grades:
    """What the reader said of one disc.

    Parameters
    ----------
    patient : str
    number : int
        1 for the disc above the sacrum, 2 for the next one up, ...
    modic, pfirrmann : int
        0 to 3 and 1 to 5.
    upper, lower : bool
        Change at the endplate above and below the disc.
    slip, herniation, narrowing, bulge : bool
    """

    patient: str
    number: int
    modic: int
    pfirrmann: int
    upper: bool
    lower: bool
    slip: bool
    herniation: bool
    narrowing: bool
    bulge: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class Acquisition:
    """One row of the overview.

    Parameters
    ----------
    name : str
        ``<patient>_<t1|t2|t2_SPACE>``.
    pixel_mm : float
        In-plane spacing as the header says it; not always that of the picture.
    discs : int
        How many discs the data set's own masks show.
    sex : str
    maker : str
    """

    name: str
    pixel_mm: float
    discs: int
    sex: str
    maker: str


def read_grades(folder: Path) -> tuple[Grades, ...]:
    """Every graded disc of ``radiological_gradings.csv``, in the order of the file."""
    return tuple(
        Grades(
            patient=row["Patient"],
            number=int(row["IVD label"]),
            modic=int(row["Modic"]),
            pfirrmann=int(row["Pfirrman grade"]),
            upper=row["UP endplate"] == "1",
            lower=row["LOW endplate"] == "1",
            slip=row["Spondylolisthesis"] == "1",
            herniation=row["Disc herniation"] == "1",
            narrowing=row["Disc narrowing"] == "1",
            bulge=row["Disc bulging"] == "1",
        )
        for row in _rows(folder / GRADINGS)
    )


def read_acquisitions(folder: Path) -> Mapping[str, Acquisition]:
    """Every series of ``overview.csv`` by its name."""
    return {
        row["new_file_name"]: Acquisition(
            name=row["new_file_name"],
            pixel_mm=float(row["PixelSpacing"].strip("[]").split(",")[0]),
            discs=int(row["num_discs"]),
            sex=row["sex"].strip(),
            maker=row["Manufacturer"],
        )
        for row in _rows(folder / OVERVIEW)
    }


def _rows(path: Path) -> list[dict[str, str]]:
    if not path.is_file():
        msg = f"No {path.name} in {path.parent.name}; pass the folder that holds SPIDER's tables."
        raise NothingFoundError(msg)
    with path.open(newline="", encoding="utf-8-sig") as file:
        found = list(csv.DictReader(file))
    if not found:
        msg = f"{path.name} holds no row; download it again."
        raise UnreadableError(msg)
    return found
