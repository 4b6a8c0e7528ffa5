"""The service worker and its part for push, at addresses that stay: browsers ask for them again."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.requests import Request
from starlette.responses import Response

from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.site import site_of

router = APIRouter()
PAGE = Page(router=router, roles=ALL, public=True)

FRESH = {"cache-control": "no-cache"}
"""A worker is asked for anew each time, or an old one would go on for ever."""


@router.get("/sw.js")
async def worker(request: Request) -> Response:
    """Serve the worker from the top, so that it looks after every page."""
    return _script(request, "sw.js")


@router.get("/static/push-worker.js")
async def push_worker(request: Request) -> Response:
    """Serve what the worker does with push messages."""
    return _script(request, "push-worker.js")


def _script(request: Request, name: str) -> Response:
    asset = site_of(request).layout.assets[name]
    return Response(asset.content, media_type=asset.kind, headers=FRESH)
