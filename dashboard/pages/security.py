"""To whom a weakness is reported: ``/.well-known/security.txt`` (RFC 9116)."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.model.errors import Misconfigured
from dashboard.page import Page
from dashboard.site import site_of

if TYPE_CHECKING:
    from datetime import datetime

    from core.runtime.settings import DashboardSettings

router = APIRouter()
PAGE = Page(router=router, roles=frozenset(), public=True)

PATH = "/.well-known/security.txt"
FRESH = timedelta(days=30)
"""A copy of it counts for so long; what is served is always made anew."""
_MAILBOX = re.compile(r"[^\s@:/]+@[^\s@:/]+\.[^\s@:/]+")
_ADDRESS = re.compile(r"(mailto:[^\s@]+@[^\s@]+|https://[^\s/]+\S*|tel:\+[0-9-]+)")


@router.get(PATH)
async def security(request: Request) -> Response:
    """Say to whom a weakness is reported; nothing where nobody has said it."""
    site = site_of(request)
    if not site.settings.security_contact:
        raise HTTPException(404)
    return PlainTextResponse(text(site.settings, site.clock.now()))


def text(settings: DashboardSettings, now: datetime) -> str:
    """Return the file.

    Raises
    ------
    Misconfigured
        As `contacts` does.
    """
    # rounded to the day: two copies of one day are the same
    expires = (now + FRESH).replace(hour=0, minute=0, second=0, microsecond=0)
    lines = [f"Contact: {one}" for one in contacts(settings.security_contact)]
    lines += [f"Expires: {expires:%Y-%m-%dT%H:%M:%SZ}", "Preferred-Languages: en"]
    if settings.public_url.startswith("https://"):
        lines.append(f"Canonical: {settings.public_url.rstrip('/')}{PATH}")
    return "".join(f"{line}\n" for line in lines)


def contacts(given: str) -> tuple[str, ...]:
    """Read the addresses for reports, the preferred one first.

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
