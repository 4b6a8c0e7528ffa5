"""A device that speaks for itself, with a certificate of its own: through the real broker into the store."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from core.model.identity import thing_grant
from tests.deploy.shipped import ShippedMosquitto
from tests.gateway.running import Table, device, register, until
from tests.identity.places import HOME, OTHER, Place, mosquitto_place
from tests.identity.speaker import NOT_AUTHORISED, REFUSED, context_of
from tests.identity.test_bundle import SteeredClock, gateway_at

if TYPE_CHECKING:
    import ssl
    from collections.abc import AsyncIterator
    from pathlib import Path

    from tests.servers.databases import Database

DOOR, PLUG = "shellydw2-483FDA", "shellyplug-99AABB"


@pytest.fixture
async def place(tmp_path: Path, plain_database: Database) -> AsyncIterator[Place]:
    """Give a Mosquitto, and a home with two Shellys that speak to it over Wi-Fi."""
    made = await mosquitto_place(tmp_path, plain_database)
    devices = [device(DOOR, "shelly"), device(PLUG, "shelly")]
    await register(plain_database.url_as("wayhome_registrar"), devices, home=HOME)
    yield made
    await made.end()


async def says(place: Place, context: ssl.SSLContext, topic: str, payload: bytes = b"open") -> int:
    """Publish on a connection of its own: after a refusal Mosquitto 2.0.11 may end it (0174)."""
    speaker = await place.speaker(context)
    return REFUSED if speaker.connack == REFUSED else speaker.publish(topic, payload)


async def test_what_a_device_says_with_its_own_certificate_is_stored_and_nothing_else(
    place: Place,
) -> None:
    asked = await place.asked(grant=thing_grant(HOME, "shelly", DOOR, "a1b2c3d4"))
    await place.round()
    papers = await asked.take()
    assert sorted(one.name for one in papers.iterdir()) == [
        "README.txt",
        "client.crt",
        "client.key",
        "wayhome-ca.crt",
    ]
    assert f"homes/{HOME}/shelly/{DOOR}/#" in (papers / "README.txt").read_text()
    own, below = context_of(papers), f"homes/{HOME}/shelly"
    table = Table(place.database.url)
    assert isinstance(place.broker, ShippedMosquitto)
    async with gateway_at(place, SteeredClock()):
        for topic in (
            f"{below}/{PLUG}/relay/0",
            f"{below}/{DOOR}x/sensor/state",
            f"homes/{HOME}/wayhome/hub/status",
            f"homes/{OTHER}/shelly/{DOOR}/sensor/state",
            f"home-state/{HOME}/wayhome/{HOME}/state",
            "$CONTROL/dynamic-security/v1",
        ):
            assert await says(place, own, topic) == NOT_AUTHORISED, topic
        for topic in (f"{below}/{DOOR}/#", f"home-state/{HOME}/#", "#"):
            assert (await place.speaker(own)).subscribe(topic) == NOT_AUTHORISED, topic
        assert await says(place, own, f"{below}/{DOOR}/sensor/state") < 0x80
        await until(lambda: table.observations() == 1)
        # another comes later, so nothing of the first ones is under way any more
        assert await says(place, own, f"{below}/{DOOR}/sensor/battery", b"88") < 0x80
        await until(lambda: table.observations() == 2)
        await place.revoke(asked.number)
        await place.round()
        topic = f"{below}/{DOOR}/sensor/state"
        assert await says(place, own, topic, b"close") == NOT_AUTHORISED
    stored = table.rows(
        "select external_id, quantity, value from observation join device using (device_id)"
        " order by quantity"
    )
    assert stored == [(DOOR, "battery", 88.0), (DOOR, "contact", 1.0)]
    assert table.one("select count(*) from quarantine") == 0
    assert table.one("select count(*) from discovered") == 0
