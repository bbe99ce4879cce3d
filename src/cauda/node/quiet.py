"""Only Cauda's own words reach the log: libraries quote header values, identifiers included."""

from __future__ import annotations

import logging
import warnings

LIBRARIES = ("pydicom", "pynetdicom", "dicomweb_client", "highdicom")


def silence_libraries() -> None:
    """Stop them for the whole process; their errors still reach us as exceptions."""
    for name in LIBRARIES:
        logging.getLogger(name).setLevel(logging.CRITICAL)
    warnings.simplefilter("ignore")


def start_logging() -> None:
    """Log Cauda's messages to stderr, and nobody else's."""
    handler = logging.StreamHandler()
    handler.setFormatter(logging.Formatter("%(asctime)s %(name)s %(message)s"))
    ours = logging.getLogger("cauda")
    ours.setLevel(logging.INFO)
    ours.addHandler(handler)
    ours.propagate = False
    logging.getLogger().addHandler(logging.NullHandler())
    silence_libraries()
