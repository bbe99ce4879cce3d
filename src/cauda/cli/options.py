"""Option types that several commands share, so that they read the same everywhere."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, TypeVar

import typer

from cauda.errors import UsageError
from cauda.vocab import Contrast

E = TypeVar("E", bound=StrEnum)


class ContrastName(StrEnum):
    """What ``--contrast`` takes."""

    T1 = "t1"
    T2 = "t2"
    STIR = "stir"

    @property
    def contrast(self) -> Contrast:
        """The vocabulary's member."""
        return Contrast(self.value.upper())


class DeviceName(StrEnum):
    """What ``--device`` takes."""

    AUTO = "auto"
    CPU = "cpu"
    CUDA = "cuda"
    MPS = "mps"


class AudienceName(StrEnum):
    """What ``--audience`` takes."""

    CLINICIAN = "clinician"
    PATIENT = "patient"


class SegmentationName(StrEnum):
    """What ``--segmentation`` takes."""

    BINARY = "binary"
    LABELMAP = "labelmap"


Inputs = Annotated[
    list[Path],
    typer.Argument(
        help="A folder of any depth, zip, DICOMDIR or single files; together one study.",
        show_default=False,
    ),
]
Device = Annotated[DeviceName, typer.Option(help="Where the network runs; auto is the CPU.")]
Models = Annotated[
    Path | None, typer.Option(help="Folder of model bundles, instead of the shipped ones.")
]
ContrastOption = Annotated[
    ContrastName | None, typer.Option(help="Contrast of files that do not say (NIfTI, MHA).")
]
SameFrame = Annotated[
    bool, typer.Option("--same-frame", help="Vouch that files without a frame share one.")
]


def member(kind: type[E], text: str) -> E:
    """The member of a vocabulary that ``text`` names.

    Raises
    ------
    UsageError
        If there is none; the message lists what is allowed.
    """
    try:
        return kind(text)
    except ValueError as error:
        msg = f"{text!r} is not a {kind.__name__.lower()}; choose from {', '.join(kind)}."
        raise UsageError(msg) from error
