"""The receiving side: C-ECHO and C-STORE. Handlers answer with a status and never raise."""

from __future__ import annotations

import logging
import ssl
import threading
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import cast

from pydicom.dataset import Dataset
from pynetdicom import AE, evt
from pynetdicom.association import Association
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.events import Event
from pynetdicom.transport import AssociationServer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cauda.errors import RefusedObjectError
from cauda.node.audit import Audit
from cauda.node.bounded import Meter, start_server
from cauda.node.config import Config
from cauda.node.examine import CANNOT_UNDERSTAND, OUT_OF_RESOURCES, examine
from cauda.node.names import Names
from cauda.node.queue import Arrival, record
from cauda.node.store import Store, sync
from cauda.node.syntaxes import SOP_CLASSES, VERIFICATION, transfer_syntaxes
from cauda.node.tls import server_context

SUCCESS = 0x0000
GIB = 1024**3
MIB = 1024**2
MINUTE_S = 60.0
SLACK_BYTES = 64 * 1024
"""What command, file meta and PDU headers may add to an object."""

_LOG = logging.getLogger(__name__)


@dataclass(slots=True)
class Tally:
    """What one association brought, for one line of the audit trail."""

    accepted: Counter[str] = field(default_factory=Counter)
    refused: Counter[str] = field(default_factory=Counter)


class Receiver:
    """Takes objects into the store and the queue.

    Parameters
    ----------
    config : Config
    store : Store
    names : Names
    engine : Engine
    audit : Audit
    clock : callable
        Seconds since the epoch.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        names: Names,
        engine: Engine,
        audit: Audit,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._config = config.receive
        self._title = config.node.ae_title
        self._address = (config.node.host, config.node.port)
        self._store, self._names, self._engine, self._audit = store, names, engine, audit
        self._clock = clock
        self._max_bytes = int(config.receive.max_object_mib * MIB)
        self._tallies: dict[int, Tally] = {}
        self._rates: dict[str, tuple[float, float]] = {}
        self._lock = threading.Lock()

    def server(self) -> AssociationServer:
        """Bind the port; the caller runs ``serve_forever``."""
        ae = AE(ae_title=self._title)
        ae.require_called_aet = True
        ae.require_calling_aet = list(self._config.allow)
        ae.maximum_associations = self._config.max_associations
        timeout_s = self._config.timeout_s
        ae.acse_timeout = ae.dimse_timeout = ae.network_timeout = timeout_s
        ae.add_supported_context(VERIFICATION)
        for sop_class in SOP_CLASSES:
            ae.add_supported_context(sop_class, list(transfer_syntaxes()))
        meter = Meter(self._max_bytes + SLACK_BYTES, self._cut_off)
        handlers: list[evt.EventHandlerType] = [
            *meter.handlers(),
            (evt.EVT_C_STORE, self.on_store),
            (evt.EVT_REJECTED, self._on_rejected),
            (evt.EVT_CONN_CLOSE, self._on_close),
        ]
        tls = self._config.tls
        context: ssl.SSLContext | None = server_context(tls) if tls else None
        return start_server(ae, self._address, handlers, context)

    def on_store(self, event: Event) -> Dataset | int:
        """Answer one C-STORE: success only once the object is in the store and the queue."""
        tally = self._tally(event.assoc)
        try:
            study = self._take(event)
        except RefusedObjectError as error:
            tally.refused[str(error)] += 1
            return _answer(error.status, str(error))
        except (OSError, SQLAlchemyError) as error:
            _LOG.error("An object could not be stored: %s.", type(error).__name__)
            tally.refused["The store or the queue failed."] += 1
            return _answer(OUT_OF_RESOURCES, "The node cannot store at the moment.")
        tally.accepted[study] += 1
        return SUCCESS

    def _take(self, event: Event) -> str:
        """Check, place and record one object; return its study's name."""
        sender = str(event.assoc.requestor.ae_title).strip()
        path: object = event.dataset_path
        if not isinstance(path, Path):
            msg = "The C-STORE command came without an object."
            raise RefusedObjectError(msg, CANNOT_UNDERSTAND)
        request = cast(C_STORE, event.request)
        announced = (str(request.AffectedSOPClassUID), str(request.AffectedSOPInstanceUID))
        return self.take_file(path, sender, announced)

    def take_file(self, path: Path, sender: str, announced: tuple[str, str] | None = None) -> str:
        """Take a file that lies in the store's incoming folder.

        Returns
        -------
        str
            Name of its study.

        Raises
        ------
        RefusedObjectError
            With the status for its sender.
        """
        self._check_resources(sender)
        received = examine(path, self._max_bytes, announced)
        study = self._names.of("study", received.study_uid)
        key = self._names.of("instance", received.sop_uid)
        if self._config.durability == "instance":
            sync(path)
        file = self._store.place(path, study, key, received.content)
        arrival = Arrival(
            study=study,
            key=key,
            content=received.content,
            file=file,
            size_bytes=received.size_bytes,
            sender=sender,
        )
        record(self._engine, arrival, self._clock(), self._config.max_study_instances)
        placed = self._store.study(study) / file
        if not placed.is_file():
            msg = "The study was being deleted; send the object again."
            raise RefusedObjectError(msg, OUT_OF_RESOURCES)
        if self._config.durability == "instance":
            sync(placed.parent)
        return study

    def _check_resources(self, sender: str) -> None:
        """Refuse for now when the disk is nearly full or the sender too fast."""
        if self._store.free_bytes() < self._config.min_free_gib * GIB:
            msg = "The node's disk is nearly full."
            raise RefusedObjectError(msg, OUT_OF_RESOURCES)
        if not self._may_pass(sender):
            msg = "More objects a minute than the node takes of one sender; send again later."
            raise RefusedObjectError(msg, OUT_OF_RESOURCES)

    def _may_pass(self, sender: str) -> bool:
        """Whether a sender's bucket, refilled steadily, still holds a token."""
        most = float(self._config.max_instances_per_minute)
        now = time.monotonic()
        with self._lock:
            left, at = self._rates.get(sender, (most, now))
            left = min(most, left + (now - at) * most / MINUTE_S)
            self._rates[sender] = (max(left - 1.0, 0.0), now)
        return left >= 1.0

    def _tally(self, association: Association) -> Tally:
        with self._lock:
            return self._tallies.setdefault(id(association), Tally())

    def _cut_off(self, association: Association) -> None:
        _LOG.warning("An association was aborted: its object is larger than allowed.")
        self._tally(association).refused["The object was too large; association aborted."] += 1

    def _on_rejected(self, event: Event) -> None:
        """Note who was turned away; both titles are the sender's own words, so quoted by json."""
        requestor = event.assoc.requestor
        primitive = requestor.primitive
        called = str(primitive.called_ae_title).strip() if primitive else ""
        self._audit.write(
            "association rejected",
            sender=str(requestor.ae_title).strip(),
            called=called,
            address=str(requestor.address),
        )

    def _on_close(self, event: Event) -> None:
        """Write the association's line of the audit trail."""
        with self._lock:
            tally = self._tallies.pop(id(event.assoc), None)
        if tally is None:
            return
        self._audit.write(
            "received",
            sender=str(event.assoc.requestor.ae_title).strip(),
            address=str(event.assoc.requestor.address),
            studies=dict(tally.accepted),
            refused=dict(tally.refused),
        )


def _answer(status: int, comment: str) -> Dataset:
    """A C-STORE status with its reason; the comment is a LO of at most 64 characters."""
    answer = Dataset()
    answer.Status = status
    answer.ErrorComment = comment[:64]
    return answer
