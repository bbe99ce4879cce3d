"""Sending: a deflated object reaches a peer that takes it plain only."""

from __future__ import annotations

import numpy as np
import pytest
from pydicom import dcmread
from pynetdicom import AE, evt

from cauda.node import transfer
from cauda.node.peer import DicomPeer

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
