"""The ``cauda`` command: one thin module a command, each loading its work when it is called.

Exit codes: 0 done (UNKNOWN findings included), 2 unusable input or wrong usage (nothing
written), 3 done in part.
"""

from __future__ import annotations

from typing import Annotated

import typer

import cauda
from cauda.cli import analyze, evaluate, explain, fetch, info, node, phantom, segment, send, train
from cauda.cli.failure import exit_cleanly

app = typer.Typer(
    name="cauda",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode="rich",
    pretty_exceptions_enable=False,
    help=(
        "Lumbar-spine MRI in; levels, measurements, grades, nerve roots and associated foot "
        "symptoms out. Research use only, not a medical device."
    ),
    epilog="Example: cauda analyze data_samples/l5s1_extrusion_left/dicom -o out",
)


def _version(asked: bool) -> None:
    if asked:
        typer.echo(f"cauda {cauda.__version__}")
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Read the shared options."""


for module in (analyze, segment, explain, phantom, train, evaluate, info, node, send, fetch):
    module.register(app)


def main() -> None:
    """Run the command line; known errors become one sentence and an exit code."""
    with exit_cleanly():
        app()
