"""The line of a resident in the caseload says what is marked and which assessment is not ended."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING
from zoneinfo import ZoneInfo

from core.model.home import HomeMode
from core.model.ids import HomeId, ResidentId
from core.store.caseload import Case, Reason
from dashboard.clinician.caseload import why
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


def mark(
    town: Town, number: int, kind: str, days: tuple[date, date], version: int = 1, **more: object
) -> None:
    town.execute(
        "insert into annotation (home_id, resident_id, number, version, kind, first_day, last_day,"
        " excludes, note, withdrawn, reason, carer_id, at)"
        " values ('ada', 1, %s, %s, %s, %s, %s, %s, %s, %s, 'why', %s, now())",
        number,
        version,
        kind,
        *days,
        kind == "hospital",
        more.get("note", ""),
        more.get("withdrawn", False),
        town.carers["clinician"],
    )


def assess(town: Town, first: date, last: date) -> int:
    return town.number(
        "insert into assessment (home_id, resident_id, question, asked_by, named_as, first_day, last_day,"
        " carer_id, at) values ('ada', 1, 'Nights?', 'Council', 'name', %s, %s, %s, now())"
        " returning assessment_id",
        first,
        last,
        town.carers["clinician"],
    )


def step(town: Town, number: int, kind: str, last: date) -> None:
    town.execute(
        "insert into assessment_step (home_id, assessment_id, kind, last_day, reason, carer_id, at)"
        " values ('ada', %s, %s, %s, 'x', %s, now())",
        number,
        kind,
        last,
        town.carers["clinician"],
    )


async def line(visitors: Visitors) -> str:
    text = plain(await (await visitors.of("clinician")).text("/caseload?search=ada"))
    return text[text.index("Ada, 3 Mill Lane") :]


async def test_what_is_marked_in_these_weeks_stands_beside_the_reason(
    visitors: Visitors, town: Town
) -> None:
    today = town.now.date()
    before = today - timedelta(days=60), today - timedelta(days=50)
    lately = today - timedelta(days=9), today - timedelta(days=7)
    assert "Marked" not in await line(visitors)
    mark(town, 1, "visitors", before)
    assert "Marked" not in await line(visitors), "long before the days of the line"
    mark(town, 2, "illness", (today - timedelta(days=20), today - timedelta(days=19)))
    mark(town, 3, "kit", lately)
    mark(town, 3, "hospital", lately, version=2)
    wanted = "Marked: Hospital stay, 6 to 8 January 2026, left out; and 1 more"
    assert wanted in await line(visitors), "the last version of the latest"
    mark(town, 3, "hospital", lately, version=3, withdrawn=True)
    assert "Marked: Illness, 26 to 27 December 2025, counted" in await line(visitors)
    assert "Tom" not in await line(visitors)


async def test_an_assessment_stands_there_until_it_is_ended(visitors: Visitors, town: Town) -> None:
    today = town.now.date()
    number = assess(town, today - timedelta(days=24), today - timedelta(days=3))
    text = await line(visitors)
    assert "Assessment: its days were over on 12 January 2026, and it is not ended" in text
    step(town, number, "extended", today + timedelta(days=9))
    assert "Assessment: until 24 January 2026" in await line(visitors)
    page = await (await visitors.of("clinician")).text("/caseload")
    assert f'href="/residents/1/assessments/{number}"' in page
    assert page.count("Assessment:") == 1
    step(town, number, "ended", today)
    assert "Assessment:" not in await line(visitors)


async def test_how_many_alerts_are_urgent_is_said_once(visitors: Visitors, town: Town) -> None:
    town.asks_whether_somebody_is_back()
    assert "alert" not in await line(visitors), "a question to carers is no alert about a person"
    town.alert()
    assert "1 urgent alert in the last 7 days." in await line(visitors)
    town.alert(severity="check", what="No movement since 02:10")
    assert "2 alerts in the last 7 days, 1 of them urgent." in await line(visitors)


def test_a_week_with_an_hour_more_was_seen_whole_and_no_more() -> None:
    whole = Case(
        resident_id=ResidentId(1),
        name="Ada",
        home_id=HomeId("ada"),
        home_name="Rosewood",
        zone=ZoneInfo("Europe/London"),
        mode=HomeMode.LIVE,
        reason=Reason.USUAL,
        what="",
        onset=None,
        alerts=0,
        urgent=0,
        seen_min=7 * 1440 + 60,
    )
    assert why(whole).endswith(" 100% of the last 7 days was seen.")
