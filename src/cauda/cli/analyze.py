"""``cauda analyze``: a study in, reports out."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cauda.cli.options import (
    AudienceName,
    ContrastName,
    ContrastOption,
    Device,
    DeviceName,
    Inputs,
    Models,
    SegmentationName,
)
from cauda.cli.options import SameFrame as SameFrameOption

if TYPE_CHECKING:
    from rich.console import Console

    from cauda.records import Analysis
    from cauda.settings import Settings

EXAMPLE = "Example: cauda analyze data_samples/l5s1_extrusion_left/dicom -o out"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="analyze", epilog=EXAMPLE)(analyze)


def analyze(  # noqa: PLR0913 - a command line has as many arguments as a person may choose
    inputs: Inputs,
    *,
    output: Annotated[Path, typer.Option("-o", "--output", help="Folder for the reports.")],
    symptoms: Annotated[
        str | None, typer.Option(help='The complaint, e.g. "night toe cramps on the left".')
    ] = None,
    prior: Annotated[
        Path | None, typer.Option(help="analysis.json of the prior study, to compare with.")
    ] = None,
    formats: Annotated[
        str,
        typer.Option(
            help="Comma-separated: json, html, summary, pdf, txt, csv, rsna, seg, sr, sc, fhir."
        ),
    ] = "json,html,summary,txt",
    audience: Annotated[
        AudienceName, typer.Option(help="For whom the summary is worded.")
    ] = AudienceName.CLINICIAN,
    device: Device = DeviceName.AUTO,
    models: Models = None,
    contrast: ContrastOption = None,
    same_frame: SameFrameOption = False,
    keep_identifiers: Annotated[
        bool, typer.Option("--keep-identifiers", help="Write patient and study identifiers.")
    ] = False,
    symptoms_to_pacs: Annotated[
        bool, typer.Option(help="Put the symptom map into DICOM and FHIR results.")
    ] = False,
    segmentation: Annotated[
        SegmentationName, typer.Option(help="How a DICOM segmentation is stored.")
    ] = SegmentationName.BINARY,
) -> None:
    """Analyze one lumbar-spine study and write its reports."""
    from rich.console import Console

    from cauda.settings import Settings

    settings = Settings(
        formats=tuple(part.strip() for part in formats.split(",") if part.strip()),
        device=device.value,
        models=models,
        contrast=contrast.contrast if isinstance(contrast, ContrastName) else None,
        same_frame=same_frame,
        keep_identifiers=keep_identifiers,
        audience=audience.value,
        segmentation=segmentation.value,
        symptoms_to_pacs=symptoms_to_pacs,
    )
    console = Console()
    analysis = _analyzed(inputs, settings, symptoms, prior, console)
    _write(analysis, output, settings, console)


def _analyzed(
    inputs: list[Path],
    settings: Settings,
    symptoms: str | None,
    prior: Path | None,
    console: Console,
) -> Analysis:
    """Run the pipeline under a progress bar that names the stage."""
    from rich.progress import Progress, SpinnerColumn, TextColumn, TimeElapsedColumn

    from cauda import wiring
    from cauda.pipeline import STAGES
    from cauda.relate import read_symptoms

    columns = (SpinnerColumn(), TextColumn("{task.description}"), TimeElapsedColumn())
    with Progress(*columns, console=console, transient=True) as progress:
        task = progress.add_task("load", total=len(STAGES))

        def step(stage: str) -> None:
            progress.update(task, description=stage, advance=1)

        return wiring.analyze(
            *inputs,
            settings=settings,
            symptoms=read_symptoms(symptoms) if symptoms else None,
            prior=prior,
            step=step,
        )


def _write(analysis: Analysis, output: Path, settings: Settings, console: Console) -> None:
    """Write everything, then show the summary and where it lies."""
    from cauda.output import write_analysis
    from cauda.report import terminal_summary

    messages: list[str] = []
    with console.status("report"):
        written = write_analysis(analysis, output, settings, tell=messages.append)
    page = next((path for path in written if path.name == "report.html"), None)
    console.print(terminal_summary(analysis, page))
    pictures = [path for path in written if path.parent.name == "figures"]
    for path in (p for p in written if p not in pictures):
        console.print(f"  wrote {path}", highlight=False, soft_wrap=True)
    if pictures:
        console.print(f"  wrote {len(pictures)} pictures in {pictures[0].parent}", soft_wrap=True)
    for message in messages:
        console.print(f"  {message}", highlight=False, markup=False, soft_wrap=True)
