"""Objects from a PACS into a folder, by C-GET, C-MOVE or WADO-RS.

Files are named by a hash of their SOP Instance UID: what a peer sends never decides a path.
"""

from __future__ import annotations

import hashlib
import tempfile
import threading
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from pydicom.dataset import Dataset
from pynetdicom import AE, StoragePresentationContexts, evt
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event

from cauda.node import transfer
from cauda.node.bounded import Meter, received_into, start_server
from cauda.node.peer import DicomPeer
from cauda.node.syntaxes import transfer_syntaxes

MAX_BYTES = 2 * 1024**3
"""Largest object that is fetched."""
FAILED = 0xA700
TOLD = Callable[[int, int], None]
"""Given how many objects came and how many remain."""


def by_get(
    peer: DicomPeer, study_uid: str, folder: Path, caller: transfer.Caller, tell: TOLD
) -> int:
    """Fetch a study on the calling association; return how many objects failed."""
    with _receiving(folder) as handlers:
        return transfer.get(peer, study_uid, caller, handlers, tell)


def by_move(
    peer: DicomPeer,
    study_uid: str,
    folder: Path,
    caller: transfer.Caller,
    port: int,
    tell: TOLD,
) -> int:
    """Have a study sent to us, listening at ``port``; the peer must know us by our title.

    Returns
    -------
    int
        How many objects failed.
    """
    ae = AE(ae_title=caller.ae_title)
    ae.require_called_aet = True
    for context in StoragePresentationContexts:
        if context.abstract_syntax is not None:
            ae.add_supported_context(context.abstract_syntax, list(transfer_syntaxes()))
    with _receiving(folder) as handlers:
        server = start_server(ae, ("", port), handlers, None)
        thread = threading.Thread(target=server.serve_forever, args=(0.1,), daemon=True)
        thread.start()
        try:
            return transfer.move(peer, study_uid, caller.ae_title, caller, tell)
        finally:
            server.shutdown()
            thread.join()


def save(datasets: Iterable[Dataset], folder: Path, tell: Callable[[int], None]) -> int:
    """Write what WADO-RS gives; return how many."""
    folder.mkdir(parents=True, exist_ok=True)
    count = 0
    for count, dataset in enumerate(datasets, start=1):
        target = folder / file_name(str(dataset.SOPInstanceUID))
        with tempfile.NamedTemporaryFile(dir=folder, suffix=".part", delete=False) as stream:
            dataset.save_as(stream, enforce_file_format=True)
        Path(stream.name).replace(target)
        tell(count)
    return count


def file_name(sop_uid: str) -> str:
    """A name that says nothing and leads nowhere."""
    return f"{hashlib.sha256(sop_uid.encode('utf-8', 'replace')).hexdigest()[:32]}.dcm"


@contextmanager
def _receiving(folder: Path) -> Iterator[list[evt.EventHandlerType]]:
    """Handlers that put every received object into ``folder`` in one step."""
    folder.mkdir(parents=True, exist_ok=True)

    def on_store(event: Event) -> int:
        path: object = event.dataset_path
        request = event.request
        if not isinstance(path, Path) or not isinstance(request, C_STORE):
            return FAILED
        if request._dataset_file is not None:
            request._dataset_file.close()
        try:
            path.replace(folder / file_name(str(request.AffectedSOPInstanceUID)))
        except OSError:
            return FAILED
        return 0

    meter = Meter(MAX_BYTES, lambda _association: None)
    handlers: list[evt.EventHandlerType] = [(evt.EVT_C_STORE, on_store), *meter.handlers()]
    with (
        tempfile.TemporaryDirectory(dir=folder, prefix=".part-") as scratch,
        received_into(Path(scratch)),
    ):
        yield handlers
