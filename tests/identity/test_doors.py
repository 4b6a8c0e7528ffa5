"""Credentials at real brokers over real TLS: own topics and nothing else, live at once, dead at once."""

from __future__ import annotations

import asyncio
import ssl
import time
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest

from core.model.identity import OWN, Grant, thing_grant
from core.store import hub_credential as store
from core.store.pool import connect
from tests.deploy.shipped import ShippedMosquitto
from tests.identity.places import HOME, OTHER, Place, mosquitto_place, nats_place, serving, until
from tests.identity.speaker import DENIED_3, NOT_AUTHORISED, REFUSED, Speaker, context_of
from wayhome import certificates

if TYPE_CHECKING:
    from collections.abc import AsyncIterator
    from pathlib import Path

    from core.runtime.mqtt import Version
    from tests.servers.databases import Database

SOON_S = 5.0
"""A second is promised; `bench/credentials.py` measures it, here it is bounded on a busy machine."""
NO_USER = 0x05
"""CONNACK of MQTT 3.1.1: not authorised."""


@pytest.fixture(params=[mosquitto_place, nats_place], ids=["mosquitto", "nats"])
async def place(
    request: pytest.FixtureRequest, tmp_path: Path, plain_database: Database
) -> AsyncIterator[Place]:
    """Run the test once at Mosquitto and once at nats-server."""
    made: Place = await request.param(tmp_path, plain_database)
    yield made
    await made.end()


only_mosquitto = pytest.mark.parametrize("place", [mosquitto_place], indirect=True)
only_nats = pytest.mark.parametrize("place", [nats_place], indirect=True)


def shipped(place: Place) -> ShippedMosquitto:
    assert isinstance(place.broker, ShippedMosquitto)
    return place.broker


async def live(place: Place, number: int) -> None:
    while (await place.state(number)).live_at is None:
        await asyncio.sleep(0.01)


async def assert_nothing_else(place: Place, context: ssl.SSLContext) -> None:
    """Each on a connection of its own: after a refusal Mosquitto 2.0.11 may end it (0174)."""
    for topic in (f"homes/{OTHER}/x", "homes", "other", "$CONTROL/dynamic-security/v1"):
        assert (await place.speaker(context)).publish(topic) == NOT_AUTHORISED, topic
    for topic in ("#", f"homes/{HOME}/#", "$SYS/#", "$CONTROL/dynamic-security/v1/response"):
        assert (await place.speaker(context)).subscribe(topic) == NOT_AUTHORISED, topic


@only_mosquitto
async def test_at_mosquitto_a_hub_says_its_own_and_is_in_and_out_at_once(place: Place) -> None:
    async with serving(place):
        begun = time.monotonic()
        asked = await place.asked()
        await live(place, asked.number)
        context = context_of(await asked.take())
        hub = await place.speaker(context, "wayhome-gateway")
        assert hub.connack == 0
        assert hub.publish(f"homes/{HOME}/wayhome/door/contact") < 0x80
        assert time.monotonic() - begun < SOON_S
        await assert_nothing_else(place, context)
        # whatever it calls itself, it can not take the gateway's session
        assert f"as {asked.grant.client} " in shipped(place).log()
        hub = await place.speaker(context)
        assert hub.subscribe(f"home-state/{HOME}/#") == 1

        begun = time.monotonic()
        await place.revoke(asked.number)
        await asyncio.to_thread(hub.waits_for_its_end)
        assert time.monotonic() - begun < SOON_S
        # Mosquitto lets an unknown name in, to nothing; a list of what was revoked keeps it outside
        again = await place.speaker(context)
        assert (again.connack, again.publish(f"homes/{HOME}/x")) == (0, NOT_AUTHORISED)
        async with connect(place.url) as connection:
            gone = await store.revoked_serials(connection, datetime.now(UTC))
        newer = certificates.revocation_list(place.terms.authority, gone, datetime.now(UTC))
        (shipped(place).secrets / "revocations" / "hubs.crl").write_text(newer)
        shipped(place).reload()
        await until(lambda: "Reloading config" in shipped(place).log())
        assert (await place.speaker(context)).connack == REFUSED


@only_nats
async def test_at_nats_server_a_hub_says_its_own_and_is_in_and_out_at_once(place: Place) -> None:
    async with serving(place):
        begun = time.monotonic()
        asked = await place.asked()
        await live(place, asked.number)
        context = context_of(await asked.take())
        reader = await place.speaker(place.papers("gateway").context, "g", "3.1.1")
        assert reader.subscribe("homes/#") == 1
        hub = await place.speaker(context, "h", "3.1.1")
        assert hub.connack == 0
        # over 3.1.1 a refused message is acknowledged as if all were well; nobody hears it
        assert hub.publish(f"homes/{OTHER}/x", b"forged") == 0
        assert hub.publish(f"homes/{HOME}/x", b"own") == 0
        assert time.monotonic() - begun < SOON_S
        assert (await asyncio.to_thread(reader._packet)).endswith(b"own")
        assert hub.subscribe("homes/#") == DENIED_3
        assert hub.subscribe("#") == DENIED_3
        assert hub.subscribe(f"home-state/{OTHER}/#") == DENIED_3
        assert hub.subscribe(f"home-state/{HOME}/#") == 1

        begun = time.monotonic()
        await place.revoke(asked.number)
        await asyncio.to_thread(hub.waits_for_its_end)
        assert time.monotonic() - begun < SOON_S
        assert (await place.speaker(context, "h", "3.1.1")).connack == NO_USER


async def test_strangers_are_refused(place: Place) -> None:
    at_mosquitto = isinstance(place.broker, ShippedMosquitto)
    version: Version = "5" if at_mosquitto else "3.1.1"
    unknown = 0 if at_mosquitto else NO_USER
    asked = await place.asked()
    await place.round()
    name = asked.grant.client
    foreign = certificates.new_authority(datetime.now(UTC), "Wayhome authority of hubs and devices")
    outside = {
        "over": place.papers(name, begins_in_days=-3),
        "not begun": place.papers(name, begins_in_days=3),
        "of another authority": place.papers(name, authority=foreign),
        "without any": place.papers(name, authority=None),
    }
    for why, papers in outside.items():
        tried = await place.speaker(papers.context, "x", version)
        assert tried.connack == REFUSED, why
    stranger = await place.speaker(place.papers("hub-nobody").context, "x", version)
    assert stranger.connack == unknown
    if stranger.connack == 0:
        assert stranger.publish(f"homes/{HOME}/x") == NOT_AUTHORISED
        stranger = await place.speaker(place.papers("hub-nobody").context)
        assert stranger.subscribe("#") == NOT_AUTHORISED
    known = await place.speaker(place.papers(name).context, "x", version)
    assert known.connack == 0


async def test_a_device_of_its_own_says_nothing_for_another(
    place: Place,
) -> None:
    await place.asked(grant=thing_grant(HOME, "wayhome", "door", "aa"))
    asked = await place.asked()
    await place.round()
    present = {one.client: one.topics for one in await place.door.present()}
    assert present["thing-7f3k-aa"] == ("homes/7f3k/wayhome/door/#",)
    assert present[asked.grant.client] == ("homes/7f3k/#",)


@only_mosquitto
async def test_a_broker_that_was_away_is_told_when_it_is_back(place: Place) -> None:
    async with serving(place):
        before = await place.asked()
        await live(place, before.number)
        place.broker.stop()
        asked = await place.asked()
        await place.revoke(before.number)
        await until(place.fault)
        assert "the broker does not answer" in place.fault()
        state = await place.state(asked.number)
        assert state.issued_at is not None
        assert state.live_at is None
        assert (await place.state(before.number)).dead_at is None
        place.broker.start()
        await live(place, asked.number)
        await until(lambda: not place.fault())
        assert (await place.state(before.number)).dead_at is not None
        # what it knew is lost: it is given everything again
        context = context_of(await asked.take())
        file = place.folder / "broker" / "dynamic-security.json"

        def is_in() -> bool:
            hub = Speaker(place.port, context)
            answer = hub.publish(f"homes/{HOME}/x")
            hub.close()
            return answer < 0x80

        # Mosquitto puts what it could write on a full disk in the place of what was whole, without a word
        cut = file.read_bytes()[:1024]
        for left in (None, b"", cut):
            place.broker.stop()
            file.unlink() if left is None else file.write_bytes(left)
            place.broker.start()
            place.clock.advance(61)
            await until(is_in)


@only_mosquitto
async def test_what_somebody_changed_at_the_broker_is_put_right(place: Place) -> None:
    asked = await place.asked()
    await place.round()
    await place.door.admit([Grant(client="hub-forged", topics=("#",))])
    await place.door.dismiss([asked.grant.client])
    assert hasattr(place.door, "_call")
    opened = [{"acltype": "publishClientSend", "allow": True}]
    await place.door._call([{"command": "setDefaultACLAccess", "acls": opened}])
    await place.round()
    names = {one.client for one in await place.door.present()}
    own = {one.client for one in OWN}
    assert names == {"wayhome-identity", *own, asked.grant.client}
    (access,) = await place.door._call([{"command": "getDefaultACLAccess"}])
    assert {one["allow"] for one in access["data"]["acls"]} == {False}


async def test_the_old_one_goes_on_for_a_while_when_a_new_one_is_made(
    place: Place,
) -> None:
    reconciler = place.reconciler()
    old, other = await place.asked(), await place.asked(OTHER)
    await place.round(reconciler)
    old_ends = (await place.state(old.number)).ends_at
    new = await place.asked()
    await place.round(reconciler)
    # what nobody has taken ends nothing
    assert (await place.state(old.number)).ends_at == old_ends
    await new.take()

    async def names() -> set[str]:
        ours = {one.grant.client for one in (old, new, other)}
        return {one.client for one in await place.door.present()} & ours

    assert await names() == {one.grant.client for one in (old, new, other)}
    place.clock.advance(7 * 86400 + 1)
    await place.round(reconciler)
    assert await names() == {new.grant.client, other.grant.client}
    state = await place.state(old.number)
    assert state.dead_at is not None
    assert state.revoked_at is None
