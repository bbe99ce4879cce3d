"""``cauda send``: DICOM files to a PACS or a node."""

from __future__ import annotations

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cauda.cli import peers
from cauda.cli.extras import require

if TYPE_CHECKING:
    from cauda.node.config import Tls
    from cauda.node.peer import Peer

EXAMPLE = (
    "Examples: cauda send study/ --to CAUDA@127.0.0.1:11112 | "
    "cauda send study.zip --to https://pacs/dicom-web --token-file token"
)


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="send", epilog=EXAMPLE)(send)


def send(  # noqa: PLR0913 - a command line has as many arguments as a person may choose
    inputs: Annotated[
        list[Path],
        typer.Argument(help="Folders, zips, DICOMDIRs or files.", show_default=False),
    ],
    *,
    to: Annotated[str, typer.Option(help="TITLE@host:port, or a DICOMweb URL.")],
    calling: peers.Calling = "CAUDA",
    tls: peers.UseTls = False,
    tls_authority: peers.TlsAuthority = None,
    tls_certificate: peers.TlsCertificate = None,
    tls_key: peers.TlsKey = None,
    token_file: peers.TokenFile = None,
) -> None:
    """Send DICOM files by C-STORE or STOW-RS, just as they are."""
    require("pynetdicom", "dicomweb_client", extra="node")
    from cauda.cli.failure import IN_PART
    from cauda.load.discover import files_of
    from cauda.node.peer import parse_peer
    from cauda.node.quiet import silence_libraries

    silence_libraries()
    security = peers.tls_of(tls_authority, tls_certificate, tls_key)
    peer = parse_peer(to)
    with files_of(inputs) as found:
        files = sorted(found.files)
        caller = (calling, security, tls)
        reasons = _send(files, peer, caller, token_file)
    refused = Counter(reason for reason in reasons.values() if reason)
    typer.echo(f"{len(files) - refused.total()} of {len(files)} files stored by {to}")
    for reason, count in refused.most_common():
        typer.echo(f"  {count} not: {reason}")
    if refused:
        raise typer.Exit(IN_PART)


def _send(
    files: list[Path], peer: Peer, caller: tuple[str, Tls, bool], token_file: Path | None
) -> dict[int, str]:
    """Reason of every file, empty where it was stored, under a progress bar."""
    from cauda.node import dicomweb, transfer
    from cauda.node.peer import WebPeer

    title, security, use_tls = caller
    reasons = dict.fromkeys(range(len(files)), "It was not reached.")
    with peers.progress_bar() as progress:
        task = progress.add_task("send", total=len(files))

        def tell(index: int, reason: str) -> None:
            reasons[index] = reason
            progress.advance(task)

        if isinstance(peer, WebPeer):
            dicomweb.store(peer, files, peers.access_of(token_file, security), tell=tell)
        else:
            transfer.store(
                peer, files, peers.caller_of(title, security, use_tls=use_tls), tell=tell
            )
    return reasons
