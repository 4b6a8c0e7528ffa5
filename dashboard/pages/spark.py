"""The small line of one resident in the caseload."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from core.model.ids import ResidentId
from core.store import caseload as store
from core.store import review
from core.store.account import record_access
from dashboard.clinician.caseload import SPARK_DAYS
from dashboard.page import Page
from dashboard.roles import ALL, SEE_DAYS
from dashboard.visit import ONE_VIEW, Visiting
from dashboard.wire import packed

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked


@router.get("/residents/{number}/spark.svg")
async def spark(visiting: Visiting, number: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """Return the small line of one resident."""
    may, moved = visiting.visitor.role in SEE_DAYS, {}
    async with visiting.acting() as connection:
        lived = await review.lived(connection, ResidentId(number))
        if lived is not None:
            homes = [lived.home.home_id]
            since = visiting.now - ONE_VIEW if may else None
            page = "caseload" if may else "days_refused"
            await record_access(
                connection, visiting.visitor, homes, page, visiting.now, unless_since=since
            )
            yesterday = visiting.now.astimezone(lived.home.zone).date() - timedelta(days=1)
            moved = await store.movement(connection, homes, SPARK_DAYS, yesterday) if may else {}
    if lived is None or not may:
        raise HTTPException(404)
    picture = await run_in_threadpool(_draw, moved[lived.home.home_id])
    return packed(visiting.request, picture, "image/svg+xml")


def _draw(values: tuple[float | None, ...]) -> bytes:
    from dashboard.clinician.drawing import spark as line  # noqa: PLC0415 (loads matplotlib)

    return line(values)
