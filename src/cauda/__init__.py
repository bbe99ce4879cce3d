"""Cauda: lumbar-spine MRI in; levels, grades, nerve roots and associated foot symptoms out.

Research use only, not a medical device. Importing this package imports neither torch nor a
network; the names below are loaded when first used.
"""

from __future__ import annotations

import importlib
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from cauda.errors import CaudaError
    from cauda.records import Analysis
    from cauda.settings import Settings
    from cauda.wiring import analyze

__all__ = ["Analysis", "CaudaError", "Settings", "__version__", "analyze"]

__version__ = "0.1.0"

_HOMES = {
    "Analysis": "cauda.records",
    "CaudaError": "cauda.errors",
    "Settings": "cauda.settings",
    "analyze": "cauda.wiring",
}


def __getattr__(name: str) -> Any:  # noqa: ANN401 - whatever the name stands for
    """Load a public name from its module on first use."""
    if name not in _HOMES:
        msg = f"module 'cauda' has no attribute {name!r}; public names: {', '.join(__all__)}"
        raise AttributeError(msg)
    return getattr(importlib.import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return list(__all__)
