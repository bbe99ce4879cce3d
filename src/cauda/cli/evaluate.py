"""``cauda evaluate``: score the network, or another tool's masks, on a data set."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cauda.cli.failure import IN_PART
from cauda.cli.options import Device, DeviceName, Models
from cauda.errors import UsageError

if TYPE_CHECKING:
    from rich.console import Console

    from cauda.datasets import DataSet
    from cauda.evaluation.predictors import Predictor
    from cauda.evaluation.study import Evaluation

EXAMPLE = "Example: cauda evaluate spider/dataset.yaml -o out"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="evaluate", epilog=EXAMPLE)(evaluate)


def evaluate(  # noqa: PLR0913 - a command line has as many arguments as a person may choose
    dataset: Annotated[
        Path,
        typer.Argument(
            help="A card (dataset.yaml), its folder, an nnU-Net, BIDS or RSNA 2024 data set.",
            exists=True,
        ),
    ],
    *,
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for the JSON and the page.")
    ] = None,
    predictions: Annotated[
        Path | None, typer.Option(help="Folder of another tool's masks, instead of the network.")
    ] = None,
    labels: Annotated[
        str | None,
        typer.Option(help="Label map of those masks: totalspineseg, spineps, spider, cauda, ..."),
    ] = None,
    split: Annotated[
        str | None, typer.Option(help="Only this split; all that is not in train, if left out.")
    ] = None,
    device: Device = DeviceName.AUTO,
    models: Models = None,
) -> None:
    """Score a segmentation on a data set: Dice, surface distances, volumes and level names."""
    from rich.console import Console

    from cauda.datasets.layouts import open_dataset
    from cauda.datasets.rsna import is_rsna

    if is_rsna(dataset):
        if predictions or labels or split:
            msg = (
                "RSNA 2024 has grades, not masks: --predictions, --labels and --split do not apply."
            )
            raise UsageError(msg)
        _grade(dataset, output, device, models)
        return
    opened = open_dataset(dataset)
    predictor, source = (
        _own(device, models)
        if predictions is None and labels is None
        else _peer(opened, predictions, labels)
    )
    console = Console()
    evaluation = _evaluated(opened, predictor, source, split, console)
    _show(evaluation, console)
    if output is not None:
        _write(evaluation, output, console)
    if evaluation.left_out:
        raise typer.Exit(IN_PART)


def _own(device: DeviceName, models: Path | None) -> tuple[Predictor, str]:
    from cauda.evaluation.predictors import own_network
    from cauda.nets.bundles import find_bundle
    from cauda.settings import Settings
    from cauda.wiring import SAGITTAL_BUNDLE

    bundle = find_bundle(SAGITTAL_BUNDLE, models)
    settings = Settings(device=device.value, models=models)
    return own_network(settings), f"{bundle.name} {bundle.version}"


def _peer(dataset: DataSet, predictions: Path | None, labels: str | None) -> tuple[Predictor, str]:
    from cauda.evaluation.predictors import from_files

    if predictions is None or labels is None:
        msg = (
            "Give --predictions and --labels together: what the numbers of a mask mean is never "
            "guessed from them."
        )
        raise UsageError(msg)
    if not predictions.is_dir():
        msg = f"{predictions.name!r} is no folder; --predictions takes the folder of the masks."
        raise UsageError(msg)
    images = [case.image for case in dataset.cases]
    source = f"masks read from disk, label map {labels}"
    return from_files(predictions, labels, images), source


def _evaluated(
    dataset: DataSet, predictor: Predictor, source: str, split: str | None, console: Console
) -> Evaluation:
    """Score every case under a progress bar."""
    from rich.progress import Progress

    from cauda.evaluation.study import evaluate as evaluate_cases

    splits = _splits(dataset, split)
    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("score", total=len(dataset.cases_of(*splits)))

        def step(case: str) -> None:
            progress.update(task, description=case, advance=1)

        return evaluate_cases(dataset, predictor, source=source, splits=splits, step=step)


def _splits(dataset: DataSet, split: str | None) -> tuple[str, ...]:
    """Those asked for, else all that was not trained on; empty where the card has no split."""
    held_out = tuple(s for s in dataset.split if s != "train")
    if split is None and dataset.split and not held_out:
        msg = "The card keeps no patient out of training; name a split with --split train."
        raise UsageError(msg)
    return (split,) if split else held_out


def _show(evaluation: Evaluation, console: Console) -> None:
    from rich.table import Table

    from cauda.evaluation.page import (
        COLUMNS,
        SHORT,
        case_rows,
        name_rows,
        patient_rows,
        summary_rows,
    )

    structures = Table("", *(title for title, _, _ in COLUMNS), title=evaluation.dataset.name)
    for row in summary_rows(evaluation):
        structures.add_row(row.name, *row.cells)
    cases = Table("Dice / ASSD mm", *evaluation.structures)
    for row in case_rows(evaluation):
        cases.add_row(row.name, *row.cells)
    names = Table("", "share correct", "correct", "wrong", "missing", "unnamed")
    for row in name_rows(evaluation):
        names.add_row(row.name, *row.cells)
    short = " / ".join(title for title, _, _ in SHORT)
    patients = Table("patient", "level names right", *evaluation.structures, title=short)
    for row in patient_rows(evaluation):
        patients.add_row(row.name, *row.cells)
    for table in (cases, patients, structures, names):
        console.print(table)
    for case, reason in evaluation.left_out:
        console.print(f"left out {case}: {reason}", highlight=False, markup=False)


def _write(evaluation: Evaluation, folder: Path, console: Console) -> None:
    import json

    from cauda.evaluation.document import as_document
    from cauda.evaluation.page import page

    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(as_document(evaluation), indent=1, ensure_ascii=False, allow_nan=False)
    documents = {"evaluation.json": text + "\n", "evaluation.html": page(evaluation)}
    for name, content in documents.items():
        (folder / name).write_text(content, encoding="utf-8")
        console.print(f"wrote {folder / name}", highlight=False, soft_wrap=True)


def _grade(folder: Path, output: Path | None, device: DeviceName, models: Path | None) -> None:
    """Grade the RSNA 2024 studies of ``folder`` with the whole pipeline."""
    import json

    from rich.console import Console
    from rich.progress import Progress

    from cauda import wiring
    from cauda.datasets.rsna import GradedStudy, rsna_studies
    from cauda.evaluation.rsna import submission_csv
    from cauda.evaluation.rsna_run import grade_studies, rsna_document
    from cauda.records import Finding
    from cauda.settings import Settings

    settings = Settings(device=device.value, models=models)
    studies = rsna_studies(folder)
    console = Console()

    def findings_of(study: GradedStudy) -> tuple[Finding, ...]:
        return wiring.analyze(study.folder, settings=settings).findings

    with Progress(console=console, transient=True) as progress:
        task = progress.add_task("grade", total=len(studies))

        def step(study: str) -> None:
            progress.update(task, description=study, advance=1)

        run = grade_studies(studies, findings_of, step=step)
    document = json.dumps(rsna_document(run), indent=1, allow_nan=False)
    console.print_json(document)
    if output is not None:
        output.mkdir(parents=True, exist_ok=True)
        (output / "rsna.json").write_text(document + "\n", encoding="utf-8")
        (output / "submission.csv").write_text(submission_csv(run.rows), encoding="utf-8")
        console.print(f"wrote {output}", highlight=False, soft_wrap=True)
    if run.left_out:
        raise typer.Exit(IN_PART)
