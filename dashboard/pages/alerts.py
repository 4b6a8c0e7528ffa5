"""The list of alerts: what needs somebody first, then what somebody is on, then what has ended."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from core.model.finding import Severity
from core.store import page as store
from core.store import timeline
from dashboard.language import marked
from dashboard.page import Page
from dashboard.paging import beyond, last_page
from dashboard.roles import SEE_ALERTS, sight_of
from dashboard.standing import standing
from dashboard.visit import Visiting
from dashboard.whose_time import differ

router = APIRouter()
PAGE = Page(router=router, roles=SEE_ALERTS, title=marked("Alerts"), path="/alerts", order=20)

PER_PAGE = 20
ENDED = 10
ENDED_FOR = timedelta(hours=24)


@router.get("/alerts")
async def alerts(visiting: Visiting, page: Annotated[int, Query(ge=1, le=1000)] = 1) -> Response:
    """Show the list."""
    sight = sight_of(visiting.visitor)
    async with visiting.acting() as connection:
        cards, total = await store.open_cards(
            connection, sight, limit=PER_PAGE, offset=PER_PAGE * (page - 1)
        )
        ended = await store.ended_cards(connection, sight, visiting.now - ENDED_FOR, ENDED)
        homes = sorted({card.home.home_id for card in (*cards, *ended)})
        zone = await timeline.first_zone(connection)
        await visiting.looked_at(connection, homes, "alerts")
    last = last_page(total, PER_PAGE)
    if gone := beyond(PAGE.path, page, last):
        return gone
    shown = [(card, standing(card)) for card in cards]
    needing = [pair for pair in shown if not pair[1].is_over]
    return visiting.page(
        "alerts.html",
        cards[0].home.zone if cards else zone,
        here=PAGE.path,
        urgent=[pair for pair in needing if pair[0].alert.severity is not Severity.NOTICE],
        notices=[pair for pair in needing if pair[0].alert.severity is Severity.NOTICE],
        ended=[pair for pair in shown if pair[1].is_over] + [(c, standing(c)) for c in ended],
        mixed=differ((one.home.zone for one in [*cards, *ended]), visiting.now),
        total=total,
        page=page,
        last_page=last,
    )
