"""Shared test set-up: where the real data lies, if it is here."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

DATA = Path(os.environ.get("CAUDA_DATA", Path(__file__).parents[1] / "../shared/data"))


@pytest.fixture(scope="session")
def real_data() -> Path:
    """Return the folder of real MRI, or skip where it is absent."""
    if not DATA.is_dir():
        pytest.skip(f"no real data at {DATA}; set CAUDA_DATA to test on it")
    return DATA.resolve()
