"""The review of a resident: its numbers are those of the raw rows, and every chart has them as a table."""

from __future__ import annotations

import csv
import html
import io
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from core.model.day_count import DayCount
from dashboard.clinician.charts import CHARTS
from dashboard.clinician.measures import MEASURES
from dashboard.clinician.numbers import stretch
from dashboard.clinician.numbers import weeks as weeks_of
from tests.dashboard import weeks
from tests.dashboard.town import NOW, Town
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.visitors import Browser, Visitors
    from tests.servers.databases import Database

PATH = "/residents/1/days"
FIRST = date(2026, 1, 1)
Rows = list[dict[str, str]]


@pytest.fixture
async def counted(plain_database: Database, town: Town) -> Town:
    weeks.tell(town)
    # the last day ended three hours ago: it is counted after six
    await weeks.count(plain_database.url_as("wayhome_analytics"), NOW + timedelta(hours=3))
    return town


async def figures(browser: Browser, chart: str, length: int = 28) -> Rows:
    return list(
        csv.DictReader(io.StringIO(await browser.text(f"{PATH}/{chart}.csv?days={length}")))
    )


def raw(town: Town, names: tuple[str, ...], quantity: str) -> np.ndarray[Any, Any]:
    """Return seconds since 1970 and values of what some devices said; London in winter is UTC."""
    found = town.execute(
        "select extract(epoch from observed_at)::float8, value from observation join device"
        " using (device_id) where name = any(%s) and quantity = %s order by observed_at",
        list(names),
        quantity,
    )
    return np.array(found, dtype=np.float64).reshape(-1, 2)


def day_start(row: dict[str, str]) -> float:
    return datetime.fromisoformat(row["Day"]).replace(tzinfo=UTC).timestamp()


SENSORS = ("Kitchen sensor", "Hall sensor", "Bathroom sensor", "Bedroom sensor")


async def test_every_figure_is_that_of_the_raw_rows(visitors: Visitors, counted: Town) -> None:
    browser = await visitors.of("clinician")
    motion, door = raw(counted, SENSORS, "motion"), raw(counted, ("Front door",), "contact")
    bed = raw(counted, ("Bed mat",), "bed")
    signs = np.concatenate([motion[:, 0], door[:, 0], bed[bed[:, 1] > 0, 0]])
    minutes = np.unique(signs // 60)
    for row in await figures(browser, "actogram"):
        start = day_start(row) / 60 + int(row["From"][:2]) * 60 + int(row["From"][3:])
        if row["Movement (min)"]:
            here = ((minutes >= start) & (minutes < start + 15)).sum()
            assert int(row["Movement (min)"]) == here, row
    for chart, column, sensor in (
        ("rooms", "Kitchen (min)", "Kitchen sensor"),
        ("rooms", "Bathroom (min)", "Bathroom sensor"),
    ):
        own = np.unique(raw(counted, (sensor,), "motion")[:, 0] // 60)
        for row in await figures(browser, chart):
            start = day_start(row) / 60
            if row[column]:
                assert float(row[column]) == ((own >= start) & (own < start + 1440)).sum()


async def test_nights_outings_and_visits_are_those_of_the_raw_rows(
    visitors: Visitors, counted: Town
) -> None:
    browser = await visitors.of("clinician")
    bed, door = raw(counted, ("Bed mat",), "bed"), raw(counted, ("Front door",), "contact")[:, 0]
    nights = 0
    for row in await figures(browser, "nights"):
        noon = day_start(row) + 43200
        night = bed[(bed[:, 0] >= noon - 64800) & (bed[:, 0] < noon)]
        if not row["Times out of bed"]:
            continue
        nights += 1
        ends = night[night[:, 1] == 0, 0]
        assert float(row["Up (hh:mm)"]) * 3600 == pytest.approx(ends[-1] % 86400, abs=1)
        # back in bed after a pause of a minute and more; an exit that is told twice is one
        changed = night[np.flatnonzero(np.diff(night[:, 1], prepend=-1) != 0)]
        assert changed[0, 1] == 1, (row, night)
        pauses = changed[2::2, 0] - changed[1:-1:2, 0]
        assert float(row["Times out of bed"]) == (pauses >= 60).sum()
        longest = pauses.max(initial=0) / 60
        assert float(row["Longest time out of bed (min)"]) == pytest.approx(longest, abs=0.02)
    assert nights >= 24
    for row in await figures(browser, "outings"):
        own = door[(door >= day_start(row)) & (door < day_start(row) + 86400)]
        if row["Outings"] and len(own) == 2:
            assert row["Outings"] == "1.0"
            assert float(row["Time out (min)"]) == pytest.approx(np.diff(own)[0] / 60, abs=5)
    bath = raw(counted, ("Bathroom sensor",), "motion")[:, 0]
    for row in await figures(browser, "use"):
        own = bath[(bath >= day_start(row)) & (bath < day_start(row) + 86400)]
        begun = own[np.diff(own, prepend=-1e9) >= 600]
        hours = begun % 86400 / 3600
        by_day = ((hours >= 6) & (hours < 23)).sum()
        if row["Bathroom visits by day"]:
            assert float(row["Bathroom visits by day"]) == by_day
            assert float(row["Bathroom visits at night"]) == len(begun) - by_day


@pytest.mark.usefixtures("counted")
async def test_the_rhythm_is_that_of_the_quarter_hours(visitors: Visitors) -> None:
    browser = await visitors.of("clinician")
    quarters = await figures(browser, "actogram")
    cells = np.array(
        [[float(r["Movement (min)"] or "nan"), float(r["Seen (min)"])] for r in quarters]
    )
    x = cells[-7 * 96 :, 0].reshape(-1, 24, 4).sum(axis=2)
    assert np.isfinite(x).all()
    profile, mean = x.mean(axis=0), x.mean()
    row = (await figures(browser, "rhythm"))[-1]
    stability = 168 * ((profile - mean) ** 2).sum() / (24 * ((x - mean) ** 2).sum())
    steps = np.diff(x.ravel())
    variability = 168 * (steps**2).sum() / (167 * ((x - mean) ** 2).sum())
    twice = np.tile(profile, 2)
    low = min(twice[h : h + 5].mean() for h in range(24))
    high = max(twice[h : h + 10].mean() for h in range(24))
    for name, wanted in (
        ("Likeness of the days (IS)", stability),
        ("Change between rest and movement (IV)", variability),
        ("Contrast of day and night (RA)", (high - low) / (high + low)),
        ("Calmest five hours (L5) (min/h)", low),
        ("Busiest ten hours (M10) (min/h)", high),
    ):
        assert float(row[name]) == pytest.approx(wanted, rel=1e-9), name


async def test_a_gap_is_a_gap_and_never_a_quiet_night(visitors: Visitors, counted: Town) -> None:
    browser = await visitors.of("clinician")
    blind = (NOW.date() - timedelta(days=weeks.BLIND_DAY)).isoformat()
    row = next(one for one in await figures(browser, "use") if one["Day"] == blind)
    assert row["Bathroom visits by day"] == "" == row["Kitchen visits"]
    assert float(row["Not seen (min)"]) == pytest.approx(1440, abs=60)
    answer = await browser.get(f"{PATH}/actogram.json")
    body = answer.json()
    of_day = [cells for cells in body["rows"] if cells[0] == blind]
    assert sum(cells[2] is None for cells in of_day) > 90
    assert body["zone"] == "Europe/London"
    assert {"name", "unit", "definition"} <= set(body["columns"][2])
    assert counted.number("select count(*) from day_count where home_id = 'ada'") == weeks.DAYS


async def test_the_top_line_says_what_changed_with_numbers(
    visitors: Visitors, counted: Town
) -> None:
    counted.alert(what="Out of bed five times", onset=NOW - timedelta(days=2), detector="night")
    counted.asks_whether_somebody_is_back(onset=NOW - timedelta(days=1))
    browser = await visitors.of("clinician")
    text = plain(await browser.text(PATH))
    lead = text[: text.index("How long")]
    assert "in the last 7 days; before usually" in lead
    assert "Times out of bed" in text
    assert "of the time from" in text
    for chart in CHARTS.values():
        assert chart.title in text
    assert "Out of bed five times. Nobody has answered yet." in text
    assert "Somebody seems to be at home" not in text, "nothing that was noticed of the person"
    assert counted.number(
        "select count(*) from access_record where page = 'days' and home_id = 'ada'"
    )


async def test_every_chart_is_a_picture_with_its_numbers_beside_it(
    visitors: Visitors, counted: Town
) -> None:
    counted.alert()
    browser = await visitors.of("clinician")
    page = await browser.text(PATH)
    for key in CHARTS:
        picture = await browser.get(f"{PATH}/{key}.svg")
        assert picture.headers["content-type"] == "image/svg+xml"
        assert ET.fromstring(picture.content).tag.endswith("svg")  # noqa: S314 (our own)
        for kind in ("svg", "csv", "json"):
            assert f"{PATH}/{key}.{kind}?" in page
    looks = "select count(*) from access_record where page like 'days%%'"
    assert counted.number(looks) == 1, "a page and its pictures are one look"
    await browser.get(f"{PATH}/nights.csv")
    assert counted.number(looks) == 2


async def test_without_any_day_the_page_says_so(visitors: Visitors) -> None:
    browser = await visitors.of("clinician")
    assert "No day has been counted yet" in await browser.text("/residents/2/days")
    for key in CHARTS:
        assert (await browser.get(f"/residents/2/days/{key}.svg?days=14")).status_code == 200
    assert (await browser.get("/residents/2/days/other.svg")).status_code == 404
    for bad in ("days=3", "days=9999", "end=yesterday", "end=0001-01-05"):
        assert (await browser.get(f"/residents/2/days?{bad}")).status_code == 404
    far = await browser.get("/residents/2/days?end=2999-01-01")
    assert (NOW.date() - timedelta(days=1)).strftime("%-d %B %Y") in far.text


async def test_a_role_without_access_gets_404_and_a_row(visitors: Visitors, town: Town) -> None:
    for login in ("ben", "worker", "technician"):
        assert (await (await visitors.of(login)).get(PATH)).status_code == 404
    rows = town.execute("select carer_id from access_record where page = 'days_refused' order by 1")
    assert [one for (one,) in rows] == sorted(
        town.carers[login] for login in ("ben", "worker", "technician")
    )
    assert (await (await visitors.of("stranger")).get(PATH)).status_code == 404


async def test_who_changed_stands_first_and_the_list_says_why(
    visitors: Visitors, counted: Town
) -> None:
    counted.execute(
        "insert into finding (home_id, detector, severity, audience, phase, onset, noticed_at, what,"
        " step) values ('tom', 'day_change', 'notice', 'carers', 'opened', %s, %s,"
        " 'More movement at night', 1)",
        NOW - timedelta(days=5),
        NOW - timedelta(days=1),
    )
    browser = await visitors.of("clinician")
    text = plain(await browser.text("/caseload"))
    assert text.index("Tom, 3 Mill Lane") < text.index("Ada, 3 Mill Lane")
    assert "Since 10 January: More movement at night." in text
    assert "Days are changing" in text
    assert "As usual No alert and no change was noticed." in text
    assert "3 residents" in text
    assert "Eve," not in text
    assert "1 resident found" in plain(await browser.text("/caseload?search=ada"))
    assert "Tom," not in plain(await browser.text("/caseload?why=usual"))
    assert "Nobody is found" in await browser.text("/caseload?search=nobody")
    assert (await browser.get("/residents/1/spark.svg")).status_code == 200
    assert (await browser.get("/residents/4/spark.svg")).status_code == 404


def test_a_measure_has_all_that_its_reader_needs() -> None:
    assert len({one.key for one in MEASURES}) == len(MEASURES)
    assert all(one.definition and one.formula and one.source and one.unit for one in MEASURES)
    used = {key for chart in CHARTS.values() for key in chart.measures}
    assert used == {one.key for one in MEASURES}


async def test_the_page_says_of_each_measure_what_it_is(visitors: Visitors, counted: Town) -> None:
    del counted
    text = plain(html.unescape(await (await visitors.of("clinician")).text(PATH)))
    for one in MEASURES:
        unit = "" if one.unit == "1" else f" ({one.unit})"
        source = one.source.replace("`", "")
        wanted = f"{one.name}{unit} {one.definition} Formula: {one.formula}. Source: {source}."
        assert plain(wanted) in text, one.key


def test_an_hour_that_is_never_seen_is_no_calm_hour() -> None:
    def day(n: int) -> DayCount:
        seen = tuple(0 if 12 <= q < 16 else 15 for q in range(96))  # blind from three to four
        active = tuple(0 if 12 <= q < 16 else (3 if q < 28 else 9) for q in range(96))
        return DayCount(
            day=FIRST + timedelta(days=n), seen=seen, active=active, rooms={}, visits={}
        )

    (week, _) = weeks_of(stretch([day(n) for n in range(14)], FIRST, 14, ZoneInfo("UTC")))
    assert week.valid_days == 7
    assert week.values["is"] == pytest.approx(1.0)
    assert [week.values[key] for key in ("l5", "l5_at", "m10", "ra")] == [None] * 4


async def test_days_stay_as_they_were_when_the_sensors_are_taken_away(
    plain_database: Database, counted: Town
) -> None:
    wanted = (
        "select day, seen, active, facts from day_count"
        " where home_id = 'ada' and seen_min > 0 order by 1"
    )
    before = counted.execute(wanted)
    assert len(before) >= 14
    counted.execute("update device set retired_at = %s where home_id = 'ada'", NOW)
    # the last two days are counted once more
    await weeks.count(plain_database.url_as("wayhome_analytics"), NOW + timedelta(days=3))
    assert counted.execute(wanted)[: len(before)] == before


def test_a_room_is_not_known_before_it_had_a_sensor() -> None:
    def day(n: int, rooms: dict[str, tuple[int, ...]]) -> DayCount:
        return DayCount(
            day=FIRST + timedelta(days=n), seen=(15,) * 96, active=(1,) * 96, rooms=rooms, visits={}
        )

    days = [day(0, {"Hall": (1,) * 96}), day(1, {"Bath": (2,) * 96, "Hall": (0,) * 96})]
    table = CHARTS["rooms"].table(stretch(days, FIRST, 2, ZoneInfo("UTC")))
    assert [one.name for one in table.columns] == ["Day", "Bath", "Hall", "Changes of room"]
    assert [row[1:3] for row in table.rows] == [(None, 96.0), (192.0, 0.0)]


async def test_the_actogram_of_one_room_holds_that_room_alone(
    visitors: Visitors, counted: Town
) -> None:
    browser = await visitors.of("clinician")
    page = await browser.text(f"{PATH}?room=Kitchen")
    assert "actogram.svg?days=28&amp;end=2026-01-14&amp;room=Kitchen" in page
    assert plain(page).count("Kitchen only.") == 1
    assert "only." not in plain(await browser.text(f"{PATH}?room=Cellar"))
    table = csv.DictReader(io.StringIO(await browser.text(f"{PATH}/actogram.csv?room=Kitchen")))
    own = np.unique(raw(counted, ("Kitchen sensor",), "motion")[:, 0] // 60)
    for row in table:
        start = day_start(row) / 60 + int(row["From"][:2]) * 60 + int(row["From"][3:])
        if row["Movement (min)"]:
            here = ((own >= start) & (own < start + 15)).sum()
            assert int(row["Movement (min)"]) == here, row
    assert (await browser.get(f"{PATH}/actogram.svg?room=Kitchen")).status_code == 200


async def test_a_clinician_starts_at_the_caseload(visitors: Visitors, town: Town) -> None:
    for login, start in (("clinician", "/caseload"), ("ben", "/today"), ("admin", "/today")):
        answer = await (await visitors.of(login)).client.get("/")
        assert answer.headers["location"] == start
    # three days are too few to say that nothing changed
    town.execute(
        "insert into day_count (home_id, day, counted_at, seen, active, seen_min, active_min, facts)"
        " select 'ada', %s::date - d, now(), array_fill(15, array[96]), array_fill(1, array[96]), 1440,"
        ' 96, \'{"rooms": {}, "moves": [], "night": null, "outings": [], "door": false,'
        ' "visits": {}}\' from generate_series(1, 3) d',
        town.now,
    )
    page = await (await visitors.of("clinician")).text(PATH)
    assert "Too few days are known to say whether anything changed" in page
    assert "Nothing that is counted here" not in page
