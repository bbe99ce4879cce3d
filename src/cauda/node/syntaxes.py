"""Which objects and transfer syntaxes the node takes."""

from __future__ import annotations

from functools import cache

from pydicom.pixels import get_decoder
from pydicom.uid import (
    UID,
    DeflatedExplicitVRLittleEndian,
    EnhancedMRImageStorage,
    ExplicitVRBigEndian,
    ExplicitVRLittleEndian,
    ImplicitVRLittleEndian,
    JPEG2000TransferSyntaxes,
    JPEGLSTransferSyntaxes,
    JPEGTransferSyntaxes,
    MRImageStorage,
    RLELossless,
)

VERIFICATION = "1.2.840.10008.1.1"
"""C-ECHO (PS3.4 annex A)."""
SOP_CLASSES = (
    str(MRImageStorage),
    str(EnhancedMRImageStorage),
    "1.2.840.10008.5.1.4.1.1.4.4",  # Legacy Converted Enhanced MR Image Storage
)
PLAIN = (
    str(ExplicitVRLittleEndian),
    str(ImplicitVRLittleEndian),
    str(ExplicitVRBigEndian),
    str(DeflatedExplicitVRLittleEndian),
)
"""Syntaxes whose pixels are not compressed."""


@cache
def transfer_syntaxes() -> tuple[str, ...]:
    """Every transfer syntax that can be decoded here, uncompressed ones first."""
    packed = (
        *JPEGTransferSyntaxes,
        *JPEGLSTransferSyntaxes,
        *JPEG2000TransferSyntaxes,
        RLELossless,
    )
    return PLAIN + tuple(str(uid) for uid in packed if _is_decodable(uid))


def _is_decodable(uid: UID) -> bool:
    try:
        return bool(get_decoder(uid).is_available)
    except NotImplementedError:
        return False
