"""A phone that makes and uses passkeys, in software: real keys, real signatures, real CBOR."""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import struct
from dataclasses import dataclass, field
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from webauthn.helpers import encode_cbor

ORIGIN = "http://localhost:8080"
PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


def text(raw: bytes) -> str:
    return base64.urlsafe_b64encode(raw).decode().rstrip("=")


def raw(value: str) -> bytes:
    return base64.urlsafe_b64decode(value + "=" * (-len(value) % 4))


@dataclass(slots=True, kw_only=True)
class Phone:
    """One passkey; what a thief or a bug could change is a parameter."""

    origin: str = ORIGIN
    rp_id: str = "localhost"
    flags: int = PRESENT | VERIFIED
    counter: int = 0
    counts: bool = True
    handle: bytes = b""
    key: ec.EllipticCurvePrivateKey = field(
        default_factory=lambda: ec.generate_private_key(ec.SECP256R1())
    )
    credential_id: bytes = field(default_factory=lambda: secrets.token_bytes(32))

    def create(self, options: dict[str, Any]) -> str:
        """Answer to a wish for a new passkey."""
        self.handle = raw(options["user"]["id"])
        numbers = self.key.public_key().public_numbers()
        point = {
            1: 2,
            3: -7,
            -1: 1,
            -2: numbers.x.to_bytes(32, "big"),
            -3: numbers.y.to_bytes(32, "big"),
        }
        attested = (
            bytes(16)
            + struct.pack(">H", len(self.credential_id))
            + self.credential_id
            + encode_cbor(point)
        )
        authenticator = self._authenticator(ATTESTED) + attested
        attestation = encode_cbor({"fmt": "none", "attStmt": {}, "authData": authenticator})
        return self._answer(
            clientDataJSON=self._client("webauthn.create", options["challenge"]),
            attestationObject=attestation,
        )

    def get(self, options: dict[str, Any]) -> str:
        """Answer to a wish to log in."""
        self.counter += 1 if self.counts else 0
        client = self._client("webauthn.get", options["challenge"])
        authenticator = self._authenticator()
        signed = authenticator + hashlib.sha256(client).digest()
        return self._answer(
            clientDataJSON=client,
            authenticatorData=authenticator,
            signature=self.key.sign(signed, ec.ECDSA(hashes.SHA256())),
            userHandle=self.handle,
        )

    def _authenticator(self, more: int = 0) -> bytes:
        head = hashlib.sha256(self.rp_id.encode()).digest()
        return head + bytes([self.flags | more]) + struct.pack(">I", self.counter)

    def _client(self, kind: str, challenge: str) -> bytes:
        return json.dumps(
            {"type": kind, "challenge": challenge, "origin": self.origin, "crossOrigin": False}
        ).encode()

    def _answer(self, **response: bytes) -> str:
        return json.dumps(
            {
                "id": text(self.credential_id),
                "rawId": text(self.credential_id),
                "type": "public-key",
                "clientExtensionResults": {},
                "response": {name: text(value) for name, value in response.items()},
            }
        )
