"""Two periods side by side: the numbers are those of the days, the rule is plain, mistakes are named."""

from __future__ import annotations

import csv
import io
from datetime import timedelta
from typing import TYPE_CHECKING, Any
from xml.etree import ElementTree as ET

import numpy as np
import pytest

from tests.dashboard import counted_days
from tests.dashboard.town import NOW, Town
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.visitors import Browser, Visitors

PATH = "/residents/1/compare"
LAST = NOW.date() - timedelta(days=1)
SPANS = {
    "first_from": LAST - timedelta(days=34),
    "first_to": LAST - timedelta(days=7),
    "second_from": LAST - timedelta(days=6),
    "second_to": LAST,
}
QUERY = "&".join(f"{field}={day.isoformat()}" for field, day in SPANS.items())
COLUMNS = {
    "exits": ("nights", "Times out of bed"),
    "up": ("nights", "Up (hh:mm)"),
    "kitchen": ("use", "Kitchen visits"),
    "out": ("outings", "Time out (min)"),
    "moves": ("rooms", "Changes of room"),
}


@pytest.fixture
def counted(town: Town) -> Town:
    counted_days.put(town)
    return town


async def column(browser: Browser, chart: str, name: str) -> dict[str, float]:
    text = await browser.text(f"/residents/1/days/{chart}.csv?days=49")
    return {row["Day"]: float(row[name]) for row in csv.DictReader(io.StringIO(text)) if row[name]}


def in_period(values: dict[str, float], side: str, without: tuple[str, ...] = ()) -> list[float]:
    first, last = (SPANS[f"{side}_{end}"].isoformat() for end in ("from", "to"))
    return [one for day, one in values.items() if first <= day <= last and day not in without]


async def test_every_number_is_that_of_the_days(visitors: Visitors, counted: Town) -> None:
    browser = await visitors.of("clinician")
    out = (SPANS["first_from"].isoformat(), (SPANS["first_from"] + timedelta(1)).isoformat())
    await browser.send(
        "/residents/1/annotations", kind="hospital", first=out[0], last=out[1], note="Ward 3"
    )
    answer = await browser.get(f"{PATH}.json?{QUERY}")
    body = answer.json()
    rows = {row["key"]: row for row in body["rows"] if row["key"] != "room"}
    for key, (chart, name) in COLUMNS.items():
        values = await column(browser, chart, name)
        for side in ("first", "second"):
            own = in_period(values, side, out)
            told = rows[key][side]
            assert told["counted"] == len(own), key
            assert told["median"] == pytest.approx(np.median(own))
            assert told["mean"] == pytest.approx(np.mean(own))
            assert (told["from"], told["to"]) == pytest.approx(tuple(np.percentile(own, (25, 75))))
            days = (SPANS[f"{side}_to"] - SPANS[f"{side}_from"]).days + 1
            assert told["counted"] + told["missing"] + told["left_out"] == days
        low, high = np.percentile(in_period(values, "first", out), (10, 90))
        middle = np.median(in_period(values, "second"))
        wanted = "below" if middle < low else "above" if middle > high else "within"
        assert rows[key]["verdict"] == wanted, key
        assert rows[key]["usual"] == pytest.approx([low, high])
    assert rows["exits"]["verdict"] == "above"
    assert rows["exits"]["first"]["left_out"] == 2
    assert rows["is"]["value_of"] == "week"
    assert rows["is"]["verdict"] == "within" or rows["is"]["usual"]
    assert body["first"]["annotations"][0]["note"] == "Ward 3"
    assert body["rule"]
    assert body["rule_source"]
    await the_page_and_the_files_say_the_same(browser, body)
    assert counted.number("select count(*) from access_record where page = 'compare'") == 1


async def the_page_and_the_files_say_the_same(browser: Browser, body: dict[str, Any]) -> None:
    page = plain(await browser.text(f"{PATH}?{QUERY}"))
    assert "Outside the usual range of the first period:" in page
    assert "▲ Above the usual range" in page
    assert "Hospital stay: Ward 3" in page
    lines = list(csv.reader(io.StringIO(await browser.text(f"{PATH}.csv?{QUERY}"))))
    assert len(lines) == len(body["rows"]) + 1
    for row, line in zip(body["rows"], lines[1:], strict=True):
        assert row["name"] == line[0]
        assert (float(line[3]) if line[3] else None) == row["first"]["median"]
        assert row["verdict_text"] == line[-1]
        for words in (row["first"]["median_text"], row["difference"]["median_text"]):
            assert words in page
    for key in ("hours", "measures"):
        picture = await browser.get(f"{PATH}/{key}.svg?{QUERY}")
        assert ET.fromstring(picture.content).tag.endswith("svg")  # noqa: S314 (our own)
        assert f"{PATH}/{key}.svg?{QUERY.replace('&', '&amp;')}" in (
            await browser.text(f"{PATH}?{QUERY}")
        )


async def test_presets_and_mistakes(visitors: Visitors, town: Town) -> None:
    browser = await visitors.of("clinician")
    day = LAST - timedelta(days=10)
    await browser.send("/residents/1/annotations", kind="medication", first=day.isoformat())
    await browser.send("/residents/1/annotations", kind="illness", first=LAST.isoformat())
    page = plain(await browser.text(f"{PATH}?around=1"))
    assert "7 December 2025 to 3 January 2026, 28 days" in page
    assert "5 to 14 January 2026, 10 days" in page
    assert "18 December 2025 to 14 January 2026, 28 days" in plain(await browser.text(PATH))
    for query, field in (
        ("around=9", "around"),
        ("around=2", "around"),
        (QUERY.replace(f"second_from={SPANS['second_from']}", "second_from="), "second_from"),
        (f"{QUERY}&second_to=1999-01-01", "second_to"),
        (QUERY.replace(str(SPANS["second_from"]), str(SPANS["first_to"])), "second_from"),
        (QUERY.replace(str(SPANS["first_from"]), "soon"), "first_from"),
    ):
        answer = await browser.get(f"{PATH}?{query}")
        assert answer.status_code == 400, query
        assert f'id="{field}-error"' in answer.text, query
        figures = await browser.get(f"{PATH}.json?{query}")
        assert figures.status_code == (200 if "around" in query else 400)
    assert "Cannot be said: too few days" in page
    assert town.number("select count(*) from access_record where page like 'compare%%'")
    for login in ("ben", "worker", "technician"):
        assert (await (await visitors.of(login)).get(f"{PATH}.csv?{QUERY}")).status_code == 404
    refused = "select count(*) from access_record where page = 'compare_figures_refused'"
    assert town.number(refused) == 3
    assert (await (await visitors.of("stranger")).get(PATH)).status_code == 404
