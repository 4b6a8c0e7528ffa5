"""Registration on the pages: what speaks is placed, moved, replaced, taken out of use; each step undone."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from tests.dashboard.town import NOW

if TYPE_CHECKING:
    from tests.dashboard.town import Town
    from tests.dashboard.visitors import Browser, Visitors

PAGE = "/homes/ada/install"


@pytest.fixture
def speaking(town: Town) -> Town:
    """A motion sensor and a door that speak in Ada's home and are not registered."""
    for name, payload in (
        ("lounge_motion", b'{"occupancy":true,"battery":90}'),
        ("back_door", b'{"contact":true}'),
    ):
        town.execute(
            "insert into discovered values ('ada', 'zigbee2mqtt', %s, %s, %s, 3, %s, %s)",
            name,
            NOW - timedelta(minutes=5),
            NOW - timedelta(minutes=1),
            f"homes/ada/zigbee2mqtt/{name}",
            payload,
        )
    return town


def _device(town: Town, name: str) -> dict[str, Any]:
    ((row,),) = town.execute(
        "select to_jsonb(d) || jsonb_build_object('room', r.name) from device d"
        " left join room r using (room_id) where d.home_id = 'ada' and d.name = %s",
        name,
    )
    return dict(row)


def _room(town: Town, name: str, home: str = "ada") -> str:
    query = "select room_id from room where home_id = %s and name = %s"
    return str(town.number(query, home, name))


async def _register(browser: Browser, town: Town, **fields: str) -> int:
    given = {
        "family": "zigbee2mqtt",
        "external_id": "back_door",
        "name": "Back door",
        "placement": "entrance",
        "room": _room(town, "Kitchen"),
    }
    return (await browser.send(f"{PAGE}/register", **(given | fields))).status_code


async def test_what_speaks_is_listed_with_a_guess_and_registered(
    visitors: Visitors, speaking: Town
) -> None:
    browser = await visitors.of("technician")
    text = await browser.text(PAGE)
    assert "2 devices not registered" in text
    assert "not one that neighbours go through" in text
    assert 'value="Lounge motion"' in text
    assert "It says: motion 1, battery 90" in text
    assert await _register(browser, speaking) == 303
    row = _device(speaking, "Back door")
    assert (row["room"], row["placement"], row["external_id"]) == (
        "Kitchen",
        "entrance",
        "back_door",
    )
    assert (row["reporting_interval_s"], row["heartbeat"]) == (3600, False)
    text = await browser.text(PAGE)
    assert "1 device not registered" in text
    assert "Back door: registered, Technician" in text
    assert "back_door" not in await browser.text("/system")


async def test_a_registration_is_heard_by_the_gateway_at_once(
    visitors: Visitors, speaking: Town
) -> None:
    speaking.execute("listen registry")
    await _register(await visitors.of("technician"), speaking)
    told = list(speaking.connection.notifies(timeout=5, stop_after=1))
    assert [one.payload for one in told] == ["ada"]


async def test_every_step_can_be_taken_back(visitors: Visitors, speaking: Town) -> None:
    browser = await visitors.of("admin")
    await _register(browser, speaking)
    number = _device(speaking, "Back door")["device_id"]
    base = f"{PAGE}/devices/{number}"
    moved = {"name": "Garden door", "placement": "entrance", "room": _room(speaking, "Hall")}
    assert (await browser.send(f"{base}/changed", **moved)).status_code == 303
    assert _device(speaking, "Garden door")["room"] == "Hall"
    assert (await browser.send(f"{base}/retired")).status_code == 303
    assert _device(speaking, "Garden door")["retired_at"] is not None
    undo = ""
    for name, in_use in (("Garden door", True), ("Back door", True), ("Back door", False)):
        (undo,) = re.findall(rf'action="({PAGE}/undo/\d+)"', await browser.text(PAGE))
        assert (await browser.send(undo)).status_code == 303
        row = _device(speaking, name)
        assert (row["device_id"], row["retired_at"] is None) == (number, in_use)
    assert f"{PAGE}/undo/" not in await browser.text(PAGE)
    assert (await browser.send(undo)).status_code == 409


async def test_a_new_device_takes_the_place_and_the_history_of_an_old_one(
    visitors: Visitors, speaking: Town
) -> None:
    before = _device(speaking, "Front door")
    base = f"{PAGE}/devices/{before['device_id']}"
    browser = await visitors.of("technician")
    answer = await browser.send(f"{base}/replaced", by="zigbee2mqtt/back_door")
    assert answer.status_code == 303
    after = _device(speaking, "Front door")
    assert after["device_id"] == before["device_id"]
    assert (after["external_id"], after["room"]) == ("back_door", "Hall")
    answer = await browser.send(f"{base}/replaced", by="zigbee2mqtt/hub")
    assert answer.status_code == 400
    assert "one that is not registered in this home already" in answer.text


async def test_what_somebody_else_wears_from_now_on_keeps_what_it_told_with_who_wore_it(
    visitors: Visitors, speaking: Town
) -> None:
    """Bert dies or gives his tracker away: his positions must not become Ada's, nor outlast his erasure."""
    town = speaking
    ((bert,),) = town.execute(
        "insert into resident (home_id, name, pronoun) values ('ada', 'Bert', 'he') returning resident_id"
    )
    ada = town.number("select resident_id from resident where home_id = 'ada' and name = 'Ada'")
    browser = await visitors.of("technician")
    worn = {"name": "Tracker", "placement": "worn", "room": ""}
    assert await _register(browser, town, **worn, wearer=str(bert)) == 303
    of_bert = _device(town, "Tracker")["device_id"]
    base = f"{PAGE}/devices/{of_bert}"
    await browser.send(f"{base}/changed", **worn, wearer=str(ada))
    assert _device(town, "Tracker")["device_id"] == of_bert, "a mistake, before it said anything"
    await browser.send(f"{base}/changed", **worn, wearer=str(bert))
    town.observe("ada", "Tracker", NOW - timedelta(hours=1), 60, "heart_rate")
    await browser.send(f"{base}/changed", **worn, wearer=str(ada))
    query = (
        "select device_id, resident_id, external_id, retired_at is null from device"
        " where name = 'Tracker' order by 1"
    )
    first, second = town.execute(query)
    assert first == (of_bert, bert, f"back_door~{of_bert}", False)
    assert second[1:] == (ada, "back_door", True)
    restored = await browser.send(f"{base}/restored")
    assert restored.status_code == 409, "another one speaks at its address"
    # the other way: retired with who left, and registered for who lives on
    town.observe("ada", "Tracker", NOW - timedelta(minutes=5), 70, "heart_rate")
    town.execute("update device set retired_at = %s where device_id = %s", NOW, second[0])
    assert await _register(browser, town, **worn, wearer=str(bert)) == 303
    assert [row[1] for row in town.execute(query)] == [bert, ada, bert]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"name": " "}, "name: expected 1 to 60 printable characters"),
        ({"placement": "ceiling"}, "placement: expected one of room"),
        ({"room": ""}, "room: expected the room in which it is"),
        ({"room": "x"}, "room: expected one of the list"),
        ({"room": "9" * 5000}, "room: expected one of the list"),
        ({"placement": "worn"}, "wearer: expected somebody who wears it"),
        ({"family": "unheard"}, "device: expected one of those that speak here"),
        ({"external_id": ""}, "device: expected one of those that speak here"),
    ],
)
async def test_what_is_wrong_is_said(
    visitors: Visitors, speaking: Town, fields: dict[str, str], words: str
) -> None:
    browser = await visitors.of("technician")
    given = {
        "family": "zigbee2mqtt",
        "external_id": "back_door",
        "name": "Back door",
        "placement": "entrance",
        "room": _room(speaking, "Kitchen"),
    }
    answer = await browser.send(f"{PAGE}/register", **(given | fields))
    assert answer.status_code == 400
    assert words.lower() in answer.text.lower()


async def test_rooms_of_other_homes_and_a_second_registration_are_refused(
    visitors: Visitors, speaking: Town
) -> None:
    browser = await visitors.of("technician")
    assert await _register(browser, speaking, room=_room(speaking, "Hall", "eve")) == 400
    assert await _register(browser, speaking) == 303
    assert await _register(browser, speaking) == 409
    answer = await browser.send(f"{PAGE}/room", name="Loft", kind="other", exit="yes")
    assert answer.status_code == 303
    assert (await browser.send(f"{PAGE}/room", name="Loft", kind="other")).status_code == 409
    assert "Loft (leads out)" in await browser.text(PAGE)


async def test_nobody_else_registers(visitors: Visitors, speaking: Town) -> None:
    number = _device(speaking, "Front door")["device_id"]
    for login in ("ben", "worker", "clinician"):
        browser = await visitors.of(login)
        assert (await browser.get(PAGE)).status_code == 404
        assert await _register(browser, speaking) == 404
    stranger = await visitors.of("stranger")
    assert (await stranger.get(PAGE)).status_code == 404
    assert await _register(stranger, speaking) == 404
    answer = await stranger.send(f"/homes/eve/install/devices/{number}/retired")
    assert answer.status_code == 404
    assert _device(speaking, "Front door")["retired_at"] is None


async def test_an_animal_is_said_and_the_advice_follows(visitors: Visitors, speaking: Town) -> None:
    browser = await visitors.of("technician")
    assert "Nobody has said whether an animal lives here" in await browser.text(PAGE)
    speaking.execute("listen registry")
    assert (await browser.send(f"{PAGE}/animal", animal="small")).status_code == 303
    told = list(speaking.connection.notifies(timeout=5, stop_after=1))
    assert [one.payload for one in told] == ["ada"]
    text = await browser.text(PAGE)
    assert "Nobody has said" not in text.split("<h2>Animals</h2>")[0]
    assert "Take motion sensors that overlook animals" in text
    answer = await browser.send(f"{PAGE}/animal", animal="parrot")
    assert answer.status_code == 400
    assert "expected one of unknown, none, small, large" in answer.text
    query = "select animal from home where home_id = 'ada'"
    assert speaking.execute(query) == [("small",)]
    for login in ("ben", "worker", "stranger"):
        other = await visitors.of(login)
        assert (await other.send(f"{PAGE}/animal", animal="none")).status_code == 404
    assert speaking.execute(query) == [("small",)]


async def test_two_that_were_exchanged_are_put_right_since_they_were(
    visitors: Visitors, speaking: Town
) -> None:
    """From now on would leave the days of a week in wrong rooms, and habits of one in the other."""
    browser, town = await visitors.of("technician"), speaking
    kitchen, hall = _room(town, "Kitchen"), _room(town, "Hall")
    assert await _register(browser, town, room=hall) == 303
    number = _device(town, "Back door")["device_id"]
    base = f"{PAGE}/devices/{number}"
    moved = {"name": "Back door", "placement": "object", "room": kitchen}
    for since, at, words in (
        ("day", "", "a day and a time"),
        ("day", "2999-01-01T00:00", "a moment that has come"),
        ("soon", "", "one of now, start, day"),
    ):
        answer = await browser.send(f"{base}/changed", **moved, since=since, since_at=at)
        assert answer.status_code == 400
        assert words in answer.text
    assert _device(town, "Back door")["placement"] == "entrance"
    day = (NOW - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = await browser.send(f"{base}/changed", **moved, since="day", since_at=day)
    assert answer.status_code == 303
    row = _device(town, "Back door")
    assert (row["placement"], row["room"]) == ("object", "Kitchen")
    assert "Back door: put right (since" in await browser.text(PAGE)
    moved["room"] = hall
    assert (await browser.send(f"{base}/changed", **moved, since="start")).status_code == 303
    assert "Back door: put right (from the start)" in await browser.text(PAGE)
    held = town.execute(
        "select holds_since = '-infinity' from device_change where holds_since is not null order by 1"
    )
    assert held == [(False,), (True,)]
    for step in ("corrected", "undone", "registered"):
        assert (await browser.send(f"{base}/{step}", **moved)).status_code == 409
    stranger = await visitors.of("stranger")
    assert (await stranger.send(f"{base}/changed", **moved, since="start")).status_code == 404


async def test_a_watch_that_was_written_down_for_the_wrong_one_of_two_is_put_right_with_what_it_told(
    visitors: Visitors, speaking: Town
) -> None:
    """The nights of one stayed in the record of the other, whoever noticed it after the first word."""
    town, browser = speaking, await visitors.of("technician")
    ((bert,),) = town.execute(
        "insert into resident (home_id, name, pronoun) values ('ada', 'Bert', 'he') returning resident_id"
    )
    ada = town.number("select resident_id from resident where home_id = 'ada' and name = 'Ada'")
    worn = {"name": "Tracker", "placement": "worn", "room": ""}
    assert await _register(browser, town, **worn, wearer=str(bert)) == 303
    number = _device(town, "Tracker")["device_id"]
    town.observe("ada", "Tracker", NOW - timedelta(hours=1), 60, "heart_rate")
    base = f"{PAGE}/devices/{number}"
    day = (NOW - timedelta(days=2)).strftime("%Y-%m-%dT%H:%M")
    answer = await browser.send(
        f"{base}/changed", **worn, wearer=str(ada), since="day", since_at=day
    )
    assert answer.status_code == 400
    assert "from now on or from the start" in answer.text
    answer = await browser.send(f"{base}/changed", **worn, wearer=str(ada), since="start")
    assert answer.status_code == 303
    assert town.execute("select device_id, resident_id from device where name = 'Tracker'") == [
        (number, ada)
    ]
