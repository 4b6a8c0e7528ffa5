"""Assessments from question to report: progress, warnings, kit that comes back, one source of numbers."""

from __future__ import annotations

import csv
import io
import re
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from pypdf import PdfReader

from dashboard.assessing.paper import TEMPLATE
from tests.dashboard import counted_days
from tests.dashboard.town import NOW, Town
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from core.runtime.clock import ManualClock
    from tests.dashboard.visitors import Browser, Visitors

PATH = "/residents/1/assessments"
TODAY = NOW.date()
ASKED = {
    "question": "Is Ada safe at night, or is somebody needed?",
    "asked_by": "Leeds adult social care",
    "first": (TODAY - timedelta(days=28)).isoformat(),
    "last": (TODAY - timedelta(days=1)).isoformat(),
    "named_as": "initials",
    "reference": "LCC-147",
    "kit": "all",
}
NUMBER = re.compile(r"\d+(?:[.:]\d+)*")


def day(ahead: int) -> str:
    return (TODAY + timedelta(days=ahead)).isoformat()


async def begun(browser: Browser, **changed: str) -> str:
    answer = await browser.send(PATH, **(ASKED | changed))
    assert answer.status_code == 303, plain(answer.text)
    return answer.headers["location"]


def squeezed(text: str) -> str:
    return re.sub(r"\s+", "", text)


@pytest.fixture
def counted(town: Town) -> Town:
    counted_days.put(town)
    return town


async def test_the_report_says_the_same_on_paper_as_json_and_csv(
    visitors: Visitors, counted: Town, clock: ManualClock
) -> None:
    clock.advance(8 * 3600)
    counted.alert(what="Ada went out at night", onset=NOW - timedelta(days=2))
    counted.asks_whether_somebody_is_back(onset=NOW - timedelta(days=1))
    browser = await visitors.of("clinician")
    await browser.send(
        "/residents/1/annotations", kind="visitors", first=day(-9), note="Ada's *sister* #1"
    )
    path = await begun(browser)
    draft = (await browser.get(f"{path}/report.json")).json()
    assert draft["figures"]["assessment"]["state"] == "draft"
    assert (await browser.send(path, do="end")).status_code == 303
    body = (await browser.get(f"{path}/report.json")).json()
    assert body["version"] == 2
    assert (await browser.get(f"{path}/report.json")).json()["version"] == 2
    told = body["figures"]
    assert [one["what"] for one in told["alerts"]] == ["A. went out at night."]
    assert told["coverage"]["days_counted"] == 27
    assert told["coverage"]["days_missing"] == 1
    assert [one["verdict"] for one in told["at_the_end"] if one["key"] == "exits"] == ["above"]
    await the_numbers_are_those_of_the_days(browser, told)
    lines = list(csv.DictReader(io.StringIO(await browser.text(f"{path}/report.csv"))))
    for row, line in zip(told["measures"], lines, strict=True):
        assert row["name"] == line["Measure"]
        assert row["median"] == float(line["Median"])
        assert row["counted"] == int(line["Counted"])
    answer = await browser.get(f"{path}/report.pdf")
    assert answer.headers["content-type"] == "application/pdf"
    the_paper_says_the_same(PdfReader(io.BytesIO(answer.content)), body)
    looks = "select count(*) from access_record where page = 'assessment_report'"
    assert counted.number(looks) == 5, "each opening is a row"
    assert counted.number("select count(*) from report_version") == 2


async def the_numbers_are_those_of_the_days(browser: Browser, told: dict[str, Any]) -> None:
    text = await browser.text(f"/residents/1/days/nights.csv?days=28&end={day(-1)}")
    exits = [
        float(row["Times out of bed"])
        for row in csv.DictReader(io.StringIO(text))
        if row["Times out of bed"]
    ]
    (row,) = (one for one in told["measures"] if one["key"] == "exits")
    assert row["counted"] == len(exits)
    assert row["median"] == pytest.approx(np.median(exits))
    assert row["mean"] == pytest.approx(np.mean(exits))
    assert (row["lowest"], row["highest"]) == (min(exits), max(exits))


def the_paper_says_the_same(paper: PdfReader, body: dict[str, Any]) -> None:
    told = body["figures"]
    pages = [page.extract_text() for page in paper.pages]
    text = squeezed(
        "".join(re.sub(r"Leeds\. Made by .*\n?.*Page \d+ of \d+", "", one) for one in pages)
    )
    for row in told["measures"]:
        names = ("median", "mean", "from", "to", "lowest", "highest")
        cells = [row["name"], *(row[f"{name}_text"] for name in names), str(row["counted"])]
        assert squeezed("".join(cells)) in text, row["name"]
    for row in told["at_the_end"]:
        cells = [row[f"{name}_text"] for name in ("usual", "low", "high", "last")]
        assert squeezed("".join([row["name"], *cells, row["sign"], row["verdict_text"]])) in text
    for sentence in (*told["summary"], told["rule"], body["digest"]):
        assert squeezed(sentence) in text
    words = " ".join(
        pages[: next(n for n, one in enumerate(pages) if "Is the night shifting" in one)]
    )
    known = set(NUMBER.findall(str(body) + TEMPLATE.read_text("utf-8")))
    known |= {str(n) for n in range(1, len(pages) + 1)}
    dates = set(re.findall(r"\d{4}-\d\d-\d\d", str(body)))
    for one in map(date.fromisoformat, dates):
        known |= {str(one.day), str(one.year)}
    known.add(body["digest"][:12])
    strange = {one for one in NUMBER.findall(words) if one not in known} - set(
        NUMBER.findall(body["digest"])
    )
    assert strange - set(NUMBER.findall(body["digest"][:12])) == set(), "numbers that JSON has not"
    assert "Ada" not in " ".join(pages)
    assert "A.’s*sister*#1" in text.replace("'", "’")
    the_paper_is_for_everybody(paper)


def the_paper_is_for_everybody(paper: PdfReader) -> None:
    root: Any = paper.root_object
    assert root["/MarkInfo"]["/Marked"]
    assert root["/Lang"] == "en-GB"
    assert root["/ViewerPreferences"]["/DisplayDocTitle"]
    assert paper.metadata is not None
    assert paper.metadata.title == "Report of an assessment: A."
    assert "pdfuaid" in str(root["/Metadata"].get_data())
    found: dict[str, int] = {}
    alts: list[str] = []
    stack = [root["/StructTreeRoot"]]
    while stack:
        node = stack.pop()
        if isinstance(node, list):
            stack.extend(one.get_object() for one in node)
        elif isinstance(node, dict):
            kind = str(node.get("/S", ""))
            found[kind] = found.get(kind, 0) + 1
            if "/Alt" in node:
                alts.append(str(node["/Alt"]))
            if "/K" in node:
                stack.append(
                    node["/K"].get_object() if hasattr(node["/K"], "get_object") else node["/K"]
                )
    assert found["/Figure"] >= 6
    assert len(alts) >= found["/Figure"]
    assert all("A picture of the days" in alt for alt in alts)
    for kind in ("/H1", "/H2", "/Table", "/TH", "/TR", "/L"):
        assert found.get(kind), (kind, found)


async def test_many_alerts_are_all_counted_or_it_is_said_that_some_are_not_shown(
    visitors: Visitors, counted: Town
) -> None:
    first = counted.alert(onset=NOW - timedelta(days=2))
    columns = (
        "home_id, resident_id, detector, severity, audience, onset, opened_at, what, unusual,"
        " ruled_out, advice, evidence"
    )
    counted.execute(
        f"insert into alert ({columns}, subject) select {columns}, 'again ' || n"
        " from alert, generate_series(1, 230) n where alert_id = %s",
        first,
    )
    browser = await visitors.of("clinician")
    report = (await browser.get(f"{await begun(browser)}/report.json")).json()
    assert len(report["figures"]["alerts"]) == 231
    assert "Alerts in this time: 231" in str(report["figures"]["summary"])
    page = plain(await browser.text("/residents/1/days"))
    assert "There are more than the latest 200" in page


async def test_an_assessment_from_the_question_to_the_end(visitors: Visitors, town: Town) -> None:
    browser = await visitors.of("clinician")
    path = await begun(browser, first=day(-10), last=day(17), named_as="name", due=day(30))
    page = plain(await browser.text(path))
    assert "Running. 0 of" in page
    assert "This may not be enough to answer" in page
    assert "Even if every day from now on counts" in page
    assert town.number("select count(distinct device_id) from kit_step where kind = 'lent'") == 7
    again = await browser.send(PATH, **ASKED)
    assert "Another one has not ended: end it first." in plain(again.text)
    extended = await browser.send(path, do="extend", until=day(24), why_longer="The hub was off")
    assert extended.status_code == 303
    page = plain(await browser.text(path))
    assert "Extended To" in page
    assert "The hub was off" in page
    listed = plain(await browser.text("/assessments"))
    assert "Is Ada safe at night" in listed
    early = await browser.send(path, do="end", ended=day(-1))
    assert "Why it ends: give why it ends before its planned day" in plain(early.text)
    done = {"do": "end", "ended": day(-1), "why_ended": "She moved to her son"}
    assert (await browser.send(path, **done)).status_code == 303
    assert "Ended early." in plain(await browser.text(path))
    late = await browser.send(path, **done)
    assert late.status_code == 400
    report = (await browser.get(f"{path}/report.json")).json()["figures"]
    assert report["assessment"]["resident"] == "Ada"
    assert report["assessment"]["steps"][1]["reason"] == "She moved to her son"
    assert (await browser.get(f"{path}/report.pdf")).status_code == 200
    assert await begun(browser) != path, "several, one after the other"
    assert town.number("select count(*) from assessment") == 2


async def test_kit_comes_back_device_by_device(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    browser = await visitors.of("clinician")
    await begun(browser, first=day(-10), last=day(10), due=day(11))
    technician = await visitors.of("technician")
    page = await technician.text("/kit")
    assert "7 devices out" in plain(page)
    assert "Is Ada safe" not in page, "a technician sees devices, not the question"
    (first, second, third) = re.findall(r'href="(/kit/\d+/\d+)"', page)[:3]
    assert (await technician.send(first, do="returned", note="In the van")).status_code == 303
    lost = await technician.send(second, do="lost")
    assert "A few words: give a few words" in plain(lost.text)
    assert (await technician.send(second, do="lost", note="Not in the flat")).status_code == 303
    later = await technician.send(third, do="due", due="2019-01-01")
    assert 'id="due-error"' in later.text
    assert (await technician.send(third, do="due", due=day(40))).status_code == 303
    assert (await technician.send(third, do="eaten")).status_code == 400
    clock.advance(12 * 86400)
    fresh = await visitors.of("technician")
    page = plain(await fresh.text("/kit"))
    assert "5 devices out" in page
    assert page.count("Overdue") == 4
    clinician = await visitors.of("clinician")
    assert plain(await clinician.text("/assessments")).count("Overdue") == 4
    kit = (await clinician.get(f"{PATH}/1/report.json")).json()["figures"]["kit"]
    assert sorted(one["state"] for one in kit) == ["lent"] * 5 + ["lost", "returned"]
    assert sum("overdue" in one["words"] for one in kit) == 4
    assert {one["author"] for one in kit if one["state"] != "lent"} == {"Technician"}
    assert town.number("select count(*) from kit_step") == 10
    assert (await (await visitors.of("ben")).get("/kit")).status_code == 404
    assert (await (await visitors.of("stranger")).get(first)).status_code == 404


MISTAKES = (
    ("question", "", "The question: give the question that is asked"),
    ("question", "x" * 501, "The question: give at most 500 letters"),
    ("asked_by", " ", "Who asks: give who asks"),
    ("first", "2020-01-01", "First day: give a day from 4 December 2025"),
    ("last", day(-9), "Last day: give a day from 7 January 2026 to 28 January 2026"),
    ("last", day(60), "Last day: give a day from 7 January 2026 to 28 January 2026"),
    ("named_as", "nickname", "How the report names the person: give how"),
    ("kit", "some", "What is lent: give what is lent"),
    ("due", day(-3), "Kit is expected back by: give a day from"),
)


async def test_a_mistake_names_the_field(visitors: Visitors, town: Town) -> None:
    browser = await visitors.of("clinician")
    for field, value, words in MISTAKES:
        form = ASKED | {"first": day(-28), "last": day(1), field: value}
        answer = await browser.send(PATH, **form)
        assert answer.status_code == 400, field
        assert words in plain(answer.text), field
        assert f'id="{field}-error"' in answer.text
    assert town.number("select count(*) from assessment") == 0


async def test_a_name_by_reference_needs_one(visitors: Visitors) -> None:
    browser = await visitors.of("clinician")
    answer = await browser.send(PATH, **(ASKED | {"named_as": "reference", "reference": ""}))
    assert "Reference: give a reference to name them by" in plain(answer.text)
    path = await begun(browser, named_as="reference")
    report = (await browser.get(f"{path}/report.json")).json()["figures"]
    assert report["assessment"]["question"] == "Is LCC-147 safe at night, or is somebody needed?"


async def test_who_may_not_gets_404_and_a_row(visitors: Visitors, town: Town) -> None:
    path = await begun(await visitors.of("clinician"))
    for login in ("ben", "worker", "technician"):
        browser = await visitors.of(login)
        for page in (PATH, path, f"{path}/report.pdf"):
            assert (await browser.get(page)).status_code == 404
        assert (await browser.send(PATH, **ASKED)).status_code == 404
        assert (await browser.send(path, do="end")).status_code == 404
        assert (await browser.get("/assessments")).status_code == 404
    for page in ("assessments_refused", "assessment_report_refused"):
        count = "select count(distinct carer_id) from access_record where page = %s"
        assert town.number(count, page) == 3
    stranger = await visitors.of("stranger")
    assert (await stranger.get(f"{path}/report.pdf")).status_code == 404
    assert (await stranger.get("/residents/2/assessments/1")).status_code == 404
    assert town.number("select count(*) from assessment_step") == 0
