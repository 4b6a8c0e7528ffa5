"""Today: how each of my homes stands, and where and when the last movement was."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from core.store import timeline
from dashboard.page import Page
from dashboard.roles import SEE_ACTIVITY
from dashboard.sight import home_standing
from dashboard.visit import Visiting

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ACTIVITY, title="Today", path="/today", order=10)

PER_PAGE = 30


@router.get("/today")
async def today(visiting: Visiting, page: Annotated[int, Query(ge=1, le=1000)] = 1) -> Response:
    """Show the homes, those that need somebody first."""
    async with visiting.acting() as connection:
        found, total = await timeline.glances(
            connection, limit=PER_PAGE, offset=PER_PAGE * (page - 1)
        )
        zone = await timeline.first_zone(connection)
        homes = [glance.home for glance in found]
        moved = await timeline.last_movements(connection, homes, visiting.now)
        await visiting.looked_at(connection, [home.home_id for home in homes], "today")
    return visiting.page(
        "today.html",
        homes[0].zone if homes else zone,
        here=PAGE.path,
        homes=[
            (glance, home_standing(glance, visiting.now), moved.get(glance.home.home_id))
            for glance in found
        ],
        total=total,
        page=page,
        last_page=max(1, -(-total // PER_PAGE)),
    )
