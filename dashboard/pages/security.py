"""To whom a weakness is reported: ``/.well-known/security.txt`` (RFC 9116)."""

from __future__ import annotations

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.model.security_txt import PATH, contacts, text
from dashboard.page import Page
from dashboard.site import site_of

router = APIRouter()
PAGE = Page(router=router, roles=frozenset(), public=True)


@router.get(PATH)
async def security(request: Request) -> Response:
    """Say to whom a weakness is reported; nothing where nobody has said it."""
    site = site_of(request)
    addresses = contacts(site.settings.security_contact)
    if not addresses:
        raise HTTPException(404)
    return PlainTextResponse(text(addresses, site.settings.public_url, site.clock.now()))
