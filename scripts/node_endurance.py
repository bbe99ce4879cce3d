"""Push many synthetic studies at a node that is killed again and again; count what got lost.

Eight senders retry like a PACS does; the node's process and its workers are killed with
``kill -9`` at random; every study must end with exactly one set of results at the receiver.
Example: python scripts/node_endurance.py --studies 500 --senders 8 --kills 20
"""

from __future__ import annotations

import argparse
import os
import queue
import random
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
from pynetdicom import AE, AllStoragePresentationContexts, evt
from pynetdicom.events import Event

from cauda.errors import TransferError
from cauda.geometry import Space
from cauda.node import transfer
from cauda.node.audit import verify
from cauda.node.peer import DicomPeer
from cauda.node.status import read_status
from cauda.node.tables import connect
from cauda.phantom import dicom
from cauda.phantom.stacks import StudyPlan
from cauda.phantom.study import write_study
from cauda.records import Volume
from cauda.vocab import Contrast

AFFINE = ((1.0, 0.0, 0.0, 0.0), (0.0, 1.0, 0.0, 0.0), (0.0, 0.0, 4.0, 0.0), (0.0, 0.0, 0.0, 1.0))
SIZE = 32
PAUSE_S = 0.3


@dataclass
class Receipts:
    """What the receiver of the results got: the reports of every study; and every repeat."""

    studies: dict[str, set[str]] = field(default_factory=dict)
    arrivals: Counter[str] = field(default_factory=Counter)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def on_store(self, event: Event) -> int:
        """Note one object; the structured report stands for a study's set of results."""
        dataset = event.dataset
        study, instance = str(dataset.StudyInstanceUID), str(dataset.SOPInstanceUID)
        with self.lock:
            self.arrivals[instance] += 1
            if dataset.Modality == "SR":
                self.studies.setdefault(study, set()).add(instance)
        return 0


@dataclass
class Victim:
    """The node, as a process that can be killed and started again."""

    config: Path
    log: Path
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it in a process of its own."""
        command = [Path(sys.executable).with_name("cauda"), "node", "run", "-c", self.config]
        with self.log.open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def children(self) -> list[int]:
        """Process ids of its workers."""
        if self.process is None:
            return []
        found: list[int] = []
        for path in Path(f"/proc/{self.process.pid}/task").glob("*/children"):
            with suppress(OSError):
                found.extend(int(child) for child in path.read_text().split())
        return found

    def kill_worker(self, rng: random.Random) -> bool:
        """Kill one of its workers; ``False`` if it has none."""
        children = self.children()
        if not children:
            return False
        with suppress(ProcessLookupError):
            os.kill(rng.choice(children), signal.SIGKILL)
        return True

    def kill_node(self) -> None:
        """Kill it, and start it again."""
        if self.process is not None:
            self.process.kill()
            self.process.wait()
        self.start()

    def stop(self) -> int:
        """Stop it cleanly; return its exit code."""
        if self.process is None:
            return 0
        self.process.terminate()
        return self.process.wait(60)


def study_files(folder: Path, seed: int, args: argparse.Namespace) -> list[Path]:
    """Write one small study: noise for a receipt, a phantom's sagittal T2 for the pipeline."""
    if args.analysis == "full":
        plan = StudyPlan(
            contrasts=(Contrast.T2,), sagittal_matrix=256, sagittal_pixel_mm=1.0, has_axial=False
        )
        write_study(folder / str(seed), seed=seed, plan=plan)
        return sorted((folder / str(seed) / "dicom").iterdir())
    rng = np.random.default_rng(seed)
    voxels = rng.integers(0, 1000, (SIZE, SIZE, args.instances)).astype(np.uint16)
    space = Space(shape=voxels.shape, affine=AFFINE, frame_of_reference=None)
    volume = Volume(voxels=voxels, space=space)
    return list(dicom.write_series(folder / str(seed), volume, visit=dicom.Visit(seed=seed)))


@contextmanager
def receiver(port: int) -> Iterator[Receipts]:
    """An archive that takes everything."""
    receipts = Receipts()
    ae = AE(ae_title="ARCHIVE")
    ae.supported_contexts = AllStoragePresentationContexts
    server = ae.start_server(
        ("127.0.0.1", port), block=False, evt_handlers=[(evt.EVT_C_STORE, receipts.on_store)]
    )
    try:
        yield receipts
    finally:
        if server is not None:
            server.shutdown()


def send_all(
    work: queue.Queue[list[Path]], peer: DicomPeer, sent: Counter[str], until: float
) -> None:
    """Send studies one by one in random order; resend a study until all of it is acknowledged."""
    while True:
        try:
            files = work.get_nowait()
        except queue.Empty:
            return
        left = send_until_taken(set(files), peer, sent, until)
        sent["studies" if not left else "studies given up"] += 1


def send_until_taken(
    left: set[Path], peer: DicomPeer, sent: Counter[str], until: float
) -> set[Path]:
    """Send what is left again and again; return what was never acknowledged."""
    caller = transfer.Caller(ae_title="SENDER", timeout_s=10.0)
    while left and time.monotonic() < until:
        order = random.sample(sorted(left), len(left))
        taken: list[int] = []

        def tell(index: int, reason: str, taken: list[int] = taken) -> None:
            if not reason:
                taken.append(index)

        try:
            transfer.store(peer, order, caller, tell=tell)
        except TransferError:
            sent["broken associations"] += 1
            time.sleep(PAUSE_S)
        left = left - {order[index] for index in taken}
    return left


def write_config(path: Path, port: int, archive: int, args: argparse.Namespace) -> None:
    path.write_text(
        f"""
[node]
port = {port}
store = "store"
[receive]
allow = ["SENDER"]
quiet_s = {args.quiet_s}
min_free_gib = 0.1
max_associations = 50
[work]
workers = {args.workers}
analysis = "{args.analysis}"
max_attempts = 50
[[deliver]]
to = "ARCHIVE@127.0.0.1:{archive}"
[retry]
first_s = 0.5
longest_s = 5.0
"""
    )


def free_port() -> int:
    with socket.socket() as line:
        line.bind(("127.0.0.1", 0))
        return int(line.getsockname()[1])


def harass(victim: Victim, kills: int, until: float, stop: threading.Event) -> Counter[str]:
    """Kill the node or a worker at random moments, half and half."""
    rng = random.Random(1)
    done: Counter[str] = Counter()
    span = max(1.0, until - time.monotonic())
    while done.total() < kills and not stop.wait(rng.uniform(0.3, 1.7) * span / (kills + 1)):
        if rng.random() < 0.5 and victim.kill_worker(rng):
            done["worker"] += 1
        else:
            victim.kill_node()
            done["node"] += 1
    return done


def run(args: argparse.Namespace, folder: Path) -> int:
    sources = [study_files(folder / "sources", seed, args) for seed in range(args.studies)]
    archive, port = free_port(), free_port()
    config = folder / "node.toml"
    write_config(config, port, archive, args)
    victim = Victim(config, folder / "node.log")
    work: queue.Queue[list[Path]] = queue.Queue()
    for files in random.Random(2).sample(sources, len(sources)):
        work.put(files)
    started = time.monotonic()
    until = started + args.limit_s
    sent: Counter[str] = Counter()
    with receiver(archive) as receipts:
        victim.start()
        peer = DicomPeer(ae_title="CAUDA", host="127.0.0.1", port=port)
        senders = [
            threading.Thread(target=send_all, args=(work, peer, sent, until))
            for _ in range(args.senders)
        ]
        for sender in senders:
            sender.start()
        killed = harass(victim, args.kills, started + args.kill_s, threading.Event())
        for sender in senders:
            sender.join()
        while len(receipts.studies) < args.studies and time.monotonic() < until:
            time.sleep(PAUSE_S)
        settle(receipts)
        code = victim.stop()
    print(f"killed with kill -9     node {killed['node']}, worker {killed['worker']}")
    print(f"broken associations     {sent['broken associations']}, each sent again")
    print(f"clean stop              exit code {code}")
    print(f"seconds                 {time.monotonic() - started:.0f}")
    return judge(receipts, args.studies, folder / "store") or code


def settle(receipts: Receipts) -> None:
    """Wait until nothing has come for a while: a late duplicate would be one, too."""
    before = -1
    while receipts.arrivals.total() != before:
        before = receipts.arrivals.total()
        time.sleep(5.0)


def judge(receipts: Receipts, studies: int, store: Path) -> int:
    """Print the counts; 1 if anything was lost or doubled."""
    lost = studies - len(receipts.studies)
    doubled = sum(len(reports) > 1 for reports in receipts.studies.values())
    repeats = receipts.arrivals.total() - len(receipts.arrivals)
    lines, broken = verify(store / "audit.jsonl")
    states = Counter(row.state for row in read_status(connect("", store / "queue.sqlite")))
    print(f"studies                 {studies}")
    print(f"studies with results    {len(receipts.studies)}")
    print(f"lost                    {lost}")
    print(f"with duplicated results {doubled}")
    print(f"same object sent again  {repeats} (the same SOP Instance UID: an archive keeps one)")
    print(f"states in the queue     {dict(states)}")
    print(f"audit trail             {lines} lines, {len(broken)} not continuous")
    return int(bool(lost or doubled))


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--studies", type=int, default=500)
    parser.add_argument("--instances", type=int, default=4, help="of each study")
    parser.add_argument("--senders", type=int, default=8)
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--workers", type=int, default=2)
    parser.add_argument("--kill-s", type=float, default=300.0, help="spread the kills over this")
    parser.add_argument("--quiet-s", type=float, default=2.0)
    parser.add_argument("--limit-s", type=float, default=1800.0)
    parser.add_argument(
        "--analysis",
        choices=("full", "receipt"),
        default="full",
        help="full: the pipeline on small phantoms (seconds a study); "
        "receipt: no analysis, only a small SR that says what arrived",
    )
    args = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="cauda-endurance-") as folder:
        return run(args, Path(folder))


if __name__ == "__main__":
    sys.exit(main())
