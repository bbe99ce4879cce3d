"""The delivery journal: one row a result and destination, marked the moment it was taken."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Engine, Row, select, update

from cauda.node.tables import RESULTS, STUDIES, Sending, State


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Results of one study that are to be sent to one destination now."""

    study: str
    revision: int
    destination: str
    attempts: int
    made_at: float
    files: tuple[tuple[int, str, str], ...]
    """Row, SOP instance UID and file below the store's root."""


def due(engine: Engine, now: float) -> tuple[Due, ...]:
    """All that may be sent now, oldest first."""
    with engine.connect() as connection:
        rows = connection.execute(
            select(RESULTS)
            .where(RESULTS.c.state == Sending.PENDING, RESULTS.c.not_before <= now)
            .order_by(RESULTS.c.id)
            .limit(500)
        ).all()
    groups: dict[tuple[str, int, str], list[tuple[int, str, str]]] = {}
    first: dict[tuple[str, int, str], Row[Any]] = {}
    for row in rows:
        group = (row.study, row.revision, row.destination)
        groups.setdefault(group, []).append((row.id, row.sop_uid, row.file))
        first.setdefault(group, row)
    return tuple(
        Due(
            study=group[0],
            revision=group[1],
            destination=group[2],
            attempts=first[group].attempts,
            made_at=first[group].made_at,
            files=tuple(files),
        )
        for group, files in groups.items()
    )


def sent(engine: Engine, row: int, now: float) -> None:
    """Mark one result as taken by its destination."""
    with engine.begin() as connection:
        connection.execute(
            update(RESULTS)
            .where(RESULTS.c.id == row)
            .values(state=Sending.SENT, sent_at=now, reason="")
        )


def try_later(engine: Engine, rows: Iterable[int], reason: str, not_before: float) -> None:
    """Put off results that could not be sent."""
    with engine.begin() as connection:
        connection.execute(
            update(RESULTS)
            .where(RESULTS.c.id.in_(list(rows)), RESULTS.c.state == Sending.PENDING)
            .values(attempts=RESULTS.c.attempts + 1, reason=reason, not_before=not_before)
        )


def give_up(engine: Engine, rows: Iterable[int], reason: str) -> None:
    """Mark results that will not be sent any more."""
    with engine.begin() as connection:
        connection.execute(
            update(RESULTS)
            .where(RESULTS.c.id.in_(list(rows)), RESULTS.c.state == Sending.PENDING)
            .values(state=Sending.FAILED, reason=reason)
        )


def close_delivered(engine: Engine, now: float) -> tuple[tuple[str, State], ...]:
    """End the studies that have nothing left to send; return them with their state."""
    of_study = (RESULTS.c.study == STUDIES.c.key, RESULTS.c.revision == STUDIES.c.revision)
    left = select(RESULTS.c.id).where(*of_study, RESULTS.c.state == Sending.PENDING)
    lost = select(RESULTS.c.id).where(*of_study, RESULTS.c.state == Sending.FAILED)
    ended: list[tuple[str, State]] = []
    with engine.begin() as connection:
        rows = connection.execute(
            select(STUDIES.c.key, lost.exists().label("is_lost")).where(
                STUDIES.c.state == State.DELIVERING, ~left.exists()
            )
        ).all()
        for row in rows:
            state = State.FAILED if row.is_lost else State.DONE
            reason = "Results could not be delivered." if row.is_lost else ""
            connection.execute(
                update(STUDIES)
                .where(STUDIES.c.key == row.key, STUDIES.c.state == State.DELIVERING)
                .values(state=state, reason=reason, changed_at=now)
            )
            ended.append((row.key, state))
    return tuple(ended)
