"""The start: each role is sent to what it comes for."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from dashboard.page import Page
from dashboard.roles import ALL, ANSWER, SEE_ACTIVITY, SEE_AUDIT, SEE_DAYS
from dashboard.visit import Visiting, see_other

router = APIRouter()
PAGE = Page(router=router, roles=ALL)


@router.get("/")
async def start(visiting: Visiting) -> Response:
    """Go on to the homes, to the caseload for clinicians, to the system, to the record for auditors."""
    role = visiting.visitor.role
    if role in SEE_AUDIT:
        return see_other("/audit")
    if role in SEE_DAYS and role not in ANSWER:
        return see_other("/caseload")
    return see_other("/today" if role in SEE_ACTIVITY else "/system")
