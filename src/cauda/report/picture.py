"""One evidence picture: its pixels with the words that must stand beside them."""

from __future__ import annotations

import io
from dataclasses import dataclass
from typing import Literal

from PIL import Image

from cauda.geometry import Array
from cauda.vocab import Level

Group = Literal["overview", "middle", "foramina", "axial"]

_JPEG_QUALITY = 82
_PNG_EFFORT = 1
"""Of 9: takes a quarter of the usual effort's time for files a tenth larger."""


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Picture:
    """One panel with the words that must stand beside it.

    Parameters
    ----------
    name : str
        Stem of its file, such as ``l4-l5-middle-sag_t2-8-marked``.
    group : Group
    level : Level or None
    is_marked : bool
    caption, alt : str
        Series, slice and what is seen; the same for those who cannot see it.
    pixels : (rows, columns, 3) uint8 array
    """

    name: str
    group: Group
    level: Level | None
    is_marked: bool
    caption: str
    alt: str
    pixels: Array

    def jpeg(self) -> bytes:
        """For pages: small, with full color resolution so that thin lines stay sharp."""
        return _encoded(self.pixels, "JPEG", quality=_JPEG_QUALITY, subsampling=0, optimize=True)

    def png(self) -> bytes:
        """For files: lossless."""
        return _encoded(self.pixels, "PNG", compress_level=_PNG_EFFORT)


def _encoded(pixels: Array, kind: str, **options: object) -> bytes:
    buffer = io.BytesIO()
    Image.fromarray(pixels).save(buffer, kind, **options)
    return buffer.getvalue()
