"""The caseload: residents whose days are changing first, and why."""

from __future__ import annotations

from datetime import timedelta
from typing import Annotated

from fastapi import APIRouter, Query
from starlette.responses import Response

from core.model.home import HomeMode
from core.model.ids import HomeId
from core.store import away, timeline
from core.store import caseload as store
from core.store.caseload import Reason
from dashboard import away_words
from dashboard.clinician.caseload import (
    SHAPES,
    SPARK_DAYS,
    TITLES,
    marks_words,
    spark_words,
    why,
)
from dashboard.page import Page
from dashboard.roles import SEE_DAYS
from dashboard.visit import Visiting

router = APIRouter()
PAGE = Page(router=router, roles=SEE_DAYS, title="Caseload", path="/caseload", order=15)

PER_PAGE = 25


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
        first, residents = (
            yesterday - timedelta(days=SPARK_DAYS - 1),
            [one.resident_id for one in found],
        )
        beside = await store.beside(
            connection, residents, first, visiting.now.astimezone(zone).date()
        )
        rests = await away.rests_of(connection, homes)
        paused = await away.paused_of(connection, homes)
        await visiting.looked_at(connection, homes, "caseload")
    return visiting.page(
        "caseload.html",
        zone,
        here=PAGE.path,
        cases=[(one, why(one), _moved_words(one, moved), beside[one.resident_id]) for one in found],
        marks_words=marks_words,
        total=total,
        page=page,
        last_page=max(1, -(-total // PER_PAGE)),
        search=search,
        reason=reason,
        rests=rests,
        paused=paused,
        places=away_words.WHERE,
        titles=TITLES,
        shapes=SHAPES,
        days=SPARK_DAYS,
        yesterday=yesterday,
    )


def _moved_words(one: store.Case, moved: dict[HomeId, tuple[float | None, ...]]) -> str:
    return spark_words(moved[one.home_id], past=one.mode is HomeMode.ARCHIVE)
