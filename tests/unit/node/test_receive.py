"""Good and bad senders against the real receiving side, over loopback."""

from __future__ import annotations

import json
import socket
import struct
import time
from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

import pytest
from pynetdicom import _config, build_context
from pynetdicom.dimse_messages import C_STORE_RQ
from pynetdicom.dimse_primitives import C_STORE
from pynetdicom.pdu import P_DATA_TF
from sqlalchemy import func, select

from cauda.errors import TransferError
from cauda.node import transfer
from cauda.node.peer import DicomPeer
from cauda.node.tables import INSTANCES

MR = "1.2.840.10008.5.1.4.1.1.4"
CT = "1.2.840.10008.5.1.4.1.1.2"
EXPLICIT = "1.2.840.10008.1.2.1"
DEFLATED = "1.2.840.10008.1.2.1.99"

# pydicom warns of the hostile values that are sent here, on both sides.
pytestmark = pytest.mark.filterwarnings("ignore")


@pytest.fixture(autouse=True)
def _streamed() -> Iterator[None]:
    """Files are sent byte for byte, however damaged."""
    before = _config.STORE_SEND_CHUNKED_DATASET
    _config.STORE_SEND_CHUNKED_DATASET = True
    yield
    _config.STORE_SEND_CHUNKED_DATASET = before


def peer(node, title="CAUDA"):
    return DicomPeer(ae_title=title, host="127.0.0.1", port=node.port)


def caller(title="TEST"):
    return transfer.Caller(ae_title=title, timeout_s=5.0)


def statuses(node, *paths, syntax=EXPLICIT, sop_class=MR):
    with transfer.associate(peer(node), [build_context(sop_class, syntax)], caller()) as sender:
        return [sender.send_c_store(path).get("Status") for path in paths]


def stored(node) -> int:
    with node.engine.connect() as connection:
        return connection.execute(select(func.count()).select_from(INSTANCES)).scalar_one()


def quiet(condition, limit_s=10.0) -> None:
    """Wait until a condition holds."""
    ends = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < ends
        time.sleep(0.02)


def nothing_left_behind(node, root: Path, *expected: str) -> None:
    quiet(lambda: not list(node.store.incoming.iterdir()))
    beside = {p.name for p in root.iterdir()}
    assert beside == {"store", *expected}
    files = [p for p in (node.store.root / "studies").rglob("*") if p.is_file()]
    assert len(files) == stored(node)


def test_a_study_is_taken_and_a_repeat_changes_nothing(listening, write, datasets, tmp_path):
    node = listening()
    paths = [write(d, tmp_path / f"{n}.dcm") for n, d in enumerate(datasets())]
    transfer.echo(peer(node), caller())
    assert statuses(node, *paths) == [0, 0, 0]
    assert statuses(node, *reversed(paths)) == [0, 0, 0]
    assert stored(node) == 3
    nothing_left_behind(node, tmp_path, *(p.name for p in paths))


@pytest.mark.parametrize(("called", "calling"), [("OTHER", "TEST"), ("CAUDA", "STRANGER")])
def test_a_wrong_title_is_rejected_and_audited(listening, called, calling) -> None:
    node = listening()
    with pytest.raises(TransferError, match="rejected"):
        transfer.echo(peer(node, called), caller(calling))
    quiet(node.store.audit.is_file)
    (line,) = node.store.audit.read_text().splitlines()
    entry = json.loads(line)
    assert (entry["event"], entry["sender"], entry["called"]) == (
        "association rejected",
        calling,
        called,
    )


def test_another_modality_is_refused_by_context_and_by_object(
    listening, write, datasets, tmp_path
) -> None:
    node = listening()
    with pytest.raises(TransferError):
        statuses(node, tmp_path, sop_class=CT)
    dataset = datasets()[0]
    dataset.Modality = "CT"
    assert statuses(node, write(dataset, tmp_path / "ct.dcm")) == [0xA900]
    assert stored(node) == 0
    nothing_left_behind(node, tmp_path, "ct.dcm")


def test_damaged_objects_get_their_status_and_good_ones_still_pass(
    listening, write, datasets, tmp_path
) -> None:
    node = listening()
    good, second, _ = datasets()
    whole = write(good, tmp_path / "whole.dcm")
    raw = whole.read_bytes()
    start = 144 + struct.unpack("<L", raw[140:144])[0]
    uid = str(good.SOPInstanceUID).encode()
    hostile = b"../../../../../../../tmp/escaped".ljust(len(uid), b"x")[: len(uid)]
    bad = {
        "short.dcm": raw[:-50],
        "header.dcm": raw[: start + 300],
        "zip.dcm": raw[:start] + b"PK\x03\x04" + bytes(500),
        "noise.dcm": raw[:start] + bytes(range(256)) * 8,
        "path.dcm": raw[:start] + raw[start:].replace(uid, hostile),
    }
    for name, data in bad.items():
        (tmp_path / name).write_bytes(data)
    answers = statuses(node, *(tmp_path / name for name in bad), write(second, tmp_path / "s.dcm"))
    assert answers[-1] == 0
    assert set(answers[:-1]) <= {0xC000, 0xA900}
    assert stored(node) == 1
    nothing_left_behind(node, tmp_path, "whole.dcm", "s.dcm", *bad)


def test_a_deflated_bomb_is_refused(listening, write, datasets, tmp_path) -> None:
    import zlib

    node = listening(max_object_mib=1.0)
    path = write(datasets()[0], tmp_path / "bomb.dcm", DEFLATED)
    raw = path.read_bytes()
    start = 144 + struct.unpack("<L", raw[140:144])[0]
    packer = zlib.compressobj(9, zlib.DEFLATED, -zlib.MAX_WBITS)
    bomb = packer.compress(zlib.decompress(raw[start:], -zlib.MAX_WBITS) + bytes(8 * 1024**2))
    path.write_bytes(raw[:start] + bomb + packer.flush())
    assert statuses(node, path, syntax=DEFLATED) == [0xA701]
    nothing_left_behind(node, tmp_path, "bomb.dcm")


def test_a_huge_object_is_cut_off_while_it_arrives(listening, datasets, tmp_path) -> None:
    node = listening(max_object_mib=1.0)
    sent = 0
    with (
        suppress(OSError),
        transfer.associate(peer(node), [build_context(MR, EXPLICIT)], caller()) as sender,
    ):
        line = sender.dul.socket.socket
        line.sendall(_command(datasets()[0]))
        fragment = bytes(100_000)
        body = struct.pack(">LBB", len(fragment) + 2, 1, 0) + fragment
        while sent < 2 * 1024**3:
            line.sendall(struct.pack(">BBL", 4, 0, len(body)) + body)
            sent += len(fragment)
    assert sent < 32 * 1024**2
    nothing_left_behind(node, tmp_path)
    quiet(lambda: "too large" in node.store.audit.read_text())


def _command(dataset) -> bytes:
    """The command PDU of a C-STORE."""
    request = C_STORE()
    request.MessageID = 1
    request.Priority = 2
    request.AffectedSOPClassUID = dataset.SOPClassUID
    request.AffectedSOPInstanceUID = dataset.SOPInstanceUID
    from io import BytesIO

    request.DataSet = BytesIO(b"\0\0")
    message = C_STORE_RQ()
    message.primitive_to_message(request)
    message.context_id = 1
    first = next(iter(message.encode_msg(1, 16384)))
    pdu = P_DATA_TF()
    pdu.from_primitive(first)
    return pdu.encode()


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\x01\x00\x00\x00",
        b"\x01\x00\x00\x00\x01\x00half an association",
        b"\x01\x00\xff\xff\xff\xff" + bytes(5000),
        b"\x04\x00\x00\x00\x00\x04" + bytes(4),
        b"GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        b"\x01\x00\x00\x00\x00\x50" + b"\xff" * 80,
    ],
)
def test_a_broken_association_ends_by_itself_and_disturbs_nobody(
    listening, write, datasets, tmp_path, data
) -> None:
    node = listening(timeout_s=1.0)
    with socket.create_connection(("127.0.0.1", node.port), timeout=10) as line:
        line.sendall(data)
        path = write(datasets()[0], tmp_path / "a.dcm")
        assert statuses(node, path) == [0]
        ends = time.monotonic() + 10
        try:
            while line.recv(4096):
                assert time.monotonic() < ends
        except ConnectionResetError:
            return


def test_a_sender_that_vanishes_mid_object_leaves_nothing(listening, datasets, tmp_path) -> None:
    node = listening()
    with (
        suppress(RuntimeError),
        transfer.associate(peer(node), [build_context(MR, EXPLICIT)], caller()) as sender,
    ):
        line = sender.dul.socket.socket
        fragment = bytes(1000)
        body = struct.pack(">LBB", len(fragment) + 2, 1, 0) + fragment
        line.sendall(_command(datasets()[0]) + struct.pack(">BBL", 4, 0, len(body)) + body)
        quiet(lambda: len(list(node.store.incoming.iterdir())) == 1)
        line.shutdown(socket.SHUT_RDWR)
        raise RuntimeError
    nothing_left_behind(node, tmp_path)
    assert stored(node) == 0


@pytest.mark.parametrize(
    ("limits", "answers"),
    [
        ({"min_free_gib": 1e9}, [0xA700, 0xA700, 0xA700]),
        ({"max_instances_per_minute": 2}, [0, 0, 0xA700]),
        ({"max_study_instances": 1}, [0, 0xA701, 0xA701]),
        ({"durability": "instance"}, [0, 0, 0]),
    ],
)
def test_limits_answer_with_out_of_resources(
    listening, write, datasets, tmp_path, limits, answers
) -> None:
    node = listening(**limits)
    paths = [write(d, tmp_path / f"{n}.dcm") for n, d in enumerate(datasets())]
    assert statuses(node, *paths) == answers


def test_associations_are_limited(listening) -> None:
    node = listening(max_associations=1)
    verification = [build_context("1.2.840.10008.1.1")]
    with transfer.associate(peer(node), verification, caller()), pytest.raises(TransferError):
        transfer.echo(peer(node), caller())

    def is_served() -> bool:
        # The node notices the released association a little later than its sender.
        with suppress(TransferError):
            transfer.echo(peer(node), caller())
            return True
        return False

    quiet(is_served)


def test_the_audit_says_who_sent_what_without_identifiers(
    listening, write, datasets, tmp_path
) -> None:
    node = listening()
    first, second, _ = datasets()
    second.Modality = "CT"
    statuses(node, write(first, tmp_path / "a.dcm"), write(second, tmp_path / "b.dcm"))
    quiet(node.store.audit.is_file)
    text = node.store.audit.read_text()
    entry = json.loads(text.splitlines()[-1])
    study = node.names.of("study", str(first.StudyInstanceUID))
    assert (entry["sender"], entry["studies"]) == ("TEST", {study: 1})
    assert list(entry["refused"].values()) == [1]
    for keyword in ("PatientID", "PatientName", "StudyInstanceUID", "SOPInstanceUID"):
        assert str(first[keyword].value) not in text
