"""What a run tells while it goes on: a file, the log, a bar, and TensorBoard where it is wanted."""

from __future__ import annotations

import json
import logging
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console
from rich.progress import Progress, TaskID, TimeElapsedColumn

if TYPE_CHECKING:
    from torch.utils.tensorboard import SummaryWriter

log = logging.getLogger(__name__)

PROGRESS = "progress.jsonl"


class Journal:
    """Figures of a run, step by step.

    Parameters
    ----------
    folder : Path
        Gets ``progress.jsonl``.
    steps : int
        Length of the run.
    bar : Progress
    writer : SummaryWriter, optional
    """

    def __init__(
        self, folder: Path, steps: int, bar: Progress, writer: SummaryWriter | None = None
    ) -> None:
        self._path = folder / PROGRESS
        self._bar, self._writer = bar, writer
        self._task: TaskID = bar.add_task("train", total=steps)

    def resume(self, step: int) -> None:
        """Forget the rows of steps that will be done again."""
        self._bar.update(self._task, completed=step)
        if self._path.is_file():
            rows = self._path.read_text(encoding="utf-8").splitlines()
            kept = [row for row in rows if _step_of(row) <= step]
            self._path.write_text("".join(f"{row}\n" for row in kept), encoding="utf-8")

    def advance(self, step: int) -> None:
        """Move the bar."""
        self._bar.update(self._task, completed=step)

    def row(self, step: int, figures: Mapping[str, float]) -> None:
        """Keep and show named figures of a step."""
        log.info("step %d  %s", step, "  ".join(f"{k} {v:g}" for k, v in figures.items()))
        with self._path.open("a", encoding="utf-8") as out:
            out.write(json.dumps({"step": step, **figures}) + "\n")
        if self._writer is not None:
            for name, value in figures.items():
                self._writer.add_scalar(name, value, step)


@contextmanager
def opened_journal(
    folder: Path, steps: int, *, console: Console | None = None, tensorboard: bool = False
) -> Iterator[Journal]:
    """Open the journal of a run.

    Parameters
    ----------
    folder : Path
    steps : int
    console : Console, optional
        Where the bar is drawn; there is none without it, nor where output is no terminal.
    tensorboard : bool
        Also write ``folder/tensorboard``; without the package a message says so, and the run
        goes on.
    """
    folder.mkdir(parents=True, exist_ok=True)
    writer = _tensorboard(folder / "tensorboard") if tensorboard else None
    bar = Progress(
        *Progress.get_default_columns(),
        TimeElapsedColumn(),
        console=console or Console(quiet=True),
        disable=console is None or not console.is_terminal,
    )
    try:
        with bar:
            yield Journal(folder, steps, bar, writer)
    finally:
        if writer is not None:
            writer.close()


def _tensorboard(folder: Path) -> SummaryWriter | None:
    try:
        from torch.utils.tensorboard import SummaryWriter  # noqa: PLC0415 - an optional package
    except ImportError:
        log.warning(
            "TensorBoard is not installed, so no event file is written (pip install tensorboard); "
            "the figures are in %s all the same.",
            PROGRESS,
        )
        return None
    return SummaryWriter(str(folder))


def _step_of(row: str) -> int:
    """Step of a row; one that a kill cut in two is not kept."""
    try:
        return int(json.loads(row)["step"])
    except (ValueError, KeyError):
        return sys.maxsize
