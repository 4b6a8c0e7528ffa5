"""What people mark in days: kept with its trail, shown everywhere, and left out of what is usual."""

from __future__ import annotations

import csv
import io
from datetime import date, timedelta
from typing import TYPE_CHECKING

import numpy as np
import pytest

from dashboard.clinician.charts import CHARTS
from tests.dashboard import counted_days
from tests.dashboard.town import NOW, Town
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.visitors import Browser, Visitors

PATH = "/residents/1/annotations"
LAST = NOW.date() - timedelta(days=1)
STAY = {
    "kind": "hospital",
    "first": (LAST - timedelta(days=12)).isoformat(),
    "last": (LAST - timedelta(days=10)).isoformat(),
    "note": "St James, *hip* <b>",
}


@pytest.fixture
def counted(town: Town) -> Town:
    counted_days.put(town)
    return town


async def rows(browser: Browser, chart: str) -> list[dict[str, str]]:
    text = await browser.text(f"/residents/1/days/{chart}.csv?days=28")
    return list(csv.DictReader(io.StringIO(text)))


async def ten_o_clock(browser: Browser, out: set[str]) -> list[float]:
    """Return movement from 10 to 11 of the days before the last seven that count, from quarter hours."""
    hours: dict[str, float] = {}
    for row in await rows(browser, "actogram"):
        early = date.fromisoformat(row["Day"]) <= LAST - timedelta(days=7)
        counts = row["Day"] not in out and row["Movement (min)"]
        if early and counts and row["From"].startswith("10:"):
            hours[row["Day"]] = hours.get(row["Day"], 0) + float(row["Movement (min)"])
    return list(hours.values())


async def test_a_hospital_stay_is_left_out_and_shown_everywhere(
    visitors: Visitors, counted: Town
) -> None:
    browser = await visitors.of("clinician")
    before = (await browser.get("/residents/1/days/profile.json?days=28")).json()
    answer = await browser.send(PATH, **STAY)
    assert answer.headers["location"] == PATH
    page = await browser.text("/residents/1/days?days=28")
    assert "Hospital stay: St James, *hip* &lt;b&gt;, 2 to 4 January 2026, left out" in page
    assert "Written by Clinician" in plain(page)
    assert "3 days left out" in plain(page)
    out = {(LAST - timedelta(days=n)).isoformat() for n in (10, 11, 12)}
    for chart in CHARTS:
        table = await rows(browser, chart)
        assert all("Marked" in row for row in table)
        if "Day" in table[0]:
            assert {row["Day"] for row in table if "Hospital" in row["Marked"]} == out, chart
        else:
            assert any("Hospital stay" in row["Marked"] for row in table), chart
        body = (await browser.get(f"/residents/1/days/{chart}.json?days=28")).json()
        assert set(body["left_out_days"]) == out
        assert body["annotations"][0]["note"] == "St James, *hip* <b>"
        picture = await browser.text(f"/residents/1/days/{chart}.svg?days=28")
        assert "Hospital stay: St James" in picture, chart
        assert "left out" in picture
    after = (await browser.get("/residents/1/days/profile.json?days=28")).json()
    assert [row[5] for row in before["rows"]][12] == [row[5] for row in after["rows"]][12] + 3
    usual = await ten_o_clock(browser, out)
    assert after["rows"][10][3] == pytest.approx(float(np.median(usual)))
    await visitors_mark_days_that_count(browser)
    assert counted.number("select count(*) from annotation") == 3


async def visitors_mark_days_that_count(browser: Browser) -> None:
    fields = STAY | {"first": "2025-12-20", "last": "2025-12-21", "kind": "visitors"}
    before = (await browser.get("/residents/1/days/profile.json?days=28")).json()
    await browser.send(PATH, **fields)
    body = (await browser.get("/residents/1/days/profile.json?days=28")).json()
    assert body["left_out_days"] == before["left_out_days"]
    assert [row[:6] for row in body["rows"]] == [row[:6] for row in before["rows"]]
    await browser.send(PATH, **(fields | {"counting": "out"}))
    body = (await browser.get("/residents/1/days/profile.json?days=28")).json()
    assert len(body["left_out_days"]) == 5


async def test_a_note_is_no_formula_of_a_spreadsheet(visitors: Visitors, counted: Town) -> None:
    browser, note = await visitors.of("clinician"), '=HYPERLINK("https://evil.example")'
    await browser.send(PATH, **(STAY | {"kind": "other", "note": note}))
    told = {row["Marked"] for row in await rows(browser, "actogram")} - {""}
    assert told == {f"'{note} (counted)"}
    assert counted.execute("select note from annotation") == [(note,)]


async def test_a_change_and_a_withdrawal_leave_a_trail(visitors: Visitors, town: Town) -> None:
    browser, admin = await visitors.of("clinician"), await visitors.of("admin")
    await browser.send(PATH, **STAY)
    changed = STAY | {"last": LAST.isoformat(), "base": "1", "reason": "She came home later"}
    assert (await admin.send(f"{PATH}/1", **changed)).status_code == 303
    late = await browser.send(f"{PATH}/1", **changed)
    assert late.status_code == 400
    assert "Somebody changed it while you were writing" in late.text
    taken = {"base": "2", "reason": "Wrong person", "do": "withdraw"}
    assert (await browser.send(f"{PATH}/1", **taken)).status_code == 303
    text = plain(await browser.text(PATH))
    for words in ("Taken back: it counts no more", "She came home later", "Wrong person"):
        assert words in text
    assert "Admin," in text
    assert town.number("select count(*) from annotation") == 3
    assert (await browser.get(f"{PATH}/1")).status_code == 404
    assert "Nothing is marked." in plain(await browser.text("/residents/1/days"))
    body = (await browser.get("/residents/1/days/nights.json")).json()
    assert body["annotations"] == []


MISTAKES = (
    ("kind", "", "What happened: give what happened: one of the list"),
    ("kind", "party", "What happened: give what happened: one of the list"),
    ("first", "yesterday", "From: give a day from 1 January 2000"),
    ("first", "0001-01-01", "From: give a day from 1 January 2000"),
    ("last", "2025-12-01", "To: give a day from 2 January 2026 to 3 January 2027"),
    ("note", "x" * 201, "A few words: give at most 200 letters"),
    ("note", "a\x07b", "A few words: give at most 200 letters"),
    ("counting", "half", "Do these days count: give whether"),
)


async def test_a_mistake_names_the_field(visitors: Visitors, town: Town) -> None:
    browser = await visitors.of("clinician")
    for field, value, words in MISTAKES:
        answer = await browser.send(PATH, **(STAY | {field: value}))
        assert answer.status_code == 400
        assert words in plain(answer.text)
        assert f'id="{field}-error"' in answer.text
    assert town.number("select count(*) from annotation") == 0


async def test_something_else_needs_words_and_a_change_a_reason(visitors: Visitors) -> None:
    browser = await visitors.of("clinician")
    answer = await browser.send(PATH, kind="other", first=LAST.isoformat())
    assert "A few words: give in a few words what happened" in plain(answer.text)
    await browser.send(PATH, **STAY)
    answer = await browser.send(f"{PATH}/1", **(STAY | {"base": "1"}))
    assert "Why: give why: the trail will say it" in plain(answer.text)


async def test_who_may_not_gets_404_and_a_row(visitors: Visitors, town: Town) -> None:
    for login in ("ben", "worker", "technician"):
        browser = await visitors.of(login)
        assert (await browser.get(PATH)).status_code == 404
        assert (await browser.send(PATH, **STAY)).status_code == 404
    found = town.number(
        "select count(distinct carer_id) from access_record where page = 'annotations_refused'"
    )
    assert found == 3
    stranger = await visitors.of("stranger")
    assert (await stranger.get(PATH)).status_code == 404
    assert (await stranger.send(PATH, **STAY)).status_code == 404
    assert town.number("select count(*) from annotation") == 0


async def test_a_closer_look_by_dates(visitors: Visitors) -> None:
    browser = await visitors.of("clinician")
    day = (LAST - timedelta(days=9)).isoformat()
    answer = await browser.client.get(f"/residents/1/zoom?first={day}&last={LAST.isoformat()}")
    assert answer.headers["location"] == f"/residents/1/days?days=10&end={LAST.isoformat()}"
    for first, last, field in (
        (day, day, "last"), ("", day, "first"), ("x", "", "first"), (day, "2999-01-01", "last"),
    ):  # fmt: skip
        answer = await browser.get(f"/residents/1/zoom?first={first}&last={last}")
        assert answer.status_code == 400
        assert f'id="{field}-error"' in answer.text
    assert "Closely:" in await browser.text("/residents/1/days")
