"""For the police, without a log-in: a code opens one pack until it ends; each opening is on record."""

from __future__ import annotations

import logging
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import APIRouter, HTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.model.missing import LinkOpening
from core.store import missing, police_link, traces
from core.store.account import acting
from core.store.pool import transaction
from dashboard import metrics
from dashboard.caller import address_of
from dashboard.entrance import hashed
from dashboard.missing import codes, desk
from dashboard.missing.sheet import position_in_words
from dashboard.missing.words import as_on_paper
from dashboard.page import Page
from dashboard.pages.missing_pack import json_answer, pdf_answer
from dashboard.roles import may_search
from dashboard.site import Site, site_of
from dashboard.visit import see_other

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable
    from datetime import datetime

    from core.model.missing import LastPosition, PoliceLink
    from core.store.missing import Person
    from core.store.police_link import Holder
    from core.store.pool import Connection
    from dashboard.missing.desk import Opened
    from dashboard.missing.sheet import Line

router = APIRouter()
PAGE = Page(router=router, roles=frozenset(), public=True)
log = logging.getLogger("wayhome.dashboard")

CODE_COOKIE = "wayhome_police"
PATH = "/police"
ZONE = ZoneInfo("Europe/London")
WINDOW = timedelta(minutes=15)
MOST_FROM_HERE = 20
"""Codes from one network within the window that opened nothing, after which it has to wait."""
MOST_OF_ALL = 2000
NOTHING = (
    "This code opens nothing",
    (
        "It may be mistyped, or over. Ask the person or the care organisation that gave it to you for a new"
        " one; your control room has their number. If you typed it: it has four groups of five letters and"
        " digits."
    ),
)
WAIT = (
    "Please wait",
    (
        "Too many codes that opened nothing came from your network. Wait fifteen minutes, or ask the person"
        " who gave you the code to send the pack as a file."
    ),
)


class NothingOpens(Exception):  # noqa: N818 (an answer, not a fault)
    """The code is unknown, over, revoked, or its maker may not share any more: never said which."""


class TooMany(Exception):  # noqa: N818
    """Too many codes that opened nothing."""


@dataclass(frozen=True, slots=True, kw_only=True)
class View:
    """What a code opens."""

    link: PoliceLink
    person: Person
    found: Opened
    #: Where the tracker is now, when that is shared and known.
    position: LastPosition | None


@router.get("/police")
async def ask(request: Request) -> Response:
    """Ask for the code; a link that carries it behind a # fills it in without sending it."""
    return _answer(request, "police.html", title="", text="")


@router.post("/police")
async def enter(request: Request) -> Response:
    """Check the code; keep it in a cookie, so that no address ever holds it."""
    if request.headers.get("sec-fetch-site", "same-origin") not in {"same-origin", "none"}:
        return _refused(request, NOTHING, 403)
    async with request.form(max_files=0, max_fields=5) as sent:
        given = sent.get("code", "")
    code = codes.plain(given) if isinstance(given, str) else ""
    try:
        await _opened(request, code, "code entered")
    except NothingOpens:
        return _refused(request, NOTHING, 404)
    except TooMany:
        return _refused(request, WAIT, 429)
    answer = see_other("/police/pack")
    answer.set_cookie(
        CODE_COOKIE,
        code,
        path=PATH,
        httponly=True,
        samesite="strict",
        secure=site_of(request).settings.cookie_secure,
    )
    return answer


@router.get("/police/pack")
async def pack(request: Request) -> Response:
    """Show the pack, and where the tracker is now when that is shared."""
    return await _served(request, "page", _page)


@router.get("/police/pack.pdf")
async def paper(request: Request) -> Response:
    """Give the pack as a PDF document."""
    return await _served(request, "PDF", _pdf)


@router.get("/police/pack.json")
async def machine(request: Request) -> Response:
    """Give the pack as JSON."""
    return await _served(request, "JSON", _json)


@router.get("/police/photo")
async def photo(request: Request) -> Response:
    """Give the photo of the pack."""
    return await _served(request, "photo", _photo)


async def _served(
    request: Request, page: str, show: Callable[[Request, View], Awaitable[Response]]
) -> Response:
    code = request.cookies.get(CODE_COOKIE, "")
    if not code:
        return see_other(PATH)
    try:
        view = await _opened(request, codes.plain(code), page)
    except NothingOpens:
        return _refused(request, NOTHING, 404)
    except TooMany:
        return _refused(request, WAIT, 429)
    return await show(request, view)


async def _opened(request: Request, code: str, page: str) -> View:
    """Open what a code opens, and write down that it was.

    Raises
    ------
    NothingOpens
        If it opens nothing.
    TooMany
        If too many from this network did.
    """
    site = site_of(request)
    # as the log-in counts: a proxy of ours is nobody who guesses
    place = codes.network(str(address_of(request, site.entrance.proxies) or ""))
    holder = await _holder(site, code, place)
    now = site.clock.now()
    async with acting(site.pool, holder.maker) as connection:
        view = await _view(site, connection, holder)
        opening = LinkOpening(link_id=holder.link_id, at=now, page=page, place=place)
        await police_link.note_opening(connection, view.link.home_id, opening)
    log.info("link opened", extra={"action": "link_opened", "link": holder.link_id, "page": page})
    return view


async def _holder(site: Site, code: str, place: str) -> Holder:
    now = site.clock.now()
    async with transaction(site.pool) as connection:
        tried = await police_link.guesses(connection, place, now - WINDOW)
        if tried.from_here >= MOST_FROM_HERE or tried.of_all >= MOST_OF_ALL:
            metrics.LINK_REFUSALS.labels("too_many").inc()
            log.warning("too many codes", extra={"action": "link_limited"})
            raise TooMany
        holder = await police_link.link_for(connection, hashed(code), now) if code else None
    if holder is None or not may_search(holder.maker):
        async with transaction(site.pool) as connection:
            await police_link.note_guess(connection, place, now)
        metrics.LINK_REFUSALS.labels("nothing").inc()
        log.info("code opened nothing", extra={"action": "link_refused"})
        raise NothingOpens
    return holder


async def _view(site: Site, connection: Connection, holder: Holder) -> View:
    """Read what the maker of the link may see."""
    now = site.clock.now()
    link = await police_link.link_with(connection, holder.link_id)
    if link is None or not link.is_open(now):
        raise NothingOpens
    person = await missing.person_of(connection, link.resident_id)
    if person is None:
        raise NothingOpens
    found = await desk.opened(connection, person, link.pack_id, holder.maker.organisation, now)
    if found is None or not found.for_police:
        raise NothingOpens
    position = None
    if link.share_position:
        position = await traces.last_position(connection, person, now)
    return View(link=link, person=person, found=found, position=position)


async def _page(request: Request, view: View) -> Response:
    zone = view.person.home.zone
    now = site_of(request).clock.now()
    return _answer(
        request,
        "police_pack.html",
        view=view,
        sheet=view.found.sheet,
        zone=zone,
        position=_position(view.position, now, zone) if view.position else (),
    )


@as_on_paper
def _position(position: LastPosition, now: datetime, zone: ZoneInfo) -> tuple[Line, ...]:
    return tuple(position_in_words(position, now, zone))


async def _pdf(_: Request, view: View) -> Response:
    return await pdf_answer(view.found)


async def _json(_: Request, view: View) -> Response:
    return json_answer(view.found)


async def _photo(_: Request, view: View) -> Response:
    if view.found.photo is None:
        raise HTTPException(404)
    return Response(view.found.photo[0], media_type="image/jpeg")


def _answer(request: Request, template: str, status: int = 200, **view: object) -> HTMLResponse:
    site = site_of(request)
    common = site.layout.view(None, site.clock.now(), ZONE)
    return HTMLResponse(
        site.layout.render(template, common | view),
        status_code=status,
        headers={"x-robots-tag": "noindex, nofollow"},
    )


def _refused(request: Request, words: tuple[str, str], status: int) -> Response:
    """Say that nothing opens, in the same words whatever the reason; forget the code."""
    title, text = words
    answer = _answer(request, "police.html", status, title=title, text=text)
    if status != 429:  # noqa: PLR2004
        answer.delete_cookie(CODE_COOKIE, path=PATH)
    return answer
