"""A closer look at some days: from and to by dates, with a clear word where that can not be."""

from __future__ import annotations

from datetime import timedelta

from fastapi import APIRouter
from starlette.responses import Response

from core.model.errors import Malformed
from dashboard.clinician.entering import Number, entered, refuse
from dashboard.clinician.zooming import span_in
from dashboard.page import Page
from dashboard.roles import ALL
from dashboard.visit import Visiting, see_other

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked


@router.get("/residents/{number}/zoom")
async def zoom(visiting: Visiting, number: Number, first: str = "", last: str = "") -> Response:
    """Lead to the review of exactly these days."""
    async with visiting.acting() as connection:
        lived = await entered(visiting, connection, number, "days")
    if lived is None:
        raise refuse()
    typed = {"first": first[:40], "last": last[:40]}
    yesterday = visiting.now.astimezone(lived.home.zone).date() - timedelta(days=1)
    try:
        begin, end = span_in(typed, yesterday)
    except Malformed as error:
        return visiting.page(
            "zoom.html",
            lived.home.zone,
            status=400,
            lived=lived,
            typed=typed,
            mistakes={error.field: error.expected},
        )
    days = (end - begin).days + 1
    return see_other(f"/residents/{number}/days?days={days}&end={end.isoformat()}")
