"""``cauda train``: retrain the network from one small config file."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

EXAMPLE = "Example: cauda train models/cauda_sagittal/configs/train.toml --smoke"


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="train", epilog=EXAMPLE)(train)


def train(
    config: Annotated[Path, typer.Argument(help="A training config (TOML).", exists=True)],
    *,
    smoke: Annotated[
        bool, typer.Option("--smoke", help="A few short steps, for early numbers.")
    ] = False,
) -> None:
    """Train, or resume training, the sagittal network (needs the extra `train`)."""
    from cauda.cli.extras import require

    require("torch", "monai", extra="train")
    from cauda.training import run

    run(config, smoke=smoke)
