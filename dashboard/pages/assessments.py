"""Assessments that have not ended, over all residents, and kit that is overdue."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from core.store import assessment as store
from core.store import kit as kit_table
from core.store import timeline
from dashboard.assessing.progress import PHASES
from dashboard.dates import span_words
from dashboard.page import Page
from dashboard.roles import SEE_DAYS
from dashboard.visit import Visiting

router = APIRouter()
PAGE = Page(router=router, roles=SEE_DAYS, title="Assessments", path="/assessments", order=16)


@router.get("/assessments")
async def running(visiting: Visiting) -> Response:
    """Show every assessment that has not ended, and kit that is overdue."""
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        found = await store.open_assessments(connection)
        kit = await kit_table.items_out(connection)
        homes = sorted({one.home_id for one, _, _ in found})
        await visiting.looked_at(connection, homes, "assessments")
    today = visiting.now.astimezone(zone).date()
    return visiting.page(
        "assessments.html",
        zone,
        here=PAGE.path,
        found=[(one, name, home, PHASES[one.phase(today)]) for one, name, home in found],
        overdue=[item for item in kit if item.overdue(today)],
        span_words=span_words,
    )
