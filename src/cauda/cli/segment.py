"""``cauda segment``: label maps only, in Cauda's numbers or another tool's."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from cauda.cli.options import ContrastOption, Device, DeviceName, Inputs, Models
from cauda.cli.options import SameFrame as SameFrameOption


class Labels(StrEnum):
    """What ``--labels`` takes."""

    CAUDA = "cauda"
    PARTS = "parts"
    TOTALSPINESEG = "totalspineseg"
    SPINEPS = "spineps"
    SPIDER = "spider"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="segment", epilog="Example: cauda segment study/ -o seg.nii.gz")(segment)


def segment(  # noqa: PLR0913 - a command line has as many arguments as a person may choose
    inputs: Inputs,
    *,
    output: Annotated[
        Path, typer.Option("-o", "--output", help="A .nii.gz file, or a folder for several series.")
    ],
    labels: Annotated[Labels, typer.Option(help="Whose label numbers to write.")] = Labels.CAUDA,
    series: Annotated[str | None, typer.Option(help="Only this series, by its key.")] = None,
    device: Device = DeviceName.AUTO,
    models: Models = None,
    contrast: ContrastOption = None,
    same_frame: SameFrameOption = False,
) -> None:
    """Segment the sagittal series of a study and write label maps on their own grids."""
    from rich.console import Console

    from cauda.output import write_labelmaps
    from cauda.settings import Settings
    from cauda.wiring import locate_structures

    settings = Settings(
        device=device.value,
        models=models,
        contrast=contrast.contrast if contrast else None,
        same_frame=same_frame,
    )
    console = Console()
    with console.status("segment"):
        located = locate_structures(*inputs, settings=settings, series=series)
    for path in write_labelmaps(located, output, labels.value):
        console.print(f"wrote {path}", highlight=False, soft_wrap=True)
