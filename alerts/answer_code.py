"""The number that a reply by text must hold: a sender's number alone is easily forged. Pure."""

from __future__ import annotations

import hashlib
import hmac
import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from core.model.ids import DeliveryId

DIGITS = 6
_NUMBER = re.compile(rf"(?<!\d)\d{{{DIGITS}}}(?!\d)")


def code_of(secret: str, delivery_id: DeliveryId) -> str:
    """Return the code of a delivery; empty without a secret.

    Examples
    --------
    >>> code_of("key", 71)
    '792319'
    >>> code_of("", 71)
    ''
    """
    if not secret:
        return ""
    digest = hmac.new(secret.encode(), f"answer {delivery_id}".encode(), hashlib.sha256).digest()
    return f"{int.from_bytes(digest[:8]) % 10**DIGITS:0{DIGITS}}"


def codes_in(text: str) -> frozenset[str]:
    """Return the codes that a reply may hold, of the first three numbers in it.

    Examples
    --------
    >>> sorted(codes_in("ok 482913 thanks"))
    ['482913']
    >>> codes_in("+447700900123")
    frozenset()
    """
    return frozenset(_NUMBER.findall(text)[:3])
