"""Forms before anybody has logged in: bound to the browser that asked for them, and their answers."""

from __future__ import annotations

import secrets
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from starlette.responses import HTMLResponse, JSONResponse, Response

from dashboard.caller import Caller, caller_of
from dashboard.entrance import ENTRY_COOKIE, SESSION_COOKIE, same
from dashboard.language import _, marked
from dashboard.site import site_of

if TYPE_CHECKING:
    from starlette.requests import Request

ZONE = ZoneInfo("Europe/London")
STALE = marked("The page was open for too long. Please try again now.")
WAIT = marked("There were too many attempts. Wait fifteen minutes and try again.")
REFUSED = marked("That did not work. Try again, or use another way to log in.")


async def fields_of(request: Request) -> dict[str, str]:
    """Read a form."""
    async with request.form(max_files=0, max_fields=10) as sent:
        return {key: value for key, value in sent.items() if isinstance(value, str)}


def is_ours(request: Request, fields: dict[str, str]) -> bool:
    """Tell whether a form comes from the browser that asked for it."""
    return same(fields.get("entry", ""), request.cookies.get(ENTRY_COOKIE, ""))


def knocking(request: Request) -> Caller:
    """Say where a request comes from."""
    return caller_of(request, site_of(request).entrance.proxies)


def show(request: Request, template: str, status: int = 200, **view: Any) -> Response:
    """Render a page for somebody who has not logged in, with its form bound to this browser."""
    site = site_of(request)
    entry = request.cookies.get(ENTRY_COOKIE) or secrets.token_urlsafe(24)
    relying = site.entrance.relying
    fields = {"entry": entry, "passkey_origin": relying.origin if relying else ""}
    common = site.layout.view(None, site.clock.now(), ZONE)
    answer = HTMLResponse(site.layout.render(template, common | fields | view), status_code=status)
    site.entrance.give_cookie(answer, ENTRY_COOKIE, entry)
    return answer


async def let_in(request: Request, answer: Response, token: str) -> Response:
    """Give a browser its new session; one that it had before ends."""
    entrance = site_of(request).entrance
    old = request.cookies.get(SESSION_COOKIE)
    if old:
        await entrance.log_out(old)
    entrance.give_cookie(answer, SESSION_COOKIE, token)
    entrance.take_cookie(answer, ENTRY_COOKIE)
    return answer


def refused(text: str = REFUSED, status: int = 400) -> JSONResponse:
    """Answer a script of ours with what to say."""
    return JSONResponse({"text": _(text)}, status_code=status)
