"""Known errors at the very edge: one clear sentence on stderr, and exit code 2."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import contextmanager

from cauda.errors import CaudaError

UNUSABLE = 2
IN_PART = 3


@contextmanager
def exit_cleanly() -> Iterator[None]:
    """Turn any :class:`CaudaError` into a message and exit code 2."""
    try:
        yield
    except CaudaError as error:
        sys.stderr.write(f"cauda: {error}\n")
        sys.exit(UNUSABLE)
