"""To whom a weakness is reported: the file ``security.txt`` (RFC 9116). Pure."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from core.model.errors import Misconfigured

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

PATH = "/.well-known/security.txt"
FRESH = timedelta(days=30)
"""A copy of it counts for so long; what is served is always made anew."""
_MAILBOX = re.compile(r"[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+")
_ADDRESS = re.compile(r"(mailto:[^\s@]+@[^\s@]+|https://[^\s/]+\S*|tel:\+[0-9-]+)")


def contacts(given: str) -> tuple[str, ...]:
    """Read the addresses for reports, by comma, the preferred one first.

    Raises
    ------
    Misconfigured
        If one is no address that a person can write to or open.

    Examples
    --------
    >>> contacts("security@care.example, https://care.example/report")
    ('mailto:security@care.example', 'https://care.example/report')
    >>> contacts("")
    ()
    """
    parts = [part.strip() for part in given.split(",") if part.strip()]
    found = tuple(f"mailto:{one}" if _MAILBOX.fullmatch(one) else one for one in parts)
    if not all(_ADDRESS.fullmatch(one) for one in found):
        raise Misconfigured(
            "WAYHOME_SECURITY_CONTACT: expected an e-mail address or https://…, several by comma"
        )
    return found


def text(addresses: Sequence[str], public_url: str, now: datetime) -> str:
    """Return the file.

    Parameters
    ----------
    addresses
        From `contacts`.
    public_url
        Address of the pages; the file names itself where it is https.
    """
    # rounded to the day: two copies of one day are the same
    expires = (now + FRESH).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {one}" for one in addresses]
    lines += [f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en"]
    if public_url.startswith("https://"):
        lines.append(f"Canonical: {public_url.rstrip('/')}{PATH}")
    return "".join(f"{line}\n" for line in lines)
