"""How somebody's days are changing: pictures, their numbers, and what became of alerts."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated

from fastapi import APIRouter, HTTPException, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import JSONResponse, Response

from core.model.day_count import bounds
from core.model.ids import ResidentId
from core.store import annotation as notes_table
from core.store import day_count as days_table
from core.store import page as alert_store
from core.store import review
from core.store.account import record_access
from dashboard.clinician import charts, measures
from dashboard.clinician.annotated import MarkedDays, facts_of, line_of, marked, table_of
from dashboard.clinician.marks import Mark
from dashboard.clinician.numbers import RECENT, Days, changes, daily, stretch
from dashboard.clinician.words import change_words, coverage_words
from dashboard.clinician.zooming import close_up
from dashboard.page import Page
from dashboard.roles import ALL, SEE_DAYS, sight_of
from dashboard.standing import standing
from dashboard.visit import ONE_VIEW, Visiting

if TYPE_CHECKING:
    from core.store.pool import Connection
    from core.store.review import Lived
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked

LENGTHS = {28: "4 weeks", 56: "8 weeks", 91: "3 months", 365: "a year"}
MOST_ALERTS = 200
Number = Annotated[int, Path(ge=1, le=2**62)]
Length = Annotated[int, Query(alias="days", ge=7, le=366)]
Until = Annotated[date | None, Query()]
KINDS = "svg|json|csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A resident and the days that were asked for."""

    lived: Lived
    found: MarkedDays

    @property
    def days(self) -> Days:
        """The days as they were counted."""
        return self.found.days

    @property
    def span(self) -> tuple[datetime, datetime]:
        """First and last moment."""
        dates, zone = self.days.dates, self.lived.home.zone
        return bounds(dates[0], zone)[0], bounds(dates[-1], zone)[1]


@router.get("/residents/{number}/days")
async def days_page(
    visiting: Visiting, number: Number, length: Length = 28, end: Until = None
) -> Response:
    """Show the review of a resident."""
    asked = await _asked(visiting, number, length, end, "days")
    async with visiting.acting() as connection:
        sight = sight_of(visiting.visitor)
        cards = await alert_store.cards_of_span(
            connection,
            sight,
            asked.span,
            homes=[asked.lived.home.home_id],
            outcome=None,
            limit=MOST_ALERTS,
        )
        noticed = await review.noticed(connection, asked.lived.home.home_id, *asked.span)
    days = asked.days
    query = f"days={len(days.counts)}&end={days.dates[-1].isoformat()}"
    return visiting.page(
        "days.html",
        asked.lived.home.zone,
        lived=asked.lived,
        days=days,
        lengths=LENGTHS,
        length=length,
        end=days.dates[-1],
        earlier=days.dates[0] - timedelta(days=1),
        query=query,
        changed=[change_words(one) for one in changes(asked.found.counted)],
        coverage=coverage_words(days),
        noticed=noticed,
        marked=[(letter, line_of(one), one) for letter, one in asked.found.lettered()],
        left_out=len(asked.found.left_out),
        close=close_up(days.dates),
        charts=[(one, table_of(one, asked.found), [measures.BY_KEY[key] for key in one.measures])
                for one in charts.CHARTS.values()],
        cards=[(card, standing(card)) for card in cards],
        recent=RECENT,
    )  # fmt: skip


@router.get("/residents/{number}/days/{key}.{kind}")
async def chart(
    visiting: Visiting,
    number: Number,
    key: str,
    kind: Annotated[str, Path(pattern=f"^({KINDS})$")],
    length: Length = 28,
    end: Until = None,
) -> Response:
    """Return a chart: as picture, or its numbers with units and definitions."""
    found = charts.CHARTS.get(key)
    if found is None:
        raise HTTPException(404)
    asked = await _asked(visiting, number, length, end, "days" if kind == "svg" else "days_figures")
    if kind == "svg":
        marks = await _marks(visiting, asked) if key == "actogram" else []
        picture = await run_in_threadpool(_draw, found, asked.found, marks)
        return Response(picture, media_type="image/svg+xml")
    table = (
        marked(charts.quarters(asked.days), asked.found)
        if key == "actogram"
        else (table_of(found, asked.found))
    )
    dates = asked.days.dates
    name = f"{key}-{number}-{dates[0]}-{dates[-1]}.{kind}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    if kind == "csv":
        return Response(charts.as_csv(table), media_type="text/csv; charset=utf-8", headers=headers)
    facts = {
        "resident_id": number,
        "first_day": dates[0].isoformat(),
        "last_day": dates[-1].isoformat(),
        "zone": asked.lived.home.zone.key,
        "unseen_min": daily(asked.days, "unseen"),
    }
    return JSONResponse(charts.as_json(found, table, facts | facts_of(asked.found)))


def _draw(chart: charts.Chart, found: MarkedDays, marks: list[Mark]) -> bytes:
    from dashboard.clinician.drawing import draw  # noqa: PLC0415 (loads matplotlib, see there)

    return draw(chart, found, marks)


async def _asked(visiting: Visit, number: int, length: int, end: date | None, page: str) -> Asked:
    """Find the resident and the days; who may not see them gets 404, and that they asked is recorded."""
    may = visiting.visitor.role in SEE_DAYS
    async with visiting.acting() as connection:
        lived = await review.lived(connection, ResidentId(number))
        if lived is not None:
            await _record(visiting, connection, lived, page if may else "days_refused")
        if may and lived is not None:
            zone = lived.home.zone
            yesterday = visiting.now.astimezone(zone).date() - timedelta(days=1)
            last = min(end or lived.last_day or yesterday, yesterday)
            first = last - timedelta(days=length - 1)
            counts = await days_table.days_of(connection, lived.home.home_id, first, last)
            notes = await notes_table.annotations_of(
                connection, lived.resident.resident_id, first, last
            )
            days = stretch(counts, first, length, zone)
            return Asked(lived=lived, found=MarkedDays(days=days, annotations=notes))
    raise HTTPException(404)


async def _record(visiting: Visit, connection: Connection, lived: Lived, page: str) -> None:
    """Record the look; a page and the pictures on it are one."""
    since = visiting.now - ONE_VIEW if page == "days" else None
    homes = [lived.home.home_id]
    await record_access(connection, visiting.visitor, homes, page, visiting.now, unless_since=since)


async def _marks(visiting: Visit, asked: Asked) -> list[Mark]:
    async with visiting.acting() as connection:
        cards = await alert_store.cards_of_span(
            connection,
            sight_of(visiting.visitor),
            asked.span,
            homes=[asked.lived.home.home_id],
            outcome=None,
            limit=MOST_ALERTS,
        )
    return [Mark(at=card.alert.onset, severity=card.alert.severity) for card in cards]
