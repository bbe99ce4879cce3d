"""The node itself: binds the port, keeps workers alive, delivers, and stops cleanly."""

from __future__ import annotations

import contextlib
import logging
import os
import secrets
import signal
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from multiprocessing.process import BaseProcess

from pynetdicom.transport import AssociationServer
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cauda.errors import CaudaError, UsageError
from cauda.node import keep, queue
from cauda.node.audit import Audit
from cauda.node.bounded import received_into
from cauda.node.config import Config, Pull
from cauda.node.deliver import deliver
from cauda.node.names import read_names
from cauda.node.pull import Intake, pull
from cauda.node.quiet import silence_libraries
from cauda.node.receive import Receiver
from cauda.node.store import Store, only_node
from cauda.node.tables import connect
from cauda.node.worker import start_worker

TICK_S = 0.2
"""How often the node looks for quiet studies, dead workers and due results."""
PURGE_EVERY_S = 60.0
GRACE_S = 20.0
"""How long associations, workers and deliveries may take to finish at a clean stop."""
RESPAWN_S = 1.0
"""Pause before a worker that died is replaced, so that a faulty one does not spin."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Parts:
    """What the node's threads share."""

    config: Config
    store: Store
    engine: Engine
    durable: Engine
    audit: Audit


def serve(config: Config, stop: threading.Event, ready: Callable[[int], None]) -> None:
    """Run the node until ``stop`` is set.

    Parameters
    ----------
    config : Config
    stop : threading.Event
    ready : callable
        Given the port once the node listens.

    Raises
    ------
    UsageError
        If the store is in use or the port cannot be bound.
    """
    os.umask(0o077)
    silence_libraries()
    store = Store(config.node.store)
    store.root.mkdir(parents=True, exist_ok=True, mode=0o700)
    with only_node(store):
        store.prepare()
        url, default = config.node.database, store.root / "queue.sqlite"
        parts = Parts(
            config=config,
            store=store,
            engine=connect(url, default),
            durable=connect(url, default, is_durable=True),
            audit=Audit(store.audit),
        )
        released = keep.recover(store, parts.engine)
        names = read_names(store.key)
        receiver = Receiver(config, store, names, parts.engine, parts.audit)
        intake = Intake(
            receiver=receiver, store=store, names=names, engine=parts.engine, audit=parts.audit
        )
        with received_into(store.incoming), _listening(parts, receiver) as port:
            parts.audit.write("node started", port=port, resumed=released)
            ready(port)
            with _workers(parts), _background(parts, intake, stop):
                while not stop.wait(TICK_S):
                    pass
            parts.audit.write("node stopped")


@contextlib.contextmanager
def _listening(parts: Parts, receiver: Receiver) -> Iterator[int]:
    """Accept associations; at the end let the running ones finish, within :data:`GRACE_S`."""
    try:
        server = receiver.server()
    except OSError as error:
        where = f"{parts.config.node.host}:{parts.config.node.port}"
        msg = f"The node cannot listen at {where}: {error.strerror}."
        raise UsageError(msg) from error
    thread = threading.Thread(target=server.serve_forever, args=(TICK_S,), daemon=True)
    thread.start()
    try:
        yield int(server.server_address[1])
    finally:
        server.shutdown()
        _drain(server)


def _drain(server: AssociationServer) -> None:
    ends = time.monotonic() + GRACE_S
    while server.active_associations and time.monotonic() < ends:
        time.sleep(TICK_S)
    for association in server.active_associations:
        association.abort()


@contextlib.contextmanager
def _workers(parts: Parts) -> Iterator[None]:
    """Keep ``work.workers`` processes running; at the end let them finish their study."""
    closing = threading.Event()
    running: dict[str, BaseProcess] = {}

    def mind() -> None:
        while not closing.is_set():
            for owner, process in list(running.items()):
                if process.is_alive():
                    continue
                running.pop(owner)
                _bury(parts, owner, process)
                closing.wait(RESPAWN_S)
            while len(running) < parts.config.work.workers and not closing.is_set():
                owner = f"{os.getpid()}-{secrets.token_hex(8)}"
                running[owner] = start_worker(parts.config, owner)
            closing.wait(TICK_S)

    thread = threading.Thread(target=mind, daemon=True)
    thread.start()
    try:
        yield
    finally:
        closing.set()
        thread.join()
        _end(parts, running)


def _bury(parts: Parts, owner: str, process: BaseProcess) -> None:
    with contextlib.suppress(SQLAlchemyError):
        count = queue.release(parts.engine, owner)
        _LOG.warning("a worker ended (%s) holding %d studies", process.exitcode, count)
        parts.audit.write("worker ended", exit_code=process.exitcode, studies=count)


def _end(parts: Parts, running: dict[str, BaseProcess]) -> None:
    """Wait for the workers; one that does not finish gives its study back."""
    ends = time.monotonic() + GRACE_S
    for process in running.values():
        process.terminate()
    for process in running.values():
        process.join(max(0.0, ends - time.monotonic()))
    for owner, process in running.items():
        if process.is_alive():
            process.kill()
            process.join()
        queue.release(parts.engine, owner)


@contextlib.contextmanager
def _background(parts: Parts, intake: Intake, stop: threading.Event) -> Iterator[None]:
    """Housekeeping and delivery, a thread each: a slow destination holds up nothing else."""
    purged = [0.0]

    def housekeeping() -> None:
        keep.complete_quiet(parts.config, parts.store, parts.engine, parts.durable, parts.audit)
        if time.monotonic() - purged[0] > PURGE_EVERY_S:
            keep.purge(parts.config, parts.store, parts.engine)
            purged[0] = time.monotonic()

    def delivery() -> None:
        deliver(parts.config, parts.store, parts.engine, parts.audit)

    jobs = [(housekeeping, TICK_S), (delivery, TICK_S)]
    jobs += [(_pulling(source, intake), source.every_s) for source in parts.config.pull]
    threads = [
        threading.Thread(target=_repeat, args=(job, every_s, stop), daemon=True)
        for job, every_s in jobs
    ]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        stop.set()
        for thread in threads:
            thread.join(GRACE_S)


def _pulling(source: Pull, intake: Intake) -> Callable[[], None]:
    def pulling() -> None:
        pull(source, intake)

    return pulling


def _repeat(job: Callable[[], None], every_s: float, stop: threading.Event) -> None:
    """Do a job again and again; what fails, say for want of disk or network, is tried again."""
    while not stop.is_set():
        try:
            job()
        except CaudaError as error:
            _LOG.warning("%s: %s", job.__name__, error)
        except Exception as error:  # noqa: BLE001 - one bad round must not end them all
            _LOG.error("%s failed (%s)", job.__name__, type(error).__name__)
            stop.wait(RESPAWN_S)
        stop.wait(every_s)


def stop_on_signals() -> threading.Event:
    """An event that SIGTERM and SIGINT set; main thread only."""
    stop = threading.Event()

    def stopped(_number: int, _frame: object) -> None:
        stop.set()

    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, stopped)
    return stop
