"""A hub asks for its next certificate: the key in use vouches for a new one, and neither travels. Pure."""

from __future__ import annotations

import base64
import binascii
import hashlib
from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding

from core.model.errors import Malformed

LONGEST = 8192
"""Letters of a certificate or a request; ours have below 2000."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Renewal:
    """A request for the next certificate that is signed by the key of the present one."""

    #: SHA-256 of the present certificate, by which it is known; 32 bytes.
    fingerprint: bytes
    #: The request for the new key (PKCS #10, PEM), in the one form that a table compares.
    request: str

    @property
    def request_hash(self) -> bytes:
        """By which the same request is known again; 32 bytes."""
        return hashlib.sha256(self.request.encode()).digest()


def read_renewal(certificate: str, request: str, signature: str) -> Renewal:
    """Read what a hub sends.

    Parameters
    ----------
    certificate
        The present one (PEM). Whether it is one of ours and still counts, a table knows by its fingerprint.
    request
        For the new key (PKCS #10, PEM, EC P-256). Only its key is used; what it calls itself is not.
    signature
        Base64 of ECDSA with SHA-256 over ``request`` as it was sent, by the key of ``certificate``.

    Raises
    ------
    Malformed
        Naming the field that is wrong.
    """
    try:
        present = x509.load_pem_x509_certificate(_short(certificate, "certificate"))
        key = present.public_key()
    except ValueError as error:
        raise Malformed("certificate", "the hub's present certificate (PEM)") from error
    try:
        asked = x509.load_pem_x509_csr(_short(request, "request"))
        signed = asked.is_signature_valid
    except ValueError as error:
        raise Malformed("request", "a certificate request (PKCS #10, PEM)") from error
    if not signed or not _is_p256(asked.public_key()):
        raise Malformed("request", "one for an EC key of the curve P-256, signed by that key")
    _check(key, request, signature)
    return Renewal(
        fingerprint=present.fingerprint(hashes.SHA256()),
        request=asked.public_bytes(Encoding.PEM).decode(),
    )


def _check(key: object, request: str, signature: str) -> None:
    wrong = Malformed("signature", "by the key of the certificate")
    if not isinstance(key, ec.EllipticCurvePublicKey):
        raise wrong
    try:
        given = base64.b64decode(signature, validate=True)
        key.verify(given, request.encode(), ec.ECDSA(hashes.SHA256()))
    except (ValueError, binascii.Error, InvalidSignature) as error:
        raise wrong from error


def _is_p256(key: object) -> bool:
    return isinstance(key, ec.EllipticCurvePublicKey) and isinstance(key.curve, ec.SECP256R1)


def _short(text: str, field: str) -> bytes:
    if len(text) > LONGEST:
        raise Malformed(field, f"at most {LONGEST} letters")
    return text.encode()
