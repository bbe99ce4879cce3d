"""Silence for libraries whose warnings and log lines quote header values, identifiers included."""

from __future__ import annotations

import logging
import warnings

LIBRARIES = ("pydicom", "pynetdicom", "dicomweb_client")


def silence_libraries() -> None:
    """Stop them for the whole process; their errors still reach us as exceptions."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")
