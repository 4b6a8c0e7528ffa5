"""The rota, its calendar and quiet hours, as people read and change them without scripts."""

from __future__ import annotations

import asyncio
import re
from typing import TYPE_CHECKING

import pytest

from core.store.account import CarerRole
from dashboard.page import discover
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors


DAYS = {f"day{day}": "1" for day in range(7)}


async def shift(
    browser: Browser, login: str, town: Town, path: str = "homes/ada", **more: str
) -> int:
    fields = DAYS | {"start": "00:00", "end": "00:00", "carer": str(town.carers[login])} | more
    return (await browser.send(f"/rota/{path}/shifts", **fields)).status_code


async def test_a_rota_begins_shows_two_weeks_and_says_where_nobody_is(
    visitors: Visitors, circle: Town
) -> None:
    ben = await visitors.of("ben")
    text = await ben.text("/rota")
    assert "Begin a rota" in text
    assert await shift(ben, "mia", circle, start="22:00", end="07:00") == 303
    text = plain(await ben.text("/rota"))
    assert "Mia Stone is on call now, until Thu 07:00." in text
    assert "There are 11 gaps until the end of next week in which nobody is on call." in text
    assert "The next is Thu 07:00 to 22:00." in text
    assert "Mia Stone: Every day, 22:00 to 07:00 the next day" in text
    assert await shift(ben, "ben", circle, start="07:00", end="22:00") == 303
    text = plain(await ben.text("/rota"))
    assert "nobody is on call" not in text.lower()
    assert "Thu 07:00 to 22:00 You" in text
    plan = plain(await ben.text("/plan/homes/ada/urgent"))
    assert "Whoever is on call" in plan
    answer = await ben.send("/plan/homes/ada/urgent", who1="on-call", repeat="5")
    assert answer.status_code == 303


@pytest.mark.parametrize(
    ("more", "text"),
    [
        ({"start": "23:00", "end": "01:00"}, "Somebody is on call in some of these hours already."),
        ({"carer": ""}, "Give somebody from the list."),
        ({"carer": "999999"}, "Give somebody who may be on call."),
        ({"start": "late"}, "Give a time of day, such as 22:00."),
        ({"start": "24:30"}, "Give a time of day, such as 22:00."),
        (dict.fromkeys(DAYS, ""), "Give one day at least."),
    ],
)
async def test_hours_that_make_no_sense_are_refused_in_words(
    visitors: Visitors, circle: Town, more: dict[str, str], text: str
) -> None:
    ben = await visitors.of("ben")
    await shift(ben, "mia", circle, start="22:00", end="07:00")
    fields = DAYS | {"start": "09:00", "end": "10:00", "carer": str(circle.carers["ben"])} | more
    answer = await ben.send("/rota/homes/ada/shifts", **fields, form="shift-homes-ada-")
    assert answer.status_code == 400
    assert text in answer.text
    assert circle.number("select count(*) from rota_shift") == 1


async def test_shifts_that_two_people_add_in_the_same_moment_are_both_kept(
    visitors: Visitors, circle: Town
) -> None:
    ben, admin = await visitors.of("ben"), await visitors.of("admin")
    some = [
        shift(who, "mia", circle, start=f"{hour:02}:00", end=f"{hour + 1:02}:00")
        for hour in range(0, 12, 2)
        for who in (ben if hour % 4 else admin,)
    ]
    assert await asyncio.gather(*some) == [303] * len(some)
    assert circle.number("select count(*) from rota_shift") == len(some)
    same = [shift(who, "mia", circle, start="20:00", end="22:00") for who in (ben, admin)]
    assert sorted(await asyncio.gather(*same)) == [303, 400], "and nobody is on call twice"


async def test_a_shift_is_taken_away(visitors: Visitors, circle: Town) -> None:
    ben = await visitors.of("ben")
    await shift(ben, "mia", circle)
    text = await ben.text("/rota")
    found = re.search(r'name="drop" value="([^"]+)"', text)
    assert found
    await ben.send("/rota/homes/ada/shifts", drop=found[1])
    assert circle.number("select count(*) from rota_shift") == 0


async def test_who_stands_in_for_a_home_without_hours_does_not_leave_it_to_nobody_until_then(
    visitors: Visitors, circle: Town
) -> None:
    ben, admin = await visitors.of("ben"), await visitors.of("admin")
    await shift(admin, "admin", circle, path="organisation")
    await shift(ben, "mia", circle)
    found = re.search(r'name="drop" value="([^"]+)"', await ben.text("/rota"))
    assert found
    await ben.send("/rota/homes/ada/shifts", drop=found[1])
    number = circle.number("select rota_id from rota where home_id = 'ada'")
    times = {"starts": "2026-01-16T10:00", "ends": "2026-01-16T12:00"}
    who = str(circle.carers["mia"])
    await ben.send(f"/rota/{number}/covers", decide="1", carer=who, **times)
    text = plain(await ben.text("/rota/homes/ada"))
    assert "Fri 10:00 to 12:00 Mia Stone, standing in" in text
    assert "whoever is on call for the whole organisation counts" in text
    assert "nobody is on call" not in text.lower()
    text = plain(await admin.text("/rota/homes/ada"))
    assert "Fri 10:00 to 12:00 Mia Stone, standing in" in text, "what was saved is on the page"
    assert "You are on call now" in text


async def test_a_swap_is_asked_and_counts_when_the_other_agrees(
    visitors: Visitors, circle: Town, clock: ManualClock
) -> None:
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    await shift(ben, "mia", circle)
    number = circle.number("select rota_id from rota")
    times = {"starts": "2026-01-16T10:00", "ends": "2026-01-16T12:00"}
    answer = await mia.send(f"/rota/{number}/covers", carer=str(circle.carers["ben"]), **times)
    assert answer.status_code == 303
    assert "You asked Ben Carter to be on call" in plain(await mia.text("/rota"))
    text = await ben.text("/rota")
    assert "Mia Stone asks you to be on call" in plain(text)
    assert "standing in" not in text
    cover = circle.number("select cover_id from rota_cover")
    assert (await mia.send(f"/rota/asked/{cover}/agree")).status_code == 404
    assert (await ben.send(f"/rota/asked/{cover}/perhaps")).status_code == 404
    assert (await ben.send(f"/rota/asked/{cover}/agree")).status_code == 303
    assert (await ben.send(f"/rota/asked/{cover}/agree")).status_code == 303, "once more"
    late = await mia.send(f"/rota/asked/{cover}/withdraw")
    assert late.status_code == 409
    assert "Somebody was quicker" in late.text
    text = plain(await ben.text("/rota"))
    assert "Fri 10:00 to 12:00 You, standing in" in text
    assert "Undo" in text
    assert (await mia.send(f"/rota/{number}/covers/{cover}/end")).status_code == 403
    assert (await ben.send(f"/rota/{number}/covers/{cover}/end")).status_code == 303
    assert "standing in" not in await ben.text("/rota")
    clock.advance(60)


async def test_a_swap_says_for_which_home_it_is_and_tells_its_time(
    visitors: Visitors, circle: Town
) -> None:
    ben, mia = circle.carers["ben"], circle.carers["mia"]
    circle.execute("insert into care (home_id, carer_id) values ('tom', %s)", ben)
    for home, zone in (("ada", "Europe/London"), ("tom", "America/New_York")):
        circle.execute(
            "insert into rota (organisation_id, home_id, zone) values ('leeds', %s, %s)", home, zone
        )
    circle.execute(
        "update home set name = '5 Elm Street', zone = 'America/New_York' where home_id = 'tom'"
    )
    circle.execute(
        "insert into rota_cover (rota_id, starts_at, ends_at, carer_id, asked_by, asked_at, state)"
        " select rota_id, '2026-01-16 15:00+00', '2026-01-16 17:00+00', %s, %s, now(), 'asked'"
        " from rota where home_id = 'tom'",
        ben,
        mia,
    )
    text = plain(await (await visitors.of("ben")).text("/rota"))
    asked = "Mia Stone asks you to be on call : 16 January, 10:00 to 16 January, 12:00"
    assert f"{asked} (5 Elm Street) (times of New York)." in text
    assert "5 Elm Street Times of New York" in text
    assert "Times on this page" not in text


@pytest.mark.parametrize(
    ("fields", "text"),
    [
        ({"starts": "soon"}, "Give a day and a time."),
        ({"ends": "2026-01-15T09:00"}, "Give a time after the start."),
        ({"starts": "2020-01-01T10:00", "ends": "2020-01-01T12:00"}, "still to come"),
        ({"carer": "7777777"}, "somebody who works here"),
        ({"carer": "-1"}, "Give somebody from the list."),
    ],
)
async def test_a_swap_that_makes_no_sense_is_refused_in_words(
    visitors: Visitors, circle: Town, fields: dict[str, str], text: str
) -> None:
    ben = await visitors.of("ben")
    await shift(ben, "mia", circle)
    number = circle.number("select rota_id from rota")
    typed = {
        "carer": str(circle.carers["mia"]),
        "starts": "2026-01-16T10:00",
        "ends": "2026-01-16T12:00",
    }
    answer = await ben.send(f"/rota/{number}/covers", **(typed | fields), form=f"ask-{number}-")
    assert answer.status_code == 400
    assert text in answer.text
    assert circle.execute("select * from rota_cover") == []


async def test_only_who_keeps_the_rota_decides_and_only_who_is_of_it_asks(
    visitors: Visitors, circle: Town
) -> None:
    ben = await visitors.of("ben")
    await shift(ben, "mia", circle)
    number = circle.number("select rota_id from rota")
    typed = {
        "carer": str(circle.carers["ben"]),
        "starts": "2026-01-16T10:00",
        "ends": "2026-01-16T12:00",
    }
    for login, decide, status in (
        ("mia", "1", 403),
        ("stranger", "", 404),
        ("clinician", "", 404),
        ("admin", "1", 303),
    ):
        browser = await visitors.of(login)
        answer = await browser.send(f"/rota/{number}/covers", **typed, decide=decide)
        assert answer.status_code == status, login
    assert await shift(await visitors.of("mia"), "mia", circle) == 403
    assert await shift(await visitors.of("worker"), "worker", circle, "organisation") == 403
    assert await shift(await visitors.of("admin"), "worker", circle, "organisation") == 303
    assert await shift(await visitors.of("admin"), "mia", circle, "organisation") == 400
    assert circle.execute("select state from rota_cover") == [("agreed",)]
    text = await (await visitors.of("stranger")).text("/rota")
    assert "Mia" not in text


async def test_a_calendar_has_a_secret_address_that_names_nobody_and_can_be_stopped(
    visitors: Visitors, circle: Town
) -> None:
    ben, phone = await visitors.of("ben"), await visitors.nobody()
    await shift(ben, "ben", circle, start="22:00", end="07:00")
    shown = await ben.send("/calendar")
    found = re.search(r"http://testserver(/calendar/([\w-]{43})\.ics)", shown.text)
    assert found
    path, token = found[1], found[2]
    answer = await phone.get(path)
    assert answer.headers["content-type"] == "text/calendar; charset=utf-8"
    assert answer.text.startswith("BEGIN:VCALENDAR\r\n")
    assert "DTSTART:20260115T220000Z" in answer.text
    assert "DTEND:20260116T070000Z" in answer.text
    for secret in ("Ada", "Mill Lane", "Ben", "Leeds", "ada"):
        assert secret not in answer.text
    rows = circle.execute("select token_hash from rota_feed")
    assert token.encode() not in rows[0][0]
    again = re.search(r"/calendar/[\w-]{43}\.ics", (await ben.send("/calendar")).text)
    assert again
    assert (await phone.get(path)).status_code == 404
    assert (await phone.get(again[0])).status_code == 200
    await ben.send("/calendar/revoke")
    assert (await phone.get(again[0])).status_code == 404
    assert (await phone.get(f"/calendar/{'x' * 43}.ics")).status_code == 404
    assert "Get the address" in await ben.text("/rota")


async def test_quiet_hours_are_added_shown_and_taken_away(visitors: Visitors, circle: Town) -> None:
    ben = await visitors.of("ben")
    answer = await ben.send("/quiet", **DAYS, start="22:00", end="07:00")
    assert answer.status_code == 303
    await ben.send("/quiet", day5="1", start="12:00", end="15:00", zone="America/New_York")
    text = await ben.text("/quiet")
    assert "Every day, 22:00 to 07:00 the next day" in text
    assert "Sat, 12:00 to 15:00" in text
    assert "Times of New York" in text
    assert "Your quiet hours are now, until Thu 07:00." in text
    for drop in re.findall(r'name="drop" value="([^"]+)"', text):
        await ben.send("/quiet", drop=drop)
    assert "None: you are woken at any hour." in await ben.text("/quiet")
    assert circle.number("select count(*) from quiet_hours") == 1


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"start": "22:00", "end": "07:00"}, "days"),
        (DAYS | {"start": "00:00", "end": "00:00"}, "days"),
        ({"day1": "1", "start": "", "end": "07:00"}, "start"),
        ({"day1": "1", "start": "22:00", "end": "7pm"}, "end"),
        ({"day1": "1", "start": "22:00", "end": "07:00", "zone": "Leeds"}, "zone"),
    ],
)
async def test_quiet_hours_that_make_no_sense_are_refused_at_their_field(
    visitors: Visitors, circle: Town, fields: dict[str, str], field: str
) -> None:
    answer = await (await visitors.of("ben")).send("/quiet", **fields)
    assert answer.status_code == 400
    assert f'id="{field}-mistake"' in answer.text
    assert circle.execute("select * from quiet_hours") == []


async def test_the_plan_says_when_nobody_is_awake_for_a_check(
    visitors: Visitors, circle: Town
) -> None:
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    await ben.send("/quiet", **DAYS, start="22:00", end="07:00")
    assert "quiet hours. Urgent" not in await ben.text("/plan/homes/ada")
    await mia.send("/quiet", **DAYS, start="23:00", end="06:00")
    text = plain(await ben.text("/plan/homes/ada"))
    assert "From Thu 03:20 to Thu 06:00 everybody here keeps quiet hours." in text
    await shift(ben, "mia", circle)
    text = plain(await ben.text("/rota"))
    assert "Some hours on call are quiet hours of the same person." in text
    assert "Part of it in quiet hours" in text


async def test_machines_read_plan_rota_and_quiet_hours(visitors: Visitors, circle: Town) -> None:
    ben, worker = await visitors.of("ben"), await visitors.of("worker")
    await shift(ben, "mia", circle, start="22:00", end="07:00")
    await ben.send("/quiet", **DAYS, start="22:00", end="07:00")
    plan = (await ben.get("/api/plan/homes/ada")).json()
    assert plan["severities"]["urgent"]["sentences"][0] == "At once: Ben Carter."
    assert plan["may_change"] is True
    (rota,) = (await ben.get("/api/rota")).json()["rotas"]
    assert rota["now"]["on_call"] == "Mia Stone"
    assert [one["on_call"] for one in rota["stretches"][:3]] == ["Mia Stone", None, "Mia Stone"]
    assert (await ben.get("/api/quiet")).json() == {
        "zone": "Europe/London",
        "windows": [{"days": [0, 1, 2, 3, 4, 5, 6], "start": 1320, "end": 420}],
        "until": "2026-01-15T07:00:00+00:00",
    }
    assert (await ben.get("/api/plan/organisation")).status_code == 404
    assert (await worker.get("/api/plan/organisation")).status_code == 200
    for login in ("stranger", "technician"):
        browser = await visitors.of(login)
        assert (await browser.get("/api/plan/homes/ada")).status_code == 404


def test_everybody_who_answers_may_keep_quiet_hours() -> None:
    roles = set(CarerRole) - {CarerRole.CLINICIAN, CarerRole.RESIDENT, CarerRole.AUDITOR}
    assert discover()["quiet"].roles == roles


async def test_rotas_beyond_the_page_are_counted_and_led_to(
    visitors: Visitors, circle: Town
) -> None:
    circle.execute(
        "insert into home (home_id, organisation_id, name) select 'r' || n, organisation_id, 'House ' || n"
        " from home, generate_series(1, 24) n where home_id = 'ada'"
    )
    circle.execute(
        "insert into rota (organisation_id, home_id, zone) select organisation_id, home_id, zone"
        " from home where name like 'House%%'"
    )
    admin = await visitors.of("admin")
    text = await admin.text("/rota")
    assert "And 4 more." in text
    assert 'href="/plan"' in text
    assert 'href="/rota/homes/r24"' in await admin.text("/plan/homes/r24")
    assert "House 24" in await admin.text("/rota/homes/r24")
    first = (await admin.get("/api/rota")).json()
    rest = (await admin.get("/api/rota?page=2")).json()
    assert (first["total"], len(first["rotas"]), len(rest["rotas"])) == (24, 20, 4)
    homes = {one["home_id"] for one in (*first["rotas"], *rest["rotas"])}
    assert homes == {f"r{number}" for number in range(1, 25)}


async def test_family_is_told_of_no_rota_that_it_does_not_see(
    visitors: Visitors, circle: Town
) -> None:
    circle.execute(
        "insert into rota (organisation_id, home_id, zone) values ('leeds', null, 'UTC'),"
        " ('leeds', 'ada', 'UTC')"
    )
    found = (await (await visitors.of("ben")).get("/api/rota")).json()
    assert (found["total"], [one["home_id"] for one in found["rotas"]]) == (1, ["ada"])
    found = (await (await visitors.of("admin")).get("/api/rota")).json()
    assert (found["total"], [one["home_id"] for one in found["rotas"]]) == (2, [None, "ada"])


async def test_quiet_minutes_that_fall_between_two_half_hours_are_said_too(
    visitors: Visitors, circle: Town
) -> None:
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    await shift(ben, "mia", circle, start="09:00", end="17:00")
    await mia.send("/quiet", **DAYS, start="13:10", end="13:25")
    assert "Part of it in quiet hours" in await ben.text("/rota")


async def test_a_gap_of_minutes_between_two_shifts_is_a_gap(
    visitors: Visitors, circle: Town
) -> None:
    ben = await visitors.of("ben")
    await shift(ben, "mia", circle, start="07:00", end="06:40")
    text = plain(await ben.text("/rota"))
    assert "in which nobody is on call. The next is Thu 06:40 to 07:00." in text
