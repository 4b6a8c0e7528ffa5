"""Today, the timeline, devices and the system page, as people read them."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from tests.dashboard.town import DOOR, NOW

if TYPE_CHECKING:
    from core.runtime.clock import ManualClock
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors


async def test_today_says_that_all_is_right_and_how_old_that_is(
    visitors: Visitors, town: Town
) -> None:
    town.observe("ada", "Kitchen sensor", NOW - timedelta(minutes=4), 1)
    text = await (await visitors.of("ben")).text("/today")
    assert "All right, as far as we can see" in text
    assert "Kitchen, 03:16, <time" in text
    assert ">4 min ago</time></dd>" in text


async def test_today_says_what_needs_somebody_first(visitors: Visitors, town: Town) -> None:
    town.alert("tom")
    text = await (await visitors.of("worker")).text("/today")
    assert "1 home needs you" in text
    assert text.index('id="home-tom"') < text.index('id="home-ada"') < text.index('id="home-past"')


@pytest.mark.parametrize("silent", ["gateway", "detection", "broker", "hub"])
async def test_blind_is_never_shown_as_quiet(
    visitors: Visitors, town: Town, silent: str, clock: ManualClock
) -> None:
    clock.advance(600)
    late = NOW + timedelta(seconds=600)
    town.live(late)
    if silent == "gateway":
        town.execute("update gateway_heartbeat set at = %s", NOW)
    elif silent == "detection":
        town.execute("update engine_step set recorded_at = %s", NOW)
    elif silent == "broker":
        town.execute("update gateway_heartbeat set broker_connected = false")
    else:
        town.execute(
            "insert into finding (home_id, detector, subject, severity, audience, phase, onset,"
            " noticed_at, what, step) values ('ada', 'liveness', 'home', 'check', 'operators',"
            " 'opened', %s, %s, 'This home can not be seen since 03:10: its hub is silent', 1)",
            NOW,
            late,
        )
    browser = await visitors.of("ben")
    for path in ("/today", "/homes/ada"):
        text = await browser.text(path)
        assert "We cannot see this home" in text
        assert "All right" not in text
        assert "quiet" not in text


def withdraw(town: Town, purpose: str) -> None:
    town.execute(
        "insert into purpose_basis (home_id, resident_id, kind, purpose, recipient, decided, said_by,"
        " valid_from, carer_id, at) select home_id, resident_id, 'withdrawn', %s, '', 'person', 'Ada',"
        " %s, %s, %s from resident where home_id = 'ada'",
        purpose,
        NOW,
        town.carers["admin"],
        NOW,
    )


async def test_who_must_not_be_watched_is_never_all_right(visitors: Visitors, town: Town) -> None:
    """From a withdrawal on nothing is stored: the last movement grows old, and nothing looks wrong."""
    town.observe("ada", "Kitchen sensor", NOW - timedelta(minutes=4), 1)
    worker, ben = await visitors.of("worker"), await visitors.of("ben")
    assert "All right" in await ben.text("/today")
    withdraw(town, "care_monitoring")
    for text in (
        await ben.text("/today"),
        await ben.text("/homes/ada"),
        (await worker.text("/today")).split('id="home-ada"')[1].split("</article>")[0],
    ):
        assert "We cannot see this home" in text
        assert "Nobody may be watched here: consent was withdrawn, or it has ended." in text
        assert "All right" not in text


async def test_the_circle_reads_that_nobody_is_looked_for_outdoors(
    visitors: Visitors, town: Town
) -> None:
    words = "Outdoors we do not look for Ada: consent was withdrawn"
    worker, ben = await visitors.of("worker"), await visitors.of("ben")
    assert words not in await ben.text("/today")
    withdraw(town, "location")
    assert words in await ben.text("/today")
    assert (await worker.text("/today")).count(words) == 1
    assert "We cannot see" not in await ben.text("/today"), "indoors all is as before"


async def test_a_home_that_can_be_seen_again_is_not_blind(visitors: Visitors, town: Town) -> None:
    for phase, at in (("opened", NOW - timedelta(hours=2)), ("cleared", NOW - timedelta(hours=1))):
        town.execute(
            "insert into finding (home_id, detector, subject, severity, audience, phase, onset,"
            " noticed_at, what, step) values ('ada', 'liveness', 'home', 'check', 'operators',"
            " %s, %s, %s, 'x', 1)",
            phase,
            NOW - timedelta(hours=2),
            at,
        )
    town.observe("ada", "Kitchen sensor", NOW - timedelta(minutes=4), 1)
    browser = await visitors.of("ben")
    assert "All right" in await browser.text("/today")
    text = await browser.text("/homes/ada")
    assert "<td>01:20</td><td>1 h</td><td>We could not see</td>" in text


async def test_the_timeline_shows_stays_doors_alerts_and_gaps(
    visitors: Visitors, town: Town
) -> None:
    town.night("ada")
    number = town.alert()
    text = await (await visitors.of("ben")).text("/homes/ada")
    assert "<td>yesterday, 22:20</td><td>4 h 40 min</td><td>Bedroom, in bed</td>" in text
    assert "<td>03:08</td><td></td><td>Front door opened</td>" in text
    assert f'<a href="/alerts/{number}">Alert: {DOOR}</a>' in text
    assert 'class="bar-fill"' in text
    assert 'class="door"' in text
    assert 'class="urgent"' in text
    assert "Last movement: <strong>Hall" in text


async def test_where_no_sensor_reports_by_itself_a_long_silence_is_hatched(
    visitors: Visitors, town: Town
) -> None:
    town.execute("update device set retired_at = now() where name = 'Hub'")
    town.observe("ada", "Kitchen sensor", NOW - timedelta(hours=9), 1)
    town.observe("ada", "Kitchen sensor", NOW - timedelta(hours=1), 1)
    text = await (await visitors.of("ben")).text("/homes/ada")
    assert "<td>8 h</td><td>Nothing reached us: asleep, out, or we could not see</td>" in text
    assert 'class="gap"' in text


async def test_what_was_taken_away_today_is_still_seen_where_it_was(
    visitors: Visitors, town: Town
) -> None:
    town.observe("ada", "Bed mat", NOW - timedelta(hours=5), 1, "bed")
    town.observe("ada", "Kitchen sensor", NOW - timedelta(hours=4), 1)
    town.execute(
        "update device set retired_at = %s where name = 'Bed mat'", NOW - timedelta(hours=2)
    )
    town.execute(
        "update device set retired_at = %s where name = 'Kitchen sensor'", NOW - timedelta(hours=2)
    )
    text = await (await visitors.of("ben")).text("/homes/ada")
    assert "<td>yesterday, 23:20</td><td>2 min</td><td>Kitchen</td>" in text
    assert "<td>3 h</td><td>Bedroom, in bed</td>" in text, "and nobody lies there for ever"


async def test_a_sensor_that_was_moved_saw_what_it_saw_in_the_room_it_hung_in(
    visitors: Visitors, town: Town
) -> None:
    town.observe("ada", "Kitchen sensor", NOW - timedelta(hours=4), 1)
    technician = await visitors.of("technician")
    ((device, room),) = town.execute(
        "select device_id, (select room_id from room where home_id = 'ada' and name = 'Hall')"
        " from device where home_id = 'ada' and name = 'Kitchen sensor'"
    )
    moved = await technician.send(
        f"/homes/ada/install/devices/{device}/changed",
        name="Kitchen sensor", placement="room", room=str(room), wearer="",
    )  # fmt: skip
    assert moved.status_code == 303
    text = await (await visitors.of("ben")).text("/homes/ada")
    assert "<td>yesterday, 23:20</td><td>2 min</td><td>Kitchen</td>" in text
    ((change,),) = town.execute("select max(change_id) from device_change")
    await technician.send(f"/homes/ada/install/undo/{change}")
    text = await (await visitors.of("ben")).text("/homes/ada")
    assert "<td>2 min</td><td>Kitchen</td>" in text, "a mistake that was taken back was none"


async def test_a_home_that_has_ended_shows_the_last_day_of_its_record(
    visitors: Visitors, town: Town
) -> None:
    town.observe("ada", "Kitchen sensor", NOW - timedelta(days=9), 1)
    town.execute("update device set retired_at = %s where home_id = 'ada'", NOW - timedelta(days=8))
    town.execute("update home set mode = 'archive' where home_id = 'ada'")
    text = await (await visitors.of("ben")).text("/homes/ada")
    assert "The record ends" in text
    assert "<td>Kitchen</td>" in text


async def test_a_record_of_the_past_shows_its_own_last_day(visitors: Visitors, town: Town) -> None:
    end = datetime(2019, 4, 30, 21, 5, tzinfo=UTC)
    for hours in range(40):
        town.observe("past", "Kitchen sensor", end - timedelta(hours=hours), 1)
    browser = await visitors.of("ben")
    text = await browser.text("/homes/past")
    assert "A record of the past, not watched" in text
    assert "29 April 2019, 22:05 to 30 April 2019, 22:05" in text
    assert "The record ends: <strong>Kitchen, 30 April 2019, 22:05" in text
    assert "cannot see" not in text


async def test_an_empty_home_says_so(visitors: Visitors) -> None:
    browser = await visitors.of("ben")
    text = await browser.text("/homes/ada")
    assert "We recorded no movement here in the last 30 days." in text
    assert "No movement seen here yet" in text
    assert "All right" not in text, "nothing measured is not all right"
    text = await browser.text("/today")
    assert "No movement seen here yet" in text
    assert "All right" not in text, "where nothing is measured nothing is all right"


async def heading(browser: Browser, path: str) -> str:
    found = re.search('<h1 id="summary"[^>]*>(.*?)</h1>', await browser.text(path), re.DOTALL)
    assert found
    return " ".join(found[1].split())


async def test_what_is_said_of_all_homes_is_true_of_all(visitors: Visitors, town: Town) -> None:
    worker = await visitors.of("worker")
    assert await heading(worker, "/today") == "No movement seen yet"
    town.observe("ada", "Kitchen sensor", NOW - timedelta(minutes=4), 1)
    assert await heading(worker, "/today") == "1 home all right, as far as we can see"
    town.observe("tom", "Kitchen sensor", NOW - timedelta(minutes=4), 1)
    assert await heading(worker, "/today") == "All right, as far as we can see"
    town.execute("update home set mode = 'test'")
    assert await heading(worker, "/today") == "No home is watched now"


async def test_a_further_page_of_homes_does_not_say_that_all_is_right(
    visitors: Visitors, town: Town
) -> None:
    for number in range(30):
        town.home(f"h{number}", "leeds", "Kim")
    town.alert("tom")
    worker = await visitors.of("worker")
    assert await heading(worker, "/today") == "1 home needs you"
    assert await heading(worker, "/today?page=2") == "More homes, page 2 of 2"
    for number in range(30):
        town.alert(f"h{number}")
    assert await heading(worker, "/today") == "Every home on this page needs you"


async def test_devices_say_what_to_do(visitors: Visitors, town: Town) -> None:
    town.execute(
        "update presence p set battery_percent = 7 from device d where d.device_id = p.device_id"
        " and d.home_id = 'ada' and d.name = 'Bathroom sensor'"
    )
    text = await (await visitors.of("ben")).text("/homes/ada/devices")
    assert "1 device of 7 needs somebody" in text
    assert "Battery low: 7%" in text
    assert "Change its battery." in text


async def test_the_system_page_is_a_work_list(visitors: Visitors, town: Town) -> None:
    town.execute(
        "insert into quarantine (received_at, gateway, topic, payload, payload_bytes, home_id, reason,"
        " field, expected) values (%s, 'gateway', 'homes/ada/zigbee2mqtt/hall', '{\"battery\": 250}',"
        " 15, 'ada', 'value-out-of-range', 'battery', 'a number from 0 to 100')",
        NOW,
    )
    town.execute(
        "insert into discovered values ('ada', 'zigbee2mqtt', '0x00158d', %s, %s, 12, 'a', 'secret')",
        NOW,
        NOW,
    )
    town.execute(
        "insert into refusal values (%s, 'ada', 'hall', 'retained', 3, %s)", NOW.date(), NOW
    )
    town.execute(
        "insert into detector_error values ('ada', 'exit', 'KeyError in exit.py', %s, %s, 2, 'x')",
        NOW,
        NOW,
    )
    technician, admin = await visitors.of("technician"), await visitors.of("admin")
    text = await technician.text("/system")
    for part in ("Value out of range", "expected a number from 0 to 100", "0x00158d", "retained"):
        assert part in text
    assert "KeyError in exit.py" in text
    assert "250" in text
    assert "secret" in text
    text = await admin.text("/system")
    assert "250" not in text
    assert "secret" not in text
    stranger = await visitors.of("stranger")
    assert "0x00158d" not in await stranger.text("/system")


def phone(town: Town, login: str) -> None:
    town.execute("insert into contact_point values (%s, 'ntfy', 'https://x')", town.carers[login])


@pytest.mark.parametrize("operator", ["technician", "admin"])
async def test_that_nobody_hears_what_goes_wrong_stands_on_the_page(
    visitors: Visitors, town: Town, operator: str
) -> None:
    reader, words = await visitors.of("technician"), "No technician or administrator can be woken"
    phone(town, "ben")
    phone(town, "stranger")  # of another organisation
    assert words in await reader.text("/system")
    phone(town, operator)
    assert words not in await reader.text("/system")
    town.execute(
        "insert into channel_offer (channel, title, takes, wakes, lacks, at)"
        " values ('ntfy', 'x', 'topic', true, 'a server', now())"
    )
    assert words in await reader.text("/system"), "a way that is not set up is none"


async def test_a_service_that_stands_still_is_named(
    visitors: Visitors, town: Town, clock: ManualClock
) -> None:
    technician = await visitors.of("technician")
    phone(town, "technician")
    assert "Services work" in await technician.text("/system")
    number = town.alert()
    town.deliver(number, "ben", "ntfy", "pending")
    clock.advance(600)
    text = await technician.text("/system")
    assert "3 services do not work" in text
    for advice in ("Until then no message is stored", "Until then nobody is watched"):
        assert advice in text
    assert "1 message to carers is due since 03:20" in text
