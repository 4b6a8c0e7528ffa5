"""The stream of events that keeps open pages live."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import StreamingResponse

from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.visit import Visiting

router = APIRouter()
PAGE = Page(router=router, roles=ALL)


@router.get("/live")
async def live(visiting: Visiting) -> StreamingResponse:
    """Stream the events of one open page."""
    return StreamingResponse(
        visiting.site.live.stream(visiting.visitor),
        media_type="text/event-stream",
        headers={"x-accel-buffering": "no"},
    )
