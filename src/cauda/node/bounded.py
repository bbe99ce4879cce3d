"""An association server that no sender can fill or hold up.

pynetdicom reads a PDU of whatever length its header claims, waits for it for ever, and keeps
the data set that it collects; here a PDU is bounded, a silent socket times out, and an object
beyond the limit aborts its association while it is still arriving.
"""

from __future__ import annotations

import logging
import socket
import ssl
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import cast

from pynetdicom import AE, _config, evt
from pynetdicom.association import Association
from pynetdicom.events import Event
from pynetdicom.pdu import P_DATA_TF
from pynetdicom.transport import (
    AddressInformation,
    AssociationSocket,
    RequestHandler,
    ThreadedAssociationServer,
)

PDU_BYTES = 128 * 1024
"""Longest P-DATA PDU that is offered to senders."""
PDU_BYTES_MAX = 1024**2
"""Longest PDU of any kind that is read; association requests have no negotiated limit."""
READ_BYTES = 65536

_LOG = logging.getLogger(__name__)


class BoundedSocket(AssociationSocket):
    """Reads no more than :data:`PDU_BYTES_MAX` at once."""

    def recv(self, nr_bytes: int) -> bytearray:
        """Read exactly ``nr_bytes``, or fewer if the other side ends the connection.

        Raises
        ------
        OSError
            If a PDU claims to be longer than any is.
        """
        if nr_bytes > PDU_BYTES_MAX or self.socket is None:
            msg = f"A PDU of {nr_bytes} bytes is longer than the {PDU_BYTES_MAX} that are read."
            raise OSError(msg)
        data = bytearray(nr_bytes)
        view, done = memoryview(data), 0
        while done < nr_bytes:
            count = self.socket.recv_into(view[done:], min(READ_BYTES, nr_bytes - done))
            if count == 0:
                break
            done += count
        view.release()
        return data[:done]

    def _shutdown_socket(self) -> None:
        """Close the socket even where it was never connected; pynetdicom leaves it open then."""
        if self.socket is not None:
            with suppress(OSError):
                self.socket.shutdown(socket.SHUT_RDWR)
            self.socket.close()


class CallingAE(AE):
    """An application entity whose calls use a :class:`BoundedSocket` that answers at once."""

    def _create_socket(
        self,
        assoc: Association,
        address: AddressInformation,
        tls_args: tuple[ssl.SSLContext, str] | None,
    ) -> AssociationSocket:
        made = BoundedSocket(assoc, address=address)
        made.tls_args = tls_args
        if made.socket is not None:
            made.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        return made


class BoundedHandler(RequestHandler):
    """Gives every association a :class:`BoundedSocket`."""

    def _create_association(self) -> Association:
        association = super()._create_association()
        association.dul.event_queue.get_nowait()  # the plain socket's "connected"
        association.dul.socket = BoundedSocket(
            association, client_socket=cast(socket.socket, self.request)
        )
        return association


class BoundedServer(ThreadedAssociationServer):
    """Accepts connections that answer at once and time out when silent."""

    def get_request(self) -> tuple[socket.socket, tuple[str, int]]:
        """Accept a connection; its TLS handshake, too, runs against the clock."""
        client, address = cast(socket.socket, self.socket).accept()
        client.settimeout(self.ae.network_timeout)
        client.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        if self.ssl_context:
            client = self.ssl_context.wrap_socket(
                client, server_side=True, do_handshake_on_connect=False
            )
        return client, address

    def process_request_thread(
        self,
        request: socket.socket | tuple[bytes, socket.socket],
        client_address: tuple[str, int] | str,
    ) -> None:
        """Shake hands in the connection's own thread, so that nobody else waits for it."""
        try:
            if isinstance(request, ssl.SSLSocket):
                request.do_handshake()
        except OSError:
            _LOG.warning("A connection was dropped: its TLS handshake failed.")
            self.shutdown_request(request)
            return
        super().process_request_thread(request, client_address)

    def handle_error(
        self, request: socket.socket | tuple[bytes, socket.socket], client_address: object
    ) -> None:
        """Log that a connection failed, without what it carried."""
        _LOG.warning("A connection was dropped: its handler failed.")


class Meter:
    """Counts the bytes of the object that each association is sending."""

    def __init__(self, max_bytes: int, tell: Callable[[Association], None]) -> None:
        self._max_bytes = max_bytes
        self._tell = tell
        self._counts: dict[int, int] = {}

    def on_pdu(self, event: Event) -> None:
        """Add a PDU; abort once the object is too long."""
        if not isinstance(event.pdu, P_DATA_TF):
            return
        name = id(event.assoc)
        self._counts[name] = self._counts.get(name, 0) + event.pdu.pdu_length
        if self._counts[name] > self._max_bytes:
            self._counts[name] = 0
            self._tell(event.assoc)
            event.assoc.abort()

    def on_message(self, event: Event) -> None:
        """Start at zero with every new object."""
        self._counts[id(event.assoc)] = 0

    def on_close(self, event: Event) -> None:
        """Forget the association, and delete what it left half sent."""
        self._counts.pop(id(event.assoc), None)
        message = event.assoc.dimse.message
        stream = getattr(message, "_data_set_file", None)
        if stream is not None:
            stream.close()
        left = getattr(message, "_data_set_path", None)
        if isinstance(left, Path):
            left.unlink(missing_ok=True)

    def handlers(self) -> list[evt.EventHandlerType]:
        """What a server binds."""
        return [
            (evt.EVT_PDU_RECV, self.on_pdu),
            (evt.EVT_DIMSE_RECV, self.on_message),
            (evt.EVT_CONN_CLOSE, self.on_close),
        ]


@contextmanager
def received_into(folder: Path) -> Iterator[None]:
    """Let pynetdicom write what it receives into ``folder``, instead of keeping it in memory."""
    before = (tempfile.tempdir, _config.STORE_RECV_CHUNKED_DATASET, _config.LOG_HANDLER_LEVEL)
    tempfile.tempdir = str(folder)
    _config.STORE_RECV_CHUNKED_DATASET = True
    _config.LOG_HANDLER_LEVEL = "none"  # its handlers describe every object they see
    try:
        yield
    finally:
        tempfile.tempdir, _config.STORE_RECV_CHUNKED_DATASET, _config.LOG_HANDLER_LEVEL = before


def start_server(
    ae: AE,
    address: tuple[str, int],
    handlers: list[evt.EventHandlerType],
    context: ssl.SSLContext | None,
) -> BoundedServer:
    """Make a :class:`BoundedServer`; the caller runs its ``serve_forever``."""
    ae.maximum_pdu_size = PDU_BYTES
    server = ae.make_server(
        address,
        evt_handlers=handlers,
        ssl_context=context,
        server_class=BoundedServer,
        request_handler=BoundedHandler,
    )
    bounded = cast(BoundedServer, server)
    ae._servers.append(bounded)  # its shutdown takes it from there
    return bounded
