"""Writes documents into a folder: each file appears whole or not at all."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Callable, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import cache
from pathlib import Path
from typing import NamedTuple

from cauda.errors import UsageError
from cauda.records import Analysis
from cauda.report.figures import Picture, draw_pictures
from cauda.report.html import report_html
from cauda.report.pdf import PdfUnavailableError, pdf_bytes
from cauda.report.sheet import measurements_csv, rsna_csv
from cauda.report.summary import Audience, summary_html
from cauda.report.text import report_text
from cauda.schema import to_document

ENCODERS = 2
"""Pictures are encoded this many at a time: encoding leaves the interpreter free."""


class Document(NamedTuple):
    """One file of a format, and how its content is made."""

    name: str
    content: Callable[[], bytes]


def write_reports(
    analysis: Analysis,
    folder: Path,
    formats: Iterable[str],
    *,
    keep_identifiers: bool = False,
    audience: Audience = "clinician",
    tell: Callable[[str], None] = lambda _message: None,
) -> tuple[Path, ...]:
    """Write the chosen documents, and the evidence pictures beside a page.

    Parameters
    ----------
    analysis : Analysis
    folder : Path
        Made if it is absent.
    formats : iterable of str
        From ``json``, ``html``, ``summary``, ``pdf``, ``txt``, ``csv``, ``rsna``; ``html`` also
        writes ``figures/*.png``, ``pdf`` writes ``summary.pdf`` and ``report.pdf``.
    keep_identifiers : bool
        Whether ``analysis.json`` may hold identifiers and original UIDs.
    audience : {"clinician", "patient"}
        For whom the summary is worded.
    tell : callable
        Told, once, why no PDF was written where an optional library is missing.

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

    @cache
    def page() -> str:
        return report_html(analysis, pictures())

    @cache
    def summary() -> str:
        return summary_html(analysis, audience)

    def data() -> bytes:
        made = to_document(analysis, keep_identifiers=keep_identifiers)
        return made.model_dump_json(indent=1).encode()

    documents: dict[str, tuple[Document, ...]] = {
        "json": (Document("analysis.json", data),),
        "html": (Document("report.html", lambda: page().encode()),),
        "summary": (Document("summary.html", lambda: summary().encode()),),
        "pdf": (
            Document("summary.pdf", lambda: pdf_bytes(summary())),
            Document("report.pdf", lambda: pdf_bytes(page())),
        ),
        "txt": (Document("report.txt", lambda: report_text(analysis).encode()),),
        "csv": (Document("measurements.csv", lambda: measurements_csv(analysis).encode()),),
        "rsna": (Document("rsna.csv", lambda: rsna_csv(analysis).encode()),),
    }
    chosen = tuple(dict.fromkeys(formats))
    unknown = [name for name in chosen if name not in documents]
    if unknown:
        msg = f"Unknown format {unknown[0]!r}; choose from {', '.join(documents)}."
        raise UsageError(msg)
    folder.mkdir(parents=True, exist_ok=True)
    written = [path for name in chosen for path in _format(documents[name], folder, tell)]
    if "html" in chosen:
        written += _write_pictures(pictures(), folder / "figures")
    return tuple(written)


def _format(
    documents: Sequence[Document], folder: Path, tell: Callable[[str], None]
) -> tuple[Path, ...]:
    """The files of one format; none, with a message, where an optional library is missing."""
    try:
        return tuple(write_whole(folder / d.name, d.content()) for d in documents)
    except PdfUnavailableError as error:
        tell(str(error))
        return ()


def _write_pictures(pictures: Sequence[Picture], folder: Path) -> list[Path]:
    folder.mkdir(exist_ok=True)

    def write(picture: Picture) -> Path:
        return write_whole(folder / f"{picture.name}.png", picture.png())

    with ThreadPoolExecutor(ENCODERS) as pool:
        return list(pool.map(write, pictures))


def write_whole(path: Path, content: bytes) -> Path:
    """Write to a temporary name in the same folder, then rename: never half a file.

    The folder is made if absent.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
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
