"""Where a hub's bundle is taken, without a log-in: a code gives one file, once."""

from __future__ import annotations

import logging
from http import HTTPStatus
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response

from core.model.errors import Malformed
from core.model.one_time_code import read_code, unseal
from core.store import hub_credential as store
from core.store.pool import transaction
from dashboard.language import _, marked
from dashboard.page import Page
from dashboard.site import Site, site_of

router = APIRouter()
PAGE = Page(router=router, roles=frozenset(), public=True)
ZONE = ZoneInfo("UTC")
"""No time stands on this page."""
log = logging.getLogger("wayhome.dashboard")

NOTHING = marked(
    "This code gives nothing now. It may be mistyped, used before, or over. If the bundle was asked for a"
    " moment ago, wait a few seconds and try again; otherwise make a new one on the page of the home."
)


@router.get("/hub-bundle")
async def ask(request: Request) -> Response:
    """Ask for the code; it stands in no address."""
    return _page(site_of(request))


@router.post("/hub-bundle")
async def take(request: Request) -> Response:
    """Give the file. Who has the code needs no session: 100 random bits are not guessed."""
    site = site_of(request)
    async with request.form(max_files=0, max_fields=2) as form:
        given = str(form.get("code", ""))
    try:
        code = read_code(given)
        async with transaction(site.pool) as connection:
            found = await store.take(connection, code, site.clock.now())
            parcel = unseal(found[1], code) if found else b""
    except Malformed:
        found, parcel = None, b""
    if found is None:
        return _page(site, _(NOTHING), HTTPStatus.NOT_FOUND)
    log.info("bundle taken", extra={"action": "bundle_taken", "client": found[0]})
    headers = {
        "content-disposition": f'attachment; filename="{found[0]}.zip"',
        "cache-control": "no-store",
    }
    return Response(parcel, media_type="application/zip", headers=headers)


def _page(site: Site, mistake: str = "", status: int = HTTPStatus.OK) -> Response:
    common = site.layout.view(None, site.clock.now(), ZONE)
    return HTMLResponse(
        site.layout.render("hub_bundle.html", common | {"mistake": mistake}), status
    )
