"""Today, as a carer reads it: is all right, where and when, is that usual, what happens next, the night."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.browser import scene
from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors


async def test_today_says_what_happens_next_and_who_is_told(visitors: Visitors, town: Town) -> None:
    town.execute("update care set telling_order = 2 where carer_id = %s", town.carers["mia"])
    town.observe("ada", "Kitchen sensor", NOW - timedelta(minutes=4), 1)
    scene.forecast(town)
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    text = await ben.text("/today")
    assert "If nothing moves by 05:20, we tell you, then Mia Stone." in text
    assert 'class="ring-mark"' in text
    assert "we tell Ben Carter, then you." in await mia.text("/today")


@pytest.mark.parametrize(
    ("severity", "words"),
    [("urgent", "we tell you and Mia Stone that it is urgent."), ("notice", "we note it.")],
)
async def test_how_serious_it_would_be_is_said(
    visitors: Visitors, town: Town, severity: str, words: str
) -> None:
    scene.forecast(town, severity=severity)
    assert words in await (await visitors.of("ben")).text("/today")


async def test_one_open_alert_is_one_tap_away(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    town.alert(severity="notice")
    browser = await visitors.of("ben")
    assert f'class="button main-button" href="/alerts/{number}">See the alert<' in (
        await browser.text("/today")
    )
    town.alert(severity="check")
    assert 'href="/alerts">See 2 open alerts<' in await browser.text("/today")


async def test_who_is_on_it_is_said_on_today(visitors: Visitors, town: Town) -> None:
    number = town.alert()
    ben, mia = await visitors.of("ben"), await visitors.of("mia")
    assert "An alert needs someone now" in await ben.text("/today")
    await ben.send(f"/alerts/{number}/acknowledge")
    assert "You are on it" in await ben.text("/today")
    text = await mia.text("/today")
    assert "Ben Carter is on it" in text
    assert "needs someone" not in text
    await ben.send(f"/alerts/{number}/resolve", outcome="helped")
    assert "It has ended" in await mia.text("/today")
    town.alert(severity="check")
    assert "An alert needs someone now" in await mia.text("/today")


async def test_who_is_on_it_is_said_of_several_homes_too(visitors: Visitors, town: Town) -> None:
    number, other = town.alert(home="ada"), town.alert(home="tom", severity="check")
    worker = await visitors.of("worker")
    assert "2 homes need you" in await worker.text("/today")
    await worker.send(f"/alerts/{number}/acknowledge")
    text = await worker.text("/today")
    assert "1 home needs you" in text
    assert "You are on it" in text
    assert "An alert needs someone now" not in text
    home = await worker.text("/homes/ada")
    assert "You are on it" in home
    assert "needs someone" not in home
    await worker.send(f"/alerts/{other}/acknowledge")
    assert "Somebody is on all of them" in await worker.text("/today")


async def test_a_button_is_a_sign_of_somebody_and_no_movement_in_a_room(
    visitors: Visitors, town: Town
) -> None:
    town.execute("update device set room_id = null where home_id = 'ada' and name = 'Hall sensor'")
    town.observe("ada", "Hall sensor", NOW - timedelta(minutes=1), 1)
    ben = await visitors.of("ben")
    for path in ("/today", "/homes/ada"):
        text = await ben.text(path)
        assert "Last sign of somebody" in text
        assert "Last movement" not in text


async def test_nobody_to_be_told_is_said(visitors: Visitors, town: Town) -> None:
    town.execute("delete from care where carer_id = %s", town.carers["mia"])
    town.execute("delete from care where home_id = 'tom'")
    scene.forecast(town, "tom")
    text = await (await visitors.of("worker")).text("/today/tom")
    assert "Nobody is set up to be told" in text


async def test_what_is_usual_comes_from_the_same_hour_of_earlier_days(
    visitors: Visitors, town: Town
) -> None:
    scene.month(town)
    browser = await visitors.of("ben")
    town.observe("ada", "Hall sensor", NOW - timedelta(minutes=10), 1)
    assert "Yes. It was as long, or longer, at this hour on 28 of 28" in await browser.text(
        "/today"
    )
    town.execute("delete from observation where observed_at > %s", NOW - timedelta(hours=1))
    town.observe("ada", "Hall sensor", NOW - timedelta(minutes=50), 1)
    assert "No. It was never as long at this hour in 28 days." in await browser.text("/today")


async def test_blind_warns_of_nothing_and_calls_nothing_usual(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    scene.month(town)
    scene.forecast(town)
    clock.advance(1200)
    text = await (await visitors.of("ben")).text("/today")
    assert "We cannot tell: we cannot see." in text
    assert "We cannot warn you now" in text
    assert 'class="ring-mark"' not in text
    assert 'class="arc arc-blind"' in text
    assert "No movement</td>" in text, "before that we saw"


async def test_the_morning_tells_the_night_until_noon(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    town.observe("ada", "Bed mat", datetime(2026, 1, 14, 22, 30, tzinfo=UTC), 1, "bed")
    town.observe("ada", "Bed mat", datetime(2026, 1, 15, 3, 0, tzinfo=UTC), 0, "bed")
    town.observe("ada", "Front door", datetime(2026, 1, 15, 3, 8, tzinfo=UTC), 1, "contact")
    town.observe("ada", "Bed mat", datetime(2026, 1, 15, 3, 25, tzinfo=UTC), 1, "bed")
    town.observe("ada", "Bed mat", datetime(2026, 1, 15, 6, 45, tzinfo=UTC), 0, "bed")
    browser = await visitors.of("ben")
    assert "The night" not in await browser.text("/today")
    clock.advance(5 * 3600)
    town.live(NOW + timedelta(hours=5))
    text = await browser.text("/today")
    for sentence in (
        "Ada went to bed at 22:30 and got up at 06:45.",
        "The bed was left once, for 25 min, at 03:00.",
        "An outer door opened once, at 03:08.",
        "We could see all the time.",
    ):
        assert sentence in text
    clock.advance(4 * 3600)
    assert "The night" not in await browser.text("/today")


async def test_one_of_several_homes_has_a_page_of_its_own(visitors: Visitors, town: Town) -> None:
    town.observe("tom", "Kitchen sensor", NOW - timedelta(minutes=4), 1)
    worker, stranger = await visitors.of("worker"), await visitors.of("stranger")
    assert 'href="/today/tom"' in await worker.text("/today")
    assert "Kitchen, 03:16" in await worker.text("/today/tom")
    assert (await worker.get("/today/past")).status_code == 404
    assert (await stranger.get("/today/tom")).status_code == 404
    assert town.number("select count(*) from access_record where page = 'today'") > 0


async def test_a_page_is_light(visitors: Visitors, town: Town) -> None:
    town.night("ada")
    scene.month(town)
    assert len((await (await visitors.of("ben")).text("/today")).encode()) < 40_000
