"""Whole runs: the shipped networks on a phantom study, made once a session."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from cauda.cli import main

Run = Callable[..., int]


@pytest.fixture
def cauda(monkeypatch: pytest.MonkeyPatch) -> Run:
    """Return a function that runs the command line in process and gives its exit code."""

    def run(*arguments: str | Path) -> int:
        monkeypatch.setattr(sys, "argv", ["cauda", *map(str, arguments)])
        with pytest.raises(SystemExit) as stop:
            main()
        return int(stop.value.code or 0)

    return run
