"""How somebody's days are changing: pictures, their numbers, and what became of alerts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated

import msgspec
from fastapi import APIRouter, Depends, HTTPException, Path, Query
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from core.model.day_count import bounds
from core.model.ids import ResidentId
from core.store import annotation as notes_table
from core.store import day_count as days_table
from core.store import page as alert_store
from core.store import review
from core.store.account import record_access
from core.store.away import NONE_UNLIVED, Unlived, unlived
from dashboard import language
from dashboard.clinician import charts, measures
from dashboard.clinician.annotated import MarkedDays, facts_of, line_of, marked, table_of
from dashboard.clinician.annotating import EARLIEST
from dashboard.clinician.marks import Mark
from dashboard.clinician.numbers import RECENT, Days, changes, daily, stretch, within
from dashboard.clinician.words import change_words, coverage_words
from dashboard.clinician.zooming import close_up
from dashboard.page import Page
from dashboard.roles import ALL, SEE_DAYS, sight_of
from dashboard.standing import standing
from dashboard.visit import ONE_VIEW, Visiting
from dashboard.wire import packed

if TYPE_CHECKING:
    from core.store.page import AlertCard
    from core.store.pool import Connection
    from core.store.review import Lived, Noticed
    from dashboard.visit import Visit

router = APIRouter()
PAGE = Page(router=router, roles=ALL)  # others get 404 here, and a row that says that they asked

LENGTHS = {
    28: language.marked("4 weeks"),
    56: language.marked("8 weeks"),
    91: language.marked("3 months"),
    365: language.marked("a year"),
}
MOST_ALERTS = 200
Number = Annotated[int, Path(ge=1, le=2**62)]
Length = Annotated[int, Query(alias="days", ge=7, le=366)]
Until = Annotated[date | None, Query(ge=EARLIEST)]
RoomName = Annotated[str, Query(alias="room", max_length=80)]
KINDS = "svg|json|csv"


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """Which days were asked for, and the room of the actogram; empty for all."""

    length: int
    end: date | None
    room: str


def chosen(length: Length = 28, end: Until = None, room: RoomName = "") -> Chosen:
    """Read what was chosen from the address."""
    return Chosen(length=length, end=end, room=room)


Choice = Annotated[Chosen, Depends(chosen)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """A resident, the days that were asked for, and what happened in them."""

    lived: Lived
    found: MarkedDays
    #: Alerts that began in them, the latest first.
    cards: tuple[AlertCard, ...] = ()
    #: Changes over days and weeks that detection noticed.
    noticed: tuple[Noticed, ...] = ()
    #: When watching rested or the home was paused: this counts as not seen.
    unlived: Unlived = NONE_UNLIVED

    @property
    def days(self) -> Days:
        """The days as they were counted."""
        return self.found.days


@router.get("/residents/{number}/days")
async def days_page(visiting: Visiting, number: Number, choice: Choice) -> Response:
    """Show the review of a resident; the actogram of one room, if it is named."""
    asked = await _asked(visiting, number, choice, "days", events=True)
    days = asked.days
    found = changes(asked.found.counted)
    room = choice.room if choice.room in days.rooms() else ""
    query = f"days={len(days.counts)}&end={days.dates[-1].isoformat()}"
    return visiting.page(
        "days.html",
        asked.lived.home.zone,
        lived=asked.lived,
        days=days,
        lengths=LENGTHS,
        length=choice.length,
        end=days.dates[-1],
        earlier=days.dates[0] - timedelta(days=1),
        query=query,
        changed=[change_words(one) for one in found or ()],
        compared=found is not None,
        since=days.dates[-RECENT],
        coverage=coverage_words(days),
        noticed=asked.noticed,
        unlived=asked.unlived,
        marked=[(letter, line_of(one), one) for letter, one in asked.found.lettered()],
        left_out=len(asked.found.left_out),
        close=close_up(days.dates),
        room=room,
        charts=[(one, table_of(one, _of_room(one, asked.found, room)),
                 [measures.BY_KEY[key] for key in one.measures]) for one in charts.CHARTS.values()],
        cards=[(card, standing(card)) for card in asked.cards],
        full=MOST_ALERTS if len(asked.cards) == MOST_ALERTS else None,
        recent=RECENT,
    )  # fmt: skip


@router.get("/residents/{number}/days/{key}.{kind}")
async def chart(
    visiting: Visiting,
    number: Number,
    key: str,
    kind: Annotated[str, Path(pattern=f"^({KINDS})$")],
    choice: Choice,
) -> Response:
    """Return a chart: as picture, or its numbers with units and definitions."""
    found = charts.CHARTS.get(key)
    if found is None:
        raise HTTPException(404)
    drawn = kind == "svg"
    page = "days" if drawn else "days_figures"
    asked = await _asked(visiting, number, choice, page, events=drawn and key == "actogram")
    of = _of_room(found, asked.found, choice.room)
    if drawn:
        marks = [Mark(at=one.alert.onset, severity=one.alert.severity) for one in asked.cards]
        picture = await run_in_threadpool(_draw, found, of, marks)
        return packed(visiting.request, picture, "image/svg+xml")
    table = marked(charts.quarters(of.days), of) if key == "actogram" else table_of(found, of)
    dates = of.days.dates
    name = f"{key}-{number}-{dates[0]}-{dates[-1]}.{kind}"
    headers = {"content-disposition": f'attachment; filename="{name}"'}
    if kind == "csv":
        text = charts.as_csv(table).encode()
        return packed(visiting.request, text, "text/csv; charset=utf-8", headers)
    facts = {
        "resident_id": number,
        "first_day": dates[0].isoformat(),
        "last_day": dates[-1].isoformat(),
        "zone": asked.lived.home.zone.key,
        "room": choice.room,
        "unseen_min": daily(asked.days, "unseen"),
    }
    body = msgspec.json.encode(charts.as_json(found, table, facts | facts_of(asked.found)))
    return packed(visiting.request, body, "application/json")


def _of_room(chart: charts.Chart, found: MarkedDays, room: str) -> MarkedDays:
    if not room or chart.key != "actogram":
        return found
    return replace(found, days=within(found.days, room))


def _draw(chart: charts.Chart, found: MarkedDays, marks: list[Mark]) -> bytes:
    from dashboard.clinician.drawing import draw  # noqa: PLC0415 (loads matplotlib, see there)

    return draw(chart, found, marks)


async def _asked(visiting: Visit, number: int, choice: Chosen, page: str, *, events: bool) -> Asked:
    """Find the resident and the days; who may not see them gets 404, and that they asked is recorded."""
    may = visiting.visitor.role in SEE_DAYS
    async with visiting.acting() as connection:
        lived = await review.lived(connection, ResidentId(number))
        if lived is not None:
            await _record(visiting, connection, lived, page if may else "days_refused")
        if may and lived is not None:
            zone = lived.home.zone
            yesterday = visiting.now.astimezone(zone).date() - timedelta(days=1)
            last = min(choice.end or lived.last_day or yesterday, yesterday)
            first = last - timedelta(days=choice.length - 1)
            counts = await days_table.days_of(connection, lived.home.home_id, first, last)
            notes = await notes_table.annotations_of(
                connection, lived.resident.resident_id, first, last
            )
            days = stretch(counts, first, choice.length, zone)
            asked = Asked(lived=lived, found=MarkedDays(days=days, annotations=notes))
            return await _with_events(visiting, connection, asked) if events else asked
    raise HTTPException(404)


async def _with_events(visiting: Visit, connection: Connection, asked: Asked) -> Asked:
    home, dates = asked.lived.home, asked.days.dates
    span = bounds(dates[0], home.zone)[0], bounds(dates[-1], home.zone)[1]
    cards = await alert_store.cards_of_span(
        connection,
        replace(sight_of(visiting.visitor), of_people=True),
        span,
        homes=[home.home_id],
        outcome=None,
        limit=MOST_ALERTS,
    )
    return replace(
        asked,
        cards=cards,
        noticed=await review.noticed(connection, home.home_id, *span),
        unlived=await unlived(connection, home.home_id, *span),
    )


async def _record(visiting: Visit, connection: Connection, lived: Lived, page: str) -> None:
    """Record the look; a page and the pictures on it are one."""
    since = visiting.now - ONE_VIEW if page == "days" else None
    homes = [lived.home.home_id]
    await record_access(connection, visiting.visitor, homes, page, visiting.now, unless_since=since)
