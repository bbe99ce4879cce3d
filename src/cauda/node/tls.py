"""TLS contexts from PEM files: 1.2 or later, mutual where an authority is named."""

from __future__ import annotations

import ssl

from cauda.errors import UsageError
from cauda.node.config import Tls


def server_context(tls: Tls) -> ssl.SSLContext:
    """For the node; with an authority, senders must show a certificate it signed.

    Raises
    ------
    UsageError
        If certificate or key is absent or unusable.
    """
    if tls.certificate is None or tls.key is None:
        msg = "receive.tls needs a certificate and its key."
        raise UsageError(msg)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.authority is not None:
        context.verify_mode = ssl.CERT_REQUIRED
    _load(context, tls)
    return context


def client_context(tls: Tls) -> ssl.SSLContext:
    """For a destination: its certificate must be signed by the authority and name its host.

    Raises
    ------
    UsageError
        If a file is unusable.
    """
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.minimum_version = ssl.TLSVersion.TLSv1_2
    if tls.authority is None:
        context.load_default_certs()
    _load(context, tls)
    return context


def _load(context: ssl.SSLContext, tls: Tls) -> None:
    try:
        if tls.certificate is not None:
            context.load_cert_chain(tls.certificate, tls.key)
        if tls.authority is not None:
            context.load_verify_locations(tls.authority)
    except (OSError, ssl.SSLError) as error:
        msg = f"A TLS file cannot be used ({type(error).__name__}); it must be PEM and readable."
        raise UsageError(msg) from error
