"""Names that say nothing: keyed hashes of UIDs, for files, the queue, logs and the audit trail.

A plain hash of a UID can be looked up by anyone who has a list of UIDs; a keyed one only by who
holds the store's key.
"""

from __future__ import annotations

import hashlib
import os
import secrets
from dataclasses import dataclass
from pathlib import Path

KEY_BYTES = 32
DIGEST_BYTES = 16
"""128 bits: no two UIDs share a name in practice."""
BLOCK_BYTES = 1024**2


@dataclass(frozen=True, slots=True)
class Names:
    """Derives names from identifiers with the store's secret key."""

    key: bytes

    def of(self, kind: str, identifier: str) -> str:
        """Return 32 hexadecimal digits for an identifier of that kind.

        Parameters
        ----------
        kind : str
            Such as ``"study"``; the same text of two kinds gives two names.
        identifier : str
            A UID or any other text, possibly hostile.
        """
        text = f"{kind}\0{identifier}".encode("utf-8", "surrogatepass")
        return hashlib.blake2b(text, key=self.key, digest_size=DIGEST_BYTES).hexdigest()


def read_names(path: Path) -> Names:
    """Read the store's key, making one at the first call; two callers get the same."""
    if not path.exists():
        fresh = path.with_name(f"{path.name}.{os.getpid()}.{secrets.token_hex(4)}")
        fresh.write_bytes(secrets.token_bytes(KEY_BYTES))
        fresh.chmod(0o600)
        try:
            path.hardlink_to(fresh)
        except FileExistsError:
            pass
        finally:
            fresh.unlink()
    return Names(path.read_bytes())


def digest_file(path: Path, start: int = 0) -> str:
    """SHA-256 of a file from byte ``start`` on, in hexadecimal."""
    sha = hashlib.sha256()
    with path.open("rb") as stream:
        stream.seek(start)
        while block := stream.read(BLOCK_BYTES):
            sha.update(block)
    return sha.hexdigest()
