"""Who looked: for each resident, who saw what about them and when (docs/decisions/0148)."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Query
from starlette.responses import Response

from core.model.ids import HomeId
from core.store import audit, people, timeline
from dashboard.looks import page_words, role_words
from dashboard.page import Page
from dashboard.roles import SEE_LOOKS
from dashboard.visit import Visiting
from dashboard.whose_time import differ

router = APIRouter()
PAGE = Page(router=router, roles=SEE_LOOKS)

SHOWN = timedelta(days=30)
MOST = 200
MOST_HOMES = 20


@router.get("/looked")
async def looked(
    visiting: Visiting, home: Annotated[str, Query(pattern=r"^[A-Za-z0-9_-]{0,64}$")] = ""
) -> Response:
    """Show who looked in the last 30 days, at one home or at all."""
    since = visiting.now - SHOWN
    async with visiting.acting() as connection:
        only = HomeId(home) if home else None
        circles = await people.circles(connection, MOST_HOMES, only=only)
        if only is not None and not circles:
            raise HTTPException(404)
        found = [
            (circle, await audit.looks_at(connection, circle.home_id, since, MOST))
            for circle in circles
        ]
        zone = await timeline.first_zone(connection)
        await visiting.looked_at(connection, [one.home_id for one in circles], "looked")
    return visiting.page(
        "looked.html",
        zone,
        found=found,
        mixed=differ((one.zone for one in circles), visiting.now),
        days=SHOWN.days,
        most=MOST,
        page_words=page_words,
        role_words=role_words,
    )
