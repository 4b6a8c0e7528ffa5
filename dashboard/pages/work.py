"""What to do about devices, over all homes, the riskiest first. No word on how people live."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from core.store import timeline
from core.store.work import PAGE as ITEMS
from core.store.work import work_list
from dashboard.language import marked
from dashboard.page import Page
from dashboard.roles import SEE_SYSTEM
from dashboard.visit import Visiting
from dashboard.work import work_lines

router = APIRouter()
PAGE = Page(router=router, roles=SEE_SYSTEM, title=marked("Work list"), path="/work", order=25)


@router.get("/work")
async def work(
    visiting: Visiting, after: Annotated[int, Query(ge=0, le=1_000_000)] = 0
) -> Response:
    """Show one page of the list."""
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        found = await work_list(connection, visiting.now, after=after)
        homes = sorted({item.home_id for item in found.items})
        await visiting.looked_at(connection, homes, "work")
    return visiting.page(
        "work.html",
        zone,
        here=PAGE.path,
        lines=work_lines(found.items, visiting.now),
        found=found,
        first=after + 1,
        later=after + ITEMS if after + len(found.items) < found.count else None,
        earlier=max(0, after - ITEMS) if after else None,
    )
