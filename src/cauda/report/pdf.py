"""A page as PDF, where WeasyPrint and Pango are installed; nothing is ever fetched."""

from __future__ import annotations

import contextlib
import io
import logging
from typing import Any

from cauda.errors import CaudaError


class PdfUnavailableError(CaudaError):
    """No PDF can be made here, because an optional library is missing."""


def pdf_bytes(page: str) -> bytes:
    """Typeset one of the HTML documents on A4 pages.

    Parameters
    ----------
    page : str
        A page that needs no other file.

    Returns
    -------
    bytes
        A tagged PDF.

    Raises
    ------
    PdfUnavailableError
        If WeasyPrint or one of the system libraries it draws with is missing.
    """
    weasyprint = _weasyprint()
    logging.getLogger("weasyprint").setLevel(logging.ERROR)
    only_embedded = weasyprint.URLFetcher(allowed_protocols={"data"}, fail_on_errors=True)
    content: bytes = weasyprint.HTML(string=page, url_fetcher=only_embedded).write_pdf(
        pdf_tags=True, optimize_images=True
    )
    return content


def _weasyprint() -> Any:  # noqa: ANN401 - an optional package that may be absent
    """Import WeasyPrint; it prints to the terminal when Pango is missing, which is caught."""
    try:
        with contextlib.redirect_stdout(io.StringIO()):
            import weasyprint  # noqa: PLC0415 - optional, and slow to import
    except ModuleNotFoundError as error:
        msg = 'PDF left out: WeasyPrint is not installed (pip install "cauda[pdf]").'
        raise PdfUnavailableError(msg) from error
    except OSError as error:
        msg = (
            "PDF left out: the system library Pango is missing "
            "(Debian, Ubuntu: apt-get install libpango-1.0-0 libpangoft2-1.0-0)."
        )
        raise PdfUnavailableError(msg) from error
    return weasyprint
