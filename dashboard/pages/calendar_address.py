"""The secret address of one's own calendar: shown once, replaced or revoked at will."""

from __future__ import annotations

import logging
import secrets

from fastapi import APIRouter
from starlette.responses import Response

from core.store import rota as store
from core.store import timeline
from core.store.account import CarerRole
from dashboard.page import Page
from dashboard.pages.calendar import token_hash
from dashboard.roles import CARERS
from dashboard.visit import Form, Visiting, see_other

router = APIRouter()
PAGE = Page(router=router, roles=CARERS | {CarerRole.ORGANISATION_ADMIN})
log = logging.getLogger("wayhome.dashboard")


@router.post("/calendar")
async def make(visiting: Visiting, form: Form) -> Response:
    """Give a new address; the one there was shows nothing any more."""
    del form
    token = secrets.token_urlsafe(32)
    me = visiting.visitor.carer_id
    async with visiting.acting() as connection:
        await store.open_feed(connection, me, token_hash(token), visiting.now)
        zone = await timeline.first_zone(connection)
    log.info("calendar", extra={"action": "calendar_opened", "carer": me})
    base = visiting.site.settings.public_url or str(visiting.request.base_url)
    address = f"{base.rstrip('/')}/calendar/{token}.ics"
    return visiting.page("calendar.html", zone, here="/plan", address=address)


@router.post("/calendar/revoke")
async def revoke(visiting: Visiting, form: Form) -> Response:
    """Let the address show nothing any more."""
    del form
    me = visiting.visitor.carer_id
    async with visiting.acting() as connection:
        await store.revoke_feeds(connection, me, visiting.now)
    log.info("calendar", extra={"action": "calendar_revoked", "carer": me})
    return see_other("/rota")
