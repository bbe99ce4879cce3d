"""Small types that several records share."""

from __future__ import annotations

from typing import Literal

from cauda.geometry import Array

Point = tuple[float, float, float]
"""An LPS point in mm."""

Certainty = Literal["high", "moderate", "low"]


def read_only(array: Array) -> Array:
    """A read-only view; the caller's own array stays writable."""
    view = array.view()
    view.flags.writeable = False
    return view
