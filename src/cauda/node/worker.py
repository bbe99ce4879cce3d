"""A worker process: claim a study, analyze it, put its results on the disk and into the journal."""

from __future__ import annotations

import datetime
import logging
import multiprocessing
import os
import secrets
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from multiprocessing.connection import wait
from multiprocessing.process import BaseProcess

from pydicom.dataset import Dataset
from sqlalchemy import Engine
from sqlalchemy.exc import SQLAlchemyError

from cauda.errors import BundleError, CaudaError, InputError
from cauda.node import queue
from cauda.node.analyses import Analyze, Order, choose, kind_of, wanted
from cauda.node.audit import Audit
from cauda.node.config import Config
from cauda.node.quiet import start_logging
from cauda.node.store import Store, sync
from cauda.node.tables import State, connect

POLL_S = 0.2
"""Pause of an idle worker."""
OVERDUE = 75
"""Exit code of a worker whose analysis took longer than ``work.timeout_s``."""
_TRANSIENT = (OSError, MemoryError, SQLAlchemyError, BundleError)
"""What may go better the next time; other errors would only repeat themselves."""

_LOG = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """What a worker works with."""

    config: Config
    store: Store
    engine: Engine
    durable: Engine
    audit: Audit
    owner: str
    analyze: Analyze


def open_bench(config: Config, owner: str, analyze: Analyze | None = None) -> Bench:
    """Open store and queue for a worker of that name."""
    store = Store(config.node.store)
    url, default = config.node.database, store.root / "queue.sqlite"
    return Bench(
        config=config,
        store=store,
        engine=connect(url, default),
        durable=connect(url, default, is_durable=True),
        audit=Audit(store.audit),
        owner=owner,
        analyze=analyze or choose(config.work),
    )


def work(config: Config, owner: str) -> None:
    """Work until SIGTERM or the end of the node; what a worker process runs."""
    os.umask(0o077)
    stop = _stopped_by_node()
    start_logging()
    _end_with_parent()
    scratch = Store(config.node.store).scratch / owner
    scratch.mkdir(parents=True, exist_ok=True)
    tempfile.tempdir = str(scratch)
    try:
        bench = open_bench(config, owner)
        while not stop.is_set():
            try:
                if not step(bench):
                    stop.wait(POLL_S)
            except SQLAlchemyError as error:
                _LOG.warning("The queue failed (%s); trying again.", type(error).__name__)
                stop.wait(config.retry.first_s)
    finally:
        shutil.rmtree(scratch, ignore_errors=True)


def step(bench: Bench) -> bool:
    """Do one study; ``False`` if none waits."""
    job = queue.claim(bench.engine, bench.owner, time.time(), bench.config.work.lease_s)
    if job is None:
        return False
    if job.attempts > bench.config.work.max_attempts:
        reason = f"The analysis broke off {job.attempts - 1} times; it is not tried again."
        _settle(bench, job, State.FAILED, reason)
        return True
    with _lease(bench, job):
        _attempt(bench, job)
    return True


def _attempt(bench: Bench, job: queue.Job) -> None:
    """Analyze one job; whatever happens becomes a state and a reason."""
    _LOG.info("study %s revision %d: analysis starts", job.study, job.revision)
    folder = bench.store.study(job.study)
    order = Order(
        files=tuple(folder / name for name in job.files),
        content=job.content,
        work=bench.config.work,
        objects=wanted(bench.config),
        created=datetime.datetime.now(tz=datetime.UTC),
    )
    try:
        results = bench.analyze(order)
        is_mine = _hand_over(bench, job, results)
    except InputError as error:
        _settle(bench, job, State.REFUSED, str(error))
    except _TRANSIENT as error:
        wait_s = bench.config.retry.wait_s(job.attempts)
        queue.postpone(bench.engine, job, _reason(error), time.time() + wait_s)
        _LOG.warning("study %s: %s; again in %.0f s", job.study, type(error).__name__, wait_s)
    except Exception as error:  # noqa: BLE001 - one study's fault must not stop the others
        _settle(bench, job, State.FAILED, _reason(error))
    else:
        outcome = f"{len(results)} results" if is_mine else "superseded by newer instances"
        _LOG.info("study %s revision %d: %s", job.study, job.revision, outcome)


def _settle(bench: Bench, job: queue.Job, state: State, reason: str) -> None:
    bench.audit.write("ended", study=job.study, state=state, reason=reason)
    queue.settle(bench.engine, job, state, reason, time.time())
    _LOG.warning("study %s: %s", job.study, state)


def _reason(error: Exception) -> str:
    """A reason without identifiers: Cauda's own messages have none, others may quote a header."""
    name = type(error).__name__
    return f"{name}: {error}" if isinstance(error, CaudaError) else f"The analysis broke: {name}."


def _hand_over(bench: Bench, job: queue.Job, results: Sequence[Dataset]) -> bool:
    """Write results to the disk, then enter them into the journal with the job's end."""
    folder = bench.store.results(job.study) / f"{job.revision}-{secrets.token_hex(4)}"
    folder.mkdir(parents=True)
    entries = []
    for number, dataset in enumerate(results, start=1):
        path = folder / f"{number}.dcm"
        dataset.save_as(path, enforce_file_format=True)
        sync(path)
        entries.append(
            (
                str(dataset.SOPInstanceUID),
                str(path.relative_to(bench.store.root)),
                _destinations(bench.config, dataset),
            )
        )
    for place in (folder, folder.parent, folder.parent.parent):
        sync(place)
    bench.audit.write(
        "analyzed", study=job.study, revision=job.revision, results=[uid for uid, _, _ in entries]
    )
    is_mine = queue.finish(bench.durable, job, entries, time.time())
    if not is_mine:
        shutil.rmtree(folder, ignore_errors=True)
    return is_mine


def _destinations(config: Config, dataset: Dataset) -> tuple[str, ...]:
    """Who wants an object of this kind."""
    kind = kind_of(dataset)
    return tuple(d.to for d in config.deliver if kind in d.objects)


@contextmanager
def _lease(bench: Bench, job: queue.Job) -> Iterator[None]:
    """Keep a claim alive while an analysis runs; end the process if it runs for too long."""
    done = threading.Event()
    thread = threading.Thread(target=_beat, args=(bench, job, done), daemon=True)
    thread.start()
    try:
        yield
    finally:
        done.set()
        thread.join()


def _beat(bench: Bench, job: queue.Job, done: threading.Event) -> None:
    limits = bench.config.work
    ends = time.monotonic() + limits.timeout_s
    while not done.wait(min(limits.lease_s / 3, limits.timeout_s)):
        if time.monotonic() >= ends:
            _LOG.error("study %s: took longer than allowed", job.study)
            os._exit(OVERDUE)
        try:
            queue.renew(bench.engine, job, time.time() + limits.lease_s)
        except SQLAlchemyError as error:
            _LOG.warning("A lease could not be renewed (%s).", type(error).__name__)


def _end_with_parent() -> None:
    """End this process at once when the node's process is gone, however it went."""
    parent = multiprocessing.parent_process()
    if parent is None:
        return

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True).start()


def _stopped_by_node() -> threading.Event:
    """An event that SIGTERM sets; an interrupt from the keyboard is left to the node.

    No lock is shared with the node: a worker killed while it holds one would hang the node.
    """
    stop = threading.Event()

    def stopped(_number: int, _frame: object) -> None:
        stop.set()

    signal.signal(signal.SIGTERM, stopped)
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    return stop


def start_worker(config: Config, owner: str) -> BaseProcess:
    """Start a worker process (spawned: the node's threads and locks are not copied)."""
    process = multiprocessing.get_context("spawn").Process(
        target=work, args=(config, owner), name=f"cauda-worker-{owner}"
    )
    process.start()
    return process
