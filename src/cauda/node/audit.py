"""The audit trail: who sent what, when, and what came back.

One JSON object a line, only ever appended, each holding the SHA-256 of the line before it, so
that a removed or altered line shows. Identifiers appear as keyed names only.
"""

from __future__ import annotations

import datetime
import fcntl
import hashlib
import json
import os
from dataclasses import dataclass
from pathlib import Path

START = "0" * 64
"""What the first line holds as the hash of the line before it."""
TAIL_BYTES = 65536
"""Longer than any line that is written."""


@dataclass(frozen=True, slots=True)
class Audit:
    """Appends events to one file; several processes and threads may share it."""

    path: Path

    def write(self, event: str, **facts: object) -> None:
        """Append one event and force it to the disk.

        Parameters
        ----------
        event : str
        **facts
            Plain values; no names, identifiers or UIDs of patients, studies or images.
        """
        handle = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX)
            previous, is_torn = _last(handle)
            moment = datetime.datetime.now(tz=datetime.UTC).isoformat(timespec="milliseconds")
            line = {"time": moment, "event": event, **facts, "previous": previous}
            text = json.dumps(line, ensure_ascii=True, separators=(",", ":"))
            # A line cut short by a power failure is closed, and stays in the chain.
            os.write(handle, ("\n" * is_torn + text + "\n").encode())
            os.fsync(handle)
        finally:
            os.close(handle)


def _last(handle: int) -> tuple[str, bool]:
    """Hash of the last line, and whether that line was never finished."""
    size = os.fstat(handle).st_size
    if size == 0:
        return START, False
    tail = os.pread(handle, TAIL_BYTES, max(0, size - TAIL_BYTES))
    is_torn = not tail.endswith(b"\n")
    return _digest(tail.rstrip(b"\n").rsplit(b"\n", 1)[-1]), is_torn


def _digest(line: bytes) -> str:
    return hashlib.sha256(line).hexdigest()


def verify(path: Path) -> tuple[int, tuple[int, ...]]:
    """Check the chain of an audit trail.

    Returns
    -------
    (int, tuple of int)
        Number of lines, and the numbers (from 1) of those that do not continue the one before.
    """
    previous, broken, count = START, [], 0
    with path.open("rb") as stream:
        for count, raw in enumerate(stream, start=1):
            line = raw.rstrip(b"\n")
            if _previous(line) != previous:
                broken.append(count)
            previous = _digest(line)
    return count, tuple(broken)


def _previous(line: bytes) -> str:
    try:
        return str(json.loads(line)["previous"])
    except (ValueError, KeyError, TypeError):
        return ""
