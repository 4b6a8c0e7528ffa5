"""The record of looks of the whole organisation, for its auditor: filtered, and as CSV. No home's data."""

from __future__ import annotations

import csv
import io
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Depends, HTTPException, Query
from starlette.responses import Response

from core.model.ids import CarerId
from core.store import audit as store
from core.store import people
from core.store.account import CarerRole
from dashboard.invitations import clean_name
from dashboard.looks import page_words, role_words
from dashboard.page import Page
from dashboard.roles import SEE_AUDIT
from dashboard.spreadsheet import plain_cell
from dashboard.visit import Visit, Visiting

if TYPE_CHECKING:
    from collections.abc import Iterable

    from core.store.audit import Look, LookFilter
    from core.store.people import Member
    from core.store.pool import Connection

router = APIRouter()
PAGE = Page(router=router, roles=SEE_AUDIT, title="Record", path="/audit", order=10)

ZONE = ZoneInfo("Europe/London")
"""An organisation's record knows no home's zone; its days are those of the office."""
PER_PAGE = 100
CHOICE = 50
"""So many people stand in one choice; of more than these one is looked for by name (docs/decisions/0275)."""
LOOKERS = tuple(role for role in CarerRole if role is not CarerRole.RESIDENT)
MOST_ROWS = 50_000
SHOWN = timedelta(days=30)
TOO_MANY = (
    "There are more than {most:,} looks in these days. Choose fewer days, and take several tables."
)
BAD_DAY = "Please give both days as year-month-day, for example 2026-03-14, the first one first."
Text = Annotated[str, Query(max_length=64)]


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """What stands in the form."""

    since: str
    until: str
    home: str
    #: Number of whom is asked for; empty for everybody.
    carer: str
    #: Part of the name of the people to choose from.
    who: str

    def filter(self, now: datetime) -> LookFilter | None:
        """Return which looks are meant; None where the days are none."""
        return _filter(now, self.since, self.until, self.home, self.carer)


def _asked(
    since: Text = "",
    until: Text = "",
    home: Text = "",
    carer: Text = "",
    who: Annotated[str, Query(max_length=100)] = "",
) -> Asked:
    return Asked(since=since, until=until, home=home, carer=carer, who=clean_name(who))


Form = Annotated[Asked, Depends(_asked)]


@router.get("/audit")
async def audit(
    visiting: Visiting, asked: Form, page: Annotated[int, Query(ge=1, le=10_000)] = 1
) -> Response:
    """Show who looked at which home, the latest first."""
    wanted = asked.filter(visiting.now)
    error = "" if wanted else BAD_DAY
    wanted = wanted or replace(asked, since="", until="").filter(visiting.now)
    if wanted is None:
        raise HTTPException(400)
    return await _page(visiting, wanted, page, asked, error)


async def _page(
    visiting: Visit, wanted: LookFilter, page: int, asked: Asked, error: str
) -> Response:
    async with visiting.acting() as connection:
        found = await store.looks(connection, wanted, PER_PAGE + 1, PER_PAGE * (page - 1))
        offer = await _offer(connection, wanted, asked.who)
    days = {"since": _day(wanted.since), "until": _day(wanted.until - timedelta(days=1))}
    return visiting.page(
        "audit.html",
        ZONE,
        here=PAGE.path,
        status=400 if error else 200,
        looks=found[:PER_PAGE],
        more=len(found) > PER_PAGE,
        page=page,
        offer=offer,
        page_words=page_words,
        role_words=role_words,
        home=asked.home,
        carer=asked.carer,
        who=asked.who,
        error=error,
        **days,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Offer:
    """The people to choose from."""

    people: tuple[Member, ...]
    #: Whether they are more than stand in one choice.
    searched: bool
    #: How many more have the name that is looked for.
    unshown: int


async def _offer(connection: Connection, wanted: LookFilter, who: str) -> Offer:
    """Return everybody, or of more than stand in one choice those of such a name; and who was chosen."""
    searched = await people.colleague_count(connection, roles=LOOKERS) > CHOICE
    names: tuple[Member, ...] = ()
    unshown = 0
    if who or not searched:
        names = await people.colleagues(connection, named=who, roles=LOOKERS, limit=CHOICE)
        count = await people.colleague_count(connection, named=who, roles=LOOKERS)
        unshown = max(0, count - CHOICE)
    if wanted.carer_id is not None and all(one.carer_id != wanted.carer_id for one in names):
        chosen = await people.colleague(connection, CarerId(wanted.carer_id))
        names = names if chosen is None else (chosen, *names)
    return Offer(people=names, searched=searched, unshown=unshown)


@router.get("/audit.csv")
async def audit_csv(visiting: Visiting, asked: Form) -> Response:
    """Give the same as CSV (RFC 4180), times in UTC."""
    wanted = asked.filter(visiting.now)
    if wanted is None:
        raise HTTPException(400)
    async with visiting.acting() as connection:
        found = await store.looks(connection, wanted, MOST_ROWS + 1)
    if len(found) > MOST_ROWS:  # a record that lacks its beginning and does not say so is none
        return await _page(visiting, wanted, 1, asked, TOO_MANY.format(most=MOST_ROWS))
    return Response(
        table(found),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": 'attachment; filename="record-of-looks.csv"'},
    )


def table(looks: Iterable[Look]) -> str:
    """Write looks as CSV; a text that a spreadsheet would run as a formula is made plain."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(["number", "at", "who", "role", "home", "page"])
    for look in looks:
        row = [look.name or f"person {look.carer_id}", look.role, look.home_id, look.page]
        moment = look.at.astimezone(UTC).isoformat()
        writer.writerow([look.access_id, moment, *(plain_cell(text) for text in row)])
    return out.getvalue()


def _filter(now: datetime, since: str, until: str, home: str, carer: str) -> LookFilter | None:
    last = now.astimezone(ZONE).date()
    try:
        end = date.fromisoformat(until) if until else last
        start = date.fromisoformat(since) if since else end - SHOWN
        begin, stop = _midnight(start), _midnight(end + timedelta(days=1))
    except (ValueError, OverflowError):
        return None
    if start > end:
        return None
    number = carer if carer.isascii() and carer.isdigit() and len(carer) < 19 else ""  # noqa: PLR2004
    return store.LookFilter(
        since=begin,
        until=stop,
        home_id=home.replace("\0", "") or None,
        carer_id=CarerId(int(number)) if number else None,
    )


def _midnight(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, tzinfo=ZONE).astimezone(UTC)


def _day(moment: datetime) -> str:
    return moment.astimezone(ZONE).date().isoformat()
