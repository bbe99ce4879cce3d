"""The folder where everything lies; every name in it is made here, none comes from a sender.

::

    store/
      key  lock  queue.sqlite  audit.jsonl
      incoming/                     being received; emptied at every start
      scratch/<worker>/             emptied at every start
      studies/<study>/<instance>-<content>.dcm
      results/<study>/<revision>-<owner>/<number>.dcm
"""

from __future__ import annotations

import fcntl
import os
import re
import shutil
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

from cauda.errors import UsageError

_NAME = re.compile(r"[0-9a-f]{32}")


@dataclass(frozen=True, slots=True)
class Store:
    """Places files below one root folder."""

    root: Path

    @property
    def incoming(self) -> Path:
        """Files that are still being received."""
        return self.root / "incoming"

    @property
    def scratch(self) -> Path:
        """Temporary files of the workers; emptied at every start."""
        return self.root / "scratch"

    @property
    def key(self) -> Path:
        """The secret that names are derived with."""
        return self.root / "key"

    @property
    def audit(self) -> Path:
        """The audit trail."""
        return self.root / "audit.jsonl"

    def prepare(self) -> None:
        """Make the folders, readable by their owner only; only a node that is starting does."""
        shutil.rmtree(self.scratch, ignore_errors=True)
        within = (self.root / "studies", self.root / "results")
        for folder in (self.root, self.incoming, self.scratch, *within):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)

    def study(self, study: str) -> Path:
        """Folder of a study's images."""
        return self.root / "studies" / _checked(study)

    def results(self, study: str) -> Path:
        """Folder of a study's results."""
        return self.root / "results" / _checked(study)

    def place(self, temporary: Path, study: str, instance: str, content: str) -> str:
        """Move a received file to its place in one step; return the file's name.

        The name holds the content, so that a changed instance never overwrites a file that an
        analysis is reading.
        """
        folder = self.study(study)
        folder.mkdir(mode=0o700, exist_ok=True)
        name = f"{_checked(instance)}-{_checked(content[:32])}.dcm"
        temporary.replace(folder / name)
        return name

    def free_bytes(self) -> int:
        """Space left where the store lies."""
        return shutil.disk_usage(self.root).free

    def sync_study(self, study: str, sizes: Mapping[str, int]) -> tuple[str, ...]:
        """Force a study's files, their folder and its name to the disk.

        Parameters
        ----------
        study : str
        sizes : mapping
            File names and their sizes in bytes.

        Returns
        -------
        tuple of str
            Files that are not there in full: a power cut before they were synced takes them.
        """
        folder = self.study(study)
        lost = []
        for name, size_bytes in sizes.items():
            path = folder / name
            if path.is_file() and path.stat().st_size == size_bytes:
                sync(path)
            else:
                lost.append(name)
        for place in (folder, folder.parent):
            if place.is_dir():
                sync(place)
        return tuple(lost)

    def remove(self, study: str, names: Iterable[str]) -> None:
        """Delete the named images of a study, and its results; an image just placed stays."""
        folder = self.study(study)
        for name in names:
            (folder / name).unlink(missing_ok=True)
        with suppress(OSError):
            folder.rmdir()
        shutil.rmtree(self.results(study), ignore_errors=True)

    def sweep_incoming(self, older_than_s: float) -> None:
        """Delete what broken associations left behind."""
        oldest = time.time() - older_than_s
        for path in self.incoming.iterdir():
            if path.is_file() and path.stat().st_mtime <= oldest:
                path.unlink(missing_ok=True)


def sync(path: Path) -> None:
    """Force a file or folder to the disk."""
    handle = os.open(path, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


@contextmanager
def only_node(store: Store) -> Iterator[None]:
    """Hold the store for one node; the lock ends with the process, however it ends.

    Raises
    ------
    UsageError
        If another node holds it.
    """
    with (store.root / "lock").open("w", encoding="ascii") as stream:
        try:
            fcntl.flock(stream, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as error:
            msg = f"Another node already works in {store.root}; stop it or use another store."
            raise UsageError(msg) from error
        yield


def _checked(name: str) -> str:
    if not _NAME.fullmatch(name):
        msg = f"{name!r} is no name of this store."
        raise ValueError(msg)
    return name
