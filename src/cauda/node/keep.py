"""Housekeeping: which studies are complete, what broke off, what may be deleted."""

from __future__ import annotations

import logging
import shutil
import time

from sqlalchemy import Engine, select, update

from cauda.node import queue
from cauda.node.audit import Audit
from cauda.node.config import Config
from cauda.node.store import Store
from cauda.node.tables import INSTANCES, RESULTS, STUDIES, State

HOUR_S = 3600.0
HALF_RECEIVED_S = 3600.0
"""Age at which a file in the incoming folder belongs to no association any more."""
FINISHED = (State.DONE, State.REFUSED, State.FAILED, State.INCOMPLETE)

_LOG = logging.getLogger(__name__)


def recover(store: Store, engine: Engine) -> int:
    """Put in order what a sudden end left behind; return how many studies were being analyzed.

    Files that the queue does not know were never acknowledged to their sender, and results that
    the journal does not know were never sent: both are deleted.
    """
    released = queue.release(engine)
    store.sweep_incoming(0.0)
    with engine.connect() as connection:
        rows = connection.execute(select(INSTANCES.c.study, INSTANCES.c.file))
        files = {(row.study, row.file) for row in rows}
        results = set(connection.execute(select(RESULTS.c.file)).scalars())
    for path in store.root.glob("studies/*/*"):
        if (path.parent.name, path.name) not in files:
            path.unlink()
    for folder in store.root.glob("results/*/*"):
        if not any(str(p.relative_to(store.root)) in results for p in folder.iterdir()):
            shutil.rmtree(folder)
    return released


def complete_quiet(
    config: Config, store: Store, engine: Engine, durable: Engine, audit: Audit
) -> int:
    """Queue the studies of which nothing came for a while; return how many."""
    now = time.time()
    since = now - config.receive.quiet_s
    count = 0
    for study in queue.quiet_studies(engine, since):
        lost = store.sync_study(study, queue.files_of(engine, study))
        if lost:
            queue.mark_purged(engine, study, lost)
        done = queue.complete(durable, study, since, now)
        if done is None:
            continue
        count += 1
        _LOG.info("study %s: %d instances, %s", study, done.instances, done.state)
        audit.write("complete", study=study, instances=done.instances, state=done.state)
    return count


def purge(config: Config, store: Store, engine: Engine) -> int:
    """Delete images and results of studies that ended ``work.keep_h`` ago; keep their rows."""
    oldest = time.time() - config.work.keep_h * HOUR_S
    kept = INSTANCES.c.is_purged.is_(False)
    with engine.begin() as connection:
        ended = (
            connection.execute(
                select(STUDIES.c.key).where(
                    STUDIES.c.state.in_(FINISHED),
                    STUDIES.c.changed_at <= oldest,
                    STUDIES.c.last_at <= oldest,
                    select(INSTANCES.c.key)
                    .where(INSTANCES.c.study == STUDIES.c.key, kept)
                    .exists(),
                )
            )
            .scalars()
            .all()
        )
        for study in ended:
            files = queue.stored_files(connection, study)
            connection.execute(
                update(INSTANCES).where(INSTANCES.c.study == study).values(is_purged=True)
            )
            store.remove(study, files)
    store.sweep_incoming(HALF_RECEIVED_S)
    return len(ended)
