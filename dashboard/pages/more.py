"""More: every page that a carer's thumb does not find at the bottom, and the way out."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from core.store import timeline
from dashboard.language import marked
from dashboard.page import Page
from dashboard.roles import CARERS
from dashboard.visit import Visiting

router = APIRouter()
PAGE = Page(router=router, roles=CARERS, title=marked("More"), path="/more", order=90)


@router.get("/more")
async def more(visiting: Visiting) -> Response:
    """List the pages of this person's role, how to put Wayhome on the phone, and log out."""
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
    return visiting.page("more.html", zone, here=PAGE.path)
