"""A code that opens one sealed parcel: who made the parcel can not open it again, who keeps it neither.

The code is 100 random bits in letters that are not mistaken for others. The private key of X25519 is its
SHA-256; the parcel is sealed to the public key (ephemeral X25519, HKDF-SHA256, AES-256-GCM). A table may keep
public key and parcel: both are worth nothing without the code.
"""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric.x25519 import X25519PrivateKey, X25519PublicKey
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from core.model.errors import Malformed

LETTERS = "abcdefghjkmnpqrstuvwxyz23456789"
GROUPS, GROUP = 5, 4
_KEY_BYTES = 32
_NONCE = bytes(12)
"""Each parcel has a key of its own, so its number may be the same."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Code:
    """A new code: shown once, kept by its receiver."""

    text: str = field(repr=False)

    @property
    def hash(self) -> bytes:
        """By which a table finds it; 32 bytes."""
        return hashlib.sha256(b"wayhome code " + self.text.encode()).digest()

    @property
    def public_key(self) -> bytes:
        """To which parcels are sealed; 32 bytes."""
        return _private(self).public_key().public_bytes_raw()


def new_code() -> Code:
    """Make a code such as ``k3xm-…``."""
    letters = [secrets.choice(LETTERS) for _ in range(GROUPS * GROUP)]
    parts = ("".join(letters[at : at + GROUP]) for at in range(0, len(letters), GROUP))
    return Code(text="-".join(parts))


def read_code(text: str) -> Code:
    """Read a code as somebody typed it: spaces, dashes and capitals do not matter.

    Raises
    ------
    Malformed
        If it can be none.

    Examples
    --------
    >>> read_code(" ABCD efgh-jkmn-pqrs tuvw ").text
    'abcd-efgh-jkmn-pqrs-tuvw'
    """
    letters = "".join(text.split()).replace("-", "").lower()
    if len(letters) != GROUPS * GROUP or not set(letters) <= set(LETTERS):
        raise Malformed("code", f"{GROUPS} groups of {GROUP} letters and digits")
    return Code(text="-".join(letters[at : at + GROUP] for at in range(0, len(letters), GROUP)))


def seal(parcel: bytes, public_key: bytes) -> bytes:
    """Seal ``parcel`` so that only the code behind ``public_key`` opens it."""
    own = X25519PrivateKey.generate()
    key = _shared(own, X25519PublicKey.from_public_bytes(public_key), own.public_key(), public_key)
    return own.public_key().public_bytes_raw() + AESGCM(key).encrypt(_NONCE, parcel, None)


def unseal(sealed: bytes, code: Code) -> bytes:
    """Open what was sealed to ``code``.

    Raises
    ------
    Malformed
        If it was not, or was changed.

    Examples
    --------
    >>> code = new_code()
    >>> unseal(seal(b"a parcel", code.public_key), code)
    b'a parcel'
    """
    try:
        theirs = X25519PublicKey.from_public_bytes(sealed[:_KEY_BYTES])
        key = _shared(_private(code), theirs, theirs, code.public_key)
        return AESGCM(key).decrypt(_NONCE, sealed[_KEY_BYTES:], None)
    except (InvalidTag, ValueError) as error:
        raise Malformed("code", "the one that this bundle was made for") from error


def _private(code: Code) -> X25519PrivateKey:
    return X25519PrivateKey.from_private_bytes(
        hashlib.sha256(b"wayhome parcel " + code.text.encode()).digest()
    )


def _shared(
    own: X25519PrivateKey, other: X25519PublicKey, ephemeral: X25519PublicKey, receiver: bytes
) -> bytes:
    info = b"wayhome parcel" + ephemeral.public_bytes_raw() + receiver
    return HKDF(hashes.SHA256(), _KEY_BYTES, None, info).derive(own.exchange(other))
