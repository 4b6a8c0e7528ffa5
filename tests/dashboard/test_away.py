"""Who cares for a home says that nobody is there: everybody sees it, it is bounded, and one press ends it."""

from __future__ import annotations

import asyncio
import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from core.model.commissioning import PAUSE_LASTS
from core.store.account import CarerRole
from dashboard.roles import Right, having
from tests.dashboard.town import NOW
from tests.dashboard.visitors import plain

if TYPE_CHECKING:
    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

PAGE = "/homes/ada/away"
SUNDAY = {"where": "hospital", "day": "2026-01-18", "time": "18:00"}
STATEMENT = (
    "In hospital. Watching rests since 03:20, and begins again by itself: 18 January, 18:00."
)


def steps(town: Town) -> list[tuple[object, ...]]:
    return town.execute(
        "select stage, away, reason, carer_id, until from home_step where home_id = 'ada' order by step_id"
    )


def mode(town: Town) -> str:
    ((found,),) = town.execute("select mode from home where home_id = 'ada'")
    return str(found)


async def test_a_carer_says_it_and_everybody_sees_since_when_by_whom_and_until_when(
    visitors: Visitors, town: Town
) -> None:
    ben = await visitors.of("ben")
    assert f'href="{PAGE}"' in await ben.text("/today")
    assert "What is not told" in await ben.text(PAGE)
    answer = await ben.send(PAGE, **SUNDAY)
    assert (answer.status_code, answer.headers["location"]) == (303, PAGE)
    until = NOW.replace(day=18, hour=18, minute=0)
    assert steps(town) == [("paused", "hospital", "hospital", town.carers["ben"], until)]
    assert f"{STATEMENT} You said so." in plain(await ben.text("/today"))
    for login in ("mia", "resident", "worker", "clinician", "admin"):
        browser = await visitors.of(login)
        for path in ("/today/ada", "/homes/ada", PAGE):
            text = plain(await browser.text(path))
            assert f"{STATEMENT} Ben Carter said so." in text, (login, path)
        assert "Nobody at home: watching rests" in await browser.text("/today")


def stands(page: str) -> str:
    """Return how it stood when a page was made, as its form says."""
    (found,) = re.findall(r'name="stands" value="([^"]*)"', page)
    return str(found)


async def test_any_carer_of_the_home_ends_it_with_one_press(visitors: Visitors, town: Town) -> None:
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    await ben.send(PAGE, **SUNDAY)
    assert f'action="{PAGE}/end"' in await mia.text("/today")
    assert (await mia.send(f"{PAGE}/end")).status_code == 303
    assert mode(town) == "live"
    assert [(stage, who) for stage, _, _, who, _ in steps(town)] == [
        ("paused", town.carers["ben"]), ("live", town.carers["mia"])
    ]  # fmt: skip
    late = await ben.send(f"{PAGE}/end")
    assert (late.status_code, "stands otherwise by now" in late.text) == (409, True)


async def test_it_is_made_longer_by_saying_it_again(visitors: Visitors, town: Town) -> None:
    ben = await visitors.of("ben")
    await ben.send(PAGE, **SUNDAY)
    assert (await ben.send(PAGE, **SUNDAY | {"day": "2026-01-20"})).status_code == 303
    assert [until.day for *_, until in steps(town)] == [18, 20]  # type: ignore[attr-defined]


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"day": "2026-01-14"}, "a time that is still to come"),
        ({"day": "2026-01-30"}, "at most 14 days from now"),
        ({"day": "tomorrow"}, "a day and a time, such as"),
        ({"day": "9999-12-31"}, "at most 14 days from now"),
        ({"day": "0001-01-01", "time": "00:00"}, "a time that is still to come"),
        ({"time": ""}, "a day and a time, such as"),
        ({"time": "18:00+05:00"}, "a day and a time, such as"),
        ({"where": "in the garden"}, "please choose one of these"),
        ({"where": ""}, "please choose one of these"),
    ],
)
async def test_what_can_not_be_is_said_and_what_was_typed_is_kept(
    visitors: Visitors, town: Town, wrong: dict[str, str], words: str
) -> None:
    ben = await visitors.of("ben")
    answer = await ben.send(PAGE, **SUNDAY | wrong)
    assert (answer.status_code, words in plain(answer.text)) == (400, True)
    assert 'role="alert"' in answer.text
    assert f'value="{(SUNDAY | wrong)["day"]}"' in answer.text
    assert (steps(town), mode(town)) == ([], "live")


@pytest.mark.parametrize(
    ("login", "path", "answer"),
    [
        ("worker", PAGE, 403), ("clinician", PAGE, 403), ("resident", PAGE, 403),
        ("technician", PAGE, 404), ("auditor", PAGE, 404), ("stranger", PAGE, 404),
        ("ben", "/homes/tom/away", 404), ("ben", "/homes/past/away", 404), ("admin", PAGE, 303),
    ],
)  # fmt: skip
async def test_who_may_say_it(
    visitors: Visitors, town: Town, login: str, path: str, answer: int
) -> None:
    browser = await visitors.of(login)
    assert (await browser.send(path, **SUNDAY)).status_code == answer
    assert (mode(town) == "test") == (answer == 303)


@pytest.mark.parametrize(
    ("login", "answer"),
    [("worker", 303), ("admin", 303), ("mia", 303), ("clinician", 403), ("resident", 403)],
)
async def test_who_may_end_it(visitors: Visitors, town: Town, login: str, answer: int) -> None:
    await (await visitors.of("ben")).send(PAGE, **SUNDAY)
    assert (await (await visitors.of(login)).send(f"{PAGE}/end")).status_code == answer
    assert (mode(town) == "live") == (answer == 303)


def test_the_table_of_rights_says_so() -> None:
    assert having(Right.AWAY) == {
        CarerRole.FAMILY_CARER, CarerRole.CARE_WORKER, CarerRole.ORGANISATION_ADMIN,
    }  # fmt: skip
    assert max(PAUSE_LASTS) > 14, "a technician may pause for longer"


async def test_an_open_alert_is_answered_first(visitors: Visitors, town: Town) -> None:
    town.alert()
    answer = await (await visitors.of("ben")).send(PAGE, **SUNDAY)
    assert (answer.status_code, "answer it first" in answer.text) == (400, True)
    assert mode(town) == "live"


async def test_a_pause_of_a_technician_is_not_theirs(visitors: Visitors, town: Town) -> None:
    technician, ben = await visitors.of("technician"), await visitors.of("ben")
    await technician.send("/homes/ada/steps/paused", days="7", reason="new kitchen")
    assert (await ben.send(PAGE, **SUNDAY)).status_code == 409
    assert (await ben.send(f"{PAGE}/end")).status_code == 409
    text = plain(await ben.text(PAGE))
    assert "This home is paused or in test: nobody is told of anything, and only Leeds can" in text
    assert len(steps(town)) == 1


async def test_a_technician_ends_it_without_a_new_walk(visitors: Visitors, town: Town) -> None:
    await (await visitors.of("ben")).send(PAGE, **SUNDAY)
    technician = await visitors.of("technician")
    assert "In hospital" in await technician.text("/homes/ada/steps")
    assert (await technician.send("/homes/ada/steps/live")).status_code == 303
    assert mode(town) == "live"


async def test_a_technician_reads_that_it_rests_and_that_a_pause_would_silence_all(
    visitors: Visitors,
) -> None:
    """It said "Paused", and "Pause it for longer" took calls for help away with it."""
    await (await visitors.of("ben")).send(PAGE, **SUNDAY)
    technician = await visitors.of("technician")
    text = plain(await technician.text("/homes/ada/steps"))
    assert "Watching rests In hospital, as a carer has said" in text
    assert "Pause it for longer" not in text
    assert "Pause this home" in text
    assert "calls for help and smoke among it" in text
    await technician.send("/homes/ada/steps/paused", days="7", reason="new kitchen")
    text = plain(await technician.text("/homes/ada/steps"))
    assert "Pause it for longer" in text
    assert "Watching rests" not in text


async def test_who_changes_an_end_that_is_over_or_changed_meanwhile_is_shown_how_it_stands(
    visitors: Visitors, town: Town
) -> None:
    """She is back, said Mia; Ben's page of before let watching rest again, and nobody had meant that."""
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    before = stands(await ben.text(PAGE))
    await ben.send(PAGE, **SUNDAY, stands=before)
    opened = stands(await ben.text(PAGE))
    assert before != opened
    assert (
        await mia.send(PAGE, **SUNDAY | {"day": "2026-01-17"}, stands=before)
    ).status_code == 409
    assert [until.day for *_, until in steps(town)] == [18]  # type: ignore[attr-defined]
    assert (await mia.send(f"{PAGE}/end")).status_code == 303
    late = await ben.send(PAGE, **SUNDAY | {"day": "2026-01-20"}, stands=opened)
    assert (late.status_code, "stands otherwise by now" in late.text) == (409, True)
    assert mode(town) == "live"
    now = stands(late.text)
    assert (await ben.send(PAGE, **SUNDAY, stands=now)).status_code == 303


async def test_two_presses_are_one(visitors: Visitors, town: Town) -> None:
    """Everybody was told of each, or the second read that it stands otherwise, as if nothing was done."""
    ben = await visitors.of("ben")
    for said in ({"stands": "live"}, {}):
        answers = await asyncio.gather(*(ben.send(PAGE, **SUNDAY, **said) for _ in range(3)))
        assert [one.status_code for one in answers] == [303] * 3
    assert len(steps(town)) == 1
    moved = await ben.send(
        PAGE, **SUNDAY | {"where": "holiday"}, stands=stands(await ben.text(PAGE))
    )
    assert (moved.status_code, len(steps(town))) == (303, 2)


async def test_over_a_change_of_clocks_it_ends_by_the_clock_of_the_home(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    friday = datetime(2026, 3, 27, 20, tzinfo=UTC)
    clock.advance((friday - clock.now()).total_seconds())
    ben = await visitors.of("ben")
    await ben.send(PAGE, where="with_us", day="2026-03-29", time="18:00")
    assert steps(town)[-1][-1] == datetime(2026, 3, 29, 17, tzinfo=UTC)
    text = plain(await ben.text(PAGE))
    assert "begins again by itself: 29 March, 18:00" in text
    assert 'value="18:00"' in await ben.text(PAGE), "what was set stands in the form"


async def test_who_lives_with_somebody_is_not_left_alone_by_mistake(
    visitors: Visitors, town: Town
) -> None:
    town.execute("insert into resident (home_id, name) values ('ada', 'Bob')")
    text = plain(await (await visitors.of("ben")).text(PAGE))
    assert "Say it only if Ada and Bob are all away." in text


async def test_pressing_it_answers_who_asks_whether_somebody_is_back(
    visitors: Visitors, town: Town
) -> None:
    ben = await visitors.of("ben")
    await ben.send(PAGE, **SUNDAY)
    number = town.alert(detector="unwatched", subject="back/1", severity="check", audience="carers")
    assert f'action="{PAGE}/end"' in await ben.text(f"/alerts/{number}")
    await ben.send(f"{PAGE}/end")
    assert town.execute("select kind, outcome from response") == [("resolve", "true")]


async def test_a_look_at_it_is_on_record(visitors: Visitors, town: Town) -> None:
    await (await visitors.of("mia")).text(PAGE)
    assert town.execute("select carer_id from access_record where page = 'away'") == [
        (town.carers["mia"],)
    ]


async def test_of_a_pause_of_a_technician_they_read_it_too(visitors: Visitors, town: Town) -> None:
    technician, clinician = await visitors.of("technician"), await visitors.of("clinician")
    await technician.send("/homes/ada/steps/paused", days="7", reason="in hospital")
    town.execute("update home_step set at = at - interval '3 days'")
    assert "Paused since Monday, 03:20: these days count as not seen." in plain(
        await clinician.text("/caseload")
    )
    text = plain(await clinician.text("/residents/1/days"))
    assert "The home was paused then. It counts as not seen:" in text
    assert "Monday, 03:20 to 00:00." in text
    assert "as a carer had said" not in text


def test_now_is_a_thursday() -> None:
    assert (NOW + timedelta(days=3)).strftime("%A") == "Sunday"


async def test_machines_say_read_and_end_it(visitors: Visitors, town: Town) -> None:
    ben = await visitors.of("ben")
    path = f"/api{PAGE}"
    assert (await ben.get(path)).json()["rests"] is False
    refused = await ben.send(path, **SUNDAY | {"day": "2026-01-14"})
    assert (refused.status_code, refused.json()) == (
        400, {"error": "until when: expected a time that is still to come"}
    )  # fmt: skip
    assert (await ben.send(path, **SUNDAY | {"where": ""})).status_code == 400
    said = await ben.send(path, **SUNDAY)
    assert (said.status_code, said.json()) == (200, {
        "home_id": "ada", "zone": "Europe/London", "mode": "test", "rests": True, "where": "hospital",
        "since": "2026-01-15T03:20:00+00:00", "until": "2026-01-18T18:00:00+00:00",
        "said_by": "Ben Carter", "may_say": True, "may_end": True,
    })  # fmt: skip
    resident = await visitors.of("resident")
    assert (await resident.get(path)).json()["may_end"] is False
    assert (await resident.send(f"{path}/end")).status_code == 403
    assert (await ben.send(f"{path}/end")).json()["mode"] == "live"
    assert (await ben.send(f"{path}/end")).status_code == 409
    assert (await ben.client.post(path, data=SUNDAY)).status_code == 403, "the token is missing"
    assert mode(town) == "live"


async def test_who_reviews_days_reads_why_they_were_not_seen(
    visitors: Visitors, town: Town
) -> None:
    ben, clinician = await visitors.of("ben"), await visitors.of("clinician")
    assert "as a carer had said" not in await clinician.text("/residents/1/days")
    await ben.send(PAGE, **SUNDAY)
    assert f"{STATEMENT} Ben Carter said so." in plain(await clinician.text("/caseload"))
    town.execute("update home_step set at = at - interval '3 days'")
    text = plain(await clinician.text("/residents/1/days"))
    assert "Nobody was at home then, as a carer had said. It counts as not seen:" in text
    assert "Monday, 03:20 to 00:00." in text
