"""``cauda fetch``: find a study in a PACS and bring it here."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from cauda.cli import peers
from cauda.cli.extras import require

if TYPE_CHECKING:
    from pydicom.dataset import Dataset

    from cauda.node.dicomweb import Access
    from cauda.node.peer import Peer
    from cauda.node.transfer import Caller

EXAMPLE = (
    "Examples: cauda fetch --from PACS@10.0.0.5:104 --patient 4711 --list | "
    "cauda fetch --from https://pacs/dicom-web --study 1.2.3 -o study | "
    "cauda fetch --from PACS@10.0.0.5:104 --study 1.2.3 --move --port 11113 -o study"
)
SHOWN = ("StudyDate", "PatientID", "StudyDescription", "ModalitiesInStudy", "StudyInstanceUID")


def register(app: typer.Typer) -> None:
    """Add the command to ``app``."""
    app.command(name="fetch", epilog=EXAMPLE)(fetch)


def fetch(  # noqa: PLR0913 - a command line has as many arguments as a person may choose
    *,
    source: Annotated[str, typer.Option("--from", help="TITLE@host:port, or a DICOMweb URL.")],
    output: Annotated[
        Path | None, typer.Option("-o", "--output", help="Folder for the study.")
    ] = None,
    study: Annotated[str, typer.Option(help="Study Instance UID.")] = "",
    patient: Annotated[str, typer.Option(help="Patient ID.")] = "",
    accession: Annotated[str, typer.Option(help="Accession number.")] = "",
    date: Annotated[str, typer.Option(help="Study date or range: 20240131, 20240101-.")] = "",
    only_list: Annotated[bool, typer.Option("--list", help="Show what matches, only.")] = False,
    move: Annotated[bool, typer.Option("--move", help="C-MOVE instead of C-GET.")] = False,
    port: Annotated[int, typer.Option(help="Where we listen for C-MOVE.")] = 11113,
    calling: peers.Calling = "CAUDA",
    tls: peers.UseTls = False,
    tls_authority: peers.TlsAuthority = None,
    tls_certificate: peers.TlsCertificate = None,
    tls_key: peers.TlsKey = None,
    token_file: peers.TokenFile = None,
) -> None:
    """Find a study by C-FIND or QIDO-RS and fetch it by C-GET, C-MOVE or WADO-RS.

    Exactly one study must match; `--list` shows all that do.
    """
    require("pynetdicom", "dicomweb_client", extra="node")
    from cauda.cli.failure import IN_PART
    from cauda.node.peer import parse_peer
    from cauda.node.quiet import silence_libraries

    silence_libraries()
    security = peers.tls_of(tls_authority, tls_certificate, tls_key)
    peer = parse_peer(source)
    caller = peers.caller_of(calling, security, use_tls=tls)
    access = peers.access_of(token_file, security)
    query = {
        "StudyInstanceUID": study,
        "PatientID": patient,
        "AccessionNumber": accession,
        "StudyDate": date,
        "ModalitiesInStudy": "",
        "StudyDescription": "",
        "NumberOfStudyRelatedInstances": "",
    }
    found = _find(peer, query, caller, access)
    if only_list:
        _show(found)
        return
    uid, total = _only(found)
    folder = _folder(output)
    fetched, failed = _fetch(peer, uid, folder, (caller, access), (port if move else None, total))
    typer.echo(f"{fetched} objects in {folder}" + (f", {failed} failed" if failed else ""))
    if failed or not fetched:
        raise typer.Exit(IN_PART)


def _find(peer: Peer, query: dict[str, str], caller: Caller, access: Access) -> tuple[Dataset, ...]:
    from cauda.errors import UsageError
    from cauda.node import dicomweb, transfer
    from cauda.node.peer import WebPeer

    if not any(query.values()):
        msg = "Say what to look for: --study, --patient, --accession or --date."
        raise UsageError(msg)
    if isinstance(peer, WebPeer):
        return dicomweb.find(peer, query, access)
    return transfer.find(peer, query, caller)


def _show(found: tuple[Dataset, ...]) -> None:
    from cauda.cli.plain import aligned

    header = ("date", "patient", "description", "modalities", "Study Instance UID")
    rows = [[_text(item.get(keyword, "")) for keyword in SHOWN] for item in found]
    typer.echo(aligned(header, rows) if rows else "No study matches.")


def _text(value: object) -> str:
    """One value, or several as DICOM writes them."""
    if isinstance(value, Sequence) and not isinstance(value, str):
        return "\\".join(str(v) for v in value)
    return str(value or "")


def _only(found: tuple[Dataset, ...]) -> tuple[str, int | None]:
    """UID and number of objects of the one study that matches."""
    from cauda.errors import UsageError

    if len(found) != 1:
        msg = f"{len(found)} studies match, but one is fetched at a time; --list shows them."
        raise UsageError(msg)
    count = found[0].get("NumberOfStudyRelatedInstances")
    return str(found[0].StudyInstanceUID), int(count) if count else None


def _folder(output: Path | None) -> Path:
    from cauda.errors import UsageError

    if output is None:
        msg = "Name the folder for the study with -o."
        raise UsageError(msg)
    return output


def _fetch(
    peer: Peer,
    uid: str,
    folder: Path,
    how: tuple[Caller, Access],
    port_and_total: tuple[int | None, int | None],
) -> tuple[int, int]:
    """Number of objects fetched and failed, under a progress bar."""
    from cauda.node import dicomweb
    from cauda.node import fetch as fetching
    from cauda.node.peer import WebPeer

    caller, access = how
    port, total = port_and_total
    done = [0]
    with peers.progress_bar() as progress:
        task = progress.add_task("fetch", total=total)

        def tell(count: int, remaining: int = 0) -> None:
            done[0] = count
            progress.update(task, completed=count, total=total or count + remaining)

        if isinstance(peer, WebPeer):
            fetched = fetching.save(dicomweb.retrieve(peer, uid, access), folder, tell)
            return fetched, max((total or fetched) - fetched, 0)
        if port is None:
            failed = fetching.by_get(peer, uid, folder, caller, tell)
        else:
            failed = fetching.by_move(peer, uid, folder, caller, port, tell)
    return done[0], failed
