"""Today: is everything all right, where was the last movement, is that usual, and what happens next."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.responses import Response

from core.model.home import HomeMode
from core.model.ids import HomeId
from core.store import away, timeline
from dashboard import away_words, ring
from dashboard.language import marked
from dashboard.on_it import on_it_in
from dashboard.page import Page
from dashboard.paging import beyond, last_page
from dashboard.panel import panel_of
from dashboard.roles import SEE_ACTIVITY
from dashboard.sight import home_standing
from dashboard.visit import Visiting
from dashboard.whose_time import differ

if TYPE_CHECKING:
    from core.store.pool import Connection
    from core.store.timeline import Glance
    from dashboard.panel import Panel

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ACTIVITY, title=marked("Today"), path="/today", order=10)

PER_PAGE = 30
Name = Annotated[str, Path(pattern=r"^[A-Za-z0-9_-]{1,64}$")]


@router.get("/today")
async def today(visiting: Visiting, page: Annotated[int, Query(ge=1, le=1000)] = 1) -> Response:
    """Show the homes, those that need somebody first; where only one is watched, all of it."""
    async with visiting.acting() as connection:
        found, total = await timeline.glances(
            connection, limit=PER_PAGE, offset=PER_PAGE * (page - 1)
        )
        zone = await timeline.first_zone(connection)
        watched = [one for one in found if one.home.mode is not HomeMode.ARCHIVE]
        alone = watched[0] if len(watched) == 1 and total <= PER_PAGE else None
        panel = await panel_of(visiting, connection, alone) if alone else None
        homes = [one.home for one in found]
        moved = await timeline.last_movements(connection, homes, visiting.now)
        taken = await on_it_in(visiting, connection, found)
        rests = await away.rests_of(connection, [home.home_id for home in homes])
        await visiting.looked_at(connection, [home.home_id for home in homes], "today")
    last = last_page(total, PER_PAGE)
    if gone := beyond(PAGE.path, page, last):
        return gone
    rest = [one for one in found if panel is None or one is not alone]
    return visiting.page(
        "today.html",
        homes[0].zone if homes else zone,
        here=PAGE.path,
        panel=panel,
        homes=[
            (
                one,
                home_standing(one, visiting.now, moved=one.home.home_id in moved),
                moved.get(one.home.home_id),
                taken[one.home.home_id],
            )
            for one in rest
        ],
        rests=rests,
        places=away_words.WHERE,
        mixed=differ((one.home.zone for one in rest), visiting.now),
        total=total,
        page=page,
        last_page=last,
        ring=ring,
    )


@router.get("/today/{home_id}")
async def home_today(visiting: Visiting, home_id: Name) -> Response:
    """Show one home of several."""
    async with visiting.acting() as connection:
        glance = await timeline.glance_of(connection, HomeId(home_id))
        panel = await _watched(visiting, connection, glance)
        await visiting.looked_at(connection, [panel.glance.home.home_id], "today")
    return visiting.page(
        "today.html",
        panel.glance.home.zone,
        panel=panel,
        homes=[],
        places=away_words.WHERE,
        total=1,
        page=1,
        last_page=1,
        ring=ring,
    )


async def _watched(visiting: Visiting, connection: Connection, glance: Glance | None) -> Panel:
    if glance is None or glance.home.mode is HomeMode.ARCHIVE:
        raise HTTPException(404)
    panel = await panel_of(visiting, connection, glance)
    if panel is None:
        raise HTTPException(404)
    return panel
