"""Every figure of five residents' reviews is that of the raw rows, counted again by other means."""

from __future__ import annotations

import csv
import html
import io
import json
import re
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

import numpy as np
import psycopg
import pytest

from core.model.day_count import DayCount
from core.model.ids import HomeId, OrganisationId
from core.runtime.clock import ManualClock
from core.store import registry
from core.store.day_count import days_of
from core.store.pool import connect
from dashboard.clinician.charts import CHARTS
from sensors.simulator import homes
from sensors.simulator.counting import counted
from sensors.simulator.episodes import Episode, Kind
from sensors.simulator.homes import SimulatedHome
from sensors.simulator.recording import Recording
from tests.dashboard import recount, weeks
from tests.dashboard.recount import Recount, Value
from tests.dashboard.simulated import store
from tests.dashboard.town import Town

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.dashboard.visitors import Browser, Visitors
    from tests.servers.databases import Database

Lives = dict[HomeId, tuple[DayCount, ...]]
NOW = datetime(2025, 11, 8, 12, tzinfo=UTC)
LENGTH = 21
LAST = date(2025, 11, 7)
FIRST = LAST - timedelta(days=LENGTH - 1)
"""In these three weeks the clock is set back in London and a week later in New York."""


def gone(day: int, hour: int, hours: float) -> Episode:
    at = datetime(2025, 11 if day < 10 else 10, day, hour, 20, tzinfo=UTC)
    return Episode(kind=Kind.HUB_OUTAGE, at=at, lasts=timedelta(hours=hours))


CHANGED = Episode(
    kind=Kind.BATHROOM_CHANGE,
    at=datetime(2025, 11, 1, tzinfo=UTC),
    lasts=timedelta(days=10),
    severity=3,
)
"""The week that the page compares with those before it is another one."""
LIVES = (
    (9, "Europe/London", (CHANGED,)),  # a bed, a tracker, often out
    (8, "Europe/London", (gone(29, 15, 34), gone(4, 23, 9))),  # a hub that was away for a day and a night
    (4, "Europe/Berlin", (gone(20, 7, 5), gone(22, 16, 61))),  # a pet; days of which nothing is known
    (3, "America/New_York", (gone(1, 2, 4),)),  # no bed sensor
    (13, "Asia/Kolkata", ()),  # nine rooms, half an hour beside the others
)  # fmt: skip


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock(NOW)


@pytest.fixture
def town(plain_database: Database) -> Iterator[Town]:
    with psycopg.connect(plain_database.url, autocommit=True) as connection:
        yield Town(connection=connection, now=NOW)


@pytest.fixture
async def lives(plain_database: Database, town: Town) -> Lives:
    """Five households, three weeks of raw rows each, counted as detection counts; and by the simulator."""
    leeds = OrganisationId("leeds")
    lived: Lives = {}
    async with connect(plain_database.url) as connection:
        await registry.register_organisation(connection, leeds, "Leeds")
        for seed, zone, wrong in LIVES:
            home = replace(SimulatedHome.drawn(seed), zone=ZoneInfo(zone))
            name = HomeId(f"home{seed}")
            plan = homes.household(
                name, organisation_id=leeds, name="1 Low Row", resident=f"R{seed}",
                zone=home.zone, equipment=home.equipment,
            )  # fmt: skip
            household = await registry.register_household(connection, plan)
            await connection.commit()
            span = (NOW - timedelta(days=LENGTH + 2), NOW)
            record = Recording(home=home, span=span, episodes=wrong)
            store(town.connection, household, record)
            lived[name] = tuple(counted(record, household.devices))
    town.execute("analyze")
    town.carer("clinician", "clinician", "leeds")
    await weeks.count(plain_database.url_as("wayhome_analytics"), NOW)
    return lived


async def table(browser: Browser, resident: int, chart: str) -> list[dict[str, str]]:
    """Return the numbers of a chart by column, after its JSON was found to say the same cell by cell."""
    path, query = f"/residents/{resident}/days/{chart}", f"days={LENGTH}&end={LAST}"
    head, *lines = csv.reader(io.StringIO(await browser.text(f"{path}.csv?{query}")))
    body = json.loads(await browser.text(f"{path}.json?{query}"))
    assert head == [
        f"{one['name']} ({one['unit']})" if one["unit"] not in {"", "1"} else one["name"]
        for one in body["columns"]
    ]
    assert (body["first_day"], body["last_day"]) == (FIRST.isoformat(), LAST.isoformat())
    for line, cells in zip(lines, body["rows"], strict=True):
        for text, cell in zip(line, cells, strict=True):
            assert text == ("" if cell is None else str(cell)), (chart, line)
    rows = [dict(zip(head, line, strict=True)) for line in lines]
    assert {row.pop("Marked") for row in rows} == {""}, "nobody marked anything here"
    return rows


def same(text: str, value: Value, where: object) -> None:
    if value is None:
        assert text == "", where
    else:
        assert text != "", (where, value)
        assert float(text) == pytest.approx(value, rel=1e-9, abs=1e-6), where


async def test_every_figure_is_that_of_the_raw_rows(
    visitors: Visitors, plain_database: Database, town: Town, lives: Lives
) -> None:
    browser = await visitors.of("clinician")
    told, nights, outings, unknown = 0, 0, 0, 0
    for home in lives:
        raw = recount.read(town.connection, home)
        days = [Recount(raw, FIRST + timedelta(days=n)) for n in range(LENGTH)]
        resident = town.number("select resident_id from resident where home_id = %s", home)
        await _quarters(browser, resident, days)
        numbers = [day.numbers() for day in days]
        for chart in ("nights", "mobility", "outings", "use"):
            rows = await table(browser, resident, chart)
            assert [row.pop("Day") for row in rows] == [day.day.isoformat() for day in days]
            for row, own in zip(rows, numbers, strict=True):
                for name, text in row.items():
                    same(text, own.get(name), (home, chart, row, name))
        await _rooms(browser, resident, days, numbers)
        await _hours(browser, resident, days)
        told += await _page(browser, resident, numbers, days)
        nights += sum(own["Times out of bed"] is not None for own in numbers)
        outings += sum(int(own["Outings"] or 0) for own in numbers)
        unknown += sum(own["Kitchen visits"] is None for own in numbers)
        async with connect(plain_database.url) as connection:
            stored = await days_of(connection, home, FIRST, LAST)
        assert stored == tuple(one for one in lives[home] if FIRST <= one.day <= LAST)
    # and it was not all empty
    assert told >= 3
    assert nights >= 60
    assert outings >= 20
    assert unknown >= 4


async def _quarters(browser: Browser, resident: int, days: list[Recount]) -> None:
    rows = iter(await table(browser, resident, "actogram"))
    for day in days:
        for n in range(96):
            row = next(rows)
            assert row["From"] == f"{n // 4:02}:{n % 4 * 15:02}"
            same(row["Seen (min)"], day.seen[n], (resident, row))
            same(row["Movement (min)"], day.active[n] if day.seen[n] else None, (resident, row))


async def _rooms(
    browser: Browser, resident: int, days: list[Recount], numbers: list[dict[str, Value]]
) -> None:
    rows = await table(browser, resident, "rooms")
    for row, day, own in zip(rows, days, numbers, strict=True):
        assert row.pop("Day") == day.day.isoformat()
        same(row.pop("Changes of room"), own["Changes of room"], (resident, day.day))
        assert len(row) >= 5
        for name, text in row.items():
            here = [one for one in day.today if day.room(one) == name.removesuffix(" (min)")]
            same(text, sum(day.minutes(here)) if sum(day.seen) else None, (resident, day.day, name))


async def _hours(browser: Browser, resident: int, days: list[Recount]) -> None:
    hours = recount.hours(days)
    for hour, row in enumerate(await table(browser, resident, "profile")):
        before, recent = (part[np.isfinite(part)] for part in (hours[:-7, hour], hours[-7:, hour]))
        known = len(before) >= 14
        wanted = (
            float(np.median(recent)) if len(recent) >= 4 else None,
            *((float(np.percentile(before, p)) if known else None) for p in (10, 50, 90)),
            len(before),
        )
        for (name, text), value in zip(list(row.items())[1:], wanted, strict=True):
            same(text, value, (resident, hour, name))
    for n, row in enumerate(await table(browser, resident, "rhythm")):
        week = slice(n * 7, n * 7 + 7)
        assert row.pop("Seven days to") == days[week][-1].day.isoformat()
        for name, value in recount.rhythm(hours[week]).items():
            same(row[name], value, (resident, n, name))


CHANGE = re.compile(
    r"(?P<name>[A-Z][^<>:]*(?:\d\d:\d\d[^<>:]*)*): (?P<recent>[^<>]+) in the last 7 days; before usually"
    r" (?P<usual>[^<>]+), from (?P<low>[^<>]+) to (?P<high>[^<>]+) \((?P<days>\d+) days\)"
)


async def _page(
    browser: Browser, resident: int, numbers: list[dict[str, Value]], days: list[Recount]
) -> int:
    """Check the words and tables of the page; return how many changes it tells."""
    page = html.unescape(await browser.text(f"/residents/{resident}/days?days={LENGTH}&end={LAST}"))
    await _tables(browser, resident, page, days)
    await _unseen(browser, resident, days)
    share = min(1.0, sum(sum(day.seen) for day in days) / (1440 * LENGTH))
    assert f"{share:.0%} of the time from" in page
    names = {name.split(" (")[0]: name for name in numbers[0]}
    lines = {match["name"]: match for match in CHANGE.finditer(page)}
    for name, match in lines.items():
        values = [own.get(names[name]) for own in numbers]
        recent = [one for one in values[-7:] if one is not None]
        before = [one for one in values[:-7] if one is not None]
        assert int(match["days"]) == len(before) >= 14
        low, usual, high = np.percentile(before, (10, 50, 90))
        clock = names[name].endswith("(hh:mm)")
        for text, value in (
            ("recent", np.median(recent)),
            ("usual", usual),
            ("low", low),
            ("high", high),
        ):
            assert _read(match[text], clock=clock) == pytest.approx(
                _round(float(value), clock=clock), abs=1e-6
            ), match[0]
        assert not low <= np.median(recent) <= high
    for name, column in names.items():
        _told_if_changed(name, [own.get(column) for own in numbers], lines)
    return len(lines)


async def _unseen(browser: Browser, resident: int, days: list[Recount]) -> None:
    """Check what every JSON says of how much of each day was not seen."""
    path = f"/residents/{resident}/days/rhythm.json?days={LENGTH}&end={LAST}"
    said = json.loads(await browser.text(path))
    assert said["unseen_min"] == [max(0.0, 1440.0 - sum(day.seen)) for day in days]
    assert said["zone"] == days[0].raw.zone.key


TABLE = re.compile(r"<table><caption>.*?</table>", re.DOTALL)
CELL = re.compile(r"<t[hd](?: scope=\"row\")?>(.*?)</t[hd]>")


def _three_hours(text: str, days: list[Recount]) -> None:
    """Check the first table of the page, three hours a column, against the raw rows."""
    lines = text.split("<tbody>")[1].split("</tr>")[: len(days)]
    for day, line in zip(days, lines, strict=True):
        wanted = [
            str(sum(day.active[n : n + 12])) if sum(day.seen[n : n + 12]) else "not known"
            for n in range(0, 96, 12)
        ]
        unseen = f"{max(0, 1440 - sum(day.seen))}"
        assert CELL.findall(line) == [day.day.isoformat(), *wanted, unseen, ""]


async def _tables(browser: Browser, resident: int, page: str, days: list[Recount]) -> None:
    """Check that the tables of the page say what the files say, rounded for people."""
    shown = TABLE.findall(page)
    for chart, text in zip(CHARTS, shown, strict=True):
        if chart == "actogram":
            _three_hours(text, days)
            continue
        rows = await table(browser, resident, chart)
        body = text.split("<tbody>")[1].split("</tr>")[: len(rows)]
        for row, line in zip(rows, body, strict=True):
            *cells, marked = CELL.findall(line)
            assert marked == ""
            for (name, wanted), cell in zip(row.items(), cells, strict=True):
                if name in {"Day", "Hour from", "Seven days to"}:
                    assert cell == wanted
                elif not wanted:
                    assert cell == "not known", (chart, name)
                else:
                    clock = name.endswith("(hh:mm)")
                    exact = float(wanted) * 60 % 1440 if clock else float(wanted)
                    assert _read(cell, clock=clock) == pytest.approx(
                        exact, abs=0.5001 if clock else 0.0501
                    )


QUIET = {"Not seen", "In bed", "Ways from room to room"}


def _told_if_changed(name: str, values: list[Value], lines: dict[str, re.Match[str]]) -> None:
    recent = [one for one in values[-7:] if one is not None]
    before = [one for one in values[:-7] if one is not None]
    if name in QUIET or len(recent) < 4 or len(before) < 14:
        assert name not in lines
        return
    low, high = np.percentile(before, (10, 90))
    assert (name in lines) == (not low <= np.median(recent) <= high), name


def _read(text: str, *, clock: bool) -> float:
    if clock:
        hour, minute = text.split(":")
        return int(hour) * 60.0 + int(minute)
    return float(text.removesuffix(" min").removesuffix(" h").removesuffix(" s"))


def _round(value: float, *, clock: bool) -> float:
    return round(value * 60) % 1440 if clock else float(f"{value:.1f}")
