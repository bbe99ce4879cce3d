"""What the queue says about its studies, for people; read-only."""

from __future__ import annotations

import datetime
from dataclasses import dataclass

from sqlalchemy import Engine, func, select, update

from cauda.node.tables import INSTANCES, RESULTS, STUDIES, Sending, State


@dataclass(frozen=True, slots=True, kw_only=True)
class StudyStatus:
    """One study, under its name in the store."""

    study: str
    state: str
    sender: str
    instances: int
    sent: int
    results: int
    attempts: int
    changed: datetime.datetime
    reason: str


def read_status(engine: Engine, study: str | None = None) -> tuple[StudyStatus, ...]:
    """State and reason of every study, latest first, or of one."""
    instances = select(func.count()).where(INSTANCES.c.study == STUDIES.c.key).scalar_subquery()
    current = select(func.count()).where(
        RESULTS.c.study == STUDIES.c.key, RESULTS.c.revision == STUDIES.c.revision
    )
    query = select(
        STUDIES,
        instances.label("instances"),
        current.scalar_subquery().label("results"),
        current.where(RESULTS.c.state == Sending.SENT).scalar_subquery().label("sent"),
        select(func.max(RESULTS.c.reason))
        .where(RESULTS.c.study == STUDIES.c.key, RESULTS.c.state == Sending.PENDING)
        .scalar_subquery()
        .label("waits"),
    ).order_by(STUDIES.c.changed_at.desc())
    if study is not None:
        query = query.where(STUDIES.c.key == study)
    with engine.connect() as connection:
        rows = connection.execute(query).all()
    return tuple(
        StudyStatus(
            study=row.key,
            state=row.state,
            sender=row.sender,
            instances=row.instances,
            sent=row.sent,
            results=row.results,
            attempts=row.attempts,
            changed=datetime.datetime.fromtimestamp(row.changed_at, tz=datetime.UTC),
            reason=row.reason or row.waits or "",
        )
        for row in rows
    )


def retry(engine: Engine, study: str) -> bool:
    """Give a failed or refused study another chance; ``False`` if it is not one.

    Results that were given up are sent again; a study without results is analyzed again.
    """
    now = datetime.datetime.now(tz=datetime.UTC).timestamp()
    ended = STUDIES.c.state.in_((State.FAILED, State.REFUSED))
    lost = (RESULTS.c.study == study, RESULTS.c.state == Sending.FAILED)
    with engine.begin() as connection:
        again = connection.execute(
            update(RESULTS).where(*lost).values(state=Sending.PENDING, not_before=0.0, made_at=now)
        ).rowcount
        state = State.DELIVERING if again else State.QUEUED
        changed = connection.execute(
            update(STUDIES)
            .where(STUDIES.c.key == study, ended)
            .values(state=state, attempts=0, not_before=0.0, reason="", changed_at=now)
        )
    return changed.rowcount == 1
