"""The queue: what was received, which studies are complete, who works on which.

A study is identified by its key and a content: the hash over all its instances. Every change of
state is one transaction that names the state it starts from, so that whoever comes too late
changes nothing and is told so.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlalchemy import ColumnElement, Engine, and_, func, insert, or_, select, update
from sqlalchemy.engine import Connection

from cauda.errors import RefusedObjectError
from cauda.node.examine import TOO_LARGE
from cauda.node.tables import INSTANCES, RESULTS, STUDIES, Sending, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Arrival:
    """One stored instance, by its names in the store."""

    study: str
    key: str
    content: str
    file: str
    size_bytes: int
    sender: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Job:
    """One claimed study, as it was when it was claimed."""

    study: str
    revision: int
    content: str
    attempts: int
    owner: str
    files: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Complete:
    """A study that has just become complete, or cannot."""

    study: str
    state: State
    instances: int


def record(engine: Engine, arrival: Arrival, now: float, most: int) -> bool:
    """Note one stored instance; a repeated one changes nothing.

    New content takes the study back to ``receiving`` whatever its state was: a running analysis
    loses its claim and results that were not sent yet are superseded.

    Returns
    -------
    bool
        Whether it was new or changed.

    Raises
    ------
    RefusedObjectError
        If the study already has ``most`` instances.
    """
    with engine.begin() as connection:
        study = connection.execute(
            select(STUDIES.c.state).where(STUDIES.c.key == arrival.study)
        ).one_or_none()
        here = and_(INSTANCES.c.study == arrival.study, INSTANCES.c.key == arrival.key)
        known = connection.execute(
            select(INSTANCES.c.content, INSTANCES.c.is_purged).where(here)
        ).one_or_none()
        is_new = known is None or known.content != arrival.content
        if known is None:
            _refuse_overfull(connection, arrival.study, most)
            connection.execute(insert(INSTANCES).values(_instance(arrival)))
        elif is_new or known.is_purged:
            connection.execute(update(INSTANCES).where(here).values(_instance(arrival)))
        _touch(connection, arrival, now, is_absent=study is None, is_new=is_new)
    return is_new


def _instance(arrival: Arrival) -> dict[str, object]:
    return {
        "study": arrival.study,
        "key": arrival.key,
        "content": arrival.content,
        "file": arrival.file,
        "size_bytes": arrival.size_bytes,
        "is_purged": False,
    }


def _refuse_overfull(connection: Connection, study: str, most: int) -> None:
    count = connection.execute(
        select(func.count()).select_from(INSTANCES).where(INSTANCES.c.study == study)
    ).scalar_one()
    if count >= most:
        msg = f"The study already has the {most} instances that this node takes of one."
        raise RefusedObjectError(msg, TOO_LARGE)


def _touch(
    connection: Connection, arrival: Arrival, now: float, *, is_absent: bool, is_new: bool
) -> None:
    """Set the study's times, and its state where the instance is new."""
    fresh = {
        "state": State.RECEIVING,
        "sender": arrival.sender,
        "last_at": now,
        "changed_at": now,
        "attempts": 0,
        "not_before": 0.0,
        "owner": "",
        "lease_until": 0.0,
        "reason": "",
    }
    mine = STUDIES.c.key == arrival.study
    if is_absent:
        connection.execute(insert(STUDIES).values(key=arrival.study, first_at=now, **fresh))
    elif is_new:
        connection.execute(update(STUDIES).where(mine).values(fresh))
        connection.execute(
            update(RESULTS)
            .where(RESULTS.c.study == arrival.study, RESULTS.c.state == Sending.PENDING)
            .values(state=Sending.SUPERSEDED, reason="Newer instances of the study arrived.")
        )
    else:
        quiet = or_(STUDIES.c.state == State.RECEIVING, STUDIES.c.state == State.INCOMPLETE)
        connection.execute(
            update(STUDIES).where(mine, quiet).values(last_at=now, state=State.RECEIVING)
        )


def quiet_studies(engine: Engine, quiet_since: float) -> tuple[str, ...]:
    """Studies still being received of which nothing came since that time."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(STUDIES.c.key).where(
                STUDIES.c.state == State.RECEIVING, STUDIES.c.last_at <= quiet_since
            )
        )
        return tuple(rows.scalars())


def files_of(engine: Engine, study: str) -> dict[str, int]:
    """Names and sizes in bytes of a study's files that are in the store."""
    with engine.connect() as connection:
        return stored_files(connection, study)


def stored_files(connection: Connection, study: str) -> dict[str, int]:
    """As :func:`files_of`, within a transaction."""
    rows = connection.execute(
        select(INSTANCES.c.file, INSTANCES.c.size_bytes)
        .where(INSTANCES.c.study == study, INSTANCES.c.is_purged.is_(False))
        .order_by(INSTANCES.c.key)
    )
    return {row.file: row.size_bytes for row in rows}


def mark_purged(engine: Engine, study: str, files: Iterable[str]) -> None:
    """Note that files are no longer in the store."""
    with engine.begin() as connection:
        connection.execute(
            update(INSTANCES)
            .where(INSTANCES.c.study == study, INSTANCES.c.file.in_(list(files)))
            .values(is_purged=True)
        )


def complete(durable: Engine, study: str, quiet_since: float, now: float) -> Complete | None:
    """Queue a study whose files have been synced; ``None`` if more of it came meanwhile."""
    with durable.begin() as connection:
        rows = connection.execute(
            select(INSTANCES.c.key, INSTANCES.c.content, INSTANCES.c.is_purged)
            .where(INSTANCES.c.study == study)
            .order_by(INSTANCES.c.key)
        ).all()
        purged = sum(row.is_purged for row in rows)
        state = State.INCOMPLETE if purged else State.QUEUED
        reason = (
            f"{purged} of {len(rows)} instances are no longer in the store; "
            "send the whole study again."
            if purged
            else ""
        )
        content = hashlib.sha256("".join(f"{r.key}{r.content}" for r in rows).encode()).hexdigest()
        changed = connection.execute(
            update(STUDIES)
            .where(
                STUDIES.c.key == study,
                STUDIES.c.state == State.RECEIVING,
                STUDIES.c.last_at <= quiet_since,
            )
            .values(
                state=state,
                content=content,
                revision=STUDIES.c.revision + 1,
                attempts=0,
                not_before=0.0,
                changed_at=now,
                reason=reason,
            )
        )
    if changed.rowcount != 1:
        return None
    return Complete(study=study, state=state, instances=len(rows))


def claim(engine: Engine, owner: str, now: float, lease_s: float) -> Job | None:
    """Take the study that waits longest, or one whose worker's lease has run out."""
    waiting = and_(STUDIES.c.state == State.QUEUED, STUDIES.c.not_before <= now)
    abandoned = and_(STUDIES.c.state == State.WORKING, STUDIES.c.lease_until < now)
    free = or_(waiting, abandoned)
    with engine.begin() as connection:
        row = connection.execute(
            select(STUDIES).where(free).order_by(STUDIES.c.changed_at, STUDIES.c.key).limit(1)
        ).one_or_none()
        if row is None:
            return None
        taken = connection.execute(
            update(STUDIES)
            .where(STUDIES.c.key == row.key, STUDIES.c.revision == row.revision, free)
            .values(
                state=State.WORKING,
                owner=owner,
                lease_until=now + lease_s,
                attempts=STUDIES.c.attempts + 1,
            )
        )
        if taken.rowcount != 1:
            return None
        return Job(
            study=row.key,
            revision=row.revision,
            content=row.content,
            attempts=row.attempts + 1,
            owner=owner,
            files=tuple(stored_files(connection, row.key)),
        )


def renew(engine: Engine, job: Job, until: float) -> bool:
    """Extend a lease; ``False`` if the job is no longer this worker's."""
    with engine.begin() as connection:
        return (
            connection.execute(update(STUDIES).where(*_mine(job)).values(lease_until=until))
        ).rowcount == 1


def settle(engine: Engine, job: Job, state: State, reason: str, now: float) -> bool:
    """End a job without results; ``False`` if it is no longer this worker's."""
    with engine.begin() as connection:
        ended = connection.execute(
            update(STUDIES)
            .where(*_mine(job))
            .values(state=state, reason=reason, owner="", lease_until=0.0, changed_at=now)
        )
    return ended.rowcount == 1


def postpone(engine: Engine, job: Job, reason: str, not_before: float) -> bool:
    """Queue a job again for later; ``False`` if it is no longer this worker's."""
    with engine.begin() as connection:
        queued = connection.execute(
            update(STUDIES)
            .where(*_mine(job))
            .values(
                state=State.QUEUED, reason=reason, owner="", lease_until=0.0, not_before=not_before
            )
        )
    return queued.rowcount == 1


def finish(
    durable: Engine,
    job: Job,
    results: Sequence[tuple[str, str, Sequence[str]]],
    now: float,
) -> bool:
    """Enter results into the delivery journal and end the job, in one transaction.

    Parameters
    ----------
    durable : Engine
    job : Job
    results : sequence of (SOP instance UID, file, destinations)
        Files below the store's root that are already on the disk.
    now : float

    Returns
    -------
    bool
        ``False`` if the job is no longer this worker's: nothing was entered.
    """
    rows = [
        {
            "study": job.study,
            "revision": job.revision,
            "sop_uid": sop_uid,
            "file": file,
            "destination": destination,
            "state": Sending.PENDING,
            "made_at": now,
        }
        for sop_uid, file, destinations in results
        for destination in destinations
    ]
    state = State.DELIVERING if rows else State.DONE
    with durable.begin() as connection:
        ended = connection.execute(
            update(STUDIES)
            .where(*_mine(job))
            .values(state=state, reason="", owner="", lease_until=0.0, changed_at=now)
        )
        if ended.rowcount != 1:
            return False
        if rows:
            connection.execute(insert(RESULTS), rows)
    return True


def release(engine: Engine, owner: str | None = None) -> int:
    """Give up the claims of a dead worker, or of all at start-up; return how many."""
    held = [STUDIES.c.state == State.WORKING]
    if owner is not None:
        held.append(STUDIES.c.owner == owner)
    with engine.begin() as connection:
        return connection.execute(
            update(STUDIES).where(*held).values(state=State.QUEUED, owner="", lease_until=0.0)
        ).rowcount


def _mine(job: Job) -> tuple[ColumnElement[bool], ...]:
    return (
        STUDIES.c.key == job.study,
        STUDIES.c.state == State.WORKING,
        STUDIES.c.owner == job.owner,
        STUDIES.c.revision == job.revision,
    )
