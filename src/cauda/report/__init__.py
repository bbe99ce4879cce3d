"""An analysis as documents, returned as values; only :func:`write_reports` touches the disk.

The page, the text and the terminal say the same lines, made once in ``content``. Every word for a
grade comes from ``knowledge/wording.toml``, every rule's text from ``knowledge/thresholds.toml``.
"""

from __future__ import annotations

from cauda.report.html import report_html
from cauda.report.sheet import measurements_csv
from cauda.report.summary import summary_html
from cauda.report.terminal import terminal_summary
from cauda.report.text import report_text
from cauda.report.write import write_reports

__all__ = [
    "measurements_csv",
    "report_html",
    "report_text",
    "summary_html",
    "terminal_summary",
    "write_reports",
]
