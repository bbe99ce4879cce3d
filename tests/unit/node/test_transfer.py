"""Sending: a deflated object reaches whoever takes it plain only."""

from __future__ import annotations

import io
import threading
from http.server import BaseHTTPRequestHandler, HTTPServer

import numpy as np
import pytest
from pydicom import dcmread
from pynetdicom import AE, evt

from cauda.node import dicomweb, transfer
from cauda.node.peer import DicomPeer, parse_peer

PLAIN, DEFLATED = "1.2.840.10008.1.2.1", "1.2.840.10008.1.2.1.99"


@pytest.fixture
def archive():
    """Return a function that starts an archive taking these syntaxes; it keeps what arrives."""
    servers = []

    def start(syntaxes, kept):
        def keep(event):
            dataset = event.dataset
            kept.append((str(event.context.transfer_syntax), dataset))
            return 0x0000

        entity = AE(ae_title="ARCHIVE")
        entity.add_supported_context("1.2.840.10008.5.1.4.1.1.4", list(syntaxes))
        handlers = [(evt.EVT_C_STORE, keep)]
        server = entity.start_server(("127.0.0.1", 0), block=False, evt_handlers=handlers)
        servers.append(server)
        return DicomPeer(ae_title="ARCHIVE", host="127.0.0.1", port=server.server_address[1])

    yield start
    for server in servers:
        server.shutdown()


@pytest.mark.parametrize(
    ("taken", "used"), [((PLAIN,), PLAIN), ((DEFLATED,), DEFLATED), ((PLAIN, DEFLATED), DEFLATED)]
)
def test_deflated_objects_arrive_whole(archive, write, datasets, tmp_path, taken, used):
    path = write(datasets()[0], tmp_path / "one.dcm", DEFLATED)
    kept, told = [], []
    peer = archive(taken, kept)
    transfer.store(peer, [path], transfer.Caller(), tell=lambda n, why: told.append((n, why)))
    assert told == [(0, "")]
    ((syntax, arrived),) = kept
    assert syntax == used
    source = dcmread(path)
    assert arrived.SOPInstanceUID == source.SOPInstanceUID
    assert np.frombuffer(arrived.PixelData, np.uint16).any()
    assert arrived.PixelData == source.PixelData


def test_an_object_that_nobody_takes_is_told_as_such(archive, write, datasets, tmp_path):
    paths = [
        write(d, tmp_path / f"{n}.dcm", syntax)
        for n, (d, syntax) in enumerate(zip(datasets(), (PLAIN, DEFLATED), strict=False))
    ]
    kept, told = [], {}
    peer = archive((DEFLATED,), kept)
    transfer.store(peer, paths, transfer.Caller(), tell=told.__setitem__)
    assert "transfer syntax" in told[0]
    assert told[1] == ""
    assert [syntax for syntax, _ in kept] == [DEFLATED]


@pytest.fixture
def service():
    """Start a STOW-RS service that keeps the objects it is sent; return its address and them."""
    kept = []

    class Stow(BaseHTTPRequestHandler):
        def do_POST(self):
            kept.append(self.rfile.read(int(self.headers["Content-Length"])))
            self.send_response(200)
            self.send_header("Content-Type", "application/dicom+json")
            self.end_headers()
            self.wfile.write(b"{}")

        def log_request(self, code="-", size="-"):
            pass

    server = HTTPServer(("127.0.0.1", 0), Stow)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/dicom-web", kept
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.mark.parametrize("syntax", [PLAIN, DEFLATED])
def test_services_get_deflated_objects_plain(service, write, datasets, tmp_path, syntax):
    path = write(datasets()[0], tmp_path / "one.dcm", syntax)
    address, kept = service
    told = {}
    dicomweb.store(parse_peer(address), [path], dicomweb.Access(), tell=told.__setitem__)
    assert told == {0: ""}
    start = kept[0].index(b"DICM") - 128
    arrived = dcmread(io.BytesIO(kept[0][start:]), stop_before_pixels=True)
    assert arrived.file_meta.TransferSyntaxUID == PLAIN
    source = dcmread(path)
    assert arrived.SOPInstanceUID == source.SOPInstanceUID
    assert source.PixelData in kept[0]
