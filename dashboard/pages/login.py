"""Log in and out: with a passkey, or with a password and, where there is an app, its code."""

from __future__ import annotations

from urllib.parse import quote

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from dashboard import ceremony
from dashboard.doorstep import (
    REFUSED,
    STALE,
    WAIT,
    fields_of,
    is_ours,
    knocking,
    let_in,
    refused,
    show,
)
from dashboard.entrance import (
    ENTRY_COOKIE,
    PENDING_COOKIE,
    SESSION_COOKIE,
    hashed,
    local_path,
)
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.site import site_of
from dashboard.visit import Form, Visiting, see_other

router = APIRouter()
PAGE = Page(router=router, roles=frozenset(), public=True)

WRONG = marked("That login and password do not match. Check both and try again.")
LOST = marked(
    "You were logged out, and what you just did was not taken. Log in, then do it once more."
)
WRONG_CODE = marked(
    "That code does not count. Wait for the next one in the app and type it, or use a recovery code."
)


@router.get("/login")
async def ask(request: Request) -> Response:
    """Show the form."""
    asked = request.query_params
    error = LOST if "lost" in asked else ""
    return _form(request, next_path=local_path(asked.get("next", "/")), error=error)


@router.post("/login")
async def enter(request: Request) -> Response:
    """Check the form and let in, or ask for the code."""
    fields = await fields_of(request)
    next_path = local_path(fields.get("next", "/"))
    login = fields.get("login", "")
    if not is_ours(request, fields):
        return _form(request, next_path=next_path, login=login, error=STALE, status=403)
    entrance = site_of(request).entrance
    admission = await entrance.log_in(login, fields.get("password", ""), knocking(request))
    if admission.pending:
        answer = see_other(_code_path(next_path))
        entrance.give_cookie(answer, PENDING_COOKIE, admission.pending)
        return answer
    if admission.token is None:
        error, status = (WAIT, 429) if admission.wait else (WRONG, 401)
        return _form(request, next_path=next_path, login=login, error=error, status=status)
    return await let_in(request, see_other(next_path), admission.token)


@router.get("/login/code")
async def ask_code(request: Request) -> Response:
    """Ask for the code of the authenticator app."""
    next_path = local_path(request.query_params.get("next", "/"))
    if PENDING_COOKIE not in request.cookies:
        return see_other("/login")
    return show(request, "login_code.html", next_path=next_path, error="")


@router.post("/login/code")
async def enter_code(request: Request) -> Response:
    """Check the code and let in."""
    fields = await fields_of(request)
    next_path = local_path(fields.get("next", "/"))
    if not is_ours(request, fields):
        return _form(request, next_path=next_path, error=STALE, status=403)
    entrance = site_of(request).entrance
    pending = request.cookies.get(PENDING_COOKIE, "")
    admission = await entrance.enter_code(pending, fields.get("code", ""), knocking(request))
    if admission.token is not None:
        answer = await let_in(request, see_other(next_path), admission.token)
        entrance.take_cookie(answer, PENDING_COOKIE)
        return answer
    if admission.wait or admission.pending:
        error, status = (WAIT, 429) if admission.wait else (WRONG_CODE, 401)
        return show(request, "login_code.html", status, next_path=next_path, error=error)
    answer = _form(request, next_path=next_path, error=STALE, status=403)
    entrance.take_cookie(answer, PENDING_COOKIE)
    return answer


@router.post("/login/passkey/options")
async def ask_passkey(request: Request) -> Response:
    """Give the browser a challenge for whichever passkey the person chooses."""
    site, fields = site_of(request), await fields_of(request)
    if not is_ours(request, fields):
        return refused(STALE, 403)
    if site.entrance.relying is None:
        return refused(REFUSED, 404)
    bound_to = hashed(request.cookies[ENTRY_COOKIE])
    options = await ceremony.ask_to_log_in(site, site.entrance.relying, bound_to, knocking(request))
    return refused(WAIT, 429) if options is None else JSONResponse(options)


@router.post("/login/passkey")
async def enter_passkey(request: Request) -> Response:
    """Check the answer of the passkey and let in."""
    site, fields = site_of(request), await fields_of(request)
    if not is_ours(request, fields):
        return refused(STALE, 403)
    if site.entrance.relying is None:
        return refused(REFUSED, 404)
    token, wait = await ceremony.log_in(
        site,
        site.entrance.relying,
        fields.get("credential", ""),
        hashed(request.cookies[ENTRY_COOKIE]),
        knocking(request),
    )
    if token is None:
        return refused(WAIT, 429) if wait else refused(REFUSED, 401)
    answer = JSONResponse({"go": local_path(fields.get("next", "/"))})
    return await let_in(request, answer, token)


@router.post("/logout")
async def leave(visiting: Visiting, form: Form) -> Response:
    """End the session."""
    del form
    entrance = visiting.site.entrance
    await entrance.log_out(visiting.request.cookies.get(SESSION_COOKIE, ""))
    answer = see_other("/login")
    entrance.take_cookie(answer, SESSION_COOKIE)
    return answer


def _code_path(next_path: str) -> str:
    return f"/login/code?next={quote(next_path, safe='/')}"


def _form(
    request: Request, *, next_path: str, login: str = "", error: str = "", status: int = 200
) -> Response:
    said = _(error) if error else ""
    return show(request, "login.html", status, next_path=next_path, login=login, error=said)
