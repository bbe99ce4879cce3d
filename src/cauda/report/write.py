"""Writes documents into a folder: each file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Mapping, Sequence
from functools import cache
from pathlib import Path

from cauda.errors import UsageError
from cauda.records import Analysis
from cauda.report.figures import Picture, draw_pictures
from cauda.report.html import report_html
from cauda.report.sheet import measurements_csv
from cauda.report.text import report_text
from cauda.schema import to_document

Documents = Mapping[str, tuple[str, Callable[[], str]]]


def write_reports(
    analysis: Analysis,
    folder: Path,
    formats: Iterable[str],
    *,
    keep_identifiers: bool = False,
) -> tuple[Path, ...]:
    """Write the chosen documents, and the evidence pictures beside a page.

    Parameters
    ----------
    analysis : Analysis
    folder : Path
        Made if it is absent.
    formats : iterable of str
        From ``json``, ``html``, ``txt``, ``csv``; ``html`` also writes ``figures/*.png``.
    keep_identifiers : bool
        Whether ``analysis.json`` may hold identifiers and original UIDs.

    Returns
    -------
    tuple of Path
        What was written, in the order of ``formats``.

    Raises
    ------
    UsageError
        If a format is unknown; nothing has been written then.
    """

    @cache
    def pictures() -> tuple[Picture, ...]:
        return draw_pictures(analysis)

    documents: Documents = {
        "json": (
            "analysis.json",
            lambda: to_document(analysis, keep_identifiers=keep_identifiers).model_dump_json(
                indent=1
            ),
        ),
        "html": ("report.html", lambda: report_html(analysis, pictures())),
        "txt": ("report.txt", lambda: report_text(analysis)),
        "csv": ("measurements.csv", lambda: measurements_csv(analysis)),
    }
    chosen = tuple(dict.fromkeys(formats))
    unknown = [name for name in chosen if name not in documents]
    if unknown:
        msg = f"Unknown format {unknown[0]!r}; choose from {', '.join(documents)}."
        raise UsageError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for name in chosen:
        file_name, render = documents[name]
        written.append(_write(folder / file_name, render().encode("utf-8")))
    if "html" in chosen:
        written += _write_pictures(pictures(), folder / "figures")
    return tuple(written)


def _write_pictures(pictures: Sequence[Picture], folder: Path) -> list[Path]:
    folder.mkdir(exist_ok=True)
    return [_write(folder / f"{picture.name}.png", picture.png()) for picture in pictures]


def _write(path: Path, content: bytes) -> Path:
    """Write to a temporary name in the same folder, then rename: never half a file."""
    handle, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
    try:
        with os.fdopen(handle, "wb") as stream:
            stream.write(content)
        Path(temporary).chmod(0o644)
        Path(temporary).replace(path)
    except OSError:
        Path(temporary).unlink(missing_ok=True)
        raise
    return path
