"""``cauda info``: what is installed, and the card of the shipped model."""

from __future__ import annotations

import typer

from cauda.cli.options import Models


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="info", epilog="Example: cauda info")(info)


def info(models: Models = None) -> None:
    """Show versions, the model bundle and its card, and the intended use."""
    import platform

    from rich.console import Console
    from rich.table import Table

    import cauda
    from cauda.knowledge import wording
    from cauda.nets.bundles import find_bundle
    from cauda.wiring import SAGITTAL_BUNDLE

    bundle = find_bundle(SAGITTAL_BUNDLE, models)
    table = Table(show_header=False, box=None)
    table.add_row("cauda", cauda.__version__)
    table.add_row("python", platform.python_version())
    table.add_row("bundle", f"{bundle.name} {bundle.version}")
    table.add_row("sha256", bundle.sha256)
    for subject, scores in bundle.metadata["metrics"].items():
        for structure, score in scores.items():
            if isinstance(score, dict):
                low, high = score["dice_95"]
                line = f"Dice {score['dice']:.3f} ({low:.3f} to {high:.3f})"
                table.add_row(f"{structure}, {subject}", line)
    console = Console()
    console.print(table)
    console.print(wording("intended_use"))
