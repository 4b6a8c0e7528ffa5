"""The key by which push services know us (VAPID, RFC 8292): P-256, kept raw in base64url."""

from __future__ import annotations

import base64
import time
from functools import cache
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from py_vapid import Vapid02, VapidException

from core.model.errors import Misconfigured, Permanent

if TYPE_CHECKING:
    from collections.abc import Mapping

VALID_S = 12 * 3600
"""How long a signature is good for; push services allow a day at most."""
NOBODY = "mailto:nobody@wayhome.invalid"
"""Stands for whom to write to about us where no such address is set."""
REUSED_S = 3600
"""A signature is used again for so long: making one costs more than sending a message."""


@cache
def _key(text: str) -> Vapid02:
    try:
        key: Vapid02 = Vapid02.from_raw(text.encode())
    except Exception as error:
        raise Misconfigured(
            "WAYHOME_PUSH_KEY: expected 32 bytes of a P-256 key in base64url"
        ) from error
    return key


def new_key() -> str:
    """Return a new private key.

    Examples
    --------
    >>> len(new_key())
    43
    """
    number = ec.generate_private_key(ec.SECP256R1()).private_numbers().private_value
    return base64.urlsafe_b64encode(number.to_bytes(32)).decode().rstrip("=")


def public_key(text: str) -> str:
    """Return the public key that browsers subscribe with; empty where there is no key.

    Raises
    ------
    Misconfigured
        If the key is none.

    Examples
    --------
    >>> len(public_key(new_key())), public_key("")
    (87, '')
    """
    if not text:
        return ""
    point = _key(text).public_key.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
    return base64.urlsafe_b64encode(point).decode().rstrip("=")


def authorization(text: str, endpoint: str, contact: str) -> str:
    """Return the header by which the service of an endpoint knows that the message is ours.

    Raises
    ------
    Permanent
        If the endpoint is no place that a signature can be made for, such as a bare IPv6 address.
    """
    parts = urlsplit(endpoint)
    hour = int(time.time() // REUSED_S)
    try:
        return _signed(text, f"{parts.scheme}://{parts.netloc}", contact, hour)
    except VapidException as error:
        raise Permanent("the address is not one that can be pushed to") from error


@cache
def _signed(text: str, audience: str, contact: str, hour: int) -> str:
    claims = {"aud": audience, "exp": hour * REUSED_S + VALID_S, "sub": _subject(contact)}
    signed: Mapping[str, str] = _key(text).sign(claims)
    return signed["Authorization"]


def _subject(contact: str) -> str:
    """Return whom to write to, in the forms that push services take.

    Examples
    --------
    >>> _subject("https://care.example:8443/pages/"), _subject("mailto:a@care.example")
    ('https://care.example', 'mailto:a@care.example')
    >>> _subject("http://localhost:8080")
    'mailto:nobody@wayhome.invalid'
    """
    if contact.startswith("mailto:"):
        return contact
    parts = urlsplit(contact)
    usable = parts.scheme == "https" and parts.hostname and "." in parts.hostname
    return f"https://{parts.hostname}" if usable else NOBODY
