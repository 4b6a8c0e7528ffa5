"""What makes the pages an app on a phone: manifest, service worker, the page without a connection."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import HTMLResponse, JSONResponse, Response

from dashboard.language import _, spoken
from dashboard.page import Page
from dashboard.site import site_of

if TYPE_CHECKING:
    from dashboard.layout import Layout

router = APIRouter()
PAGE = Page(router=router, roles=frozenset(), public=True)

ZONE = ZoneInfo("UTC")
KEPT = ("wayhome.css", "offline.js", "icon.svg")
"""What the page without a connection is made of."""
PUSH = "push-worker.js"
"""The part of the service worker that takes pushes, where there is one."""
ASK_AGAIN = "no-cache"


@router.get("/manifest.webmanifest")
async def manifest(request: Request) -> Response:
    """Describe the app to the phone."""
    assets = site_of(request).layout.assets
    icons = [
        {"src": assets[f"icon-{size}.png"].address, "sizes": f"{size}x{size}", "type": "image/png"}
        for size in (192, 512)
    ]
    maskable = {"src": assets["icon-maskable.png"].address, "sizes": "512x512"}
    described = {
        "id": "/",
        "name": "Wayhome",
        "short_name": "Wayhome",
        "description": _("Tells you when somebody you care for needs you."),
        "lang": spoken(),
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#07090b",
        "theme_color": "#0b4f96",
        "icons": [*icons, {**maskable, "type": "image/png", "purpose": "maskable"}],
        "shortcuts": [
            {"name": _("Today"), "url": "/today"},
            {"name": _("Alerts"), "url": "/alerts"},
        ],
    }
    return JSONResponse(
        described,
        media_type="application/manifest+json",
        headers={"cache-control": ASK_AGAIN},
    )


@router.get("/sw.js")
async def service_worker(request: Request) -> Response:
    """Serve the service worker for all pages; its first line names the files it needs."""
    layout = site_of(request).layout
    push = layout.assets.get(PUSH)
    files = {
        "kept": ["/offline", *(layout.assets[name].address for name in KEPT)],
        "push": push.address if push else None,
        "version": _version(layout),
    }
    text = f"self.wayhome = {json.dumps(files)};\n{layout.assets['sw.js'].content.decode()}"
    return Response(
        text,
        media_type="text/javascript; charset=utf-8",
        headers={"cache-control": ASK_AGAIN, "service-worker-allowed": "/"},
    )


@router.get("/offline")
async def offline(request: Request) -> Response:
    """Show the page that stands in for every other one while there is no connection."""
    site = site_of(request)
    view = site.layout.view(None, site.clock.now(), ZONE)
    return HTMLResponse(site.layout.render("offline.html", view))


def _version(layout: Layout) -> str:
    """Return what changes when one of the kept files does."""
    return "-".join(layout.assets[name].digest for name in (*KEPT, "sw.js"))
