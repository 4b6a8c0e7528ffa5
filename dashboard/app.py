"""The application: pages, gates, static files and designed errors put together.

Put together once in a process: the site that serves a request comes with the request (dashboard/site.py).
"""

from __future__ import annotations

import logging
from functools import cache
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import Depends, FastAPI, HTTPException
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from core.model.errors import StoreUnavailable
from dashboard.asking_again import AskAgain, came_from
from dashboard.fhir import outcome
from dashboard.guard import Guard
from dashboard.language import Speaking, _, marked
from dashboard.page import Page, discover
from dashboard.site import Serving, Site, site_of
from dashboard.visit import (
    LoginNeeded,
    NotYours,
    ProofNeeded,
    admitting,
    login_path,
    see_other,
    visit,
)

if TYPE_CHECKING:
    from fastapi.params import Depends as Dependency
    from starlette.types import ASGIApp

log = logging.getLogger("wayhome.dashboard")

UTC_ZONE = ZoneInfo("UTC")
FOR_EVER = "public, max-age=31536000, immutable"
WORDS: dict[int | type[NotYours], tuple[str, str]] = {
    400: (
        marked("That did not work"),
        marked("Something in the form was missing or not as we expected it. Go back and check it."),
    ),
    401: (marked("Please log in"), marked("You are not logged in, or not any more.")),
    403: (
        marked("That did not work"),
        marked(
            "The form was too old or came from another site. Go back, reload the page and try again."
        ),
    ),
    NotYours: (
        marked("This is not yours to change"),
        marked(
            "You may look at it. Nothing was changed. To change it, ask who is told first, or the people who"
            " set up Wayhome for you."
        ),
    ),
    404: (
        marked("There is nothing here"),
        marked("The page does not exist, or it is not for you. Go back to the start."),
    ),
    405: (
        marked("That did not work"),
        marked("This page cannot be opened by its address. Go to the start, and go on from there."),
    ),
    409: (
        marked("Somebody was quicker"),
        marked(
            "It has changed since you opened the page. Go back, reload the page and look again."
        ),
    ),
    413: (marked("That is too long"), marked("Please write less.")),
    429: (
        marked("Please wait"),
        marked("There were too many attempts. Wait fifteen minutes and try again."),
    ),
    500: (
        marked("Something went wrong on our side"),
        marked(
            "It has been written down. Try again. If you worry about somebody, call or go there."
        ),
    ),
    503: (
        marked("We cannot reach the records"),
        marked(
            "Alerts wait and are not lost. If you worry about somebody, call or go there. Then reload."
        ),
    ),
}


def build(site: Site) -> ASGIApp:
    """Let a site serve the pages.

    Raises
    ------
    PluginBroken
        Naming the file, if a page does not load.
    """
    return Serving(pages(), site)


@cache
def pages() -> FastAPI:
    """Put all pages together.

    Raises
    ------
    PluginBroken
        Naming the file, if a page does not load.
    """
    app = FastAPI(openapi_url=None, docs_url=None, redoc_url=None)
    app.add_middleware(Guard, refuse=refusal)
    app.add_middleware(Speaking)
    for page in discover().values():
        app.include_router(page.router, dependencies=_gates(page))
    app.add_api_route("/static/{digest}/{name}", static, methods=["GET"])
    app.add_exception_handler(LoginNeeded, _log_in)
    app.add_exception_handler(ProofNeeded, _prove)
    app.add_exception_handler(StoreUnavailable, _store_lost)
    app.add_exception_handler(RequestValidationError, _malformed)
    app.add_exception_handler(AskAgain, _ask_again)
    app.add_exception_handler(StarletteHTTPException, _refused)
    return app


def _gates(page: Page) -> list[Dependency]:
    return [] if page.public else [Depends(admitting(page.roles))]


async def static(request: Request, digest: str, name: str) -> Response:
    """Serve a static file; the address names its content, so it never changes."""
    asset = site_of(request).layout.assets.get(name)
    if asset is None or asset.digest != digest:
        raise HTTPException(404)
    return Response(asset.content, media_type=asset.kind, headers={"cache-control": FOR_EVER})


def refusal(request: Request, status: int, why: int | type[NotYours] | None = None) -> Response:
    """Answer with a designed page, or as JSON where a machine asks.

    Parameters
    ----------
    why
        What of `WORDS` to say; by default what goes with the status.
    """
    if outcome.is_ours(request):
        return outcome.refusal(status)
    title, text = (_(words) for words in WORDS.get(why or status, WORDS[500]))
    if request.url.path.startswith("/api/") or request.url.path == "/live":
        return JSONResponse({"error": title, "text": text}, status_code=status)
    site = site_of(request)
    view = site.layout.view(None, site.clock.now(), UTC_ZONE)
    text = site.layout.render("error.html", view | {"title": title, "text": text, "status": status})
    return HTMLResponse(text, status_code=status)


async def _log_in(request: Request, error: Exception) -> Response:
    del error
    if request.url.path.startswith("/api/") or request.url.path == "/live":
        return refusal(request, 401)
    return see_other(login_path(request))


async def _prove(request: Request, _: Exception) -> Response:
    if request.url.path.startswith("/api/") or request.url.path == "/live":
        return refusal(request, 403)
    return see_other("/me")


async def _ask_again(request: Request, error: Exception) -> Response:
    if not isinstance(error, AskAgain):
        return refusal(request, 400)
    if request.url.path.startswith("/api/"):
        title, _text = (_(words) for words in WORDS[400])
        said = {"error": title, "text": error.words, "field": error.field}
        return JSONResponse(said | {"choices": list(error.choices)}, status_code=400)
    visiting = await visit(request)
    return visiting.page(
        "ask_again.html",
        UTC_ZONE,
        status=400,
        field=error.field,
        label=_(error.label),
        choices=error.choices,
        method=request.method.lower(),
        back=came_from(request),
    )


async def _store_lost(request: Request, error: Exception) -> Response:
    log.warning("database lost: %s", error, extra={"action": "store_unavailable"})
    return refusal(request, 503)


async def _malformed(request: Request, error: Exception) -> Response:
    del error
    return refusal(request, 404)


async def _refused(request: Request, error: Exception) -> Response:
    if isinstance(error, outcome.Refused):
        return outcome.refusal(error.status_code, error)
    if isinstance(error, NotYours):
        return refusal(request, 403, NotYours)
    return refusal(request, error.status_code if isinstance(error, StarletteHTTPException) else 500)
