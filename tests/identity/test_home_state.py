"""A Home Assistant in a home is told how it stands: through the real bridge, kept there, and taken back."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
import psycopg
import pytest

from core.model.errors import Unsupported
from core.model.identity import TELLER
from core.runtime.broker import Publisher, Subscriber
from core.store.home_output import ToldState
from core.store.pool import connect
from sensors.driver import discover
from tests.deploy.shipped import ShippedMosquitto
from tests.gateway.running import until
from tests.identity.places import HOME, OTHER, Place, mosquitto_place
from tests.identity.speaker import NOT_AUTHORISED, context_of
from tests.identity.test_bundle import HubWithBundle, household_at
from wayhome.identity.home_assistant import told
from wayhome.identity.service import Admin
from wayhome.identity.teller import AGAIN, Teller

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.servers.databases import Database

CONFIG = f"homeassistant/device/wayhome-{HOME}/config"
LOOKS = 200
STATE = f"wayhome/{HOME}/state"


@pytest.fixture
async def place(tmp_path: Path, plain_database: Database) -> AsyncIterator[Place]:
    """Give a Mosquitto with its identity service."""
    made = await mosquitto_place(tmp_path, plain_database)
    yield made
    await made.end()


def teller_of(place: Place) -> Teller:
    """Make one, as after a start of the service."""
    assert isinstance(place.broker, ShippedMosquitto)
    admin = Admin(
        url=f"mqtts://localhost:{place.port}",
        ca_file=str(place.broker.secrets / "identity" / "ca.crt"),
        authority=place.terms.authority,
        folder=place.folder / "admin",
        clock=place.clock,
        name=TELLER.client,
    )
    return Teller(settings=admin, clock=place.clock)


async def tell(place: Place, teller: Teller) -> None:
    """Do one round."""
    async with connect(place.url) as connection:
        await teller.round(connection)


def put(place: Place, query: str, *values: object) -> None:
    """Write what others would write."""
    with psycopg.connect(place.database.url) as connection:
        connection.execute(query.encode(), values)


@dataclass
class Screen:
    """What a Home Assistant that starts now hears at the hub's own broker."""

    hub: HubWithBundle
    heard: dict[str, Any] = field(default_factory=dict)

    async def look(self, wanted: str) -> None:
        """Listen until something of this topic has come."""
        async with Subscriber(
            self.hub.settings, ("homeassistant/#", "wayhome/#"), capacity=50
        ) as messages:
            self.heard.clear()
            while wanted not in self.heard:
                for one in await messages.batch(10, 0.01):
                    self.heard[one.topic] = one
                    messages.acknowledge([one])


async def bare(hub: HubWithBundle) -> bool:
    """Whether one that starts now hears nothing: what is kept comes before our own word."""
    async with Subscriber(
        hub.settings, ("homeassistant/#", "wayhome/#", "homes/end"), capacity=50
    ) as messages:
        await until(lambda: messages.connected)
        async with Publisher(hub.settings_as("end")) as other:
            await other.publish("homes/end", b"1")
        found: list[str] = []
        while "homes/end" not in found:
            some = await messages.batch(10, 0.01)
            found += [one.topic for one in some]
            messages.acknowledge(some)
    return found == ["homes/end"]


async def test_a_home_is_told_how_it_stands_until_that_is_ended(
    place: Place, tmp_path: Path
) -> None:
    await household_at(place)
    asked = await place.asked()
    await place.round()
    papers = await asked.take()
    assert isinstance(place.broker, ShippedMosquitto)
    hub = HubWithBundle(tmp_path / "hub", place.broker, papers)
    try:
        await _told_and_taken_back(place, hub)
    finally:
        hub.kill()
    stranger = await place.speaker(context_of(papers))
    assert stranger.subscribe(f"home-state/{OTHER}/#") == NOT_AUTHORISED
    stranger = await place.speaker(context_of(papers))
    assert stranger.publish(f"home-state/{HOME}/x") == NOT_AUTHORISED


async def _told_and_taken_back(place: Place, hub: HubWithBundle) -> None:
    teller, screen = teller_of(place), Screen(hub)
    await tell(place, teller)
    assert await bare(hub), "off unless somebody switches it on"
    put(place, "insert into home_output values (%s, true, null, now())", HOME)
    put(
        place,
        "insert into presence (device_id, home_id, last_seen, battery_percent) select device_id, home_id,"
        " %s, 81 from device where external_id = 'hall_motion'",
        place.clock.now(),
    )
    await tell(place, teller)
    await screen.look(STATE)
    await screen.look(CONFIG)
    assert_documented(screen.heard[CONFIG].payload)
    await screen.look(STATE)
    assert screen.heard[STATE].retained
    said = json.loads(screen.heard[STATE].payload)
    assert (said["alert"], said["watched"], said["last_movement"]) == ("OFF", "ON", None)
    assert (said["watching"], said["rests_until"]) == ("watched", None)
    assert 81 in said.values()

    await _a_withdrawal_is_told(place, teller, screen)
    await _a_rest_is_told(place, teller, screen)

    # nothing new is not told again, until it would expire over there
    before = place.clock.now()
    assert not await _round_tells(place, teller)
    place.clock.advance(AGAIN.total_seconds() + 1)
    assert await _round_tells(place, teller), before

    # the service starts anew, and the home has ended meanwhile: everything is taken back, here and there
    put(place, "update home set mode = 'archive' where home_id = %s", HOME)
    await tell(place, teller_of(place))
    tries = 0
    while not await bare(hub):
        assert (tries := tries + 1) < LOOKS
    with psycopg.connect(place.database.url) as connection:
        assert connection.execute("select told_at from home_output").fetchall() == [(None,)]


async def _a_withdrawal_is_told(place: Place, teller: Teller, screen: Screen) -> None:
    put(place, "insert into watch_change values (%s, 1, 'unwatched', 'withdrawn', now())", HOME)
    await tell(place, teller)
    await screen.look(STATE)
    said = json.loads(screen.heard[STATE].payload)
    assert (said["watched"], said["watching"]) == ("OFF", "not watched"), "nobody may watch there"
    put(place, "insert into watch_change values (%s, 2, 'watched', '', now())", HOME)


async def _a_rest_is_told(place: Place, teller: Teller, screen: Screen) -> None:
    _rests(place)
    await tell(place, teller)
    await screen.look(STATE)
    said = json.loads(screen.heard[STATE].payload)
    assert (said["watched"], said["watching"]) == (None, "resting"), "a rest is no fault"
    assert datetime.fromisoformat(said["rests_until"]) == place.clock.now() + timedelta(days=2)
    put(place, "update home set away = false where home_id = %s", HOME)
    await tell(place, teller)
    await screen.look(STATE)
    said = json.loads(screen.heard[STATE].payload)
    assert (said["watched"], said["watching"]) == ("OFF", "not watched")
    put(place, "delete from home_step where home_id = %s", HOME)
    put(place, "update home set mode = 'live' where home_id = %s", HOME)
    await tell(place, teller)


def _rests(place: Place) -> None:
    """Let a carer have said that nobody is at home."""
    now = place.clock.now()
    put(
        place,
        "with who as (insert into carer (organisation_id, login, name, role, password_hash)"
        "  select organisation_id, 'ben', 'x', 'family_carer', 'x' from home where home_id = %s"
        "  returning carer_id) insert into home_step (home_id, carer_id, at, stage, reason, until, away)"
        " select %s, carer_id, %s, 'paused', 'holiday', %s, 'holiday' from who",
        HOME, HOME, now, now + timedelta(days=2),
    )  # fmt: skip
    put(place, "update home set mode = 'test', away = true where home_id = %s", HOME)


def test_a_home_that_rests_and_can_not_be_seen_is_not_watched() -> None:
    """A rest hides no fault: what is told of it, calls for help among it, would not come."""
    state = ToldState(last_movement=None, alert=False, watched=False, devices=())
    for blind, rests_until, word in (
        (False, None, "not watched"),
        (True, datetime(2026, 1, 5, tzinfo=UTC), "not watched"),
        (False, datetime(2026, 1, 5, tzinfo=UTC), "resting"),
    ):
        one = msgspec.structs.replace(state, rests_until=rests_until, blind=blind)
        said = json.loads(told(one))
        assert said["watching"] == word
        assert said["watched"] == (None if word == "resting" else "OFF")
        assert (said["rests_until"] is not None) == (rests_until is not None)


async def _round_tells(place: Place, teller: Teller) -> bool:
    query = b"select told_at from home_output"
    with psycopg.connect(place.database.url) as connection:
        before = connection.execute(query).fetchone()
    await tell(place, teller)
    with psycopg.connect(place.database.url) as connection:
        return connection.execute(query).fetchone() != before


def assert_documented(payload: bytes) -> None:
    """Look at it as Home Assistant does: what a device description must have, and no name of anybody."""
    found = json.loads(payload)
    assert found["device"]["identifiers"] == [f"wayhome-{HOME}"]
    assert found["origin"]["name"] == "Wayhome"
    assert found["state_topic"] == STATE
    assert found["availability"][0]["topic"] == f"homes/{HOME}/wayhome/hub/status"
    assert {"last_movement", "alert", "watched"} < found["components"].keys()
    for key, part in found["components"].items():
        assert part["platform"] in {"sensor", "binary_sensor"}
        assert part["unique_id"] == f"wayhome_{HOME}_{key}"
        assert part["value_template"] == f"{{{{ value_json.{key} }}}}"
        assert part["expire_after"] > AGAIN.total_seconds()
    for moment in ("last_movement", "rests_until"):
        assert found["components"][moment]["device_class"] == "timestamp"
    assert found["components"]["watching"]["device_class"] == "enum"
    assert found["components"]["watching"]["options"] == ["watched", "resting", "not watched"]
    for personal in ("hall_motion", "resident", "7f3k home"):
        assert personal not in payload.decode().lower()


def test_what_we_have_told_does_not_come_back_as_a_device() -> None:
    driver = discover()["homeassistant"]
    config = b'{"device": {"identifiers": ["wayhome-7f3k"]}, "components": {}}'
    for topic, payload in (
        ("device/wayhome-7f3k/config", config),
        ("binary_sensor/wayhome_7f3k_alert/state", b"on"),
        ("sensor/wayhome_7f3k_battery_3/unit_of_measurement", b'"%"'),
        ("state", b'{"entity_id": "sensor.wayhome_7f3k_last_movement", "state": "x"}'),
    ):
        with pytest.raises(Unsupported, match="ourselves"):
            driver.decode(topic, payload)
    assert driver.decode("binary_sensor/hall_motion/state", b"on").readings
