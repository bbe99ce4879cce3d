"""``cauda train``: retrain or fine-tune the network from one small config file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from cauda.cli.options import DeviceName

EXAMPLE = "Example: cauda train models/cauda_sagittal/configs/train.json --smoke"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="train", epilog=EXAMPLE)(train)


def train(  # noqa: PLR0913 - a command line has as many arguments as a person may choose
    config: Annotated[Path, typer.Argument(help="A training config (JSON).", exists=True)],
    *,
    data: Annotated[
        list[Path] | None,
        typer.Option(help="A data-set card (dataset.yaml) to learn from; may be repeated."),
    ] = None,
    spider: Annotated[
        Path | None,
        typer.Option(
            help="Folder of SPIDER's SPACE cases as NIfTI; $CAUDA_DATA/spider_t2_space if neither "
            "it nor a card is named."
        ),
    ] = None,
    init: Annotated[
        str, typer.Option(help="Begin with these weights: a bundle's name or folder, or a file.")
    ] = "",
    run: Annotated[
        Path | None, typer.Option(help="Folder for checkpoints; runs/<bundle> if left out.")
    ] = None,
    pseudo: Annotated[
        Path | None, typer.Option(help="Folder of slices labelled by scripts/label_slices.py.")
    ] = None,
    phantoms: Annotated[
        Path | None, typer.Option(help="Folder of stored phantoms; inside the run's if left out.")
    ] = None,
    device: Annotated[
        DeviceName, typer.Option(help="Where to train; auto takes CUDA, MPS or the CPU.")
    ] = DeviceName.AUTO,
    tensorboard: Annotated[
        bool, typer.Option("--tensorboard", help="Also write TensorBoard events.")
    ] = False,
    smoke: Annotated[
        bool,
        typer.Option(
            "--smoke", help="A few minutes only; on phantoms alone unless data are named."
        ),
    ] = False,
) -> None:
    """Train, fine-tune or resume training a network (needs the extra `train`).

    The configuration says which: with `"plane": "axial"` the axial one, else the sagittal one.
    """
    import logging

    from rich.console import Console
    from rich.logging import RichHandler

    from cauda.cli.extras import require

    require("torch", "monai", extra="train")
    from cauda.training import Options
    from cauda.training import run as train_network

    console = Console(stderr=True)
    handler = RichHandler(console=console, show_path=False, show_level=False)
    logging.basicConfig(level=logging.INFO, format="%(message)s", handlers=[handler])
    options = Options(
        smoke=smoke,
        data=tuple(data or ()),
        spider=spider,
        folder=run,
        phantoms=phantoms,
        pseudo=pseudo,
        init=init,
        device=device.value,
        tensorboard=tensorboard,
    )
    weights = train_network(config, options, console)
    typer.echo(f"Averaged weights: {weights}")
