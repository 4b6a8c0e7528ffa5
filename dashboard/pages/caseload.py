"""The caseload: residents whose days are changing first, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from core.model.ids import ResidentId
from core.store import caseload as store
from core.store import review, timeline
from core.store.account import record_access
from core.store.caseload import Reason
from dashboard.clinician.caseload import SHAPES, TITLES, spark_words, why
from dashboard.page import Page
from dashboard.roles import SEE_DAYS
from dashboard.visit import ONE_VIEW, Visiting

router = APIRouter()
PAGE = Page(router=router, roles=SEE_DAYS, title="Caseload", path="/caseload", order=15)

PER_PAGE = 25
SPARK_DAYS = 28


@router.get("/caseload")
async def caseload(
    visiting: Visiting,
    search: Annotated[str, Query(max_length=80)] = "",
    why_: Annotated[str, Query(alias="why")] = "",
    page: Annotated[int, Query(ge=1, le=10_000)] = 1,
) -> Response:
    """Show one page of the residents."""
    reason = Reason(why_) if why_ in set(Reason) else None
    async with visiting.acting() as connection:
        zone = await timeline.first_zone(connection)
        found, total = await store.cases(
            connection,
            visiting.now,
            search=search.strip(),
            reason=reason,
            limit=PER_PAGE,
            offset=PER_PAGE * (page - 1),
        )
        homes = sorted({one.home_id for one in found})
        yesterday = visiting.now.astimezone(zone).date() - timedelta(days=1)
        moved = await store.movement(connection, homes, SPARK_DAYS, yesterday)
        await visiting.looked_at(connection, homes, "caseload")
    return visiting.page(
        "caseload.html",
        zone,
        here=PAGE.path,
        cases=[(one, why(one), spark_words(moved[one.home_id])) for one in found],
        total=total,
        page=page,
        last_page=max(1, -(-total // PER_PAGE)),
        search=search,
        reason=reason,
        titles=TITLES,
        shapes=SHAPES,
        days=SPARK_DAYS,
    )


@router.get("/residents/{number}/spark.svg")
async def spark(visiting: Visiting, number: Annotated[int, Path(ge=1, le=2**62)]) -> Response:
    """Return the small line of one resident."""
    async with visiting.acting() as connection:
        lived = await review.lived(connection, ResidentId(number))
        if lived is None:
            raise HTTPException(404)
        home = lived.home
        yesterday = visiting.now.astimezone(home.zone).date() - timedelta(days=1)
        moved = await store.movement(connection, [home.home_id], SPARK_DAYS, yesterday)
        await record_access(
            connection,
            visiting.visitor,
            [home.home_id],
            "caseload",
            visiting.now,
            unless_since=visiting.now - ONE_VIEW,
        )
    picture = await run_in_threadpool(_draw, moved[home.home_id])
    return Response(picture, media_type="image/svg+xml")


def _draw(values: tuple[float | None, ...]) -> bytes:
    from dashboard.clinician.drawing import spark as line  # noqa: PLC0415 (loads matplotlib)

    return line(values)
