"""A node as it is run: killed, stopped, filled and spoken to over TLS, on loopback."""

from __future__ import annotations

import os
import resource
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import numpy as np
import pytest

from cauda.errors import TransferError
from cauda.geometry import Space
from cauda.node import transfer
from cauda.node.config import Tls
from cauda.node.peer import DicomPeer
from cauda.node.status import read_status
from cauda.node.tables import connect
from cauda.node.tls import client_context
from cauda.phantom import dicom
from cauda.records import Volume

BIN = Path(sys.executable).parent
ROOT = Path(__file__).parents[2]
AFFINE = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 4.0, 0.0), (0.0, 0.0, 0.0, 1.0))
CONFIG = """
[node]
port = {port}
store = "store"
[receive]
allow = ["TEST"]
quiet_s = 1
min_free_gib = 0.1
[work]
analysis = "receipt"
"""
TLS = """
[receive.tls]
certificate = "{folder}/node.pem"
key = "{folder}/node.key"
authority = "{folder}/node.pem"
"""
CALLER = transfer.Caller(ae_title="TEST", timeout_s=20.0)
CPU_S_PER_INSTANCE = 0.040
"""Of node and sender together: 1,000 instances in 20 s on two cores."""
GROWTH_MIB = 64
"""What receiving may add to the node's memory."""

pytestmark = pytest.mark.slow


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def until(condition: Callable[[], object], what: str, limit_s: float = 120.0) -> None:
    ends = time.monotonic() + limit_s
    while not condition():
        assert time.monotonic() < ends, f"no {what} within {limit_s:.0f} s"
        time.sleep(0.1)


def series(folder: Path, count: int, size: int, seed: int = 1) -> list[Path]:
    rng = np.random.default_rng(seed)
    slab = rng.integers(0, 1000, (size, size, 1)).astype(np.uint16)
    voxels = np.broadcast_to(slab, (size, size, count))
    space = Space(shape=voxels.shape, affine=AFFINE, frame_of_reference=None)
    volume = Volume(voxels=voxels, space=space)
    return list(dicom.write_series(folder, volume, visit=dicom.Visit(seed=seed)))


@pytest.fixture
def node(tmp_path: Path) -> Iterator[Callable[..., tuple[subprocess.Popen[bytes], DicomPeer]]]:
    """Start a node; what still runs at the end is killed."""
    running = []

    def start(more: str = "", port: int = 0) -> tuple[subprocess.Popen[bytes], DicomPeer]:
        port = port or free_port()
        config = tmp_path / "node.toml"
        config.write_text(CONFIG.format(port=port) + more)
        with (tmp_path / "node.log").open("wb") as log:
            command = [BIN / "cauda", "node", "run", "--config", config]
            process = subprocess.Popen(command, stdout=log, stderr=log)
        running.append(process)
        until(lambda: b"listens" in (tmp_path / "node.log").read_bytes(), "node")
        return process, DicomPeer(ae_title="CAUDA", host="127.0.0.1", port=port)

    yield start
    for process in running:
        process.kill()
        process.wait()


def send(peer: DicomPeer, files: list[Path], caller: transfer.Caller = CALLER) -> list[str]:
    reasons: list[str] = []
    transfer.store(peer, files, caller, tell=lambda _index, reason: reasons.append(reason))
    return reasons


def states(folder: Path) -> list[str]:
    engine = connect("", folder / "store" / "queue.sqlite")
    try:
        return [row.state for row in read_status(engine)]
    finally:
        engine.dispose()


def test_a_node_killed_at_once_resumes_and_one_told_to_stop_stops(node, tmp_path) -> None:
    process, peer = node()
    assert send(peer, series(tmp_path / "a", 3, 32)) == ["", "", ""]
    os.kill(process.pid, signal.SIGKILL)
    process.wait()
    assert states(tmp_path) == ["receiving"]
    process, peer = node(port=peer.port)
    until(lambda: states(tmp_path) == ["done"], "end")
    process.terminate()
    assert process.wait(60) == 0
    text = (tmp_path / "store" / "audit.jsonl").read_text()
    assert text.count("node started") == 2
    assert text.count("node stopped") == 1


def test_a_store_belongs_to_one_node(node, tmp_path) -> None:
    node()
    command = [BIN / "cauda", "node", "run", "--config", tmp_path / "node.toml"]
    second = subprocess.run(command, capture_output=True, text=True, check=False, timeout=120)
    assert second.returncode == 2
    assert "Another node" in second.stderr


def test_many_instances_cost_little_time_and_no_memory(node, tmp_path) -> None:
    process, peer = node()
    files = series(tmp_path / "many", 200, 256)
    send(peer, files[:20])
    before_mib, before_s = _resident_mib(process.pid), _cpu_s(process.pid)
    mine = _own_cpu_s()
    started = time.monotonic()
    assert send(peer, files) == [""] * len(files)
    seconds = time.monotonic() - started
    spent_s = _cpu_s(process.pid) - before_s + _own_cpu_s() - mine
    sys.stdout.write(f"{len(files)} instances: {seconds:.1f} s, {spent_s:.1f} s of processor\n")
    assert spent_s < CPU_S_PER_INSTANCE * len(files)
    assert _resident_mib(process.pid) - before_mib < GROWTH_MIB


def _resident_mib(pid: int) -> float:
    text = Path(f"/proc/{pid}/statm").read_text()
    return int(text.split()[1]) * resource.getpagesize() / 1024**2


def _cpu_s(pid: int) -> float:
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def _own_cpu_s() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


@pytest.mark.skipif(shutil.which("openssl") is None, reason="openssl is not installed")
def test_tls_lets_in_only_who_shows_a_certificate(node, tmp_path) -> None:
    command = [
        "req",
        "-x509",
        "-newkey",
        "rsa:2048",
        "-nodes",
        "-days",
        "2",
        "-subj",
        "/CN=localhost",
    ]
    names = ["-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", tmp_path / "node.key", "-out", tmp_path / "node.pem"]
    subprocess.run(["openssl", *command, *names, *files], check=True, capture_output=True)
    _, peer = node(TLS.format(folder=tmp_path))
    authority = tmp_path / "node.pem"
    known = Tls(authority=authority, certificate=authority, key=tmp_path / "node.key")
    images = series(tmp_path / "a", 2, 32)
    for tls in (None, Tls(authority=authority), Tls()):
        context = None if tls is None else client_context(tls)
        with pytest.raises(TransferError):
            send(peer, images, transfer.Caller(ae_title="TEST", context=context, timeout_s=5.0))
    good = transfer.Caller(ae_title="TEST", context=client_context(known))
    assert send(peer, images, good) == ["", ""]


def test_studies_survive_kills_of_node_and_workers() -> None:
    script = ROOT / "scripts" / "node_endurance.py"
    options = "--studies 12 --senders 4 --kills 3 --kill-s 12 --analysis receipt --limit-s 400"
    done = subprocess.run(
        [sys.executable, script, *options.split()],
        capture_output=True,
        text=True,
        check=False,
        timeout=600,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "lost                    0" in done.stdout
    assert "with duplicated results 0" in done.stdout
