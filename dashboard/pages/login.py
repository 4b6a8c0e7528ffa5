"""Log in and out."""

from __future__ import annotations

import secrets
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from dashboard.entrance import ENTRY_COOKIE, SESSION_COOKIE, local_path, same
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.site import site_of
from dashboard.visit import Form, Visiting, see_other

router = APIRouter()
PAGE = Page(router=router, roles=frozenset(), public=True)

ZONE = ZoneInfo("Europe/London")
WRONG = marked("That login and password do not match. Check both and try again.")
WAIT = marked("There were too many attempts. Wait fifteen minutes and try again.")
STALE = marked("The page was open for too long. Please log in now.")


@router.get("/login")
async def ask(request: Request) -> Response:
    """Show the form."""
    return _form(request, next_path=local_path(request.query_params.get("next", "/")))


@router.post("/login")
async def enter(request: Request) -> Response:
    """Check the form and let in."""
    async with request.form(max_files=0, max_fields=10) as sent:
        fields = {key: value for key, value in sent.items() if isinstance(value, str)}
    next_path = local_path(fields.get("next", "/"))
    login = fields.get("login", "")
    if not same(fields.get("entry", ""), request.cookies.get(ENTRY_COOKIE, "")):
        return _form(request, next_path=next_path, login=login, error=STALE, status=403)
    site = site_of(request)
    admission = await site.entrance.log_in(login, fields.get("password", ""))
    if admission.token is None:
        error, status = (WAIT, 429) if admission.wait else (WRONG, 401)
        return _form(request, next_path=next_path, login=login, error=error, status=status)
    old = request.cookies.get(SESSION_COOKIE)
    if old:
        await site.entrance.log_out(old)
    answer = see_other(next_path)
    site.entrance.give_cookie(answer, SESSION_COOKIE, admission.token)
    site.entrance.take_cookie(answer, ENTRY_COOKIE)
    return answer


@router.post("/logout")
async def leave(visiting: Visiting, form: Form) -> Response:
    """End the session."""
    del form
    entrance = visiting.site.entrance
    await entrance.log_out(visiting.request.cookies.get(SESSION_COOKIE, ""))
    answer = see_other("/login")
    entrance.take_cookie(answer, SESSION_COOKIE)
    return answer


def _form(
    request: Request, *, next_path: str, login: str = "", error: str = "", status: int = 200
) -> Response:
    site = site_of(request)
    entry = request.cookies.get(ENTRY_COOKIE) or secrets.token_urlsafe(24)
    view = site.layout.view(None, site.clock.now(), ZONE)
    fields = {
        "next_path": next_path,
        "login": login,
        "error": _(error) if error else "",
        "entry": entry,
    }
    answer = HTMLResponse(site.layout.render("login.html", view | fields), status_code=status)
    site.entrance.give_cookie(answer, ENTRY_COOKIE, entry)
    return answer
