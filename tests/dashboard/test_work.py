"""The work list: what to do about devices, the riskiest first, and nothing on how people live."""

from __future__ import annotations

import os
from datetime import timedelta
from typing import TYPE_CHECKING

from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from datetime import datetime

    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Visitors

TODAY = NOW.date()


def _battery(town: Town, name: str, earliest_days: int, latest_days: int) -> None:
    town.execute(
        "insert into battery_forecast (device_id, home_id, low_on, earliest, latest, computed_at)"
        " select device_id, home_id, %s, %s, %s, %s from device where home_id = 'ada' and name = %s",
        TODAY + timedelta(latest_days),
        TODAY + timedelta(earliest_days),
        TODAY + timedelta(latest_days),
        NOW,
        name,
    )


async def test_nothing_to_do_says_so(visitors: Visitors) -> None:
    text = await (await visitors.of("technician")).text("/work")
    assert "Nothing to do" in text
    assert "no battery will be low within four weeks" in text


async def test_the_riskiest_stands_first_and_says_the_one_thing_to_do(
    visitors: Visitors, town: Town
) -> None:
    _battery(town, "Kitchen sensor", 20, 22)
    town.execute(
        "update presence set last_seen = %s where device_id ="
        " (select device_id from device where home_id = 'tom' and name = 'Hub')",
        NOW - timedelta(hours=3),
    )
    town.execute(
        "update presence set battery_percent = 9 where device_id ="
        " (select device_id from device where home_id = 'ada' and name = 'Front door')"
    )
    town.alert("ada", detector="liveness", subject="device:1:obstructed", audience="operators")
    text = await (await visitors.of("technician")).text("/work")
    assert "4 things to do in 2 homes" in text
    wanted = (
        "Check power and internet of the hub",
        "Check whether something hides it",
        "Change its battery now.",
        "Change its battery before 4 February.",
    )
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert "80% left. About 3 weeks more." in text
    assert "Heard 3 h ago" in text


async def test_a_battery_that_lasts_for_months_is_no_work(visitors: Visitors, town: Town) -> None:
    _battery(town, "Kitchen sensor", 40, 90)
    assert "Nothing to do" in await (await visitors.of("technician")).text("/work")


async def test_a_long_list_has_pages(visitors: Visitors, town: Town) -> None:
    for number in range(60):
        town.device("ada", f"Extra {number}", "object", "Kitchen")
    town.execute("update presence set battery_percent = 5 where home_id = 'ada'")
    browser = await visitors.of("admin")
    first, second = await browser.text("/work"), await browser.text("/work?after=50")
    assert "After these (1 to 50 of 67)" in first
    assert second.count("Change its battery now.") == 17
    assert "Before these" in second


async def test_it_is_for_those_who_look_after_devices(visitors: Visitors, town: Town) -> None:
    town.execute("update presence set battery_percent = 5 where home_id = 'ada'")
    for login in ("ben", "worker", "clinician"):
        assert (await (await visitors.of(login)).get("/work")).status_code == 404
    assert "Nothing to do" in await (await visitors.of("stranger")).text("/work")
    for bad in ("-1", "x", "99999999999"):
        browser = await visitors.of("admin")
        assert (await browser.get(f"/work?after={bad}")).status_code in {400, 404, 422}


def _certificate(town: Town, home: str, about: str, days: float, **more: object) -> int:
    """Let a hub have a certificate of ninety days that ends so soon."""
    ends = NOW + timedelta(days=days)
    row = {
        "home_id": home,
        "client": f"hub-{home}-{town.number('select count(*) from hub_credential')}",
        "about": about,
        "topics": [f"homes/{home}/#"],
        "asked_at": ends - timedelta(days=90),
        "code_hash": os.urandom(32),
        "code_key": bytes(32),
        "code_ends_at": NOW,
        "taken_at": ends - timedelta(days=90),
        "serial": "1",
        "fingerprint": bytes(32),
        "issued_at": ends - timedelta(days=90),
        "ends_at": ends,
    } | more
    return town.number(
        f"insert into hub_credential ({', '.join(row)}) values ({', '.join(['%s'] * len(row))})"
        " returning credential_id",
        *row.values(),
    )


async def test_a_certificate_that_was_not_renewed_is_told_before_and_after_its_end(
    visitors: Visitors, town: Town
) -> None:
    _certificate(town, "ada", "hub", 20)
    _certificate(town, "ada", "wayhome/door", -9, replaced_at=NOW)
    _certificate(town, "tom", "hub", 3, taken_at=None)
    _certificate(town, "past", "hub", -3)
    technician = await visitors.of("technician")
    assert "Nothing to do" in await technician.text("/work")
    ending = _certificate(town, "ada", "hub", 13)
    over = _certificate(town, "tom", "hub", -2, dead_at=NOW - timedelta(days=2))
    _certificate(town, "ada", "wayhome/plug", 5)
    text = await technician.text("/work")
    wanted = (
        "Bring a new bundle to the hub. Until then we hear nothing of this home.",
        "Bring a new bundle to the hub before 28 January.",
        "Bring a new bundle to wayhome/plug before 20 January.",
    )
    places = [text.index(words) for words in wanted]
    assert places == sorted(places)
    assert "ended on 13 January and was not renewed" in text
    assert text.count("A resident is at risk") == 1
    assert "/homes/tom/hub" in text
    # what is not needed any more is said on the page of the hub, and leaves the list
    assert "is not needed any more" in await technician.text("/homes/tom/hub")
    assert (await technician.send(f"/homes/tom/hub/{over}/revoke")).status_code == 303
    assert "Shut out" in await technician.text("/homes/tom/hub")
    town.execute("update hub_credential set replaced_at = %s where credential_id = %s", NOW, ending)
    assert "1 thing to do in 1 home" in await technician.text("/work")


async def test_a_hub_that_is_not_let_in_is_not_taken_for_one_without_power(
    visitors: Visitors, town: Town
) -> None:
    """It stood there with power and internet, and the list sent somebody to look at these."""
    day, before = timedelta(days=1), NOW - timedelta(days=30)
    shut_out = _certificate(town, "ada", "hub", 60, revoked_at=NOW - 2 * day, dead_at=NOW - 2 * day)
    ended = {"dead_at": NOW - 3 * day, "replaced_at": NOW - 10 * day}
    _certificate(town, "tom", "hub", -3, **ended)
    _certificate(town, "tom", "hub", 80)
    _hub(town, "ada", online=True, last_seen=NOW)
    _hub(town, "tom", online=False, last_seen=NOW - 3 * day + timedelta(minutes=1))
    technician = await visitors.of("technician")
    text = await technician.text("/work")
    assert "Put the new bundle on the hub. Until then we hear nothing of this home." in text
    assert "Its old certificate ended on 12 January. Nothing was heard with the new one." in text
    assert "/homes/tom/hub" in text
    assert "shut out" not in text
    _hub(town, "ada", online=False, last_seen=before)
    # heard with the new one, so it is the power or the line
    _hub(town, "tom", online=False, last_seen=NOW - day)
    text = await technician.text("/work")
    assert "Put the new bundle" not in text
    assert "Bring a new bundle to the hub. Until then we hear nothing of this home." in text
    assert "It was shut out on 13 January and was brought no other certificate." in text
    _certificate(town, "ada", "hub", 90, taken_at=None)
    assert "brought no other certificate" in await technician.text("/work")
    _certificate(town, "ada", "hub", 90)
    assert "Put the new bundle on the hub." in await technician.text("/work")
    assert shut_out


def _hub(town: Town, home: str, *, online: bool, last_seen: datetime) -> None:
    """Let the hub of a bundle stand there, as it was last heard."""
    town.execute(
        "insert into device (home_id, family, external_id, name, placement)"
        " values (%s, 'wayhome', 'hub', 'The hub', 'hub') on conflict do nothing",
        home,
    )
    town.execute(
        "insert into presence (device_id, home_id, online, last_seen)"
        " select device_id, home_id, %s, %s from device"
        " where home_id = %s and family = 'wayhome' and external_id = 'hub'"
        " on conflict (device_id) do update set online = excluded.online, last_seen = excluded.last_seen",
        online,
        last_seen,
        home,
    )


def _step(town: Town, home: str, stage: str, days_ago: float, until: float | None) -> None:
    town.execute(
        "insert into home_step (home_id, carer_id, at, stage, reason, until)"
        " values (%s, %s, %s, %s, 'r', %s)",
        home,
        town.carers["admin"],
        NOW - timedelta(days=days_ago),
        stage,
        None if until is None else NOW + timedelta(days=until),
    )
    mode = "test" if stage in {"paused", "commissioning"} else "live"
    town.execute("update home set mode = %s where home_id = %s", mode, home)


async def test_a_pause_or_test_that_was_forgotten_is_told_with_who_and_since_when(
    visitors: Visitors, town: Town
) -> None:
    technician = await visitors.of("technician")
    _step(town, "ada", "paused", 5, 2)
    _step(town, "tom", "commissioning", 0.5, None)
    assert "Nothing to do" in await technician.text("/work")
    _step(town, "ada", "paused", 4, -1)
    _step(town, "tom", "commissioning", 2, None)
    text = await technician.text("/work")
    pause = "Paused since 11 January by Admin. Planned until 14 January. Nobody is told"
    test = "In test since 13 January by Admin. Planned until 14 January. Nobody is told"
    assert text.index(pause) < text.index(test)
    assert "/homes/ada/steps" in text
    assert text.count("A resident is at risk") == 1
    town.execute("update home set live_since = %s where home_id = 'tom'", NOW)
    assert (await technician.text("/work")).count("A resident is at risk") == 2
    _step(town, "ada", "live", 0, None)
    _step(town, "tom", "paused", 0, 3)
    assert "Nothing to do" in await technician.text("/work")


async def test_a_home_that_was_left_in_test_mode_is_told_after_two_weeks(
    visitors: Visitors, town: Town
) -> None:
    technician = await visitors.of("technician")
    town.execute("update home set mode = 'test', created_at = %s", NOW - timedelta(days=13))
    assert "Nothing to do" in await technician.text("/work")
    town.execute("update home set created_at = %s", NOW - timedelta(days=15))
    text = await technician.text("/work")
    assert "In test since 31 December. Nobody is told about alerts." in text


async def test_a_link_that_falls_and_a_clock_that_is_off_say_how_much(
    visitors: Visitors, town: Town
) -> None:
    of = "(select device_id from device where home_id = 'ada' and name = %s)"
    town.execute(
        f"insert into link_trend values ({of}, 'ada', 110, 45, true, %s)", "Hall sensor", TODAY
    )
    town.execute(
        f"update presence set clock_trusted = false, skew_s = -7260 where device_id = {of}",
        "Bed mat",
    )
    town.execute(
        "update presence set late = 20, late_at = %s, late_s = 600, firmware = '1.14', skew_s = 90"
        f" where device_id = {of}",
        NOW - timedelta(hours=2),
        "Kitchen sensor",
    )
    _battery(town, "Kitchen sensor", 40, 44)
    technician = await visitors.of("technician")
    text = await technician.text("/work")
    assert "2 things to do in 1 home" in text
    weak = "Its signal fell from 110 to 45 of 255 in four weeks."
    wrong = "Its clock is wrong: 2 h 1 min behind."
    assert text.index(weak) < text.index(wrong)
    devices = await technician.text("/homes/ada/devices")
    for words in (
        weak,
        "Its clock is 2 h 1 min behind.",
        "Its clock is 1 min ahead.",
        "About 6 weeks of battery left: to be changed before 24 February.",
        "20 messages so far waited on the device or the hub before they came: the last came 2 h ago,",
        " after 10 min at most. Nothing is lost, but nobody could be told any sooner.",
        "Version 1.14.",
    ):
        assert words in devices, words
