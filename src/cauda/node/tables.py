"""The queue's tables, and the engine behind them: SQLite in the store, or any SQLAlchemy URL."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from sqlite3 import Connection as SqliteConnection
from typing import Any

from sqlalchemy import (
    Boolean,
    Column,
    Engine,
    Float,
    Index,
    Integer,
    MetaData,
    String,
    Table,
    Text,
    create_engine,
    event,
)
from sqlalchemy.engine import Connection

BUSY_S = 30.0
"""How long a writer waits for another one before it gives up."""


class State(StrEnum):
    """Where a study stands."""

    RECEIVING = "receiving"
    QUEUED = "queued"
    WORKING = "working"
    DELIVERING = "delivering"
    DONE = "done"
    REFUSED = "refused"
    FAILED = "failed"
    INCOMPLETE = "incomplete"


class Sending(StrEnum):
    """Where a result stands."""

    PENDING = "pending"
    SENT = "sent"
    FAILED = "failed"
    SUPERSEDED = "superseded"


METADATA = MetaData()
STUDIES = Table(
    "studies",
    METADATA,
    Column("key", String(32), primary_key=True),
    Column("state", String(12), nullable=False, index=True),
    Column("sender", String(16), nullable=False),
    Column("first_at", Float, nullable=False),
    Column("last_at", Float, nullable=False),
    Column("changed_at", Float, nullable=False),
    Column("content", String(64), nullable=False, default=""),
    Column("revision", Integer, nullable=False, default=0),
    Column("attempts", Integer, nullable=False, default=0),
    Column("not_before", Float, nullable=False, default=0.0),
    Column("owner", String(64), nullable=False, default=""),
    Column("lease_until", Float, nullable=False, default=0.0),
    Column("reason", Text, nullable=False, default=""),
)
INSTANCES = Table(
    "instances",
    METADATA,
    Column("study", String(32), primary_key=True),
    Column("key", String(32), primary_key=True),
    Column("content", String(64), nullable=False),
    Column("file", String(80), nullable=False),
    Column("size_bytes", Integer, nullable=False),
    Column("is_purged", Boolean, nullable=False, default=False),
)
RESULTS = Table(
    "results",
    METADATA,
    Column("id", Integer, primary_key=True),
    Column("study", String(32), nullable=False),
    Column("revision", Integer, nullable=False),
    Column("sop_uid", String(64), nullable=False),
    Column("file", String(200), nullable=False),
    Column("destination", String(200), nullable=False),
    Column("state", String(12), nullable=False),
    Column("attempts", Integer, nullable=False, default=0),
    Column("made_at", Float, nullable=False),
    Column("not_before", Float, nullable=False, default=0.0),
    Column("sent_at", Float),
    Column("reason", Text, nullable=False, default=""),
    Index("results_of_study", "study", "revision"),
    Index("results_due", "state", "not_before"),
)


PULLED = Table(
    "pulled",
    METADATA,
    Column("source", String(32), primary_key=True),
    Column("study", String(32), primary_key=True),
    Column("signature", String(64), nullable=False),
)
"""What a search last showed of a study: fetched again only when that changes."""


def connect(url: str, default: Path, *, is_durable: bool = False) -> Engine:
    """Open the queue, making its tables if they are absent.

    Parameters
    ----------
    url : str
        SQLAlchemy URL; empty for SQLite at ``default``.
    default : Path
    is_durable : bool
        SQLite only: whether every commit waits for the disk. Without it a commit survives the
        end of the process but not a power cut; the next durable commit makes all before it
        durable too, as both share one write-ahead log.
    """
    engine = create_engine(url or f"sqlite:///{default}")
    if engine.dialect.name == "sqlite":
        _prepare_sqlite(engine, is_durable=is_durable)
    METADATA.create_all(engine)
    return engine


def _prepare_sqlite(engine: Engine, *, is_durable: bool) -> None:
    """Write-ahead log, and transactions that take the write lock when they begin."""

    def pragmas(connection: SqliteConnection, _record: object) -> None:
        connection.isolation_level = None
        for pragma in (
            f"busy_timeout={int(BUSY_S * 1000)}",
            "journal_mode=WAL",
            f"synchronous={'FULL' if is_durable else 'NORMAL'}",
        ):
            connection.execute(f"PRAGMA {pragma}")

    def begin(connection: Connection) -> None:
        connection.exec_driver_sql("BEGIN IMMEDIATE")

    listen: Any = event.listen
    listen(engine, "connect", pragmas)
    listen(engine, "begin", begin)
