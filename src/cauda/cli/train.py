"""``cauda train``: retrain the network from one small config file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: cauda train models/cauda_sagittal/configs/train.json --smoke"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="train", epilog=EXAMPLE)(train)


def train(
    config: Annotated[Path, typer.Argument(help="A training config (JSON).", exists=True)],
    *,
    spider: Annotated[
        Path | None,
        typer.Option(help="Folder of real cases; $CAUDA_DATA/spider_t2_space if left out."),
    ] = None,
    run: Annotated[
        Path | None, typer.Option(help="Folder for checkpoints; runs/<bundle> if left out.")
    ] = None,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="A few minutes only, for early numbers.")
    ] = False,
) -> None:
    """Train, or resume training, the sagittal network (needs the extra `train`)."""
    import logging

    from cauda.cli.extras import require

    require("torch", "monai", extra="train")
    from cauda.training import run as train_network

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    weights = train_network(config, smoke=smoke, spider=spider, folder=run)
    typer.echo(f"Averaged weights: {weights}")
