"""The start: each role is sent to what it comes for."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from dashboard.page import Page
from dashboard.roles import ALL, SEE_ACTIVITY
from dashboard.visit import Visiting, see_other

router = APIRouter()
PAGE = Page(router=router, roles=ALL)


@router.get("/")
async def start(visiting: Visiting) -> Response:
    """Go on to the homes, or to the system for those who look after it."""
    return see_other("/today" if visiting.visitor.role in SEE_ACTIVITY else "/system")
