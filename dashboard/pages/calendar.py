"""A carer's shifts for their own calendar: iCalendar at a secret address, naming no home and no resident."""

from __future__ import annotations

import hashlib
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Annotated

import icalendar
from fastapi import APIRouter, HTTPException, Path
from starlette.requests import Request
from starlette.responses import Response

from core.model.rota import stretches
from core.store import rota as store
from core.store.account import acting
from core.store.pool import transaction
from dashboard.page import Page
from dashboard.site import site_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.model.ids import CarerId
    from core.model.rota import Rota

router = APIRouter()
PAGE = Page(router=router, roles=frozenset(), public=True)

BEHIND, AHEAD = timedelta(days=7), timedelta(days=56)
KIND = "text/calendar; charset=utf-8"
Token = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{43}$")]


@router.get("/calendar/{token}.ics")
async def calendar(request: Request, token: Token) -> Response:
    """Give the shifts of whose address it is, those of the last week and of the next eight."""
    site = site_of(request)
    now = site.clock.now()
    async with transaction(site.pool) as connection:
        visitor = await store.visitor_for_feed(connection, token_hash(token), now)
    if visitor is None:
        raise HTTPException(404)
    async with acting(site.pool, visitor) as connection:
        rotas = await store.rotas_with(
            connection, visitor.organisation_id, visitor.carer_id, now - BEHIND
        )
    text = written(rotas, visitor.carer_id, now)
    return Response(text, media_type=KIND, headers={"cache-control": "private, no-store"})


def token_hash(token: str) -> bytes:
    """Return what is stored of a secret address."""
    return hashlib.blake2b(token.encode(), digest_size=32).digest()


def written(rotas: Iterable[Rota], carer_id: CarerId, now: datetime) -> bytes:
    """Return the shifts of one person as iCalendar (RFC 5545)."""
    found = icalendar.Calendar()
    found.add("prodid", "-//Wayhome//Rota//EN")
    found.add("version", "2.0")
    found.add("x-wr-calname", "Wayhome: on call")
    for rota in rotas:
        for one in stretches(rota, now - BEHIND, now + AHEAD):
            if one.carer_id == carer_id:
                event = icalendar.Event()
                event.add("uid", f"{rota.rota_id}-{one.start:%Y%m%dT%H%MZ}@wayhome")
                event.add("dtstamp", now)
                event.add("dtstart", one.start)
                event.add("dtend", one.end)
                event.add("summary", "On call for Wayhome")
                found.add_component(event)
    return bytes(found.to_ical())
