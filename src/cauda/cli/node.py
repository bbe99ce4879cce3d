"""``cauda node``: receive studies, analyze them, send the results back."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cauda.cli.extras import require

if TYPE_CHECKING:
    from sqlalchemy import Engine

    from cauda.node.config import Config

EPILOG = "Example: cauda node example > node.toml && cauda node run --config node.toml"
DEFAULT = Path("node.toml")

ConfigPath = Annotated[
    Path | None,
    typer.Option("-c", "--config", help="The node's TOML file; node.toml if left out."),
]

app = typer.Typer(
    name="node",
    epilog=EPILOG,
    invoke_without_command=True,
    help="A DICOM node: C-STORE in, results out by C-STORE or STOW-RS (extra `node`).",
)


def register(parent: typer.Typer) -> None:
    """Add the command group to ``parent``."""
    parent.add_typer(app)


@app.callback()
def root(context: typer.Context, *, config: ConfigPath = None) -> None:
    """Run the node when no other command is named."""
    require("pynetdicom", "dicomweb_client", "sqlalchemy", extra="node")
    context.obj = config
    if context.invoked_subcommand is None:
        run(context)


def _path(context: typer.Context, config: Path | None) -> Path:
    """The file named after the command, else before it, else the default."""
    before: Path | None = context.obj
    return config or before or DEFAULT


@app.command(epilog=EPILOG)
def run(context: typer.Context, *, config: ConfigPath = None) -> None:
    """Run the node until it gets SIGTERM or Ctrl-C."""
    from cauda.node.config import read_config
    from cauda.node.quiet import start_logging
    from cauda.node.serve import serve, stop_on_signals

    start_logging()
    settings = read_config(_path(context, config))

    def ready(port: int) -> None:
        title = settings.node.ae_title
        typer.echo(f"{title} listens at {settings.node.host}:{port}; stop it with Ctrl-C.")

    serve(settings, stop_on_signals(), ready)


@app.command(epilog="Example: cauda node status --config node.toml")
def status(
    context: typer.Context,
    *,
    config: ConfigPath = None,
    study: Annotated[
        str | None, typer.Option(help="Study Instance UID, or the name that logs show.")
    ] = None,
) -> None:
    """Show where every study stands, and why."""
    from cauda.cli.plain import aligned
    from cauda.node.status import read_status

    settings, engine = _open(_path(context, config))
    found = read_status(engine, _name(settings, study) if study else None)
    header = ("study", "state", "from", "images", "sent", "changed (UTC)", "reason")
    rows = [
        (
            row.study,
            row.state,
            row.sender,
            str(row.instances),
            f"{row.sent} of {row.results}",
            f"{row.changed:%Y-%m-%d %H:%M:%S}",
            row.reason,
        )
        for row in found
    ]
    typer.echo(aligned(header, rows) if rows else "The queue holds no such study.")


@app.command(epilog="Example: cauda node retry 0f3c... --config node.toml")
def retry(
    context: typer.Context,
    study: Annotated[str, typer.Argument(help="Study Instance UID, or the name that logs show.")],
    *,
    config: ConfigPath = None,
) -> None:
    """Give a failed or refused study another chance."""
    from cauda.errors import UsageError
    from cauda.node.status import retry as try_again

    settings, engine = _open(_path(context, config))
    if not try_again(engine, _name(settings, study)):
        msg = "No failed or refused study has that name; `cauda node status` lists them."
        raise UsageError(msg)
    typer.echo("queued again")


@app.command(epilog="Example: cauda node check --config node.toml")
def check(context: typer.Context, *, config: ConfigPath = None) -> None:
    """Check the configuration, and whether every destination answers."""
    from cauda.cli.failure import IN_PART
    from cauda.errors import TransferError
    from cauda.node.config import read_config
    from cauda.node.deliver import reach

    path = _path(context, config)
    settings = read_config(path)
    typer.echo(f"{path}: no error")
    failed = 0
    for destination in settings.deliver:
        try:
            reach(settings, destination)
            typer.echo(f"{destination.to}: answers")
        except TransferError as error:
            failed += 1
            typer.echo(str(error))
    if failed:
        raise typer.Exit(IN_PART)


@app.command(epilog="Example: cauda node audit --config node.toml")
def audit(context: typer.Context, *, config: ConfigPath = None) -> None:
    """Verify that the audit trail is whole: nothing removed, nothing altered."""
    from cauda.cli.failure import IN_PART
    from cauda.errors import UsageError
    from cauda.node.audit import verify
    from cauda.node.config import read_config
    from cauda.node.store import Store

    path = Store(read_config(_path(context, config)).node.store).audit
    if not path.is_file():
        msg = f"There is no audit trail at {path}; the node has not run yet."
        raise UsageError(msg)
    count, broken = verify(path)
    typer.echo(f"{path}: {count} lines, {len(broken)} that do not follow from the line before")
    if broken:
        typer.echo(f"lines {', '.join(str(n) for n in broken[:20])}")
        raise typer.Exit(IN_PART)


@app.command(epilog=EPILOG)
def example() -> None:
    """Print an example configuration with every setting explained."""
    from cauda.node.config import EXAMPLE

    typer.echo(EXAMPLE.read_text(encoding="utf-8"), nl=False)


def _open(path: Path) -> tuple[Config, Engine]:
    """The configuration and its queue, which must exist."""
    from cauda.errors import UsageError
    from cauda.node.config import read_config
    from cauda.node.tables import connect

    settings = read_config(path)
    default = settings.node.store / "queue.sqlite"
    if not settings.node.database and not default.is_file():
        msg = f"There is no queue at {default}; the node has not run yet."
        raise UsageError(msg)
    return settings, connect(settings.node.database, default)


def _name(settings: Config, study: str) -> str:
    """A study's name in the store, from that name itself or from its UID."""
    from cauda.node.names import read_names
    from cauda.node.store import Store

    if "." not in study:
        return study
    return read_names(Store(settings.node.store).key).of("study", study)
