"""Encryption and keyed hashes with the key of this installation (docs/decisions/0149)."""

from __future__ import annotations

import hashlib
import secrets

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from core.model.errors import Misconfigured

NONCE_BYTES = 12
SHORTEST_KEY = 16


class Seal:
    """Keeps secrets so that the database alone does not give them away.

    Parameters
    ----------
    key
        Text of the key. When empty a new one is made that dies with this process: good for hashes that need
        not last, not for secrets (`lasts`).

    Raises
    ------
    Misconfigured
        If the key is too short to be one.

    Examples
    --------
    >>> seal = Seal("x" * 24)
    >>> seal.open(seal.close("JBSWY3DP", 7), 7), seal.open(seal.close("JBSWY3DP", 7), 8)
    ('JBSWY3DP', None)
    """

    def __init__(self, key: str) -> None:
        if key and len(key) < SHORTEST_KEY:
            raise Misconfigured(
                f"WAYHOME_IDENTITY_KEY: expected at least {SHORTEST_KEY} random characters"
            )
        #: False when the key dies with this process.
        self.lasts = bool(key)
        master = (key or secrets.token_urlsafe(32)).encode()
        self._cipher = AESGCM(_derived(master, b"seal"))
        self._hash_key = _derived(master, b"hash")

    def close(self, text: str, owner: int) -> bytes:
        """Encrypt a secret of a person; it opens for the same person only."""
        nonce = secrets.token_bytes(NONCE_BYTES)
        return nonce + self._cipher.encrypt(nonce, text.encode(), str(owner).encode())

    def open(self, sealed: bytes, owner: int) -> str | None:
        """Decrypt a secret; None when the key or the person is another one."""
        try:
            plain = self._cipher.decrypt(
                sealed[:NONCE_BYTES], sealed[NONCE_BYTES:], str(owner).encode()
            )
        except InvalidTag:
            return None
        return plain.decode()

    def digest(self, text: str) -> bytes:
        """Return a keyed hash: the same for the same text, of no use without the key."""
        return hashlib.blake2b(text.encode(), key=self._hash_key, digest_size=32).digest()


def _derived(master: bytes, purpose: bytes) -> bytes:
    return hashlib.blake2b(master, person=purpose, digest_size=32).digest()
