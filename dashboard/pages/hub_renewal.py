"""Where a hub fetches its next certificate by itself: the present key vouches for it, no log-in."""

from __future__ import annotations

import logging
import secrets
from http import HTTPStatus

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import PlainTextResponse, Response

from core.model.errors import Malformed
from core.model.renewal import read_renewal
from core.store import hub_credential as store
from core.store.pool import transaction
from dashboard.page import Page
from dashboard.site import site_of

router = APIRouter()
PAGE = Page(router=router, roles=frozenset(), public=True)
log = logging.getLogger("wayhome.dashboard")

FIELDS = ("certificate", "request", "signature")
NOT_NOW = "Not renewed: this certificate is over, revoked, unknown, or asked too often today.\n"
WAIT = "Being made. Send the same again in a second.\n"


@router.post("/hub-renewal")
async def renew(request: Request) -> Response:
    """Ask for the next certificate, or fetch it: the same request gives the same certificate."""
    site = site_of(request)
    async with request.form(max_files=0, max_fields=len(FIELDS)) as form:
        given = {name: str(form.get(name, "")) for name in FIELDS}
    try:
        renewal = read_renewal(**given)
    except Malformed as error:
        return PlainTextResponse(f"{error}\n", HTTPStatus.BAD_REQUEST)
    async with transaction(site.pool) as connection:
        found = await store.renew(connection, renewal, secrets.token_hex(4), site.clock.now())
    if found is None:
        log.warning("renewal refused", extra={"action": "renewal_refused"})
        return PlainTextResponse(NOT_NOW, HTTPStatus.FORBIDDEN)
    client, parcel = found
    if parcel is None:
        return PlainTextResponse(WAIT, HTTPStatus.ACCEPTED)
    log.info("certificate renewed", extra={"action": "renewed", "client": client})
    return PlainTextResponse(parcel, headers={"cache-control": "no-store"})
