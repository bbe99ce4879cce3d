"""Who is at the other end: a DICOM application entity or a DICOMweb service."""

from __future__ import annotations

import re
from dataclasses import dataclass
from urllib.parse import urlsplit

from cauda.errors import UsageError

AE_TITLE = re.compile(r"[!-\[\]-~](?:[ -\[\]-~]{0,14}[!-\[\]-~])?")
"""One to sixteen printable characters without backslash, no blank at either end (PS3.5, AE)."""
_DICOM = re.compile(r"(?P<title>.+)@(?P<host>\[[0-9A-Fa-f:.]+\]|[^@:\s]+):(?P<port>\d{1,5})")


@dataclass(frozen=True, slots=True, kw_only=True)
class DicomPeer:
    """An application entity that speaks DIMSE."""

    ae_title: str
    host: str
    port: int

    def __str__(self) -> str:
        return f"{self.ae_title}@{self.host}:{self.port}"


@dataclass(frozen=True, slots=True, kw_only=True)
class WebPeer:
    """A DICOMweb service root, such as ``http://127.0.0.1:8042/dicom-web``."""

    url: str

    def __str__(self) -> str:
        return self.url


Peer = DicomPeer | WebPeer


def parse_peer(text: str) -> Peer:
    """Read ``TITLE@host:port`` or an http(s) URL.

    Raises
    ------
    UsageError
        If it is neither; a URL that carries a password is refused, as it would be logged.
    """
    if text.startswith(("http://", "https://")):
        return WebPeer(url=_url(text))
    match = _DICOM.fullmatch(text.strip())
    if match is None or not 0 < int(match["port"]) < 65536:
        msg = f"{text!r} is no peer; write TITLE@host:port or a DICOMweb URL (http://...)."
        raise UsageError(msg)
    return DicomPeer(
        ae_title=ae_title(match["title"]), host=match["host"].strip("[]"), port=int(match["port"])
    )


def ae_title(text: str) -> str:
    """Check an application entity title.

    Raises
    ------
    UsageError
        If it is not 1 to 16 printable characters.
    """
    if not AE_TITLE.fullmatch(text):
        msg = f"{text!r} is no AE title; use 1 to 16 printable ASCII characters, no backslash."
        raise UsageError(msg)
    return text


def _url(text: str) -> str:
    parts = urlsplit(text)
    if not parts.hostname or parts.username or parts.password:
        msg = "A DICOMweb URL needs a host and may not hold a password; use the token option."
        raise UsageError(msg)
    return text.rstrip("/")
