"""Options that `send` and `fetch` share, and what they make of them."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

if TYPE_CHECKING:
    from rich.progress import Progress

    from cauda.node.config import Tls
    from cauda.node.dicomweb import Access
    from cauda.node.transfer import Caller

Calling = Annotated[str, typer.Option("--calling", help="Our own AE title.")]
TlsAuthority = Annotated[
    Path | None, typer.Option("--tls-authority", help="PEM of the authority that the peer trusts.")
]
TlsCertificate = Annotated[Path | None, typer.Option("--tls-certificate", help="Our own, PEM.")]
TlsKey = Annotated[Path | None, typer.Option("--tls-key", help="Its key, PEM.")]
UseTls = Annotated[bool, typer.Option("--tls", help="DICOM over TLS.")]
TokenFile = Annotated[
    Path | None, typer.Option("--token-file", help="Holds a bearer token for DICOMweb.")
]


def tls_of(authority: Path | None, certificate: Path | None, key: Path | None) -> Tls:
    """Gather the TLS options."""
    from cauda.node.config import Tls

    return Tls(authority=authority, certificate=certificate, key=key)


def caller_of(title: str, tls: Tls, *, use_tls: bool) -> Caller:
    """Who calls a DICOM peer, and how."""
    from cauda.node.peer import ae_title
    from cauda.node.tls import client_context
    from cauda.node.transfer import Caller

    is_asked = use_tls or tls.authority is not None or tls.certificate is not None
    return Caller(ae_title=ae_title(title), context=client_context(tls) if is_asked else None)


def access_of(token_file: Path | None, tls: Tls) -> Access:
    """How a DICOMweb service is reached."""
    from cauda.node.dicomweb import Access

    return Access(token_file=token_file, tls=tls)


def progress_bar() -> Progress:
    """A bar with a count, drawn on stderr so that stdout stays clean."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn())
    return Progress(*columns, console=Console(stderr=True), transient=True)
