"""Who cares for a home says which visits are expected; everybody reads it, and mistakes are named."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg.types.json import Jsonb

from core.model.expected_visit import LONGEST_MIN, MOST, SHORTEST_MIN
from dashboard.visit_form import FURTHEST, LABELS, read_visit
from tests.dashboard.town import NOW
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

PAGE = "/homes/ada/visits"
ROUND = {
    "by": "care", "day0": "1", "day1": "1", "day2": "1", "day3": "1", "day4": "1",
    "start": "08:00", "end": "09:00",
}  # fmt: skip
SAID = "Monday to Friday, 08:00 to 09:00, home care"
ONCE = {"by": "family", "once": "2026-01-18", "start": "14:00", "end": "17:30"}

EITHER = "expected days of the week, or one day only."


def rows(town: Town) -> list[tuple[object, ...]]:
    return town.execute(
        "select visitor, days, start_min, end_min, first_day, last_day, carer_id, ended_by"
        " from expected_visit order by visit_id"
    )


async def test_a_carer_says_it_and_everybody_reads_it(visitors: Visitors, town: Town) -> None:
    ben = await visitors.of("ben")
    for path in ("/today", "/homes/ada"):
        assert f'href="{PAGE}"' in await ben.text(path)
    answer = await ben.send(PAGE, **ROUND)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    who = town.carers["ben"]
    assert rows(town) == [("care", [0, 1, 2, 3, 4], 480, 540, None, None, who, None)]
    text = plain(await ben.text(PAGE))
    assert f"{SAID} You said so, 03:20." in text
    assert "Nobody checks whether somebody came." in text
    for login in ("mia", "resident", "worker", "clinician", "technician", "admin"):
        text = plain(await (await visitors.of(login)).text(PAGE))
        assert f"{SAID} Ben Carter said so, 03:20." in text, login
        assert "Add this visit" in text if login in {"mia", "technician", "admin"} else True


async def test_it_is_said_once_however_often_it_is_pressed(visitors: Visitors, town: Town) -> None:
    ben = await visitors.of("ben")
    for _ in range(2):
        assert (await ben.send(PAGE, **ROUND)).status_code == 303
    assert len(rows(town)) == 1


async def test_another_carer_ends_it_and_both_are_told_on_the_page(
    visitors: Visitors, town: Town
) -> None:
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    await ben.send(PAGE, **ROUND)
    (number,) = [number for (number,) in town.execute("select visit_id from expected_visit")]
    assert f'action="{PAGE}/{number}/end"' in await mia.text(PAGE)
    assert (await mia.send(f"{PAGE}/{number}/end")).status_code == 303
    assert rows(town)[0][-2:] == (town.carers["ben"], town.carers["mia"])
    text = plain(await ben.text(PAGE))
    assert "No visit is expected." in text
    assert f"{SAID}. Ben Carter said so, 03:20. Mia" in text
    assert "ended it, 03:20." in text
    late = await ben.send(f"{PAGE}/{number}/end")
    assert (late.status_code, "stands otherwise by now" in late.text) == (409, True)


async def test_one_day_is_said_with_its_date_and_is_over_the_day_after(
    visitors: Visitors, town: Town
) -> None:
    ben = await visitors.of("ben")
    assert (await ben.send(PAGE, **ONCE)).status_code == 303
    day = date(2026, 1, 18)
    assert rows(town)[0][:6] == ("family", [6], 840, 1050, day, day)
    assert "Sunday 18 January, 14:00 to 17:30, family or friends" in await ben.text(PAGE)
    town.execute("update expected_visit set first_day = '2026-01-13', last_day = '2026-01-14'")
    assert "No visit is expected." in await ben.text(PAGE)


@pytest.mark.parametrize(
    ("wrong", "field", "words"),
    [
        ({"by": ""}, "by", "Who comes: please choose one of these: Home care, A nurse"),
        ({"by": "burglar"}, "by", "Who comes: please choose one of these"),
        ({"start": ""}, "start", "From: expected a time of day, such as 22:00."),
        ({"end": "9 o'clock"}, "end", "Until: expected a time of day"),
        ({"end": "08:05"}, "end", "Until: expected 10 minutes to 4 hours after the start."),
        ({"end": "12:01"}, "end", "Until: expected 10 minutes to 4 hours after the start."),
        ({"end": "08:00"}, "end", "Until: expected 10 minutes to 4 hours after the start."),
        ({f"day{day}": "" for day in range(5)}, "days", f"On which days: {EITHER}"),
        ({"once": "2026-01-19"}, "once", f"On one day only: {EITHER}"),
        ({"first": "soon"}, "first", "First day: expected a day, such as 2026-12-04."),
        ({"first": "9999-12-31"}, "first", "First day: expected a day within two years."),
        ({"last": "2026-01-14"}, "last", "Last day: expected a day that is still to come."),
        (
            {"last": "2026-01-19", "first": "2026-01-20"},
            "last", "Last day: expected no day before the first one.",
        ),
        (
            {"last": "2026-01-18", "first": "2026-01-17"},
            "last", "Last day: expected a day by which a visit has come.",
        ),
    ],
)  # fmt: skip
async def test_what_can_not_be_is_named_and_what_was_typed_is_kept(
    visitors: Visitors, town: Town, wrong: dict[str, str], field: str, words: str
) -> None:
    ben = await visitors.of("ben")
    answer = await ben.send(PAGE, **ROUND | wrong)
    assert answer.status_code == 400
    assert words in plain(answer.text)
    assert f'href="#{field}"' in answer.text
    assert f'id="{field}-mistake"' in answer.text
    assert f'aria-describedby="{field}-mistake"' in answer.text
    kept = ROUND | wrong
    assert f'name="start" type="time" required value="{kept["start"]}"' in answer.text
    assert rows(town) == []


async def test_more_than_a_home_may_have_is_refused_with_words(
    visitors: Visitors, town: Town
) -> None:
    ben = await visitors.of("ben")
    for number in range(MOST):
        town.execute(
            "insert into expected_visit (home_id, visitor, days, start_min, end_min, carer_id, at)"
            " values ('ada', 'care', '{0}', %s, %s, %s, %s)",
            number,
            number + 30,
            town.carers["ben"],
            NOW,
        )
    text = await ben.text(PAGE)
    assert "24 visits are expected, and no more can be" in text
    assert "Add this visit" not in text
    answer = await ben.send(PAGE, **ROUND)
    assert (answer.status_code, "at most 24 that are still to come" in answer.text) == (400, True)


@pytest.mark.parametrize(
    ("login", "path", "answer"),
    [
        ("worker", PAGE, 403), ("clinician", PAGE, 403), ("resident", PAGE, 403),
        ("auditor", PAGE, 404), ("stranger", PAGE, 404), ("ben", "/homes/tom/visits", 404),
        ("ben", "/homes/past/visits", 404), ("admin", PAGE, 303), ("technician", PAGE, 303),
        ("mia", PAGE, 303),
    ],
)  # fmt: skip
async def test_who_may_say_it(
    visitors: Visitors, town: Town, login: str, path: str, answer: int
) -> None:
    browser = await visitors.of(login)
    assert (await browser.send(path, **ROUND)).status_code == answer
    assert len(rows(town)) == (answer == 303)


@pytest.mark.parametrize(
    ("login", "answer"),
    [
        ("worker", 303), ("admin", 303), ("technician", 303), ("clinician", 403), ("resident", 403),
        ("stranger", 404),
    ],
)  # fmt: skip
async def test_who_may_end_it(visitors: Visitors, town: Town, login: str, answer: int) -> None:
    await (await visitors.of("ben")).send(PAGE, **ROUND)
    ((number,),) = town.execute("select visit_id from expected_visit")
    browser = await visitors.of(login)
    assert (await browser.send(f"{PAGE}/{number}/end")).status_code == answer
    assert (rows(town)[0][-1] is not None) == (answer == 303)


async def test_a_home_without_a_sensor_on_a_door_says_that_no_visit_is_noticed(
    visitors: Visitors, town: Town
) -> None:
    ben = await visitors.of("ben")
    assert "no visit is noticed" not in await ben.text(PAGE)
    town.execute("update device set retired_at = now() where placement = 'entrance'")
    assert "no visit is noticed, and all is told as always" in plain(await ben.text(PAGE))


async def test_a_look_at_it_is_on_record(visitors: Visitors, town: Town) -> None:
    await (await visitors.of("mia")).text(PAGE)
    assert town.execute("select carer_id from access_record where page = 'visits'") == [
        (town.carers["mia"],)
    ]


async def test_what_stood_in_a_list_of_homes_names_nobody(visitors: Visitors, town: Town) -> None:
    terms = Jsonb({"visitor": "nurse", "days": [1], "start_min": 600, "end_min": 660})
    town.execute("select register_visit('ada', %s)", terms)
    text = plain(await (await visitors.of("ben")).text(PAGE))
    assert "Tuesday, 10:00 to 11:00, a nurse From the list of homes." in text


async def test_machines_say_read_and_end_it(visitors: Visitors, town: Town) -> None:
    ben, path = await visitors.of("ben"), f"/api{PAGE}"
    assert (await ben.get(path)).json()["visits"] == []
    sent = {
        "by": "nurse",
        "days": "tue,thu",
        "start": "10:00",
        "end": "10:30",
        "last": "2026-03-31",
    }
    refused = await ben.send(path, **sent | {"end": "15:00"})
    words = "Until: expected 10 minutes to 4 hours after the start."
    assert (refused.status_code, refused.json()) == (
        400,
        {"error": words, "fields": {"end": words}},
    )
    assert (await ben.send(path, **sent | {"days": "moonday"})).status_code == 400
    said = await ben.send(path, **sent)
    ((number,),) = town.execute("select visit_id from expected_visit")
    assert (said.status_code, said.json()) == (200, {
        "home_id": "ada", "zone": "Europe/London", "may_say": True, "may_end": True, "visits": [{
            "visit_id": number, "by": "nurse", "days": ["tue", "thu"], "start": "10:00",
            "end": "10:30", "first": None, "last": "2026-03-31",
            "said_at": "2026-01-15T03:20:00+00:00", "said_by": "Ben Carter",
        }],
    })  # fmt: skip
    resident = await visitors.of("resident")
    assert (await resident.get(path)).json()["may_say"] is False
    assert (await resident.send(path, **sent)).status_code == 403
    assert (await ben.client.post(path, data=sent)).status_code == 403, "the token is missing"
    assert (await ben.send(f"{path}/{number}/end")).json()["visits"] == []
    assert (await ben.send(f"{path}/{number}/end")).status_code == 409
    assert (await ben.send(f"{path}/0/end")).status_code in {404, 422}


TODAY = date(2026, 1, 15)
TYPED_DAY = st.one_of(
    st.just(""), st.text(max_size=12), st.dates().map(date.isoformat),
    st.dates(TODAY - timedelta(days=9), TODAY + timedelta(days=9)).map(date.isoformat),
    st.sampled_from(["9999-12-31", "0001-01-01", "2026-W03-1", "20260118"]),
)  # fmt: skip
TYPED_TIME = st.one_of(
    st.text(max_size=8),
    st.times().map(lambda one: one.isoformat("minutes")),
    st.sampled_from(["24:00", "00:00", "23:59", "08:00:30"]),
)
FIELDS = st.fixed_dictionaries(
    {},
    optional={f"day{day}": st.sampled_from(["", "1"]) for day in range(7)}
    | {"days": st.sampled_from(["", "mon", "sun,mon", "mon,,mon", "lundi"])}
    | {"by": st.sampled_from(["care", "x"])}
    | dict.fromkeys(("once", "first", "last"), TYPED_DAY)
    | dict.fromkeys(("start", "end"), TYPED_TIME),
)  # fmt: skip


@given(fields=FIELDS)
def test_whatever_is_typed_is_a_visit_that_comes_or_names_a_field(fields: dict[str, str]) -> None:
    typed = read_visit(fields, TODAY)
    assert (typed.visit is None) == bool(typed.mistakes)
    assert set(typed.mistakes) <= set(LABELS)
    if typed.visit is None:
        return
    visit = typed.visit
    assert SHORTEST_MIN <= visit.span.minutes <= LONGEST_MIN
    first = max(visit.first or TODAY, TODAY)
    last = visit.last or first + timedelta(days=7)
    assert last >= TODAY
    assert last - TODAY <= FURTHEST + FURTHEST
    days = (first + timedelta(days=one) for one in range((last - first).days + 1))
    assert any(day.weekday() in visit.span.days for day in days), "it comes at least once"
